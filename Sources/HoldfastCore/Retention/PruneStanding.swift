/// The marks of one assignment at one provider that count for the guard.
public struct PruneStanding: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// Who holds the points.
    public let provider: ProviderID
    /// Marks that nobody confirmed and no new point made up for.
    public let excess: Int
    /// How many are held back.
    public let held: Int

    /// Takes all of it.
    public init(
        assignment: Assignment, provider: ProviderID, excess: Int, held: Int
    ) {
        self.assignment = assignment
        self.provider = provider
        self.excess = excess
        self.held = held
    }

    /// What these marks weigh beside so many points that are not marked.
    public func load(beside unmarked: Int) -> PruneLoad {
        PruneLoad(excess: excess, total: unmarked + excess)
    }

    /// Whether the guard of their assignment may have something against them; below its floor it has
    /// nothing against what it does not hold already.
    public var isHeavy: Bool { excess > RetentionSettings.guardFloor || held > 0 }
}

/// Every standing, with how many points each provider holds besides.
public struct PruneStandings: Hashable, Sendable {
    /// By assignment, then provider.
    public let standings: [PruneStanding]
    /// Available points that are not marked, the vendors' own left out.
    public let unmarked: [ProviderID: Int]

    /// Joins both.
    public init(standings: [PruneStanding], unmarked: [ProviderID: Int]) {
        self.standings = standings
        self.unmarked = unmarked
    }

    /// What they weigh at a provider as a whole.
    public func load(of provider: ProviderID) -> PruneLoad {
        let excess = standings.lazy.filter { $0.provider == provider }.reduce(0) {
            $0 + $1.excess
        }
        return PruneLoad(
            excess: excess, total: (unmarked[provider] ?? 0) + excess)
    }
}
