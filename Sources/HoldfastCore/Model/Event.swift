/// Who caused an event.
public enum Actor: Hashable, Sendable, CustomStringConvertible {
    /// The daemon, by its policies.
    case scheduler
    /// The daemon, mending what a crash left.
    case recovery
    /// A person or program, by the kernel's word: the socket peer's or the process's user.
    case user(uid: UInt32, name: String)

    /// `scheduler`, `recovery` or `uid 1000 (anna)`.
    public var description: String {
        switch self {
        case .scheduler: "scheduler"
        case .recovery: "recovery"
        case .user(let uid, let name): name.isEmpty ? "uid \(uid)" : "uid \(uid) (\(name))"
        }
    }
}

/// What an entry of the audit log is about.
public enum EventKind: String, Sendable, CaseIterable {
    case daemonStarted = "daemon.started"
    case daemonStopped = "daemon.stopped"
    case configurationLoaded = "configuration.loaded"
    case configurationRejected = "configuration.rejected"
    case windowOpened = "window.opened"
    case windowsMissed = "windows.missed"
    case backupRequested = "backup.requested"
    case backupSucceeded = "backup.succeeded"
    case backupFailed = "backup.failed"
    case backupMissed = "backup.missed"
    case backupCancelled = "backup.cancelled"
    case attemptFailed = "attempt.failed"
    case attemptInterrupted = "attempt.interrupted"
    case hookFailed = "hook.failed"
    case pointMarked = "point.marked"
    case pointUnmarked = "point.unmarked"
    case pointDeleted = "point.deleted"
    case pointMissing = "point.missing"
    case pointVerified = "point.verified"
    case pointDamaged = "point.damaged"
    case pointRestored = "point.restored"
    case pruneRequested = "prune.requested"
    case pruneRefused = "prune.refused"
    case pruneFailed = "prune.failed"
    case clockJumped = "clock.jumped"
    case targetsDiscovered = "targets.discovered"
    case discoveryFailed = "discovery.failed"
    case inventoryUncovered = "inventory.uncovered"
    case inventoryClosed = "inventory.closed"
    case inventoryFailed = "inventory.failed"
    case targetEnding = "target.ending"
    case driftRepaired = "drift.repaired"
    case driftRefused = "drift.refused"
    case driftUnknown = "drift.unknown"
    case jobCancelled = "job.cancelled"
    case vendorBackupSeen = "vendor_backup.seen"
    case vendorBackupMissing = "vendor_backup.missing"
    case pointExpired = "point.expired"
    case pointDestroyed = "point.destroyed"
    case restoreRequested = "restore.requested"
    case restoreFailed = "restore.failed"
    case pointAnnotated = "point.annotated"
    case passwordRotated = "password.rotated"
    case signOnRequested = "sign_on.requested"
    case backupUnitDestroyed = "backup_unit.destroyed"
    case pruneConfirmed = "prune.confirmed"
    case drillRequested = "drill.requested"
    case drillFailed = "drill.failed"
    case reconcileRequested = "reconcile.requested"
    case reconcileDoubtful = "reconcile.doubtful"
    case reconcileFailed = "reconcile.failed"
    case pointReturned = "point.returned"
    case foreignSeen = "foreign.seen"
    case pointAdopted = "point.adopted"
    case adoptionFailed = "adoption.failed"
    case orphanKept = "orphan.kept"
    case orphanEndangered = "orphan.endangered"
    case pointPinned = "point.pinned"
    case pointUnpinned = "point.unpinned"
    case holdPlaced = "hold.placed"
    case holdLifted = "hold.lifted"
    case objectiveBroken = "objective.broken"
    case objectiveRestored = "objective.restored"
    case policyPaused = "policy.paused"
    case policyResumed = "policy.resumed"
    case pauseForgotten = "pause.forgotten"
}

/// A value in an event's detail; only what canonical JSON writes in one way.
public enum DetailValue: Hashable, Sendable, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral
{
    case text(String)
    case number(Int64)
    case flag(Bool)
    case list([String])

    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .number(value) }
}

/// An event that is to be appended to the audit log.
public struct NewEvent: Hashable, Sendable {
    /// When it happened.
    public let at: Timestamp
    /// What happened.
    public let kind: EventKind
    /// Who caused it.
    public let actor: Actor
    /// The policy it concerns, if one.
    public let policy: PolicyID?
    /// The target it concerns, if one.
    public let target: TargetID?
    /// The job it concerns, if one.
    public let job: JobID?
    /// The recovery point it concerns, if one.
    public let token: BackupToken?
    /// What else there is to know; keys are snake_case.
    public let detail: [String: DetailValue]

    /// Takes all of it.
    public init(
        at: Timestamp, kind: EventKind, actor: Actor, policy: PolicyID? = nil,
        target: TargetID? = nil, job: JobID? = nil, token: BackupToken? = nil,
        detail: [String: DetailValue] = [:]
    ) {
        self.at = at
        self.kind = kind
        self.actor = actor
        self.policy = policy
        self.target = target
        self.job = job
        self.token = token
        self.detail = detail
    }

    /// Takes an event about an assignment.
    public init(
        at: Timestamp, kind: EventKind, actor: Actor, assignment: Assignment,
        job: JobID? = nil, token: BackupToken? = nil, detail: [String: DetailValue] = [:]
    ) {
        self.init(
            at: at, kind: kind, actor: actor, policy: assignment.policy,
            target: assignment.target, job: job, token: token, detail: detail)
    }
}

/// An entry of the audit log.
public struct Event: Hashable, Sendable {
    /// Its row; entries have no gaps.
    public let id: Int64
    /// When it happened.
    public let at: Timestamp
    /// The word for what happened, one of `EventKind` or a newer version's.
    public let kind: String
    /// Who caused it.
    public let actor: String
    /// The policy it concerns.
    public let policy: String?
    /// The target it concerns.
    public let target: String?
    /// The job it concerns.
    public let job: JobID?
    /// The recovery point it concerns.
    public let token: String?
    /// The detail as canonical JSON.
    public let detail: String
    /// SHA-256 over the previous hash and this entry's canonical JSON, as 64 hexadecimal digits.
    public let hash: String

    /// Takes all of it, as a history reads it.
    public init(
        id: Int64, at: Timestamp, kind: String, actor: String, policy: String?, target: String?,
        job: JobID?, token: String?, detail: String, hash: String
    ) {
        self.id = id
        self.at = at
        self.kind = kind
        self.actor = actor
        self.policy = policy
        self.target = target
        self.job = job
        self.token = token
        self.detail = detail
        self.hash = hash
    }
}
