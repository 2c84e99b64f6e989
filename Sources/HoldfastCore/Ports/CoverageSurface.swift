/// What the status socket asks the daemon about objectives.
public protocol CoverageSurface: Sendable {
    /// Every assignment against its objective, by target and policy, from a position on.
    ///
    /// - Parameter target: Only this target.
    func coverage(
        target: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> Page<CoverageStatus>
    /// What the providers' accounts have and no policy covers, the oldest gap first, from a position
    /// on.
    ///
    /// - Parameter provider: Only of this provider.
    func uncovered(
        provider: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> UncoveredList
    /// The breaches that lie, at least in part, in `[from, to)`, oldest first, from a position on.
    ///
    /// - Parameter target: Only this target, declared or not: a record outlives its target.
    func breaches(
        from: Timestamp, to: Timestamp, target: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> BreachList

    /// Pauses a policy: its windows make no backups until it is resumed.
    ///
    /// - Parameter until: When it ends by itself; `nil`: when somebody resumes it.
    func pause(
        policy: String, reason: String, until: Timestamp?, by actor: Actor
    ) async throws(ControlRefusal) -> Pause
    /// Ends a policy's pause now. The next window to open makes the next backup.
    ///
    /// - Returns: The pause that was ended.
    func resume(policy: String, by actor: Actor) async throws(ControlRefusal) -> Pause
}

/// A part of the record of breaches.
public struct BreachList: Sendable {
    /// The breaches.
    public let page: Page<Breach>
    /// The waivers that held, at least in part, in the time that was asked about.
    public let waivers: [RecordedWaiver]
    /// When the history began; `nil` when it has no entry.
    public let recordedSince: Timestamp?
    /// The daemon's wall clock.
    public let now: Timestamp

    /// Takes all of it.
    public init(
        page: Page<Breach>, waivers: [RecordedWaiver], recordedSince: Timestamp?, now: Timestamp
    ) {
        self.page = page
        self.waivers = waivers
        self.recordedSince = recordedSince
        self.now = now
    }
}
