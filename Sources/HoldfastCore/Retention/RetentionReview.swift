/// What is to be done with one point's mark.
public enum MarkChange: Hashable, Sendable {
    /// Retention lets the point go from now on; it may be deleted after the grace.
    case set(PruneMark)
    /// Something keeps the point again.
    case clear
}

/// What retention and the floors say of one recovery point.
public struct PointReview: Hashable, Sendable {
    /// The point as recorded.
    public let point: RecoveryPoint
    /// The rules that keep it; empty when none does.
    public let reasons: KeepReasons
    /// What keeps it although no rule does.
    public let floor: DeletionRefusal?
    /// The mark that it has after this review; `nil` when it stays.
    public fileprivate(set) var mark: PruneMark?

    /// Whether the point stays.
    public var isKept: Bool { mark == nil }

    /// What the history has to change, if anything.
    public var change: MarkChange? {
        switch (point.mark, mark) {
        case (let old, let mark?): old == mark ? nil : .set(mark)
        case (.some, nil): .clear
        case (nil, nil): nil
        }
    }

    /// Whether the guard has more to weigh by it: a mark is set that no new point made up for.
    public var weighs: Bool {
        if case .set(let mark) = change { !mark.turnsOver } else { false }
    }

    /// Why it stays or goes, for people.
    public var texts: [String] {
        if floor == .pinned, let pin = point.pin { return [pin.text] }
        if let floor { return [floor.text] }
        return mark.map { [$0.reason] } ?? reasons.texts
    }
}

/// Reviews every available point of one assignment: the rules first, then the floors of the
/// deletion kernel.
///
/// Pinned points stay and use no rule's slot. What is let go for the first time turns over where the
/// credit is enough for all of it, and is held at once where the guard of the assignment would.
///
/// - Parameter credit: How many new points made up for none yet; 0 in the first review under other
///   rules, which lets go what they cut.
/// - Returns: One review a point, newest first.
public func retentionReview(
    of points: [RecoveryPoint], under settings: RetentionSettings, in zone: TimeZoneRules,
    now: Timestamp, credit: Int = 0
) -> [PointReview] {
    let ruled = RuledPoints(points, keeping: settings.rules, in: zone, now: now)
    let floors = DeletionFloors(
        newestFirst: ruled.points.map(\.facts), settings: settings, now: now)
    let reason = settings.rules.refusalText
    var reviews = zip(ruled.points, ruled.reasons).map { point, kept in
        let floor = kept.isEmpty ? floors.refusal(for: point.facts) : nil
        guard kept.isEmpty, floor == nil else {
            return PointReview(point: point, reasons: kept, floor: floor, mark: nil)
        }
        // A mark from the future was set by a clock that went wrong; its grace would never end.
        let standing = point.mark.flatMap { $0.at <= now ? $0 : nil }
        let fresh = PruneMark(at: now, deleteAfter: now + settings.grace, reason: reason)
        return PointReview(point: point, reasons: [], floor: nil, mark: standing ?? fresh)
    }
    weigh(&reviews, under: settings, credit: credit, now: now)
    return reviews
}

/// Tells of fresh marks whether they turn over, and holds those that are too many.
private func weigh(
    _ reviews: inout [PointReview], under settings: RetentionSettings, credit: Int,
    now: Timestamp
) {
    let fresh = reviews.indices.filter {
        if case .set = reviews[$0].change { true } else { false }
    }
    guard !fresh.isEmpty else { return }
    let limit = settings.rules.creditLimit(among: reviews.map(\.point))
    guard fresh.count > min(credit, limit) else {
        for index in fresh { reviews[index].mark = reviews[index].mark?.turningOver }
        return
    }
    for (provider, places) in Dictionary(grouping: fresh, by: { reviews[$0].point.provider }) {
        let load = PruneLoad(
            of: reviews.filter { $0.point.provider == provider }.map {
                $0.point.facts(marked: $0.mark)
            })
        guard !load.isWithin(percent: settings.guardPercent) else { continue }
        let hold = GuardHold(since: now, scope: .assignment, total: load.total)
        for index in places { reviews[index].mark = reviews[index].mark?.held(hold) }
    }
}

extension PruneMark {
    fileprivate var turningOver: PruneMark {
        PruneMark(at: at, deleteAfter: deleteAfter, reason: reason, turnsOver: true)
    }

    fileprivate func held(_ hold: GuardHold) -> PruneMark {
        PruneMark(at: at, deleteAfter: deleteAfter, reason: reason, hold: hold)
    }
}

/// The available points of one assignment, newest first, with what the rules say of each.
struct RuledPoints {
    let points: [RecoveryPoint]
    /// For each point; empty for a pinned one, which uses no rule's slot.
    let reasons: [KeepReasons]
    private let positions: [PointID: Int]

    init(
        _ recorded: [RecoveryPoint], keeping rules: KeepRules, in zone: TimeZoneRules,
        now: Timestamp
    ) {
        let points = Self.newestFirst(recorded.filter { $0.state == .available })
        let counted = points.indices.filter { !points[$0].isPinned(at: now) }
        var calendar = PeriodCalendar(zone: zone)
        let kept = keepReasons(
            ofNewestFirst: counted.count, keeping: rules, in: zone, now: now,
            takenAt: { points[counted[$0]].remote.takenAt },
            periods: { calendar.periods(of: points[counted[$0]].remote.takenAt) })
        var reasons = [KeepReasons](repeating: [], count: points.count)
        for (position, kept) in zip(counted, kept) { reasons[position] = kept }
        self.points = points
        self.reasons = reasons
        positions = Dictionary(
            zip(points.lazy.map(\.id), points.indices), uniquingKeysWith: { first, _ in first })
    }

    func point(_ id: PointID) -> RecoveryPoint? { positions[id].map { points[$0] } }

    /// Why the rules keep a point; `nil` when it is not one of them.
    func reasons(of id: PointID) -> KeepReasons? { positions[id].map { reasons[$0] } }

    /// Of equal stamps the later row comes first. A history gives them in this order already.
    private static func newestFirst(_ points: [RecoveryPoint]) -> [RecoveryPoint] {
        func isNewer(_ left: RecoveryPoint, _ right: RecoveryPoint) -> Bool {
            (left.remote.takenAt, left.id) > (right.remote.takenAt, right.id)
        }
        let isSorted = points.indices.dropFirst().allSatisfy {
            !isNewer(points[$0], points[$0 - 1])
        }
        return isSorted ? points : points.sorted(by: isNewer)
    }
}

extension KeepRules {
    /// Why a point may go that none of these rules keeps, for people.
    var refusalText: String { "kept by none of \(summary.joined(separator: ", "))" }
}
