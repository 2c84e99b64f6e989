import HoldfastCore
import HoldfastEngine
import HoldfastStore
import Logging
import Synchronization

/// The scheduler's own loop over 100,000 assignments of 50 policies on a real history file.
///
/// The pacer takes the time: a tick lasts from the end of one rest to the beginning of the next.
/// The first ticks after the start are left out; then nothing is due for a while, then everything.
enum PlanningBench {
    private static let policyCount = 50
    private static let targetsPerPolicy = 2000

    static func run(directory: String) async throws {
        let clock = VirtualClock(beginning: Timestamp(seconds: 1_750_075_200))  // 12:00 UTC
        let store = try SQLiteHistory(path: directory + "/planning.sqlite")
        let configuration = try estate()
        // A retention that was reviewed before is not reviewed again at the start.
        for policy in configuration.policies.values {
            try await store.setReviewedRules(
                policy.retention.fingerprint + "@" + policy.schedule.zone.name, of: policy.id)
        }
        let pacer = MeasuringPacer(clock)
        let scheduler = Scheduler(
            Installation(
                configuration: configuration, providers: [estateProvider: IdleProvider()]),
            context: EngineContext(
                environment: Environment(
                    wall: clock, timeouts: ContinuousClock(), steady: { clock.elapsed },
                    pacer: pacer, seed: 1),
                store: store, hooks: NoHooks(), stopGrace: .zero, version: "bench"),
            newestRecord: nil, heartbeat: nil,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        try await scheduler.recover()
        try await scheduler.run()
        let queued = try await store.totals()
        precondition(
            queued.readyJobs + queued.runningJobs == policyCount * targetsPerPolicy,
            "every slot has its job")
        Bench.report("planning.none", Bench.median(pacer.idleTicks))
        Bench.report("planning.none.slowest", pacer.idleTicks.max() ?? 0)
        Bench.report("planning.all", pacer.dueTick)
        try store.close()
    }

    private static let estateProvider = ProviderID(trusted: "disk")

    private static func estate() throws -> Configuration {
        let zone = try Bench.zone("Europe/Berlin")
        var policies: [PolicyID: Policy] = [:]
        var targets: [TargetID: Target] = [:]
        var retention = RetentionSettings()
        retention.rules.daily = .periods(7)
        for policyIndex in 0..<policyCount {
            let id = PolicyID(trusted: "policy-\(policyIndex)")
            // No two policies open at the same minute; all are open from 02:49 to 06:00 local time.
            guard let at = LocalTime(hour: 2, minute: policyIndex) else {
                preconditionFailure("there are fewer policies than minutes")
            }
            policies[id] = Policy(
                id: id,
                schedule: Schedule(plan: .daily, opensAt: at, length: .hours(4), zone: zone),
                timeout: .hours(6), retention: retention, recoveryPointObjective: nil,
                retry: RetrySettings(), catchUp: .latest, hooks: Hooks())
            for targetIndex in 0..<targetsPerPolicy {
                let target = TargetID(trusted: "target-\(policyIndex)-\(targetIndex)")
                targets[target] = Target(
                    id: target, provider: estateProvider,
                    subject: .directory(path: "/srv/\(target)", exclude: []), policies: [id])
            }
        }
        return Configuration(
            providers: [
                estateProvider: ProviderSettings(
                    id: estateProvider, kind: .local(repository: "/var/backups"), concurrency: 1)
            ],
            policies: policies, targets: targets, control: ControlSettings(), digest: "bench")
    }
}

/// A wall clock and a steady one that move only when they are told to, together.
private final class VirtualClock: WallClock {
    private let beginning: Timestamp
    private let passed = Mutex(Duration.zero)

    init(beginning: Timestamp) { self.beginning = beginning }

    var elapsed: Duration { passed.withLock { $0 } }
    var now: Timestamp { beginning + elapsed }

    func advance(by duration: Duration) { passed.withLock { $0 += duration } }
}

/// Rests not at all, moves the clock as the measurement needs it, and takes the time of every tick.
private final class MeasuringPacer: Pacer {
    private struct State {
        var rests = 0
        var resumed: ContinuousClock.Instant?
        var idleTicks: [Double] = []
        var dueTick = 0.0
    }

    /// The first ticks settle what a start leaves to do.
    private static let warmUp = 20
    private static let idleCount = 300

    private let clock: VirtualClock
    private let state = Mutex(State())

    init(_ clock: VirtualClock) { self.clock = clock }

    var idleTicks: [Double] { state.withLock { $0.idleTicks } }
    var dueTick: Double { state.withLock { $0.dueTick } }

    func rest(until instant: Timestamp?, atMost limit: Duration?) async -> Wake {
        let now = ContinuousClock.now
        return state.withLock { state in
            let tick = state.resumed.map { Bench.inSeconds(now - $0) } ?? 0
            state.rests += 1
            defer { state.resumed = ContinuousClock.now }
            switch state.rests {
            case ...Self.warmUp:
                clock.advance(by: .minutes(1))
            case ...(Self.warmUp + Self.idleCount):
                if state.rests > Self.warmUp + 1 { state.idleTicks.append(tick) }
                clock.advance(by: .seconds(1))
            case Self.warmUp + Self.idleCount + 1:
                // From two in the afternoon to four in the night, local time: every window is open.
                clock.advance(by: .hours(14))
            default:
                state.dueTick = tick
                return .stop
            }
            return .news
        }
    }

    func wake() {}
}

/// Takes a job and works on it until it is stopped.
private struct IdleProvider: BackupProvider {
    var capabilities: ProviderCapabilities { .local }

    func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        do {
            try await Task.sleep(for: .hours(1))
        } catch {
            throw ProviderError(.transient, "the measurement is over")
        }
        throw ProviderError(.permanent, "the measurement took an hour")
    }

    func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress {
        throw ProviderError(.notFound, "nothing runs here")
    }

    func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint? { nil }

    func list(_ target: Target, knowing past: TargetPast) async throws(ProviderError)
        -> PointListing
    {
        PointListing(points: [], isComplete: true, providerClock: nil)
    }

    func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer { .alreadyGone("there is nothing") }

    func sweep() async throws(ProviderError) -> [String] { [] }
}

private struct NoHooks: HookRunner {
    func run(
        _ hook: Hook, variables: [String: String], in directory: String?, mustEnd: Bool
    ) async -> HookResult {
        HookResult(failure: nil, output: "")
    }
}
