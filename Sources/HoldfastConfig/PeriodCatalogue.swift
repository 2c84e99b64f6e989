import HoldfastCore

/// The shortest distances between openings, each computed once: an hourly plan has 17,000 of them
/// in the two years that are looked at.
final class PeriodCatalogue {
    private struct Key: Hashable {
        let plan: Plan
        let opensAt: LocalTime
        let zone: String
    }

    private let start: Timestamp
    private var known: [Key: (opens: Timestamp, period: Duration)] = [:]

    /// Looks from the beginning of this instant's year in UTC, so that a file that is right today
    /// is right tomorrow.
    init(now: Timestamp) {
        let day = (now.milliseconds - Self.remainder(now.milliseconds)) / 86_400_000
        let year = CivilDate(dayNumber: day).components.year
        start = Timestamp(
            seconds: CivilDate(year: year, month: 1, day: 1).dayNumber * 86_400)
    }

    private static func remainder(_ milliseconds: Int64) -> Int64 {
        let rest = milliseconds % 86_400_000
        return rest < 0 ? rest + 86_400_000 : rest
    }

    func shortest(
        plan: Plan, opensAt: LocalTime, zone: TimeZoneRules
    ) -> (opens: Timestamp, period: Duration) {
        let key = Key(plan: plan, opensAt: opensAt, zone: zone.name)
        if let result = known[key] { return result }
        let schedule = Schedule(plan: plan, opensAt: opensAt, length: .seconds(1), zone: zone)
        let result = schedule.shortestPeriod(from: start)
        known[key] = result
        return result
    }
}
