/// What the status socket asks the daemon.
public protocol ControlSurface: PointSurface, ProviderSurface, EventFeed, PruneSurface,
    DrillSurface, TruthSurface, CoverageSurface
{
    /// The daemon as a whole.
    func status() async throws(StoreError) -> DaemonStatus
    /// Every policy, by name.
    func policies() async throws(StoreError) -> [PolicyStatus]
    /// Targets with each of their policies, by name, from a position on.
    func targets(_ part: ListPart) async throws(StoreError) -> Page<TargetStatus>
    /// One job with its progress; `nil` when there is none.
    func job(_ id: JobID) async throws(StoreError) -> JobStatus?
    /// Jobs, newest first.
    func jobs(_ page: PageRequest) async throws(StoreError) -> Page<JobStatus>
    /// Runs, newest first.
    func runs(_ page: PageRequest) async throws(StoreError) -> Page<Run>
    /// Recovery points, newest first.
    func points(_ page: PageRequest) async throws(StoreError) -> Page<RecoveryPoint>
    /// Events, newest first.
    func events(_ page: PageRequest) async throws(StoreError) -> Page<Event>
    /// What retention and the floors say of available points now, by assignment. The points of
    /// one assignment are never torn apart, so there may be more rows than asked for.
    func pruneReview(
        target: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> Page<PointReview>

    /// Puts a backup of a target into the queue at once.
    ///
    /// - Parameters:
    ///   - policy: Which of the target's policies; `nil` where it has only one.
    /// - Throws: `ControlRefusal`.
    func requestBackup(
        target: String, policy: String?, by actor: Actor
    ) async throws(ControlRefusal) -> Job
    /// Reviews every assignment now and prunes what is due.
    ///
    /// - Returns: How many prune jobs were put into the queue.
    func requestPrune(by actor: Actor) async throws(ControlRefusal) -> Int
}

/// A part of a listing that is made from the configuration.
public struct ListPart: Hashable, Sendable {
    /// About so many rows, 1…`PageRequest.limitMax`.
    public let limit: Int
    /// How many entries of the whole listing come before it; the last part's `next`.
    public let offset: Int

    /// Takes both; they are brought into their range.
    public init(limit: Int = 100, offset: Int = 0) {
        self.limit = min(max(limit, 1), PageRequest.limitMax)
        self.offset = max(offset, 0)
    }
}

/// Why a request over the socket was not done.
public struct ControlRefusal: Error, Equatable, Sendable {
    /// What callers branch on.
    public enum Kind: String, Sendable {
        case notFound = "not_found"
        case invalid
        case conflict
        case unavailable
        /// A provider said no.
        case provider
    }

    /// What callers branch on.
    public let kind: Kind
    /// What happened and what to do now.
    public let message: String

    /// Joins both.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// The daemon as a whole.
public struct DaemonStatus: Sendable {
    /// The program's version.
    public var version: String
    /// The wall clock's reading.
    public var now: Timestamp
    /// When the daemon became ready.
    public var startedAt: Timestamp
    /// Which configuration is in force.
    public var configurationDigest: String
    /// When it was loaded.
    public var configurationLoadedAt: Timestamp
    /// Why the last reload was refused; `nil` when it was not.
    public var configurationRejection: String?
    /// What the configuration check found worth a look.
    public var configurationWarnings: [String]
    /// How many providers are declared.
    public var providerCount: Int
    /// How many policies are declared.
    public var policyCount: Int
    /// How many targets are declared.
    public var targetCount: Int
    /// The next opening of any policy.
    public var nextOpening: Timestamp?
    /// The policy that opens then.
    public var nextPolicy: PolicyID?
    /// Numbers over the history.
    public var totals: HistoryTotals
    /// How many assignments need a look.
    public var problemCount: Int
    /// The first of them by name, at most `problemMax`.
    public var problems: [TargetStatus]
    /// Why nothing is pruned now; `nil` when pruning goes on.
    public var pruningHeld: String?
    /// Providers whose selectors, or whose own policies, could not be asked the last time.
    public var failingProviders: [ProviderID]
    /// What waits for an operator's confirmation.
    public var prunePlans: [PrunePlan] = []
    /// How many assignments there are of each health.
    public var healthCounts: [TargetStatus.Health: Int] = [:]
    /// What is proved of all assignments together.
    public var proofs = ProofTotals()
    /// What no policy covers.
    public var uncovered = UncoveredTotals()
    /// Targets that the vendor is going to end, the next one first.
    public var ending: [EndingTarget] = []
    /// The policies that are paused, by name.
    public var pauses: [Pause]

    /// So many problems are told one by one; `targets` has all.
    public static let problemMax = 100

    /// Takes all of it; of the problems the first are kept.
    public init(
        version: String, now: Timestamp, startedAt: Timestamp, configurationDigest: String,
        configurationLoadedAt: Timestamp, configurationRejection: String?,
        configurationWarnings: [String], providerCount: Int, policyCount: Int, targetCount: Int,
        nextOpening: Timestamp?, nextPolicy: PolicyID?, totals: HistoryTotals,
        problems: [TargetStatus], pruningHeld: String?, failingProviders: [ProviderID] = [],
        pauses: [Pause] = []
    ) {
        self.version = version
        self.now = now
        self.startedAt = startedAt
        self.configurationDigest = configurationDigest
        self.configurationLoadedAt = configurationLoadedAt
        self.configurationRejection = configurationRejection
        self.configurationWarnings = configurationWarnings
        self.providerCount = providerCount
        self.policyCount = policyCount
        self.targetCount = targetCount
        self.nextOpening = nextOpening
        self.nextPolicy = nextPolicy
        self.totals = totals
        problemCount = problems.count
        self.problems = Array(problems.prefix(Self.problemMax))
        self.pruningHeld = pruningHeld
        self.failingProviders = failingProviders
        self.pauses = pauses
    }
}

/// How many assignments have a proven point.
public struct ProofTotals: Hashable, Sendable {
    /// Assignments with a good point that is proved.
    public var provenCount = 0
    /// Assignments with good points of which none is.
    public var unprovenCount = 0
    /// Those of `unprovenCount` whose policy declares drills: the first is still to come.
    public var awaitingCount = 0
    /// The assignment whose newest proven point is the oldest of all.
    public var oldest: Assignment?
    /// When that point was taken.
    public var oldestTakenAt: Timestamp?

    /// Nothing is proved, and nothing has to be.
    public init() {}
}

/// One policy as the daemon applies it.
public struct PolicyStatus: Sendable {
    /// The policy.
    public let policy: Policy
    /// How many targets it applies to.
    public let targetCount: Int
    /// The window that is open now.
    public let openWindow: Window?
    /// The next window that makes a backup; `nil` while the policy is paused without an end.
    public let nextWindow: Window?

    /// Takes all of it.
    public init(policy: Policy, targetCount: Int, openWindow: Window?, nextWindow: Window?) {
        self.policy = policy
        self.targetCount = targetCount
        self.openWindow = openWindow
        self.nextWindow = nextWindow
    }
}

/// How one target stands under one of its policies.
public struct TargetStatus: Sendable {
    /// What needs a look.
    public enum Health: String, Sendable, CaseIterable {
        case ok
        /// No backup was due yet.
        case new
        /// The newest backup failed.
        case failed
        /// The newest window was missed.
        case missed
        /// The newest good point is older than the objective.
        case beyondObjective = "beyond_objective"
        /// A point that is newer than every good one is damaged.
        case damaged
        /// The newest drill proved nothing.
        case drillFailed = "drill_failed"
    }

    /// The target.
    public let target: Target
    /// The policy.
    public let policy: PolicyID
    /// What the history says; `nil` before the first backup ended.
    public let summary: AssignmentSummary?
    /// The policy's objective.
    public let objective: Duration?
    /// The next opening that makes a backup; `nil` while the policy is paused without an end.
    public let nextOpening: Timestamp?
    /// What needs a look.
    public let health: Health

    /// Takes all of it.
    public init(
        target: Target, policy: PolicyID, summary: AssignmentSummary?, objective: Duration?,
        nextOpening: Timestamp?, health: Health
    ) {
        self.target = target
        self.policy = policy
        self.summary = summary
        self.objective = objective
        self.nextOpening = nextOpening
        self.health = health
    }
}

/// A job with its progress.
public struct JobStatus: Sendable {
    /// The job.
    public let job: Job
    /// How far its transfer has come; `nil` unless one is under way.
    public let progress: TransferProgress?

    /// Joins both.
    public init(job: Job, progress: TransferProgress?) {
        self.job = job
        self.progress = progress
    }
}
