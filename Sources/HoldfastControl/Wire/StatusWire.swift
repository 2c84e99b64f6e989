public import HoldfastCore

/// `GET /v1/status`.
public struct StatusWire: Codable, Sendable {
    /// The program's version.
    public let version: String
    /// The daemon's wall clock.
    public let now: Timestamp
    /// When the daemon became ready.
    public let startedAt: Timestamp
    /// SHA-256 of the configuration in force.
    public let configurationDigest: String
    /// When it was loaded.
    public let configurationLoadedAt: Timestamp
    /// Why the last reload was refused.
    public let configurationRejection: String?
    /// What the configuration check found worth a look.
    public let configurationWarnings: [String]
    /// Declared providers.
    public let providers: Int
    /// Declared policies.
    public let policies: Int
    /// Declared targets.
    public let targets: Int
    /// The next opening of any policy.
    public let nextOpening: Timestamp?
    /// Whose it is.
    public let nextPolicy: String?
    /// Waiting jobs.
    public let jobsReady: Int
    /// Jobs under way.
    public let jobsRunning: Int
    /// Available recovery points.
    public let points: Int
    /// What they take.
    public let storedBytes: Int64
    /// The newest entry of the audit log.
    public let lastEvent: Int64?
    /// Its hash.
    public let lastEventHash: String?
    /// Why nothing is pruned now.
    public let pruningHeld: String?
    /// Providers whose selectors, or whose own policies, could not be asked the last time.
    public let failingProviders: [String]
    /// How many prune plans wait for a confirmation.
    public let prunePlanCount: Int
    /// The first few of them; `/v1/prune/plans` has all.
    public let prunePlans: [PrunePlanWire]
    /// Assignments with a good point that is proved restorable, or at least still there.
    public let proven: Int
    /// Assignments with good points of which none was ever verified.
    public let unproven: Int
    /// Those of them whose policy declares drills: the first is still to come.
    public let unprovenAwaiting: Int
    /// The target whose newest proven point is the oldest of all.
    public let oldestProofTarget: String?
    /// Its policy.
    public let oldestProofPolicy: String?
    /// When that point was taken.
    public let oldestProofPoint: Timestamp?
    /// What the accounts have and no policy covers, not counting what is under a waiver.
    public let uncovered: Int
    /// Since when the oldest of them is.
    public let uncoveredSince: Timestamp?
    /// What no policy covers, and is under a waiver.
    public let uncoveredWaived: Int
    /// How many targets the vendors are going to end.
    public let endingCount: Int
    /// The first hundred of them, the next one first.
    public let ending: [EndingTargetWire]
    /// The policies that are paused, by name.
    public let pauses: [PauseWire]
    /// How many assignments need a look.
    public let problemCount: Int
    /// The first hundred of them by name; `/v1/targets` has all.
    public let problems: [TargetWire]

    init(_ status: DaemonStatus) {
        version = status.version
        now = status.now
        startedAt = status.startedAt
        configurationDigest = status.configurationDigest
        configurationLoadedAt = status.configurationLoadedAt
        configurationRejection = status.configurationRejection
        configurationWarnings = status.configurationWarnings
        providers = status.providerCount
        policies = status.policyCount
        targets = status.targetCount
        nextOpening = status.nextOpening
        nextPolicy = status.nextPolicy?.text
        jobsReady = status.totals.readyJobs
        jobsRunning = status.totals.runningJobs
        points = status.totals.points
        storedBytes = status.totals.storedBytes.bytes
        lastEvent = status.totals.lastEvent?.id
        lastEventHash = status.totals.lastEvent?.hash
        pruningHeld = status.pruningHeld
        prunePlanCount = status.prunePlans.count
        prunePlans = status.prunePlans.prefix(PrunePlanWire.statusMax).map(PrunePlanWire.init)
        proven = status.proofs.provenCount
        unproven = status.proofs.unprovenCount
        unprovenAwaiting = status.proofs.awaitingCount
        oldestProofTarget = status.proofs.oldest?.target.text
        oldestProofPolicy = status.proofs.oldest?.policy.text
        oldestProofPoint = status.proofs.oldestTakenAt
        uncovered = status.uncovered.count
        uncoveredSince = status.uncovered.oldest
        uncoveredWaived = status.uncovered.waivedCount
        endingCount = status.ending.count
        ending = status.ending.prefix(DaemonStatus.problemMax).map(EndingTargetWire.init)
        problemCount = status.problemCount
        problems = status.problems.map(TargetWire.init)
        failingProviders = status.failingProviders.map(\.text)
        pauses = status.pauses.map(PauseWire.init)
    }
}

/// A row of `GET /v1/policies`.
public struct PolicyWire: Codable, Sendable {
    /// Its name.
    public let name: String
    /// `hourly`, `daily`, `weekly` or `monthly`.
    public let plan: String
    /// `managed` or `native`: who takes the backups.
    public let enforce: String
    /// The local time of its openings.
    public let at: String
    /// The zone's name.
    public let timezone: String
    /// The window's length in seconds.
    public let windowSeconds: Int64
    /// The rules that keep points, as the configuration writes them.
    public let retention: [String]
    /// The objective in seconds.
    public let rpoSeconds: Int64?
    /// Seconds between two drills of a target; absent when it has none.
    public let drillSeconds: Int64?
    /// `newest` or `random`: which point a drill takes.
    public let drillPick: String?
    /// How many targets it applies to.
    public let targets: Int
    /// The window that is open now.
    public let openWindow: WindowWire?
    /// The next window.
    public let nextWindow: WindowWire?

    init(_ status: PolicyStatus) {
        let policy = status.policy
        name = policy.id.text
        plan = policy.schedule.plan.name
        enforce = policy.enforcement.rawValue
        at = policy.schedule.opensAt.description
        timezone = policy.schedule.zone.name
        windowSeconds = policy.schedule.length.wholeSeconds
        retention = policy.retention.rules.summary
        rpoSeconds = policy.recoveryPointObjective?.wholeSeconds
        drillSeconds = policy.drills?.every.wholeSeconds
        drillPick = policy.drills?.pick.rawValue
        targets = status.targetCount
        openWindow = status.openWindow.map(WindowWire.init)
        nextWindow = status.nextWindow.map(WindowWire.init)
    }
}

/// A window; also what `holdfast windows --json` prints.
public struct WindowWire: Codable, Sendable {
    /// The first instant in it.
    public let opens: Timestamp
    /// The first instant after it.
    public let closes: Timestamp

    /// Takes a window.
    public init(_ window: Window) {
        opens = window.opens
        closes = window.closes
    }
}

/// A row of `GET /v1/targets`: one target under one of its policies.
public struct TargetWire: Codable, Sendable {
    /// The target's name.
    public let name: String
    /// The policy's name.
    public let policy: String
    /// The provider's name.
    public let provider: String
    /// The word of the target's key: `directory`, `sqlite`, `droplet`, ….
    public let kind: String
    /// What the provider knows it by: a path on the machine, or the vendor's id.
    public let source: String
    /// The vendor's name for it, where a selector found it.
    public let title: String?
    /// `ok`, `new`, `failed`, `missed`, `beyond_objective`, `damaged` or `drill_failed`.
    public let health: String
    /// The newest available point's instant.
    public let newestPoint: Timestamp?
    /// Available points.
    public let points: Int
    /// How many of them are marked for deletion.
    public let marked: Int
    /// What they take.
    public let storedBytes: Int64
    /// How the newest ended backup job ended.
    public let lastResult: String?
    /// When.
    public let lastEndedAt: Timestamp?
    /// Its failure's words.
    public let lastError: String?
    /// The objective in seconds.
    public let rpoSeconds: Int64?
    /// The next opening.
    public let nextOpening: Timestamp?
    /// The instant of the newest point that was verified and is there.
    public let provenPoint: Timestamp?
    /// When that point was last verified.
    public let provenAt: Timestamp?
    /// `restored`, `read` or `seen`: the strongest that is proved of it.
    public let proof: String?
    /// How long unpacking it took, where it was unpacked.
    public let restoreMs: Int64?
    /// The instant of the newest point whose data is not what was written.
    public let damagedPoint: Timestamp?
    /// `succeeded` or `failed`: how the newest drill ended.
    public let lastDrill: String?
    /// Its failure's words.
    public let lastDrillError: String?

    init(_ status: TargetStatus) {
        name = status.target.id.text
        policy = status.policy.text
        provider = status.target.provider.text
        kind = status.target.subject.kind
        source = status.target.subject.source
        title = status.target.title
        health = status.health.rawValue
        newestPoint = status.summary?.newestPoint
        points = status.summary?.pointCount ?? 0
        marked = status.summary?.markedCount ?? 0
        storedBytes = status.summary?.storedBytes.bytes ?? 0
        lastResult = status.summary?.lastState
        lastEndedAt = status.summary?.lastEndedAt
        lastError = status.summary?.lastError
        rpoSeconds = status.objective?.wholeSeconds
        nextOpening = status.nextOpening
        let proofs = status.summary?.proofs
        provenPoint = proofs?.newest?.takenAt
        provenAt = proofs?.newest?.provenAt
        proof = proofs?.newest?.proof.kind.rawValue
        restoreMs = proofs?.newest?.proof.restoreTime?.wholeMilliseconds
        damagedPoint = proofs?.newestDamaged
        lastDrill = proofs?.lastDrill
        lastDrillError = proofs?.lastDrillError
    }
}
