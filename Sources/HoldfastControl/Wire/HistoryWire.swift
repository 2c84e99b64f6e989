public import HoldfastCore

/// A part of a listing.
public struct PageWire<Row: Codable & Sendable>: Codable, Sendable {
    /// The rows, newest first.
    public let items: [Row]
    /// What to pass as `cursor` for the next part; absent at the end.
    public let nextCursor: String?

    /// Joins both.
    public init(items: [Row], nextCursor: String? = nil) {
        self.items = items
        self.nextCursor = nextCursor
    }
}

/// A row of `GET /v1/jobs`.
public struct JobWire: Codable, Sendable {
    /// Its number.
    public let id: Int64
    /// What it does.
    public let kind: String
    /// Why it exists.
    public let cause: String
    /// The policy's name.
    public let policy: String
    /// The target's name.
    public let target: String
    /// The provider's name.
    public let provider: String
    /// The opening of its window.
    public let opens: Timestamp
    /// The end of its window; absent for jobs without one.
    public let closes: Timestamp?
    /// `ready`, `running`, `succeeded`, `failed`, `missed` or `cancelled`.
    public let state: String
    /// For a waiting job: not claimed before.
    public let notBefore: Timestamp?
    /// How often it was claimed.
    public let attempt: Int
    /// How many attempts failed.
    public let failures: Int
    /// When it was planned.
    public let createdAt: Timestamp
    /// When it ended.
    public let endedAt: Timestamp?
    /// The words of its newest failure.
    public let error: String?
    /// The mark of its backup.
    public let token: String?
    /// The point that a restore puts back.
    public let point: String?
    /// What a reconcile looks at points for: `look` or `adopt`.
    public let survey: String?
    /// Bytes transferred so far.
    public let progressBytes: Int64?
    /// Files so far.
    public let progressEntries: Int64?
    /// 0 to 100, where the provider says so.
    public let progressPercent: Int?

    init(_ status: JobStatus) {
        let job = status.job
        let request = job.request
        id = job.id.number
        kind = request.kind.rawValue
        cause = request.trigger.rawValue
        policy = request.slot.assignment.policy.text
        target = request.slot.assignment.target.text
        provider = request.provider.text
        opens = request.slot.opens
        closes = request.closes == .distantFuture ? nil : request.closes
        state = job.state.name
        if case .ready(let instant) = job.state { notBefore = instant } else { notBefore = nil }
        attempt = job.attempt
        failures = job.failures
        createdAt = job.createdAt
        endedAt = job.endedAt
        error = job.lastError
        token = request.kind == .backup ? request.slot.token.text : nil
        point = request.point?.text
        survey = request.survey?.name
        progressBytes = status.progress?.bytes?.bytes
        progressEntries = status.progress?.entries
        progressPercent = status.progress?.percent
    }

    /// Whether nothing will happen to the job any more.
    public var isEnded: Bool { endedAt != nil }
}

/// A row of `GET /v1/runs`.
public struct RunWire: Codable, Sendable {
    /// Its number.
    public let id: Int64
    /// The job that it was an attempt at.
    public let job: Int64
    /// What the job does.
    public let kind: String
    /// The policy's name.
    public let policy: String
    /// The target's name.
    public let target: String
    /// The provider's name.
    public let provider: String
    /// 1 for the first attempt.
    public let attempt: Int
    /// `running`, `succeeded`, `failed`, `handed_back` or `interrupted`.
    public let state: String
    /// When the intent was recorded.
    public let startedAt: Timestamp
    /// When it ended.
    public let endedAt: Timestamp?
    /// The mark of its backup.
    public let token: String?
    /// What the failure means.
    public let errorKind: String?
    /// The failure's words.
    public let error: String?
    /// What hooks and tools printed, bounded.
    public let output: String?
    /// Whether the result was found at the provider.
    public let adopted: Bool

    init(_ run: Run) {
        id = run.id.number
        job = run.job.number
        kind = run.kind.rawValue
        policy = run.assignment.policy.text
        target = run.assignment.target.text
        provider = run.provider.text
        attempt = run.attempt
        state = run.state.rawValue
        startedAt = run.startedAt
        endedAt = run.endedAt
        token = run.token?.text
        errorKind = run.errorKind
        error = run.message
        output = run.output
        adopted = run.isAdopted
    }
}

/// A row of `GET /v1/points`.
public struct PointWire: Codable, Sendable {
    /// Its token, by which every command names it.
    public let id: String
    /// The policy's name.
    public let policy: String
    /// The target's name.
    public let target: String
    /// The provider's name.
    public let provider: String
    /// `managed`, `adopted` or `vendor`: who made it.
    public let origin: String
    /// The provider's own identifier.
    public let remoteId: String
    /// `available`, `damaged`, `deleted`, `missing`, `expired` or `destroyed`.
    public let state: String
    /// The instant that it shows.
    public let takenAt: Timestamp
    /// Size before compression.
    public let sourceBytes: Int64?
    /// Size as stored.
    public let storedBytes: Int64?
    /// Number of files.
    public let entries: Int64?
    /// What went less than well.
    public let warnings: [String]
    /// When it was last verified.
    public let verifiedAt: Timestamp?
    /// `restored`, `read` or `seen`: the strongest that is proved of it.
    public let proof: String?
    /// How long unpacking it took, where it was unpacked.
    public let restoreMs: Int64?
    /// When retention let it go.
    public let markedAt: Timestamp?
    /// Not deleted before.
    public let deleteAfter: Timestamp?
    /// Why retention let it go.
    public let markReason: String?
    /// Since when it waits for `holdfast prune confirm`, because the guard holds it.
    public let heldSince: Timestamp?
    /// When it was deleted.
    public let deletedAt: Timestamp?
    /// An operator's word that it stays.
    public let pin: PinWire?

    init(_ point: RecoveryPoint) {
        id = point.remote.token.text
        policy = point.assignment.policy.text
        target = point.assignment.target.text
        provider = point.provider.text
        origin = point.origin.rawValue
        remoteId = point.remote.remoteID
        state = point.state.rawValue
        takenAt = point.remote.takenAt
        sourceBytes = point.remote.sourceBytes?.bytes
        storedBytes = point.remote.storedBytes?.bytes
        entries = point.remote.entries
        warnings = point.remote.warnings
        verifiedAt = point.verifiedAt
        proof = point.proof?.kind.rawValue
        restoreMs = point.proof?.restoreTime?.wholeMilliseconds
        markedAt = point.mark?.at
        deleteAfter = point.mark?.deleteAfter
        markReason = point.mark?.reason
        heldSince = point.mark?.waitsSince
        deletedAt = point.deletedAt
        pin = point.pin.map(PinWire.init)
    }
}

extension PruneMark {
    fileprivate var waitsSince: Timestamp? { confirmedPlan == nil ? hold?.since : nil }
}

/// A row of `GET /v1/prune`: what retention and the floors say of a point now.
public struct ReviewWire: Codable, Sendable {
    /// The point's token.
    public let id: String
    /// The policy's name.
    public let policy: String
    /// The target's name.
    public let target: String
    /// The instant that it shows.
    public let takenAt: Timestamp
    /// `keep` or `remove`.
    public let decision: String
    /// Why.
    public let reasons: [String]
    /// The word of the floor that keeps it although no rule does.
    public let floor: String?
    /// For `remove`: not deleted before.
    public let deleteAfter: Timestamp?
    /// For `remove`: since when it waits for `holdfast prune confirm`, because the guard holds it.
    public let heldSince: Timestamp?
    /// Size as stored.
    public let storedBytes: Int64?

    init(_ review: PointReview) {
        let point = review.point
        id = point.remote.token.text
        policy = point.assignment.policy.text
        target = point.assignment.target.text
        takenAt = point.remote.takenAt
        decision = review.isKept ? "keep" : "remove"
        reasons = review.texts
        floor = review.floor?.code
        deleteAfter = review.mark?.deleteAfter
        heldSince = review.mark?.waitsSince
        storedBytes = point.remote.storedBytes?.bytes
    }
}

/// The answer to `POST /v1/prune`.
public struct PruneWire: Codable, Sendable {
    /// How many prune jobs were put into the queue.
    public let jobs: Int
}
