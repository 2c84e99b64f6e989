/// A point as the retention rules see it.
public struct RetentionPoint: Hashable, Sendable {
    /// Tells points apart; of two with one stamp the greater one counts as the later.
    public let id: String
    /// The instant that the point shows.
    public let takenAt: Timestamp

    /// Joins both.
    public init(id: String, takenAt: Timestamp) {
        self.id = id
        self.takenAt = takenAt
    }
}

/// Which rules keep a point; empty means that it may go.
public struct KeepReasons: OptionSet, Hashable, Sendable {
    /// One bit a reason.
    public let rawValue: UInt32

    /// Takes the bits as they are.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Kept by `keep_last`.
    public static let last = KeepReasons(rawValue: 1 << 0)
    /// Kept by `keep_hourly`.
    public static let hourly = KeepReasons(rawValue: 1 << 1)
    /// Kept by `keep_daily`.
    public static let daily = KeepReasons(rawValue: 1 << 2)
    /// Kept by `keep_weekly`.
    public static let weekly = KeepReasons(rawValue: 1 << 3)
    /// Kept by `keep_monthly`.
    public static let monthly = KeepReasons(rawValue: 1 << 4)
    /// Kept by `keep_yearly`.
    public static let yearly = KeepReasons(rawValue: 1 << 5)
    /// Kept by `keep_within`.
    public static let within = KeepReasons(rawValue: 1 << 6)
    /// Kept by `keep_within_hourly`.
    public static let withinHourly = KeepReasons(rawValue: 1 << 7)
    /// Kept by `keep_within_daily`.
    public static let withinDaily = KeepReasons(rawValue: 1 << 8)
    /// Kept by `keep_within_weekly`.
    public static let withinWeekly = KeepReasons(rawValue: 1 << 9)
    /// Kept by `keep_within_monthly`.
    public static let withinMonthly = KeepReasons(rawValue: 1 << 10)
    /// Kept by `keep_within_yearly`.
    public static let withinYearly = KeepReasons(rawValue: 1 << 11)
    /// Kept because every rule is off.
    public static let noRules = KeepReasons(rawValue: 1 << 12)
    /// Kept because its stamp lies in the future; it uses no rule's slot.
    public static let future = KeepReasons(rawValue: 1 << 13)
    /// The oldest point of all, kept because a rule had slots left over.
    public static let oldest = KeepReasons(rawValue: 1 << 14)

    private static let words: [(KeepReasons, String)] = [
        (.last, "last"), (.hourly, "hourly"), (.daily, "daily"), (.weekly, "weekly"),
        (.monthly, "monthly"), (.yearly, "yearly"), (.within, "within"),
        (.withinHourly, "hourly within"), (.withinDaily, "daily within"),
        (.withinWeekly, "weekly within"), (.withinMonthly, "monthly within"),
        (.withinYearly, "yearly within"),
        (.noRules, "no retention rule is set, so everything stays"),
        (.future, "its time lies in the future; it is kept and counts for no rule"),
    ]

    /// The reasons for people, one a rule: `daily`, `weekly within`, `monthly (oldest point)`.
    public var texts: [String] {
        Self.words.filter { contains($0.0) }.map { reason, word in
            let isRule = reason.rawValue < Self.noRules.rawValue
            return contains(.oldest) && isRule && reason != .within && reason != .last
                ? "\(word) (oldest point)" : word
        }
    }
}

/// What the rules say of one point.
public struct RetentionDecision: Hashable, Sendable {
    /// The point.
    public let point: RetentionPoint
    /// Why it stays; empty when it may go.
    public let reasons: KeepReasons

    /// Whether a rule keeps it.
    public var isKept: Bool { !reasons.isEmpty }
}

/// Decides which recovery points of one assignment the rules keep.
///
/// Each rule has restic's meaning. Counting rules keep the newest point in each of the last N
/// calendar periods, in the zone, that have one; when slots are left over the oldest point stays
/// too. `within` rules count back from the newest point, not from today, so a target that stopped
/// being backed up keeps its last good copies. A point that several rules keep lists all of them.
///
/// - Parameters:
///   - points: Every good point of one assignment, in any order; ids are unique.
///   - rules: With all rules off everything stays.
///   - zone: Whose calendar counts.
///   - now: Points stamped later are kept and use no slot.
/// - Returns: Each point once; newest first, of equal stamps the greater id first.
/// - Complexity: O(*n* log *n*) in the number of points, O(*n*) when they are sorted already.
public func retentionPlan(
    for points: [RetentionPoint], keeping rules: KeepRules, in zone: TimeZoneRules,
    now: Timestamp
) -> [RetentionDecision] {
    let order = newestFirst(points)
    var calendar = PeriodCalendar(zone: zone)
    let reasons = keepReasons(
        ofNewestFirst: points.count, keeping: rules, in: zone, now: now,
        takenAt: { points[order[$0]].takenAt },
        periods: { calendar.periods(of: points[order[$0]].takenAt) })
    let decisions = zip(order, reasons).map {
        RetentionDecision(point: points[$0], reasons: $1)
    }
    precondition(decisions.count == points.count, "retention lost a point")
    return decisions
}

/// Which rules keep each of so many points, newest first: the one walk that decides it.
///
/// - Parameters:
///   - takenAt: The stamp of the point at a position; never later than that of the one before.
///   - periods: Its calendar periods; asked for in order, and not for points of the future.
@inline(__always)
func keepReasons(
    ofNewestFirst count: Int, keeping rules: KeepRules, in zone: TimeZoneRules, now: Timestamp,
    takenAt: (Int) -> Timestamp, periods: (Int) -> Periods
) -> [KeepReasons] {
    var reasons = [KeepReasons](repeating: [], count: count)
    let firstPast = (0..<count).first { takenAt($0) <= now } ?? count
    for position in 0..<firstPast { reasons[position] = .future }
    if rules.isEmpty {
        for position in firstPast..<count { reasons[position] = .noRules }
    } else if firstPast < count {
        var slots = RuleSlots(rules, newest: takenAt(firstPast), zone: zone)
        for position in firstPast..<count {
            reasons[position] = slots.take(
                periods(position), takenAt: takenAt(position), isFirst: position == firstPast,
                isOldest: position == count - 1)
        }
    }
    return reasons
}

/// The positions of the points, newest first, of equal stamps the greater id first.
private func newestFirst(_ points: [RetentionPoint]) -> [Int] {
    func precedes(_ left: Int, _ right: Int) -> Bool {
        let (first, second) = (points[left], points[right])
        if first.takenAt != second.takenAt { return first.takenAt > second.takenAt }
        return first.id > second.id
    }
    let indices = points.indices
    guard zip(indices, indices.dropFirst()).contains(where: { precedes($1, $0) }) else {
        return Array(indices)
    }
    // One number a point sorts several times faster than a comparison of two stored points.
    var keys = indices.map { -Int128(points[$0].takenAt.milliseconds) << 64 + Int128($0) }
    keys.sort()
    var order = keys.map { Int(truncatingIfNeeded: UInt64(truncatingIfNeeded: $0)) }
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, points[order[end]].takenAt == points[order[start]].takenAt {
            end += 1
        }
        if end - start > 1 { order[start..<end].sort(by: precedes) }
        start = end
    }
    return order
}
