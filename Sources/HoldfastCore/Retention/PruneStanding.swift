/// A mark that nobody confirmed, as the guard counts it.
public struct GuardedMark: Hashable, Sendable {
    /// When it was set.
    public let at: Timestamp
    /// Since when the guard holds its point back; `nil`: it does not.
    public let heldSince: Timestamp?

    /// Joins both.
    public init(at: Timestamp, heldSince: Timestamp? = nil) {
        self.at = at
        self.heldSince = heldSince
    }

    /// Whether the guard held it back already when another mark was set: a cut that waits for an
    /// operator does not stop the turnover that goes on after it.
    func isSettled(by instant: Timestamp?) -> Bool {
        guard let instant, let heldSince else { return false }
        return heldSince <= instant
    }
}

/// The marks of one assignment at one provider that count against the guard.
public struct PruneStanding: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// Who holds the points.
    public let provider: ProviderID
    /// Every mark that nobody confirmed.
    public let marks: [GuardedMark]
    /// When the points were recorded that may have set them off.
    public let recorded: [Timestamp]

    /// Takes all of it.
    public init(
        assignment: Assignment, provider: ProviderID, marks: [GuardedMark], recorded: [Timestamp]
    ) {
        self.assignment = assignment
        self.provider = provider
        self.marks = marks
        self.recorded = recorded
    }

    /// Whether the guard holds one of the points back.
    public var isHeld: Bool { marks.contains { $0.heldSince != nil } }

    /// What these marks weigh among all available points of the assignment there.
    ///
    /// - Parameter instant: As in `PruneLoad`.
    public func load(among total: Int, judging instant: Timestamp? = nil) -> PruneLoad {
        PruneLoad(marks: marks, recorded: recorded, total: total, judging: instant)
    }
}

/// Every standing, with how many points each provider holds.
public struct PruneStandings: Hashable, Sendable {
    /// By assignment, then provider.
    public let standings: [PruneStanding]
    /// Available points, the vendors' own left out.
    public let totals: [ProviderID: Int]

    /// Joins both.
    public init(standings: [PruneStanding], totals: [ProviderID: Int]) {
        self.standings = standings
        self.totals = totals
    }

    /// What they weigh at a provider as a whole.
    public func load(of provider: ProviderID) -> ProviderLoad {
        ProviderLoad(
            standings.filter { $0.provider == provider }, total: totals[provider] ?? 0)
    }
}

/// What is due at a provider as a whole.
public struct ProviderLoad: Hashable, Sendable {
    /// All of it.
    public let whole: PruneLoad
    private let standings: [PruneStanding]

    /// Adds up what is due of several assignments.
    ///
    /// - Parameter total: All available points at the provider.
    public init(_ standings: [PruneStanding], total: Int) {
        whole = PruneLoad(standings.map { $0.load(among: 0) }, total: total)
        self.standings = standings
    }

    /// The same, whatever is judged.
    public init(_ whole: PruneLoad) {
        self.whole = whole
        standings = []
    }

    /// What counts when a mark is judged that was set at an instant.
    public func judging(_ instant: Timestamp) -> PruneLoad {
        guard standings.contains(where: { $0.marks.contains { $0.isSettled(by: instant) } }) else {
            return whole
        }
        return PruneLoad(
            standings.map { $0.load(among: 0, judging: instant) }, total: whole.total)
    }
}
