/// How one rule keeps a point.
public struct RulePlace: Hashable, Sendable {
    /// The rule as the configuration writes it: `keep_weekly: 4`.
    public let rule: String
    /// The calendar period that the point stands for, such as `2026-W47`; `nil` where the rule
    /// counts no periods.
    public let period: String?
    /// What kind of period it is: `hour`, `day`, `week`, `month` or `year`.
    public let periodKind: String?
    /// Which of the rule's places it takes, counted from the newest; 1 or more.
    public let place: Int
    /// How many places the rule has; `nil`: as many as there are.
    public let placeCount: Int?
    /// Whether it is the oldest of all, in a place that was left over.
    public let isLeftOver: Bool
    /// Whether the rule counts time before the newest point and not places.
    public let isSpan: Bool

    /// For people, without the rule's name.
    public var text: String {
        var parts: [String] = []
        if let period, let periodKind {
            parts.append(
                isLeftOver
                    ? "\(period), the oldest of all, in a place that was left over"
                    : "\(period), the newest of its \(periodKind)")
        }
        if let placeCount { parts.append("place \(place) of \(placeCount)") }
        guard parts.isEmpty else { return parts.joined(separator: "; ") }
        return isSpan ? "within that time before the newest point" : "as every point"
    }
}

/// Why one rule does not keep a point.
public struct RuleMiss: Hashable, Sendable {
    /// The cause.
    public enum Cause: Hashable, Sendable {
        /// A newer point stands for its period.
        case periodTaken(period: String, kind: String, by: RecoveryPoint)
        /// Newer points have all places; the oldest of them is named.
        case placesTaken(count: Int, through: RecoveryPoint)
        /// It lies too long before the newest point; the rule counts from this instant.
        case tooOld(since: Timestamp)
    }

    /// The rule as the configuration writes it.
    public let rule: String
    /// The cause.
    public let cause: Cause

    /// For people, without the rule's name.
    public var text: String {
        switch cause {
        case .periodTaken(let period, let kind, let newer):
            "its \(kind) \(period) has a newer point, \(newer.remote.token) of "
                + "\(newer.remote.takenAt.roundedDownToSecond)"
        case .placesTaken(let count, let last):
            "its \(count == 1 ? "one place is" : "\(count) places are") taken by newer points, the "
                + "last by \(last.remote.token) of \(last.remote.takenAt.roundedDownToSecond)"
        case .tooOld(let since):
            "it was taken before \(since.roundedDownToSecond), where the rule's time before the "
                + "newest point begins"
        }
    }

    /// The word that programs use.
    public var code: String {
        switch cause {
        case .periodTaken: "period_taken"
        case .placesTaken: "places_taken"
        case .tooOld: "too_old"
        }
    }
}

/// What each rule that is on says of one point, in the order of the documentation.
///
/// - Parameter reviews: A whole review of the point's assignment, newest first.
/// - Returns: `nil` when the point is not among them.
func ruleWords(
    of id: PointID, in reviews: [PointReview], keeping rules: KeepRules, zone: TimeZoneRules,
    now: Timestamp
) -> (places: [RulePlace], misses: [RuleMiss])? {
    guard let position = reviews.firstIndex(where: { $0.point.id == id }) else { return nil }
    let mine = reviews[position]
    var calendar = PeriodCalendar(zone: zone)
    let periods = calendar.periods(of: mine.point.remote.takenAt)
    let newer = reviews[..<position].filter { !$0.reasons.isEmpty && $0.reasons != .future }
    // What is pinned counts for no rule, and what is from the future neither.
    let newest = reviews.first {
        !$0.point.isPinned(at: now) && $0.point.remote.takenAt <= now
    }
    var places: [RulePlace] = []
    var misses: [RuleMiss] = []
    for rule in NamedRule.all(of: rules) {
        let kept = newer.filter { $0.reasons.contains(rule.reason) }
        let rival = rule.period.flatMap { kind in
            kept.first {
                calendar.periods(of: $0.point.remote.takenAt)[kind] == periods[kind]
            }
        }
        let period = rule.period.map { $0.name(of: periods) }
        if mine.reasons.contains(rule.reason) {
            places.append(
                RulePlace(
                    rule: rule.text, period: period, periodKind: rule.period?.word,
                    place: kept.count + 1, placeCount: rule.placeCount, isLeftOver: rival != nil,
                    isSpan: rule.span != nil))
        } else if let span = rule.span, let newest,
            mine.point.remote.takenAt <= span.before(newest.point.remote.takenAt, in: zone)
        {
            let since = span.before(newest.point.remote.takenAt, in: zone)
            misses.append(RuleMiss(rule: rule.text, cause: .tooOld(since: since)))
        } else if let rival, let period, let kind = rule.period?.word {
            misses.append(
                RuleMiss(
                    rule: rule.text,
                    cause: .periodTaken(period: period, kind: kind, by: rival.point)))
        } else if let last = kept.last {
            misses.append(
                RuleMiss(
                    rule: rule.text, cause: .placesTaken(count: kept.count, through: last.point)))
        }
    }
    return (places, misses)
}

/// One rule that is on.
private struct NamedRule {
    let reason: KeepReasons
    let text: String
    let period: Periods.Kind?
    /// `nil` for spans, and for `all`.
    let placeCount: Int?
    let span: CalendarSpan?

    static func all(of rules: KeepRules) -> [NamedRule] {
        let counts: [(KeepReasons, String, Periods.Kind?, KeepCount)] = [
            (.last, "keep_last", nil, rules.last), (.hourly, "keep_hourly", .hour, rules.hourly),
            (.daily, "keep_daily", .day, rules.daily),
            (.weekly, "keep_weekly", .week, rules.weekly),
            (.monthly, "keep_monthly", .month, rules.monthly),
            (.yearly, "keep_yearly", .year, rules.yearly),
        ]
        let spans: [(KeepReasons, String, Periods.Kind?, CalendarSpan?)] = [
            (.within, "keep_within", nil, rules.within),
            (.withinHourly, "keep_within_hourly", .hour, rules.withinHourly),
            (.withinDaily, "keep_within_daily", .day, rules.withinDaily),
            (.withinWeekly, "keep_within_weekly", .week, rules.withinWeekly),
            (.withinMonthly, "keep_within_monthly", .month, rules.withinMonthly),
            (.withinYearly, "keep_within_yearly", .year, rules.withinYearly),
        ]
        return counts.compactMap { reason, name, period, count in
            guard count != .periods(0) else { return nil }
            var places: Int?
            if case .periods(let number) = count { places = number }
            return NamedRule(
                reason: reason, text: "\(name): \(count)", period: period, placeCount: places,
                span: nil)
        }
            + spans.compactMap { reason, name, period, span in
                span.map {
                    NamedRule(
                        reason: reason, text: "\(name): \($0)", period: period, placeCount: nil,
                        span: $0)
                }
            }
    }
}

extension Periods.Kind {
    fileprivate var word: String {
        switch self {
        case .hour: "hour"
        case .day: "day"
        case .week: "week"
        case .month: "month"
        case .year: "year"
        }
    }

    /// `2026-11-21 14:00`, `2026-11-21`, `2026-W47`, `2026-11` or `2026`.
    fileprivate func name(of periods: Periods) -> String {
        let local = Timestamp(seconds: periods.hour * 3600).rfc3339
        switch self {
        case .hour: return "\(local.prefix(10)) \(local.dropFirst(11).prefix(5))"
        case .day: return String(local.prefix(10))
        case .month: return String(local.prefix(7))
        case .year: return String(local.prefix(4))
        case .week:
            let (year, week) = CivilDate(dayNumber: periods.day).isoWeek
            var text = "\(year)-W"
            text.appendPadded(Int64(week), to: 2)
            return text
        }
    }
}
