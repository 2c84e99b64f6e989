/// The guard (`prune_guard`): which of the marked points of one assignment at one provider wait for an
/// operator.
///
/// Turnover does not, whatever waits beside it: marks that have a new point of their own, told by all
/// that one review set together. Everything else is weighed with all marks there are.
struct PruneGuard {
    /// A review of a policy with several rules may let a few more points go than were recorded: when
    /// a week, a month and a year begin on one day, one more for each.
    static let turnoverSlack = 2

    private let marks: [GuardedMark]
    private let recorded: [Timestamp]
    private let loads: [(scope: GuardScope, load: PruneLoad)]
    private let isProviderKnown: Bool
    private let percent: Int
    /// How many marks of an instant have no new point of their own.
    private let unmatched: [Timestamp: Int]
    /// When the guard held marks back, ascending.
    private let holds: [Timestamp]
    /// The excess of turnover that is judged without the marks held back by then, by their number.
    private var turnover: [Int: Int] = [:]

    /// - Parameters:
    ///   - marks: Those of the assignment there that nobody confirmed.
    ///   - recorded: When its points were recorded that made up for none yet.
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
        unmatched = isQuiet ? [:] : Self.withoutOwn(marks.map(\.at), self.recorded)
        holds = isQuiet ? [] : marks.compactMap(\.hold?.since).sorted()
    }

    /// Of the points of one assignment at one provider.
    init(of points: [PointFacts], provider: PruneLoad?, percent: Int) {
        let marks = points.compactMap(\.mark).filter { !$0.isConfirmed }
        self.init(
            marks: marks.map { GuardedMark(at: $0.at, hold: $0.hold) },
            recorded: marks.isEmpty ? [] : points.compactMap(\.replacesSince),
            total: points.count, provider: provider, percent: percent)
    }

    /// Why a point with this mark waits for an operator; `nil` when it does not.
    mutating func refusal(of mark: GuardedMark) -> DeletionRefusal? {
        if let hold = mark.hold, stands(hold) { return .guardHolds(hold) }
        for (scope, load) in loads where !load.isWithin(percent: percent) {
            // What turns over adds nothing to what a provider loses.
            let slack = scope == .provider ? 0 : Self.turnoverSlack
            guard !isTurnover(mark.at, slack: slack) else { continue }
            return .guardExceeded(
                scope: scope, count: load.marked, of: load.total, percent: percent)
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
            marked: load.marked, excess: load.excess, total: min(hold.total, load.total))
        return !then.isWithin(percent: percent)
    }

    private mutating func isTurnover(_ mark: Timestamp, slack: Int) -> Bool {
        guard surplus(ofGroupAt: mark) <= slack else { return false }
        // Where each mark has a point of its own there is nothing to add up.
        return slack == 0 || turnoverExcess(judging: mark) <= slack
    }

    /// How many of the marks that were set at an instant have no new point of their own.
    private func surplus(ofGroupAt mark: Timestamp) -> Int { unmatched[mark] ?? 0 }

    /// Gives each mark, in the order of time, the newest point that may have set it off and that none
    /// before it has taken.
    ///
    /// Fewer marks never leave one of them without a point that had one.
    ///
    /// - Parameter recorded: Ascending.
    /// - Returns: How many got none, by the instant at which they were set.
    private static func withoutOwn(
        _ marks: [Timestamp], _ recorded: [Timestamp]
    ) -> [Timestamp: Int] {
        var left: [Timestamp: Int] = [:]
        var free: [Timestamp] = []
        var next = recorded.startIndex
        for mark in marks.sorted() {
            while next < recorded.endIndex, recorded[next] <= mark {
                free.append(recorded[next])
                next += 1
            }
            if let newest = free.last, newest > mark - Replacement.promptness {
                free.removeLast()
            } else {
                left[mark, default: 0] += 1
            }
        }
        return left
    }

    /// The excess of all marks that look like turnover and were not held back when this one was set.
    private mutating func turnoverExcess(judging mark: Timestamp) -> Int {
        let settled = holds.partitioningIndex { $0 > mark }
        if let known = turnover[settled] { return known }
        let counted = marks.filter {
            ($0.hold.map { $0.since > mark } ?? true)
                && surplus(ofGroupAt: $0.at) <= Self.turnoverSlack
        }
        let excess = PruneLoad.excess(of: counted.map(\.at), over: recorded)
        turnover[settled] = excess
        return excess
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
