/// How much is marked for deletion beyond what new points made up for.
///
/// A policy in its steady state lets one point go for each that is recorded; however many those are,
/// the guard has nothing against them. What it looks at is the excess: marks without a new point of
/// their own, as after a reload with stricter rules.
public struct PruneLoad: Hashable, Sendable {
    /// Marked points that nobody confirmed and no new point made up for, their grace over or not:
    /// those of one change become due one after another, and the first would be judged without the
    /// others.
    public let excess: Int
    /// All available points but those that are as good as gone: what turns over, what is confirmed.
    public let total: Int

    /// Takes both counts.
    public init(excess: Int, total: Int) {
        precondition(excess >= 0, "less than nothing is marked")
        self.excess = excess
        self.total = total
    }

    /// Looks at the available points of one assignment at one provider.
    public init(of points: [RecoveryPoint]) {
        self.init(of: points.map(\.facts))
    }

    init(of points: [PointFacts]) {
        var (unmarked, excess) = (0, 0)
        for point in points {
            guard let mark = point.mark else {
                unmarked += 1
                continue
            }
            if !mark.isConfirmed, !mark.turnsOver { excess += 1 }
        }
        self.init(excess: excess, total: unmarked + excess)
    }

    /// Whether a guard of this many percent lets it pass.
    public func isWithin(percent: Int) -> Bool {
        excess <= RetentionSettings.guardFloor || excess * 100 <= total * percent
    }
}
