public import HoldfastCore

/// A row of `GET /v1/points/foreign`: a backup of a target that is not ours.
public struct ForeignPointWire: Codable, Sendable {
    /// The provider's own identifier, by which it is adopted.
    public let remoteId: String
    /// The provider's name for it.
    public let name: String
    /// The target's name.
    public let target: String
    /// The provider's name in the configuration.
    public let provider: String
    /// The instant that it shows.
    public let takenAt: Timestamp
    /// Size as stored.
    public let storedBytes: Int64?
    /// When it was seen first.
    public let firstSeen: Timestamp
    /// Whether its name is a token: another Holdfast made it, or this one before its history was
    /// lost.
    public let hasToken: Bool

    init(_ point: ForeignPoint) {
        remoteId = point.remoteID
        name = point.title
        target = point.target.text
        provider = point.provider.text
        takenAt = point.takenAt
        storedBytes = point.storedBytes?.bytes
        firstSeen = point.firstSeen
        hasToken = point.hasToken
    }
}

/// The answer to `POST /v1/reconcile`.
public struct ReconcileWire: Codable, Sendable {
    /// How many looks were put into the queue.
    public let jobs: Int
}

/// A row of `GET /v1/points/orphans`: the points of a target that is gone, at one provider.
public struct OrphanWire: Codable, Sendable {
    /// The policy's name.
    public let policy: String
    /// The target's name.
    public let target: String
    /// The provider's name.
    public let provider: String
    /// When the target was under the policy no longer.
    public let endedAt: Timestamp
    /// How many points are available.
    public let points: Int
    /// How many of them retention let go.
    public let marked: Int
    /// The newest point's instant.
    public let newestAt: Timestamp
    /// What they take.
    public let storedBytes: Int64
    /// The newest so many stay for `keep_seconds`, then the newest one; absent: all stay for ever.
    public let keepLast: Int?
    /// From `ended_at` on.
    public let keepSeconds: Int64?
    /// Why nothing is pruned although there are rules.
    public let hindrance: String?
    /// Whether the vendor deletes them with the machine.
    public let endangered: Bool

    init(_ status: OrphanStatus) {
        let orphan = status.orphan
        policy = orphan.assignment.policy.text
        target = orphan.assignment.target.text
        provider = orphan.provider.text
        endedAt = orphan.endedAt
        points = orphan.pointCount
        marked = orphan.markedCount
        newestAt = orphan.newestPoint
        storedBytes = orphan.storedBytes.bytes
        keepLast = status.rules?.keepLast
        keepSeconds = status.rules?.duration.wholeSeconds
        hindrance = status.hindrance
        endangered = status.isEndangered
    }
}
