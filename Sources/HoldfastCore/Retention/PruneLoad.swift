/// How much is marked for deletion beyond what new points replaced.
///
/// A policy in its steady state lets one point go for each that is recorded; however many those are,
/// the guard has nothing against them. What it looks at is the excess: marks that were set without
/// a new point to set them off, as after a reload with stricter rules.
public struct PruneLoad: Hashable, Sendable {
    /// Marked points that nobody confirmed, their grace over or not: those of one change become due
    /// one after another, and the first would be judged without the others.
    public let marked: Int
    /// How many of them no new point replaced. Over several assignments the sum: new points of
    /// one don't make up for what goes of another.
    public let excess: Int
    /// All available points.
    public let total: Int

    /// Takes the three counts.
    public init(marked: Int, excess: Int, total: Int) {
        precondition(excess >= 0, "less than nothing is marked")
        self.marked = marked
        self.excess = excess
        self.total = total
    }

    /// Compares marks with what was recorded.
    ///
    /// - Parameters:
    ///   - marks: When each of the marks was set that are to count.
    ///   - recorded: When each available point of the assignment was recorded that made up for
    ///     none yet.
    ///   - total: All available points.
    public init(marks: [Timestamp], recorded: [Timestamp], total: Int) {
        self.init(
            marked: marks.count, excess: Self.excess(of: marks, over: recorded), total: total)
    }

    /// Looks at the available points of one assignment at one provider.
    ///
    /// A point whose deletion an operator confirmed counts for nothing but the total.
    public init(of points: [RecoveryPoint]) {
        self.init(of: points.map(\.facts))
    }

    init(of points: [PointFacts]) {
        let marks = points.compactMap(\.mark).filter { !$0.isConfirmed }
        self.init(
            marks: marks.map(\.at),
            recorded: marks.isEmpty ? [] : points.compactMap(\.replacesSince),
            total: points.count)
    }

    /// Adds what is marked of several assignments at one provider.
    public init(_ loads: some Sequence<PruneLoad>, total: Int) {
        var (marked, excess) = (0, 0)
        for load in loads {
            marked += load.marked
            excess += load.excess
        }
        self.init(marked: marked, excess: excess, total: total)
    }

    /// Whether a guard of this many percent lets it pass.
    public func isWithin(percent: Int) -> Bool {
        excess <= RetentionSettings.guardFloor || excess * 100 <= total * percent
    }

    /// The largest surplus of marks over recorded points that any stretch of time has.
    ///
    /// Any stretch and not the whole time, so that neither turnover before and after a large cut
    /// nor points that come during its grace make it look smaller; and so that fewer marks never
    /// have more excess, which is why whatever the guard holds is in a plan that can be confirmed.
    static func excess(of marks: [Timestamp], over recorded: [Timestamp]) -> Int {
        let marks = marks.sorted()
        let recorded = recorded.sorted()
        var (upToMark, longBefore) = (0, 0)
        var (least, most) = (Int.max, 0)
        for (index, mark) in marks.enumerated() {
            while upToMark < recorded.count, recorded[upToMark] <= mark { upToMark += 1 }
            while longBefore < recorded.count, recorded[longBefore] <= mark - Replacement.promptness
            {
                longBefore += 1
            }
            // A stretch from this mark on, and the best one that ends with it.
            least = min(least, index - upToMark + (upToMark > longBefore ? 1 : 0))
            most = max(most, index + 1 - upToMark - least)
        }
        return most
    }
}
