import HoldfastCore
import HoldfastTesting

/// Series of points and rules to try on them.
enum RetentionCases {
    static let zones = [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Etc/UTC",
        "Asia/Kathmandu", "Pacific/Chatham", "America/Santiago",
    ]

    /// Up to 60 points: regular, irregular and crowded ones, with equal stamps among them, around
    /// New Year, leap days and clock changes; in no order.
    static func points(using rng: inout SeededGenerator, zone: TimeZoneRules) -> [RetentionPoint] {
        var second = start(using: &rng, zone: zone)
        let steps = [600, 1800, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 25 * 86_400]
        let step = rng.pick(steps)
        var points: [RetentionPoint] = []
        for number in 0..<rng.number(in: 0...60) {
            points.append(
                RetentionPoint(
                    id: identifier(number, using: &rng),
                    takenAt: Timestamp(
                        milliseconds: second * 1000 + Int64(rng.number(in: 0...999)))))
            if rng.oneIn(8), let last = points.last {
                points.append(
                    RetentionPoint(
                        id: identifier(100 + number, using: &rng), takenAt: last.takenAt))
            }
            let isRegular = !rng.oneIn(4)
            second -= Int64(isRegular ? step : rng.number(in: 0...(rng.pick(steps) * 2)))
        }
        return points.shuffled(using: &rng)
    }

    /// Distinct, and in no relation to the time.
    private static func identifier(_ number: Int, using rng: inout SeededGenerator) -> String {
        "\(rng.number(in: 10...99))-\(number)"
    }

    private static func start(using rng: inout SeededGenerator, zone: TimeZoneRules) -> Int64 {
        let year = Int64(rng.number(in: 2006...2036))
        let newYear = ScheduleCases.second(year, 1, 1)
        switch rng.number(in: 0...3) {
        case 0: return newYear + Int64(rng.number(in: -200_000...800_000))
        case 1: return ScheduleCases.second(year, 3, 1) + Int64(rng.number(in: 0...86_400))
        case 2:
            let change = zone.interval(at: newYear).until
            guard change < newYear + 366 * 86_400 else { return newYear }
            return change + Int64(rng.number(in: 0...100_000))
        default: return newYear + Int64(rng.number(in: 0...31_000_000))
        }
    }

    /// At least one rule is on.
    static func rules(using rng: inout SeededGenerator) -> KeepRules {
        var rules = KeepRules()
        repeat {
            rules.last = count(using: &rng)
            rules.hourly = count(using: &rng)
            rules.daily = count(using: &rng)
            rules.weekly = count(using: &rng)
            rules.monthly = count(using: &rng)
            rules.yearly = count(using: &rng)
            rules.within = span(using: &rng)
            rules.withinHourly = span(using: &rng)
            rules.withinDaily = span(using: &rng)
            rules.withinWeekly = span(using: &rng)
            rules.withinMonthly = span(using: &rng)
            rules.withinYearly = span(using: &rng)
        } while rules.isEmpty
        return rules
    }

    static func count(using rng: inout SeededGenerator) -> KeepCount {
        switch rng.number(in: 0...7) {
        case 0...4: .periods(0)
        case 5, 6: .periods(rng.number(in: 1...9))
        default: rng.oneIn(3) ? .all : .periods(rng.number(in: 10...70))
        }
    }

    static func span(using rng: inout SeededGenerator) -> CalendarSpan? {
        guard rng.oneIn(5) else { return nil }
        return rng.pick([
            CalendarSpan(hours: rng.number(in: 1...60)), CalendarSpan(days: rng.number(in: 1...40)),
            CalendarSpan(months: rng.number(in: 1...14)), CalendarSpan(years: 1),
            CalendarSpan(years: 1, months: 2, days: 3, hours: 4),
        ])
    }

    /// Every rule of both that keeps more.
    static func isAtLeast(_ left: KeepCount, _ right: KeepCount) -> Bool {
        switch (left, right) {
        case (.all, _): true
        case (.periods, .all): false
        case (.periods(let left), .periods(let right)): left >= right
        }
    }
}
