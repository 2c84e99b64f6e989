/// What went wrong with the history's file.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What callers branch on.
    public enum Kind: String, Sendable {
        /// The disk is full, or reading or writing failed.
        case io
        /// The file was written by a newer version.
        case newer
        /// The file is damaged, or no database.
        case corrupt
        /// The file may not be opened.
        case permission
        /// Somebody else holds the write lock for too long.
        case busy
    }

    /// What callers branch on.
    public let kind: Kind
    /// What happened, where, and what to do now.
    public let message: String

    /// Joins both.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// The durable queue: the only hand-over between deciding and doing.
///
/// Every method that changes something answers after its change is durable.
public protocol JobQueue: Sendable {
    /// Puts jobs in; one whose slot already has a job of its kind is left out. A slot that was
    /// recorded as missed although it may still start (the clock had been wrong) waits again.
    ///
    /// - Parameters:
    ///   - jobs: Any number.
    ///   - cursor: Up to which opening this policy's slots have now been planned; stored with the
    ///     jobs in one transaction.
    ///   - events: Appended to the audit log with the jobs.
    /// - Returns: How many of the jobs were new, or wait again.
    func enqueue(
        _ jobs: [NewJob], cursor: PlanningCursor?, events: [NewEvent], at now: Timestamp
    ) async throws(StoreError) -> EnqueueResult

    /// Puts one job in, or answers with the one that its slot already has.
    func enqueue(
        _ job: NewJob, event: NewEvent?, at now: Timestamp
    ) async throws(StoreError) -> Job

    /// Takes ready jobs of one provider, earliest end of window first, and records a run for each
    /// (the intent) in the same transaction. Of one target at most one job runs at a time, except
    /// that a drill keeps neither a backup nor a reconcile nor a restore waiting.
    func claim(_ claim: Claim) async throws(StoreError) -> [ClaimedJob]

    /// Records how an attempt ended, what it left, and where its job goes, in one transaction.
    ///
    /// - Returns: The recovery point's row, when there is a new one.
    func record(_ outcome: AttemptOutcome) async throws(StoreError) -> PointID?

    /// Ends waiting jobs without an attempt: missed, failed or cancelled.
    func close(_ closings: [JobClosing]) async throws(StoreError)

    /// Waiting jobs that can no longer start in time, oldest first; not those that are uncertain.
    func overdueJobs(at now: Timestamp, limit: Int) async throws(StoreError) -> [Job]

    /// Running jobs, oldest first, with their open runs.
    func runningJobs() async throws(StoreError) -> [ClaimedJob]

    /// Waiting jobs of some assignments; for targets that were removed.
    func waitingJobs(of assignments: [Assignment]) async throws(StoreError) -> [Job]

    /// The next instants at which the queue needs attention.
    func nextInstants(after now: Timestamp) async throws(StoreError) -> QueueInstants

    /// Up to which opening each policy's slots have been planned.
    func planningCursors() async throws(StoreError) -> [PolicyID: Timestamp]
}

/// What `enqueue` did.
public struct EnqueueResult: Hashable, Sendable {
    /// How many of the jobs were new.
    public let addedCount: Int
    /// Takes the count.
    public init(addedCount: Int) { self.addedCount = addedCount }
}

/// Up to which opening a policy's slots have been planned.
public struct PlanningCursor: Hashable, Sendable {
    /// The policy.
    public let policy: PolicyID
    /// The newest opening that was planned.
    public let through: Timestamp

    /// Joins both.
    public init(policy: PolicyID, through: Timestamp) {
        self.policy = policy
        self.through = through
    }
}

/// A wish to work on jobs of one provider.
public struct Claim: Hashable, Sendable {
    /// Whose jobs.
    public let provider: ProviderID
    /// At most so many.
    public let limit: Int
    /// The instant of the claim.
    public let now: Timestamp
    /// The end of the lease.
    public let leaseUntil: Timestamp
    /// At most so many of the provider's running jobs are drills, this claim's among them.
    public let drillMax: Int
    /// Whether prunes are among them.
    public let takesPrunes: Bool

    /// Takes all of it.
    public init(
        provider: ProviderID, limit: Int, now: Timestamp, leaseUntil: Timestamp,
        drillMax: Int = .max, takesPrunes: Bool = true
    ) {
        self.provider = provider
        self.limit = limit
        self.now = now
        self.leaseUntil = leaseUntil
        self.drillMax = drillMax
        self.takesPrunes = takesPrunes
    }
}

/// Everything that one attempt changes.
public struct AttemptOutcome: Sendable {
    /// The job and its run.
    public let claimed: ClaimedJob
    /// How the run ended.
    public let ending: RunEnding
    /// When it ended.
    public let endedAt: Timestamp
    /// Where the job goes.
    public let next: JobState
    /// How many of its attempts now count as failures.
    public let failures: Int
    /// Whether this attempt, or one before it, may have left a backup that nobody knows of.
    public let isUncertain: Bool
    /// What a backup left, if it did.
    public let point: RemotePoint?
    /// Backups of the vendor's own that were not recorded before.
    public let vendorPoints: [RemotePoint]
    /// Points that were seen to be gone, or are gone by this attempt.
    public let retired: [RetiredPoint]
    /// What the deletion kernel said of the points that were to go.
    public let kernelLook: KernelLook
    /// A point that was proved.
    public let proven: ProvenPoint?
    /// Points that were not available and were seen again.
    public let returned: [PointID]
    /// Backups of others that were put under the job's policy.
    public let adopted: [RemotePoint]
    /// What a complete listing of the job's target has that is not ours, the whole of it; `nil`
    /// where nobody looked.
    public let foreign: [StrangePoint]?
    /// Appended to the audit log.
    public let events: [NewEvent]

    /// Takes all of it.
    public init(
        claimed: ClaimedJob, ending: RunEnding, endedAt: Timestamp, next: JobState,
        failures: Int, isUncertain: Bool, point: RemotePoint? = nil,
        vendorPoints: [RemotePoint] = [], retired: [RetiredPoint] = [],
        returned: [PointID] = [], adopted: [RemotePoint] = [], foreign: [StrangePoint]? = nil,
        kernelLook: KernelLook = KernelLook(), proven: ProvenPoint? = nil, events: [NewEvent]
    ) {
        self.claimed = claimed
        self.ending = ending
        self.endedAt = endedAt
        self.next = next
        self.failures = failures
        self.isUncertain = isUncertain
        self.point = point
        self.vendorPoints = vendorPoints
        self.retired = retired
        self.kernelLook = kernelLook
        self.proven = proven
        self.returned = returned
        self.adopted = adopted
        self.foreign = foreign
        self.events = events
    }
}

/// A point that is not available any more.
public struct RetiredPoint: Hashable, Sendable {
    /// The point.
    public let id: PointID
    /// What became of it; not `available`.
    public let state: PointState

    /// Joins both.
    public init(_ id: PointID, as state: PointState) {
        precondition(state != .available, "a retired point is not available")
        self.id = id
        self.state = state
    }
}

/// The end of a waiting job.
public struct JobClosing: Sendable {
    /// The job.
    public let job: JobID
    /// `missed`, `failed` or `cancelled`.
    public let state: JobState
    /// Why, for people.
    public let reason: String
    /// When.
    public let at: Timestamp
    /// Appended to the audit log.
    public let event: NewEvent

    /// Takes all of it.
    public init(job: JobID, state: JobState, reason: String, at: Timestamp, event: NewEvent) {
        precondition(state.isEnd && state != .succeeded, "a job is closed by an end")
        self.job = job
        self.state = state
        self.reason = reason
        self.at = at
        self.event = event
    }
}

/// When the queue next needs attention.
public struct QueueInstants: Hashable, Sendable {
    /// The earliest instant in the future at which a waiting job may be claimed.
    public let nextReady: Timestamp?
    /// The earliest end of the time in which a waiting job may start.
    public let nextClosing: Timestamp?

    /// Joins both.
    public init(nextReady: Timestamp?, nextClosing: Timestamp?) {
        self.nextReady = nextReady
        self.nextClosing = nextClosing
    }
}
