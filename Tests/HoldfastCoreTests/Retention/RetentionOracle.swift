import HoldfastCore

/// The published meaning of restic's `forget` policy, said as slowly and plainly as possible:
///
/// - `--keep-last n`: the n most recent snapshots.
/// - `--keep-daily n` and its like: for the last n days which have one or more snapshots, only the
///   most recent one of each day. When there are fewer than n such days, the oldest snapshot too.
/// - `--keep-within d`: every snapshot made within the duration of the latest snapshot.
/// - `--keep-within-daily d` and its like: the same as keep-daily, without a count, over the
///   snapshots made within the duration of the latest one.
///
/// A period is found again here wherever it lies; restic and the plan compare neighbours only,
/// which differs where a clock change repeats more than one hour (a case of its own has it).
struct RetentionOracle {
    let zone: TimeZoneRules
    let rules: KeepRules
    let now: Timestamp

    private enum Period: CaseIterable {
        case hour, day, week, month, year
    }

    /// Which rules keep each point; a point that is not in the result may go.
    func kept(of points: [RetentionPoint]) -> [RetentionPoint: KeepReasons] {
        var kept: [RetentionPoint: KeepReasons] = [:]
        for point in points where point.takenAt > now { kept[point] = .future }
        let past = points.filter { $0.takenAt <= now }
            .sorted { ($0.takenAt, $0.id) > ($1.takenAt, $1.id) }
        guard let latest = past.first, let oldest = past.last else { return kept }
        if rules.isEmpty {
            for point in past { kept[point] = .noRules }
            return kept
        }
        func keep(_ points: some Sequence<RetentionPoint>, because reason: KeepReasons) {
            for point in points { kept[point, default: []].formUnion(reason) }
        }
        keep(past.prefix(rules.last.limit), because: .last)
        let counts: [(KeepCount, Period, KeepReasons)] = [
            (rules.hourly, .hour, .hourly), (rules.daily, .day, .daily),
            (rules.weekly, .week, .weekly), (rules.monthly, .month, .monthly),
            (rules.yearly, .year, .yearly),
        ]
        for (count, period, reason) in counts where count.limit > 0 {
            let newestOfEach = newest(of: past, each: period)
            keep(newestOfEach.prefix(count.limit), because: reason)
            if newestOfEach.count < count.limit { keep([oldest], because: reason) }
        }
        if let span = rules.within { keep(within(span, past, latest), because: .within) }
        let spans: [(CalendarSpan?, Period, KeepReasons)] = [
            (rules.withinHourly, .hour, .withinHourly), (rules.withinDaily, .day, .withinDaily),
            (rules.withinWeekly, .week, .withinWeekly),
            (rules.withinMonthly, .month, .withinMonthly),
            (rules.withinYearly, .year, .withinYearly),
        ]
        for case (let span?, let period, let reason) in spans {
            let near = within(span, past, latest)
            keep(newest(of: near, each: period), because: reason)
            if near.contains(oldest) { keep([oldest], because: reason) }
        }
        return kept
    }

    /// The most recent point of each period that has one, newest first.
    private func newest(of points: [RetentionPoint], each period: Period) -> [RetentionPoint] {
        var seen: Set<String> = []
        return points.filter { seen.insert(label($0.takenAt, period)).inserted }
    }

    private func label(_ instant: Timestamp, _ period: Period) -> String {
        let local = Int(instant.seconds + zone.offset(at: instant.seconds))
        let day = NaiveCalendar.recent[Int64(local / 86_400)]
        switch period {
        case .hour: return "\(day.year)-\(day.month)-\(day.day) \(local % 86_400 / 3600)"
        case .day: return "\(day.year)-\(day.month)-\(day.day)"
        case .week: return "\(day.weekYear) week \(day.week)"
        case .month: return "\(day.year)-\(day.month)"
        case .year: return "\(day.year)"
        }
    }

    private func within(
        _ span: CalendarSpan, _ points: [RetentionPoint], _ latest: RetentionPoint
    ) -> [RetentionPoint] {
        let limit = before(latest.takenAt, span)
        return points.filter { $0.takenAt > limit }
    }

    /// Counts back day by day and month by month, then looks for the local time minute by minute.
    func before(_ instant: Timestamp, _ span: CalendarSpan) -> Timestamp {
        var milliseconds = instant.milliseconds
        if span.years + span.months + span.days > 0 {
            let local = instant.seconds + zone.offset(at: instant.seconds)
            let calendar = NaiveCalendar.recent
            let start = calendar[local / 86_400]
            var (year, month) = (start.year, start.month)
            for _ in 0..<(span.years * 12 + span.months) {
                month -= 1
                if month == 0 { (year, month) = (year - 1, 12) }
            }
            let wantedDay = min(start.day, NaiveCalendar.length(ofMonth: month, year))
            var dayNumber = local / 86_400
            while calendar[dayNumber].year != year || calendar[dayNumber].month != month
                || calendar[dayNumber].day != wantedDay
            {
                dayNumber -= 1
            }
            let wanted = (dayNumber - Int64(span.days)) * 86_400 + local % 86_400
            milliseconds = firstInstant(showing: wanted) * 1000 + instant.milliseconds % 1000
        }
        return Timestamp(milliseconds: milliseconds - Int64(span.hours) * 3_600_000)
    }

    private func firstInstant(showing wanted: Int64) -> Int64 {
        var minute = wanted / 60 * 60 - 27 * 3600
        while true {
            let shown = minute + zone.offset(at: minute)
            if shown >= wanted { return minute }
            if shown + 60 > wanted { return minute + wanted - shown }
            minute += 60
        }
    }
}

extension KeepCount {
    fileprivate var limit: Int {
        switch self {
        case .periods(let count): count
        case .all: .max
        }
    }
}
