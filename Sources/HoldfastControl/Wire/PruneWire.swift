public import HoldfastCore

/// A row of `GET /v1/prune/plans`: points that the guard holds back until somebody confirms them.
public struct PrunePlanWire: Codable, Sendable {
    /// What confirms this plan and no other.
    public let hash: String
    /// `assignment` or `provider`: whose guard holds it.
    public let scope: String
    /// The provider's name.
    public let provider: String
    /// The policy's name, of one assignment.
    public let policy: String?
    /// The target's name, of one assignment.
    public let target: String?
    /// How many points would go.
    public let points: Int
    /// How many points there are.
    public let total: Int
    /// How many of those that would go no new point replaced.
    public let excess: Int
    /// The share in percent that the guard lets pass.
    public let guardPercent: Int
    /// What the points take, as far as is known.
    public let storedBytes: Int64
    /// When the first of them may go.
    public let earliest: Timestamp?
    /// When the last of them may go.
    public let latest: Timestamp?
    /// The ids of the oldest points.
    public let first: [String]

    /// So many plans stand in the status.
    static let statusMax = 5
    /// So many points are named.
    private static let namedMax = 10

    init(_ plan: PrunePlan) {
        hash = plan.hash
        provider = plan.provider.text
        switch plan.scope {
        case .assignment(let assignment):
            scope = "assignment"
            policy = assignment.policy.text
            target = assignment.target.text
        case .provider:
            scope = "provider"
            policy = nil
            target = nil
        }
        points = plan.points.count
        total = plan.load.total
        excess = plan.load.excess
        guardPercent = plan.percent
        storedBytes = plan.points.compactMap(\.remote.storedBytes).reduce(ByteCount(0), +).bytes
        earliest = plan.earliest
        latest = plan.latest
        first = plan.points.sorted { ($0.remote.takenAt, $0.id) < ($1.remote.takenAt, $1.id) }
            .prefix(Self.namedMax).map(\.remote.token.text)
    }
}

/// The answer of `POST /v1/prune/confirm/{hash}`.
public struct PruneConfirmationWire: Codable, Sendable {
    /// What was confirmed.
    public let plan: PrunePlanWire
    /// How many prune jobs were put into the queue for what is due already.
    public let jobs: Int

    init(_ confirmation: PruneConfirmation) {
        plan = PrunePlanWire(confirmation.plan)
        jobs = confirmation.jobCount
    }
}
