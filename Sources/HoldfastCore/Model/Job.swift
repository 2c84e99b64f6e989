/// The row number of a job in the queue.
public struct JobID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts from 1.
    public let number: Int64
    /// Takes a row number.
    public init(_ number: Int64) { self.number = number }
    /// The number.
    public var description: String { String(number) }
    /// Older comes first.
    public static func < (lhs: JobID, rhs: JobID) -> Bool { lhs.number < rhs.number }
}

/// What a job does.
public enum JobKind: String, Sendable, CaseIterable {
    case backup, prune, reconcile, discover, verify, restore
}

/// Why a job exists.
public enum JobTrigger: String, Sendable, CaseIterable {
    /// Its window opened.
    case schedule
    /// Its window was missed while the daemon was down, and the policy catches up.
    case catchUp = "catch_up"
    /// Somebody asked for it.
    case operatorRequest = "operator"
    /// Retention let something go.
    case retention
}

/// Where a job stands. See `JobMachine` for the ways between.
public enum JobState: Hashable, Sendable {
    /// Waits to be claimed, not before an instant.
    case ready(notBefore: Timestamp)
    /// Somebody works on it and has the right to until the lease ends.
    case running(leaseUntil: Timestamp)
    /// Done, and recorded.
    case succeeded
    /// Attempts used up, or an error that trying again does not mend.
    case failed
    /// The window closed before a start.
    case missed
    /// An operator stopped it, or its target was removed.
    case cancelled

    /// The word in the history and on the wire.
    public var name: String {
        switch self {
        case .ready: "ready"
        case .running: "running"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .missed: "missed"
        case .cancelled: "cancelled"
        }
    }

    /// Every word that `name` may give.
    public static let names = ["ready", "running", "succeeded", "failed", "missed", "cancelled"]

    /// Whether nothing will happen to the job any more.
    public var isEnd: Bool {
        switch self {
        case .ready, .running: false
        case .succeeded, .failed, .missed, .cancelled: true
        }
    }
}

/// A job that is to be put into the queue.
public struct NewJob: Hashable, Sendable {
    /// What it does.
    public let kind: JobKind
    /// Why it exists.
    public let trigger: JobTrigger
    /// Policy, target and the opening that makes it unique among jobs of its kind.
    public let slot: SlotKey
    /// The provider that does the work.
    public let provider: ProviderID
    /// The end of the slot's window.
    public let closes: Timestamp
    /// The first instant that is too late for a start: the window's end, or later for a backup
    /// that is caught up. `Timestamp.distantFuture` for jobs without a window.
    public let startBefore: Timestamp
    /// The first instant at which it may be claimed.
    public let notBefore: Timestamp
    /// The recovery point that a restore puts back; `nil` for every other kind.
    public let point: BackupToken?
    /// What whoever asked for a restore accepted; empty for every other kind.
    public let accepted: Set<RestoreDanger>
    /// What a reconcile job looks at a target's points for; `nil` where it keeps something as
    /// declared, and for every other kind.
    public let survey: Survey?

    /// Takes all of it.
    public init(
        kind: JobKind, trigger: JobTrigger, slot: SlotKey, provider: ProviderID,
        closes: Timestamp, startBefore: Timestamp, notBefore: Timestamp,
        point: BackupToken? = nil, accepted: Set<RestoreDanger> = [], survey: Survey? = nil
    ) {
        precondition(
            (kind == .restore) == (point != nil), "a restore, and nothing else, has a point")
        precondition(kind == .restore || accepted.isEmpty, "only a restore has dangers")
        precondition(kind == .reconcile || survey == nil, "only a reconcile looks at points")
        self.kind = kind
        self.trigger = trigger
        self.slot = slot
        self.provider = provider
        self.closes = closes
        self.startBefore = startBefore
        self.notBefore = notBefore
        self.point = point
        self.accepted = accepted
        self.survey = survey
    }
}

/// A job as the queue holds it.
public struct Job: Hashable, Sendable {
    /// Its row.
    public let id: JobID
    /// What was asked for.
    public let request: NewJob
    /// Where it stands.
    public let state: JobState
    /// How often it was claimed; the number of its newest run.
    public let attempt: Int
    /// How many of its attempts count against the policy's limit.
    public let failures: Int
    /// When it was put into the queue.
    public let createdAt: Timestamp
    /// When it reached its end, if it did.
    public let endedAt: Timestamp?
    /// The words of its newest failure, or why it was missed.
    public let lastError: String?
    /// Whether an earlier attempt may have left a backup that nobody knows of: the provider is
    /// asked for the token before anything else, even after the window.
    public let isUncertain: Bool

    /// Takes all of it, as a queue reads it.
    public init(
        id: JobID, request: NewJob, state: JobState, attempt: Int, failures: Int,
        createdAt: Timestamp, endedAt: Timestamp?, lastError: String?, isUncertain: Bool = false
    ) {
        self.id = id
        self.request = request
        self.state = state
        self.attempt = attempt
        self.failures = failures
        self.createdAt = createdAt
        self.endedAt = endedAt
        self.lastError = lastError
        self.isUncertain = isUncertain
    }
}

/// A job that its caller may work on now: the intent is already recorded as a run.
public struct ClaimedJob: Hashable, Sendable {
    /// The job, in state `running`.
    public let job: Job
    /// The run that was opened for this attempt.
    public let run: RunID

    /// Joins both.
    public init(job: Job, run: RunID) {
        self.job = job
        self.run = run
    }
}
