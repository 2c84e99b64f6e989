public import HoldfastCore

/// A configuration with the providers that were built for it.
public struct Installation: Sendable {
    /// What the operator declared.
    public let configuration: Configuration
    /// One provider for each that is declared.
    public let providers: [ProviderID: any BackupProvider]

    /// Joins both.
    public init(configuration: Configuration, providers: [ProviderID: any BackupProvider]) {
        self.configuration = configuration
        self.providers = providers
    }
}

/// A sign of life that the scheduler's own loop gives.
public struct Heartbeat: Sendable {
    /// At most so much time lies between two signs.
    public let interval: Duration
    /// Gives the sign; cheap, never blocks.
    public let beat: @Sendable () -> Void

    /// Joins both.
    public init(interval: Duration, beat: @escaping @Sendable () -> Void) {
        self.interval = interval
        self.beat = beat
    }
}

/// What the engine needs besides the installation.
public struct EngineContext: Sendable {
    /// Clocks, rest and chance.
    public let environment: Environment
    /// The durable queue and the history.
    public let store: any JobQueue & History
    /// Runs hooks.
    public let hooks: any HookRunner
    /// How long running jobs may go on after a stop was asked for.
    public let stopGrace: Duration
    /// The program's version, for status.
    public let version: String
    /// Rung when events were appended, by the store, and when a transfer begins.
    public let bell: NewsBell

    /// Takes all of it.
    public init(
        environment: Environment, store: any JobQueue & History, hooks: any HookRunner,
        stopGrace: Duration, version: String, bell: NewsBell = NewsBell()
    ) {
        self.environment = environment
        self.store = store
        self.hooks = hooks
        self.stopGrace = stopGrace
        self.version = version
        self.bell = bell
    }

    /// When a job is tried again after one more failure, by its policy's back-off.
    func retryAt(_ machine: JobMachine, _ job: JobID, under policy: Policy) -> Timestamp {
        var rng = DerivedGenerator(
            seed: environment.seed,
            stream: UInt64(bitPattern: job.number) << 16 | UInt64(machine.attempt))
        return environment.wall.now
            + policy.retry.wait(afterFailure: machine.failures + 1, using: &rng)
    }
}
