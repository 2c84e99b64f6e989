/// How many periods a rule keeps a point for.
public enum KeepCount: Hashable, Sendable, CustomStringConvertible {
    /// The last so many periods that have a point; 0 turns the rule off.
    case periods(Int)
    /// Every period.
    case all

    /// `7` or `all`.
    public var description: String {
        switch self {
        case .periods(let count): String(count)
        case .all: "all"
        }
    }
}

/// What each rule keeps. With every rule off everything stays.
public struct KeepRules: Hashable, Sendable {
    /// The newest points, whatever their dates.
    public var last = KeepCount.periods(0)
    /// The newest point of each of the last hours that have one.
    public var hourly = KeepCount.periods(0)
    /// The newest point of each of the last dates that have one.
    public var daily = KeepCount.periods(0)
    /// The newest point of each of the last ISO weeks that have one.
    public var weekly = KeepCount.periods(0)
    /// The newest point of each of the last months that have one.
    public var monthly = KeepCount.periods(0)
    /// The newest point of each of the last years that have one.
    public var yearly = KeepCount.periods(0)
    /// Every point newer than this span before the newest one.
    public var within: CalendarSpan?
    /// The newest point of each hour within this span before the newest point.
    public var withinHourly: CalendarSpan?
    /// The newest point of each date within this span before the newest point.
    public var withinDaily: CalendarSpan?
    /// The newest point of each ISO week within this span before the newest point.
    public var withinWeekly: CalendarSpan?
    /// The newest point of each month within this span before the newest point.
    public var withinMonthly: CalendarSpan?
    /// The newest point of each year within this span before the newest point.
    public var withinYearly: CalendarSpan?

    /// Begins with every rule off.
    public init() {}

    /// Whether every rule is off.
    public var isEmpty: Bool { self == KeepRules() }

    /// The rules that are on, as the configuration writes them: `keep_daily: 7`.
    public var summary: [String] {
        let counts: [(String, KeepCount)] = [
            ("keep_last", last), ("keep_hourly", hourly), ("keep_daily", daily),
            ("keep_weekly", weekly), ("keep_monthly", monthly), ("keep_yearly", yearly),
        ]
        let spans: [(String, CalendarSpan?)] = [
            ("keep_within", within), ("keep_within_hourly", withinHourly),
            ("keep_within_daily", withinDaily), ("keep_within_weekly", withinWeekly),
            ("keep_within_monthly", withinMonthly), ("keep_within_yearly", withinYearly),
        ]
        return counts.filter { $0.1 != .periods(0) }.map { "\($0.0): \($0.1)" }
            + spans.compactMap { name, span in span.map { "\(name): \($0)" } }
    }
}
