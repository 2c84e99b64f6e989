/// The guard (`prune_guard`): which of the marked points of one assignment at one provider wait for an
/// operator.
///
/// Turnover does not, whatever waits beside it: marks that as many new points set off, told by the
/// marks that one review set together. Everything else is weighed with all marks there are.
struct PruneGuard {
    /// A review of a policy with several rules may let a few more points go than were recorded: when
    /// a week, a month and a year begin on one day, one more for each.
    static let turnoverSlack = 2

    private let marks: [GuardedMark]
    private let recorded: [Timestamp]
    private let loads: [(scope: GuardScope, load: PruneLoad)]
    private let isProviderKnown: Bool
    private let percent: Int
    /// How many marks were set at each instant.
    private let groups: [Timestamp: Int]
    /// When the guard held marks back, ascending.
    private let holds: [Timestamp]
    /// The excess of turnover that is judged without the marks held back by then, by their number.
    private var turnover: [Int: Int] = [:]

    /// - Parameters:
    ///   - marks: Those that count, of the assignment there.
    ///   - recorded: When its points were recorded.
    ///   - total: How many points it has there; `nil`: its excess is below the floor of every guard.
    ///   - provider: What weighs there, over all assignments; `nil`: not known, so that nothing is
    ///     held for it that was not before, and what was still is.
    init(
        marks: [GuardedMark], recorded: [Timestamp], total: Int?, provider: PruneLoad?,
        percent: Int
    ) {
        self.marks = marks
        self.recorded = recorded.sorted()
        self.percent = percent
        let own = total.map {
            PruneLoad(marks: marks.map(\.at), recorded: recorded, total: $0)
        }
        loads =
            (own.map { [(GuardScope.assignment, $0)] } ?? [])
            + (provider.map { [(GuardScope.provider, $0)] } ?? [])
        isProviderKnown = provider != nil
        let isQuiet =
            loads.allSatisfy { $0.load.isWithin(percent: percent) }
            && marks.allSatisfy { $0.hold == nil }
        groups = isQuiet ? [:] : Dictionary(marks.map { ($0.at, 1) }, uniquingKeysWith: +)
        holds = isQuiet ? [] : marks.compactMap(\.hold?.since).sorted()
    }

    /// Of the points of one assignment at one provider.
    init(of points: [PointFacts], provider: PruneLoad?, percent: Int, now: Timestamp) {
        let marks = points.compactMap(\.mark).filter { !$0.isConfirmed && $0.deleteAfter <= now }
        self.init(
            marks: marks.map { GuardedMark(at: $0.at, hold: $0.hold) },
            recorded: marks.isEmpty ? [] : points.map(\.recordedAt), total: points.count,
            provider: provider, percent: percent)
    }

    /// Why a point with this mark waits for an operator; `nil` when it does not.
    mutating func refusal(of mark: GuardedMark) -> DeletionRefusal? {
        if let hold = mark.hold, stands(hold) { return .guardHolds(hold) }
        for (scope, load) in loads where !load.isWithin(percent: percent) {
            // What turns over adds nothing to what a provider loses.
            let slack = scope == .provider ? 0 : Self.turnoverSlack
            guard !isTurnover(mark.at, slack: slack) else { continue }
            return .guardExceeded(
                scope: scope, count: load.due, of: load.total, percent: percent)
        }
        return nil
    }

    /// Whether what is left of the marks is still too much of what there was on the day of the hold.
    private func stands(_ hold: GuardHold) -> Bool {
        guard percent < RetentionSettings.guardOff else { return false }
        guard let load = loads.first(where: { $0.scope == hold.scope })?.load else {
            return hold.scope == .provider && !isProviderKnown
        }
        let then = PruneLoad(
            due: load.due, excess: load.excess, total: min(hold.total, load.total))
        return !then.isWithin(percent: percent)
    }

    private mutating func isTurnover(_ mark: Timestamp, slack: Int) -> Bool {
        excess(ofGroupAt: mark) <= slack && turnoverExcess(judging: mark) <= slack
    }

    /// How many marks were set at an instant beyond the points that may have set them off.
    private func excess(ofGroupAt mark: Timestamp) -> Int {
        let before = recorded.partitioningIndex { $0 > mark - PruneLoad.promptness }
        let until = recorded.partitioningIndex { $0 > mark }
        return (groups[mark] ?? 0) - (until - before)
    }

    /// The excess of all marks that look like turnover and were not held back when this one was set.
    private mutating func turnoverExcess(judging mark: Timestamp) -> Int {
        let settled = holds.partitioningIndex { $0 > mark }
        if let known = turnover[settled] { return known }
        let counted = marks.filter {
            ($0.hold.map { $0.since > mark } ?? true)
                && excess(ofGroupAt: $0.at) <= Self.turnoverSlack
        }
        let surplus = PruneLoad.excess(of: counted.map(\.at), over: recorded)
        turnover[settled] = surplus
        return surplus
    }
}

extension [Timestamp] {
    /// The first position in ascending instants at which something holds, which holds for all later
    /// ones too.
    fileprivate func partitioningIndex(where isPast: (Timestamp) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isPast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
