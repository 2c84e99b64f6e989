/// The marks of one assignment at one provider that count against the guard.
public struct PruneStanding: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// Who holds the points.
    public let provider: ProviderID
    /// Every mark that nobody confirmed.
    public let marks: [GuardedMark]
    /// When the points were recorded that may have set them off: those that made up for none yet.
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

    /// What these marks weigh among all available points of the assignment there.
    public func load(among total: Int) -> PruneLoad {
        PruneLoad(marks: marks.map(\.at), recorded: recorded, total: total)
    }

    /// Whether they may weigh more than the guard of their assignment lets pass.
    public var isHeavy: Bool { load(among: 0).excess > RetentionSettings.guardFloor }
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
    public func load(of provider: ProviderID) -> PruneLoad {
        PruneLoad(
            standings.filter { $0.provider == provider }.map { $0.load(among: 0) },
            total: totals[provider] ?? 0)
    }
}
