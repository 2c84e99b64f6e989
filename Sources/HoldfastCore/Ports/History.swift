/// The record of what happened, and the state of every recovery point.
///
/// Every method that changes something answers after its change is durable.
public protocol History: PruneHistory, DrillHistory, PinHistory, CoverageHistory, PauseHistory,
    InventoryHistory
{
    /// What the declared assignments change of the recorded ones; nothing when the digest is that of
    /// the last `synchronise`.
    func assignmentsChanging(
        _ declared: [Assignment], digest: String
    ) async throws(StoreError) -> AssignmentsChange
    /// Makes the recorded assignments equal to the declared ones.
    ///
    /// - Parameters:
    ///   - declared: All of them.
    ///   - digest: Of the configuration that declares them; when it is the one of the last call
    ///     nothing is compared, because nothing can differ.
    func synchronise(
        _ declared: [Assignment], digest: String, at now: Timestamp
    ) async throws(StoreError)
    /// Since when each target of a policy has been declared under it without a break.
    func assignmentStarts(
        of policy: PolicyID
    ) async throws(StoreError) -> [TargetID: Timestamp]

    /// Notes what the declared targets are, for the time after them. What is noted stays.
    func remember(_ targets: [KnownTarget]) async throws(StoreError)
    /// What the targets of the files were when they were last declared, by name and provider.
    func knownTargets() async throws(StoreError) -> [KnownTarget]
    /// What selectors found, gone or not, by provider and name.
    func discoveries() async throws(StoreError) -> [Discovery]
    /// Replaces what the selectors of one provider find now; what is not among it any more is
    /// gone.
    func discover(
        _ found: [DiscoveredTarget], at provider: ProviderID, now: Timestamp, events: [NewEvent]
    ) async throws(StoreError)

    /// Appends to the audit log.
    func append(_ events: [NewEvent]) async throws(StoreError)

    /// The points of one assignment that are available, newest first; not the vendor's own.
    func availablePoints(of assignment: Assignment) async throws(StoreError) -> [RecoveryPoint]
    /// The vendor's own backups of one assignment that are available, newest first.
    func vendorPoints(of assignment: Assignment) async throws(StoreError) -> [RecoveryPoint]
    /// What is recorded of a job's target at its provider, newest point first, and when the job's
    /// first attempt began.
    func past(of job: Job) async throws(StoreError) -> TargetPast
    /// Assignments with a marked point whose grace is over, and when the next grace ends.
    func duePrunes(at now: Timestamp) async throws(StoreError) -> DuePrunes
    /// The assignments with an available point of ours at a provider that was taken before an
    /// instant, ascending.
    func assignments(
        at provider: ProviderID, withPointsBefore instant: Timestamp
    ) async throws(StoreError) -> [Assignment]
    /// Notes that a point is gone: deleted by us, or missing.
    func retire(
        _ point: PointID, as state: PointState, at now: Timestamp, event: NewEvent
    ) async throws(StoreError)
    /// The assignments of the points that were recorded last.
    func assignments(ofNewestPoints count: Int) async throws(StoreError) -> Set<Assignment>
    /// A point by its token.
    func point(_ token: BackupToken) async throws(StoreError) -> RecoveryPoint?

    /// The points of a target at a provider that a listing of it may show as ours, newest first:
    /// those that are available, those that were and may come back, and all adopted ones; not the
    /// vendor's own, and none that Holdfast deleted unless it was adopted.
    func traceablePoints(
        of target: TargetID, at provider: ProviderID
    ) async throws(StoreError) -> [RecoveryPoint]
    /// What a target's provider has that is not ours, by the last complete listing; newest first.
    func foreignPoints(
        of target: TargetID, at provider: ProviderID
    ) async throws(StoreError) -> [ForeignPoint]
    /// What providers have that is not ours, by their last complete listings; newest row first. A
    /// page's policy and state have no meaning here.
    func foreignPoints(_ page: PageRequest) async throws(StoreError) -> Page<ForeignPoint>

    /// Available points of assignments that have ended, not the vendor's own; by assignment and
    /// provider.
    func orphans() async throws(StoreError) -> [Orphan]

    /// The state of every assignment that has any, for status and targets.
    func summaries() async throws(StoreError) -> [AssignmentSummary]
    /// Numbers over the whole history.
    func totals() async throws(StoreError) -> HistoryTotals
    /// The stored digest of a policy's retention rules at its last review; `nil` when never.
    func reviewedRules(of policy: PolicyID) async throws(StoreError) -> String?
    /// Stores that digest.
    func setReviewedRules(_ digest: String, of policy: PolicyID) async throws(StoreError)

    /// One job.
    func job(_ id: JobID) async throws(StoreError) -> Job?
    /// Jobs, newest first.
    func jobs(_ page: PageRequest) async throws(StoreError) -> Page<Job>
    /// Runs, newest first.
    func runs(_ page: PageRequest) async throws(StoreError) -> Page<Run>
    /// Recovery points, newest first.
    func points(_ page: PageRequest) async throws(StoreError) -> Page<RecoveryPoint>
    /// Events, newest first.
    func events(_ page: PageRequest) async throws(StoreError) -> Page<Event>
    /// The events after a row, oldest first.
    func events(after row: Int64, limit: Int) async throws(StoreError) -> [Event]
}

/// What a configuration changes of the recorded assignments.
public struct AssignmentsChange: Hashable, Sendable {
    /// Those that are declared no more, ascending.
    public let ended: [Assignment]
    /// Those that were not before, ascending.
    public let begun: [Assignment]

    /// Joins both.
    public init(ended: [Assignment] = [], begun: [Assignment] = []) {
        self.ended = ended
        self.begun = begun
    }

    /// Compares both.
    public init(from recorded: Set<Assignment>, to declared: [Assignment]) {
        ended = recorded.subtracting(declared).sorted()
        begun = Set(declared).subtracting(recorded).sorted()
    }
}

/// A target that a selector found, with its dates.
public struct Discovery: Hashable, Sendable {
    /// The target, with the policies that applied last.
    public let target: DiscoveredTarget
    /// When it was found first.
    public let firstSeen: Timestamp
    /// Since when no selector finds it any more; `nil` while one does.
    public let goneAt: Timestamp?

    /// Takes all of it.
    public init(target: DiscoveredTarget, firstSeen: Timestamp, goneAt: Timestamp?) {
        self.target = target
        self.firstSeen = firstSeen
        self.goneAt = goneAt
    }
}

/// Which assignments have something to prune.
public struct DuePrunes: Hashable, Sendable {
    /// With the instant at which the oldest grace ended, ascending by assignment.
    public let due: [DuePrune]
    /// When the next grace ends after now.
    public let next: Timestamp?

    /// Joins both.
    public init(due: [DuePrune], next: Timestamp?) {
        self.due = due
        self.next = next
    }
}

/// An assignment at one provider with a marked point whose grace is over.
public struct DuePrune: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// Who holds the points.
    public let provider: ProviderID
    /// When the newest of the graces that are over ended; names the prune job.
    public let since: Timestamp

    /// Takes all of it.
    public init(assignment: Assignment, provider: ProviderID, since: Timestamp) {
        self.assignment = assignment
        self.provider = provider
        self.since = since
    }
}

/// The state of one assignment.
public struct AssignmentSummary: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// The newest available point's instant.
    public let newestPoint: Timestamp?
    /// How many points are available.
    public let pointCount: Int
    /// How many of them are marked.
    public let markedCount: Int
    /// What they take at the provider, as far as is known.
    public let storedBytes: ByteCount
    /// The newest ended backup job's state.
    public let lastState: String?
    /// When it ended.
    public let lastEndedAt: Timestamp?
    /// Its failure's words.
    public let lastError: String?
    /// What is proved of its points.
    public var proofs = ProofSummary()

    /// Takes all of it; nothing is proved yet.
    public init(
        assignment: Assignment, newestPoint: Timestamp?, pointCount: Int, markedCount: Int,
        storedBytes: ByteCount, lastState: String?, lastEndedAt: Timestamp?, lastError: String?
    ) {
        self.assignment = assignment
        self.newestPoint = newestPoint
        self.pointCount = pointCount
        self.markedCount = markedCount
        self.storedBytes = storedBytes
        self.lastState = lastState
        self.lastEndedAt = lastEndedAt
        self.lastError = lastError
    }
}

/// Numbers over the whole history.
public struct HistoryTotals: Hashable, Sendable {
    /// Waiting jobs.
    public let readyJobs: Int
    /// Jobs that somebody works on.
    public let runningJobs: Int
    /// Available points.
    public let points: Int
    /// What they take.
    public let storedBytes: ByteCount
    /// The newest entry of the audit log, and its hash.
    public let lastEvent: Event?

    /// Takes all of it.
    public init(
        readyJobs: Int, runningJobs: Int, points: Int, storedBytes: ByteCount, lastEvent: Event?
    ) {
        self.readyJobs = readyJobs
        self.runningJobs = runningJobs
        self.points = points
        self.storedBytes = storedBytes
        self.lastEvent = lastEvent
    }
}

/// A part of a listing that is asked for.
public struct PageRequest: Hashable, Sendable {
    /// The largest part that is given at once.
    public static let limitMax = 1000

    /// At most so many rows, 1…`limitMax`.
    public let limit: Int
    /// Only rows older than this one; `nil`: from the newest.
    public let before: Int64?
    /// Only rows of this policy.
    public let policy: String?
    /// Only rows of this target.
    public let target: String?
    /// Only rows in this state (for events: of this kind).
    public let state: String?
    /// Of points only those that are available and marked for deletion.
    public let isMarked: Bool

    /// Takes all of it; the limit is brought into its range.
    public init(
        limit: Int = 100, before: Int64? = nil, policy: String? = nil, target: String? = nil,
        state: String? = nil, isMarked: Bool = false
    ) {
        self.limit = min(max(limit, 1), Self.limitMax)
        self.before = before
        self.policy = policy
        self.target = target
        self.state = state
        self.isMarked = isMarked
    }
}

/// A part of a listing.
public struct Page<Row: Sendable>: Sendable {
    /// The rows, newest first.
    public let rows: [Row]
    /// What to pass as `before` for the next part; `nil` at the end.
    public let next: Int64?

    /// Joins both.
    public init(rows: [Row], next: Int64?) {
        self.rows = rows
        self.next = next
    }
}
