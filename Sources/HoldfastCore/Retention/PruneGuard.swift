/// The guard (`prune_guard`): what it says of the marked points of one assignment at one provider.
struct PruneGuard {
    private let points: [PointFacts]
    private let provider: ProviderLoad
    private let percent: Int
    private let now: Timestamp
    /// With all marks counted nothing is too much, so with fewer nothing is.
    private let isQuiet: Bool
    /// What was found for marks of one instant.
    private var found: [Timestamp: DeletionRefusal?] = [:]

    /// - Parameters:
    ///   - points: All available ones of the assignment there.
    ///   - provider: What is due there, over all assignments.
    init(of points: [PointFacts], provider: ProviderLoad, percent: Int, now: Timestamp) {
        self.points = points
        self.provider = provider
        self.percent = percent
        self.now = now
        isQuiet =
            PruneLoad(of: points, at: now).isWithin(percent: percent)
            && provider.whole.isWithin(percent: percent)
    }

    /// Why a point waits for an operator; `nil` when it does not. What was confirmed passes; what
    /// was held back once is held back until then, unless the guard is off.
    mutating func refusal(of point: PointFacts) -> DeletionRefusal? {
        guard let mark = point.mark, !mark.isConfirmed else { return nil }
        if let excess = excess(judging: mark.at) { return excess }
        return percent < RetentionSettings.guardOff ? mark.hold.map { .guardHolds($0) } : nil
    }

    private mutating func excess(judging mark: Timestamp) -> DeletionRefusal? {
        guard !isQuiet else { return nil }
        if let known = found[mark] { return known }
        let loads = [
            (GuardScope.assignment, PruneLoad(of: points, at: now, judging: mark)),
            (.provider, provider.judging(mark)),
        ]
        let refusal = loads.first { !$0.1.isWithin(percent: percent) }.map { scope, load in
            DeletionRefusal.guardExceeded(
                scope: scope, count: load.due, of: load.total, percent: percent)
        }
        found[mark] = .some(refusal)
        return refusal
    }
}
