public import HoldfastCore
public import HoldfastEngine
import Logging

/// A scheduler on virtual time, with a history in memory and two scripted providers: `disk`, and
/// `cloud`, which has policies of its own and can do everything.
public struct SimulatedWorld: Sendable {
    /// The clocks and the pacer.
    public let time: VirtualTime
    /// The queue and the history.
    public let store: InMemoryStore
    /// The provider `disk`.
    public let provider: ScriptedProvider
    /// The provider `cloud`.
    public let cloud: ScriptedCloud
    /// The hooks.
    public let hooks: ScriptedHooks
    /// What the engine works with.
    public let context: EngineContext

    /// Begins at an instant, with nothing in the history.
    public init(
        seed: UInt64, time: VirtualTime, store: InMemoryStore = InMemoryStore(),
        provider: ScriptedProvider, hooks: ScriptedHooks = ScriptedHooks(),
        bell: NewsBell = NewsBell()
    ) {
        self.time = time
        self.store = store
        self.provider = provider
        cloud = ScriptedCloud(time: time)
        self.hooks = hooks
        context = EngineContext(
            environment: Environment(
                wall: time.wall, timeouts: time, steady: { time.elapsed }, pacer: time, seed: seed),
            store: store, hooks: hooks, stopGrace: .seconds(60), version: "test",
            bell: bell)
    }

    /// An installation of these policies and targets.
    public func installation(_ configuration: Configuration) -> Installation {
        Installation(
            configuration: configuration,
            providers: [
                ProviderID(trusted: "disk"): provider, ProviderID(trusted: "cloud"): cloud,
            ])
    }

    /// Runs a scheduler from its recovery to its stop, while the body watches and acts.
    public func running(
        _ configuration: Configuration,
        _ body: @escaping @Sendable (Scheduler) async throws -> Void
    ) async throws {
        time.restart()
        let scheduler = Scheduler(
            installation(configuration), context: context,
            newestRecord: try await store.events(PageRequest(limit: 1)).rows.first?.at,
            heartbeat: nil,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await scheduler.recover()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            group.addTask {
                // A body that fails must not leave a scheduler that nobody stops.
                defer { time.stop() }
                try await body(scheduler)
            }
            try await group.waitForAll()
        }
    }

    /// The same, with the desk that answers for it.
    public func serving(
        _ configuration: Configuration,
        _ body: @escaping @Sendable (ControlDesk, Scheduler) async throws -> Void
    ) async throws {
        try await running(configuration) { scheduler in
            try await body(ControlDesk(scheduler, context: context), scheduler)
        }
    }

    /// Runs a scheduler for so much time.
    public func run(_ configuration: Configuration, for duration: Duration) async throws {
        try await running(configuration) { _ in try await time.sleep(for: duration) }
    }
}
