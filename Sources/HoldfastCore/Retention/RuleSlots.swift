/// The calendar periods that an instant lies in, each as a number that grows with time.
struct Periods {
    /// Which of them; a plain index, because a key path costs more than all the rest for each point.
    enum Kind { case hour, day, week, month, year }

    var hour: Int64 = 0
    var day: Int64 = 0
    var week: Int64 = 0
    var month: Int64 = 0
    var year: Int64 = 0

    subscript(kind: Kind) -> Int64 {
        switch kind {
        case .hour: hour
        case .day: day
        case .week: week
        case .month: month
        case .year: year
        }
    }
}

/// Finds the periods of many instants in order, asking the zone only at clock changes and the
/// calendar only once a date.
struct PeriodCalendar {
    private let zone: TimeZoneRules
    private var interval = ZoneInterval(from: 0, until: 0, offset: 0)
    private var known = Periods(day: .min)

    init(zone: TimeZoneRules) {
        self.zone = zone
    }

    mutating func periods(of instant: Timestamp) -> Periods {
        let seconds = instant.seconds
        if !interval.contains(seconds) { interval = zone.interval(at: seconds) }
        let local = seconds + interval.offset
        let day = local.flooredDivision(by: 86_400)
        if day != known.day {
            let date = CivilDate(dayNumber: day)
            let (year, month, _) = date.components
            let (weekYear, week) = date.isoWeek
            known = Periods(
                day: day, week: weekYear * 64 + Int64(week), month: year * 16 + Int64(month),
                year: year)
        }
        // A repeated hour is one hour, as its name on the clock is.
        known.hour = local.flooredDivision(by: 3600)
        return known
    }
}

/// The slots of every rule while the points are walked through, newest first.
struct RuleSlots {
    private struct CountRule {
        let reason: KeepReasons
        let period: Periods.Kind
        var left: Int
        var newest: Int64?
    }

    private struct WithinRule {
        let reason: KeepReasons
        let period: Periods.Kind
        let after: Timestamp
        var newest: Int64?
    }

    private var lastLeft: Int
    private var counts: [CountRule] = []
    private var withins: [WithinRule] = []
    private let withinAfter: Timestamp?

    init(_ rules: KeepRules, newest: Timestamp, zone: TimeZoneRules) {
        lastLeft = rules.last.slots
        withinAfter = rules.within?.before(newest, in: zone)
        counts = [
            CountRule(reason: .hourly, period: .hour, left: rules.hourly.slots),
            CountRule(reason: .daily, period: .day, left: rules.daily.slots),
            CountRule(reason: .weekly, period: .week, left: rules.weekly.slots),
            CountRule(reason: .monthly, period: .month, left: rules.monthly.slots),
            CountRule(reason: .yearly, period: .year, left: rules.yearly.slots),
        ].filter { $0.left > 0 }
        let spans: [(KeepReasons, Periods.Kind, CalendarSpan?)] = [
            (.withinHourly, .hour, rules.withinHourly),
            (.withinDaily, .day, rules.withinDaily),
            (.withinWeekly, .week, rules.withinWeekly),
            (.withinMonthly, .month, rules.withinMonthly),
            (.withinYearly, .year, rules.withinYearly),
        ]
        withins = spans.compactMap { reason, period, span in
            span.map {
                WithinRule(reason: reason, period: period, after: $0.before(newest, in: zone))
            }
        }
    }

    /// Lets every rule look at the next older point.
    ///
    /// - Parameters:
    ///   - isFirst: Whether it is the newest one, which every `within` rule keeps.
    ///   - isOldest: Whether it is the last one, which takes a slot that is left over.
    mutating func take(
        _ periods: Periods, takenAt: Timestamp, isFirst: Bool, isOldest: Bool
    ) -> KeepReasons {
        var reasons: KeepReasons = []
        if lastLeft > 0 {
            lastLeft -= 1
            reasons.insert(.last)
        }
        if let withinAfter, takenAt > withinAfter || isFirst { reasons.insert(.within) }
        for index in counts.indices where counts[index].left > 0 {
            let period = periods[counts[index].period]
            let isNew = counts[index].newest != period
            guard isNew || isOldest else { continue }
            reasons.insert(counts[index].reason)
            if !isNew { reasons.insert(.oldest) }
            counts[index].newest = period
            counts[index].left -= 1
        }
        for index in withins.indices where takenAt > withins[index].after || isFirst {
            let period = periods[withins[index].period]
            let isNew = withins[index].newest != period
            guard isNew || isOldest else { continue }
            reasons.insert(withins[index].reason)
            if !isNew { reasons.insert(.oldest) }
            withins[index].newest = period
        }
        return reasons
    }
}

extension KeepCount {
    /// The number of slots; `all` has more than any history has points.
    fileprivate var slots: Int {
        switch self {
        case .periods(let count): count
        case .all: .max
        }
    }
}
