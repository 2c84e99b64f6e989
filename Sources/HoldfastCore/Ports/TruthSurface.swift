/// What the status socket asks the daemon about what is really at its providers.
public protocol TruthSurface: Sendable {
    /// What providers have of the targets that is not ours, by their last complete listings.
    ///
    /// - Parameter page: Its policy and state have no meaning here.
    func foreignPoints(_ page: PageRequest) async throws(StoreError) -> Page<ForeignPoint>
    /// The points of targets that are gone, and what is done with them.
    func orphans() async throws(StoreError) -> [OrphanStatus]
    /// Has a target's points compared with its provider's listing.
    func requestLook(target: String, by actor: Actor) async throws(ControlRefusal) -> Job
    /// Has the points of every target compared with the listings of their providers.
    ///
    /// - Returns: How many jobs were put into the queue; a target whose last look still waits has
    ///   none.
    func requestLooks(by actor: Actor) async throws(ControlRefusal) -> Int
    /// Takes backups of a target that are not ours under one of its policies.
    func requestAdoption(
        _ wish: AdoptionWish, by actor: Actor
    ) async throws(ControlRefusal) -> Job
}

/// What somebody asks to be adopted.
public struct AdoptionWish: Hashable, Sendable {
    /// The target's name.
    public let target: String
    /// The policy's name.
    public let policy: String
    /// The provider's own identifiers.
    public let remoteIDs: [String]
    /// Why.
    public let reason: String

    /// Takes all of it.
    public init(target: String, policy: String, remoteIDs: [String], reason: String) {
        self.target = target
        self.policy = policy
        self.remoteIDs = remoteIDs
        self.reason = reason
    }
}

/// An orphan with what is done with it.
public struct OrphanStatus: Hashable, Sendable {
    /// The orphan.
    public let orphan: Orphan
    /// What its policy says of orphans; `nil` where it says nothing, or is gone too.
    public let rules: OrphanRules?
    /// Why nothing is pruned although there are rules; `nil` where they are followed.
    public let hindrance: String?
    /// Whether the vendor deletes the points with the machine.
    public let isEndangered: Bool

    /// Takes all of it.
    public init(orphan: Orphan, rules: OrphanRules?, hindrance: String?, isEndangered: Bool) {
        self.orphan = orphan
        self.rules = rules
        self.hindrance = hindrance
        self.isEndangered = isEndangered
    }
}
