/// The guard (`prune_guard`): which of the marked points of one assignment at one provider wait for an
/// operator.
///
/// What turns over does not, whatever waits beside it. Everything else is weighed with all marks there
/// are, and what was held back once is held until an operator or other rules let it go.
struct PruneGuard {
    private let loads: [(scope: GuardScope, load: PruneLoad)]
    private let percent: Int

    /// - Parameters:
    ///   - own: What weighs in the assignment there; `nil`: less than the floor of every guard.
    ///   - provider: What weighs there, over all assignments; `nil`: not known, so that nothing is
    ///     held for it that was not before.
    init(own: PruneLoad?, provider: PruneLoad?, percent: Int) {
        loads =
            (own.map { [(GuardScope.assignment, $0)] } ?? [])
            + (provider.map { [(GuardScope.provider, $0)] } ?? [])
        self.percent = percent
    }

    /// Of the points of one assignment at one provider.
    init(of points: [PointFacts], provider: PruneLoad?, percent: Int) {
        self.init(own: PruneLoad(of: points), provider: provider, percent: percent)
    }

    /// Why a point with such a mark, that nobody confirmed, waits for an operator; `nil` when it does
    /// not.
    func refusal(turnsOver: Bool, hold: GuardHold?) -> DeletionRefusal? {
        guard percent < RetentionSettings.guardOff, !turnsOver else { return nil }
        if let hold { return .guardHolds(hold) }
        for (scope, load) in loads where !load.isWithin(percent: percent) {
            return .guardExceeded(
                scope: scope, count: load.excess, of: load.total, percent: percent)
        }
        return nil
    }

    /// Whether what is left of the marks is no more than this guard would have let pass on the day of a
    /// hold; asked when the rules changed, and not before: what vanished from a listing for an hour,
    /// or is pinned for a while, comes back.
    func lifts(_ hold: GuardHold) -> Bool {
        guard percent < RetentionSettings.guardOff else { return true }
        guard let load = loads.first(where: { $0.scope == hold.scope })?.load else {
            return hold.scope == .assignment
        }
        return PruneLoad(
            excess: load.excess, total: min(hold.total, load.total)
        ).isWithin(percent: percent)
    }
}
