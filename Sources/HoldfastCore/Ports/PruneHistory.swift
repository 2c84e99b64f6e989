/// What the history knows of points that are to go.
public protocol PruneHistory: Sendable {
    /// What counts against the guard, of assignments that are pruned: declared ones, and ended ones
    /// of policies that say something of orphans.
    ///
    /// - Parameters:
    ///   - provider: Only what is there; `nil`: everywhere.
    ///   - policies: Those that say something of orphans.
    func pruneStandings(
        at provider: ProviderID?, orphansUnder policies: Set<PolicyID>
    ) async throws(StoreError) -> PruneStandings
    /// The available points at a provider that are marked, of assignments that are pruned, by id.
    func markedPoints(
        at provider: ProviderID, orphansUnder policies: Set<PolicyID>
    ) async throws(StoreError) -> [RecoveryPoint]
    /// What a review of an assignment looks at.
    func retentionBasis(of assignment: Assignment) async throws(StoreError) -> RetentionBasis
    /// Sets and clears marks, changes the credit of their assignment, and appends the events, in one
    /// transaction.
    ///
    /// - Returns: `false` when a mark is not any more what the review saw, or its point is not
    ///   available; nothing is changed then.
    func change(
        _ change: RetentionChange, events: [NewEvent]
    ) async throws(StoreError) -> Bool
    /// Notes that the guard holds points back no more, and then that it holds others, where they are
    /// marked and not confirmed and it did not before.
    func change(holds: [PointID: GuardHold], lifted: [PointID]) async throws(StoreError)
    /// How many available points these assignments have at a provider that are not marked, the
    /// vendor's own left out.
    func unmarkedCounts(
        of assignments: [Assignment], at provider: ProviderID
    ) async throws(StoreError) -> [Assignment: Int]
    /// Notes that an operator confirmed a plan, unless the marks of its points are no longer what
    /// it says; puts the jobs in and appends the event, in one transaction.
    ///
    /// - Returns: `false` when something moved; nothing is changed then.
    func confirm(
        _ plan: PrunePlan, jobs: [NewJob], event: NewEvent, at now: Timestamp,
        orphansUnder policies: Set<PolicyID>
    ) async throws(StoreError) -> Bool

    /// What the kernel refused last of these points.
    func refusals(of points: [PointID]) async throws(StoreError) -> [PointRefusal]
    /// How many points stand refused, by code.
    func refusalCounts() async throws(StoreError) -> [String: Int]
}

extension PruneHistory {
    /// What weighs at a provider as a whole.
    public func pruneLoad(
        of provider: ProviderID, orphansUnder policies: Set<PolicyID>
    ) async throws(StoreError) -> PruneLoad {
        try await pruneStandings(at: provider, orphansUnder: policies)
            .load(of: provider)
    }
}

/// The kernel's newest refusal of one point.
public struct PointRefusal: Hashable, Sendable {
    /// The point.
    public let point: PointID
    /// Its word, of `DeletionRefusal`.
    public let code: String
    /// Its reason, for people.
    public let reason: String
    /// That a guard holds the point back from now on, unless it did before; `nil` where something
    /// else refused, and where the row is read.
    public let hold: GuardHold?

    /// Takes all of it.
    public init(point: PointID, code: String, reason: String, hold: GuardHold? = nil) {
        self.point = point
        self.code = code
        self.reason = reason
        self.hold = hold
    }
}

/// What the deletion kernel said in one look.
public struct KernelLook: Hashable, Sendable {
    /// What it refused: each is a row that stands until the point may go, is gone or loses its mark.
    public let refused: [PointRefusal]
    /// What it permitted, whatever the provider said then.
    public let permitted: [PointID]

    /// Joins both.
    public init(refused: [PointRefusal] = [], permitted: [PointID] = []) {
        self.refused = refused
        self.permitted = permitted
    }
}
