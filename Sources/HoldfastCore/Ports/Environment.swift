/// The clock on the wall: windows, leases and stamps go by it. It may jump.
public protocol WallClock: Sendable {
    /// The instant now.
    var now: Timestamp { get }
}

/// Why a rest ended.
public enum Wake: Hashable, Sendable {
    /// The instant or the time has come.
    case due
    /// Somebody called `wake`.
    case news
    /// The wall clock was set.
    case clockStep
    /// The daemon stops; every further rest ends at once with this.
    case stop
}

/// Lets the scheduler sleep until something is due.
public protocol Pacer: Sendable {
    /// Sleeps until the first of: the instant, the elapsed time, a call of `wake`, a clock step.
    /// A `wake` that came while nobody rested ends the next rest at once.
    ///
    /// - Parameters:
    ///   - instant: On the wall clock; `nil`: no instant.
    ///   - limit: Elapsed time; `nil`: no limit.
    func rest(until instant: Timestamp?, atMost limit: Duration?) async -> Wake
    /// Ends the current rest, or the next one: there is news.
    func wake()
}

/// The world as the engine sees it.
public struct Environment: Sendable {
    /// Windows, leases and stamps.
    public let wall: any WallClock
    /// Timeouts; it never jumps and counts sleep.
    public let timeouts: any Clock<Duration>
    /// The reading of a clock that never jumps, on the wall clock's scale; for noticing jumps.
    public let steady: @Sendable () -> Duration
    /// Rests.
    public let pacer: any Pacer
    /// Every generator derives from this.
    public let seed: UInt64

    /// Takes all of it.
    public init(
        wall: any WallClock, timeouts: any Clock<Duration>,
        steady: @escaping @Sendable () -> Duration, pacer: any Pacer, seed: UInt64
    ) {
        self.wall = wall
        self.timeouts = timeouts
        self.steady = steady
        self.pacer = pacer
        self.seed = seed
    }
}

/// Runs the commands that a policy declares around its backups.
public protocol HookRunner: Sendable {
    /// Runs one command to its end or its timeout; never throws, because a failure is a result.
    ///
    /// - Parameters:
    ///   - variables: Added to a minimal environment; see `HookVariables`.
    ///   - directory: Where it runs; `nil`: where the daemon does.
    ///   - mustEnd: The command is not cut short when the task is cancelled because the daemon
    ///     stops: it cleans up after another one.
    func run(
        _ hook: Hook, variables: [String: String], in directory: String?, mustEnd: Bool
    ) async -> HookResult
}

extension HookRunner {
    /// Runs a command where the daemon runs.
    public func run(
        _ hook: Hook, variables: [String: String], mustEnd: Bool
    ) async -> HookResult {
        await run(hook, variables: variables, in: nil, mustEnd: mustEnd)
    }
}

/// How a hook ended.
public struct HookResult: Hashable, Sendable {
    /// `nil` when the hook succeeded; else what went wrong, as a clause.
    public let failure: String?
    /// What it printed, bounded.
    public let output: String

    /// Joins both.
    public init(failure: String?, output: String) {
        self.failure = failure
        self.output = output
    }
}

/// Finds the rules of a zone by its name.
public protocol ZoneDatabase: Sendable {
    /// The rules of a zone.
    ///
    /// - Throws: `ZoneError` when there is no such zone or its file can't be used.
    func rules(named name: String) throws(ZoneError) -> TimeZoneRules
    /// The names of all zones, for suggestions; may be empty.
    var names: [String] { get }
}

/// Why a zone's rules can't be had.
public enum ZoneError: Error, Hashable, Sendable {
    case unknown
    case unusable(String)
}
