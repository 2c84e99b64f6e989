import HoldfastCore
import HoldfastTesting

/// Zones and years with clock changes of every kind, and plans to try on them.
enum ScheduleCases {
    static let zoneYears: [(zone: String, year: Int64)] = [
        ("Africa/Cairo", 2023), ("Africa/Cairo", 2010), ("Africa/Casablanca", 2026),
        ("America/Asuncion", 2023), ("America/Havana", 2026), ("America/New_York", 2026),
        ("America/Nuuk", 2026), ("America/Nuuk", 2023), ("America/Santiago", 2026),
        ("America/Sao_Paulo", 2018), ("America/St_Johns", 2010), ("America/St_Johns", 2026),
        ("Antarctica/Troll", 2026), ("Asia/Amman", 2022), ("Asia/Beirut", 2026),
        ("Asia/Gaza", 2026), ("Asia/Kathmandu", 1986), ("Asia/Tehran", 2022),
        ("Atlantic/Azores", 2026), ("Australia/Lord_Howe", 2026), ("Etc/UTC", 2024),
        ("Europe/Berlin", 2026), ("Europe/Berlin", 2100), ("Europe/Dublin", 2026),
        ("Pacific/Apia", 2011), ("Pacific/Auckland", 2026), ("Pacific/Chatham", 2026),
        ("Pacific/Kiritimati", 1994), ("Pacific/Kiritimati", 1995), ("Pacific/Kwajalein", 1993),
    ]

    static let dailyPlans: [(Plan, LocalTime)] = [
        time(0, 0), time(0, 30), time(1, 0), time(2, 0), time(2, 15), time(2, 30), time(3, 0),
        time(12, 0), time(23, 30), time(23, 45),
    ].map { (.daily, $0) }

    static let datePlans: [(Plan, LocalTime)] = [
        (.weekly([.sunday]), time(2, 30)), (.weekly([.friday]), time(8, 0)),
        (.weekly([.friday, .saturday]), time(0, 0)), (.weekly([.saturday]), time(23, 45)),
        (.weekly(Set(Weekday.allCases)), time(2, 0)), (.weekly([.monday, .thursday]), time(0, 0)),
        (.monthly(MonthDays(days: [1], includesLast: false)), time(0, 0)),
        (.monthly(MonthDays(days: [30], includesLast: false)), time(12, 0)),
        (.monthly(MonthDays(days: [31], includesLast: false)), time(2, 30)),
        (.monthly(MonthDays(days: [], includesLast: true)), time(23, 30)),
        (.monthly(MonthDays(days: [1, 15, 29, 30, 31], includesLast: true)), time(0, 0)),
        (.monthly(MonthDays(days: Array(1...31), includesLast: false)), time(2, 15)),
    ]

    static let hourlyPlans: [(Plan, LocalTime)] = [
        (.hourly(every: 1), time(0, 0)), (.hourly(every: 1), time(0, 45)),
        (.hourly(every: 2), time(0, 0)), (.hourly(every: 2), time(1, 30)),
        (.hourly(every: 3), time(2, 15)), (.hourly(every: 6), time(0, 0)),
        (.hourly(every: 6), time(5, 30)), (.hourly(every: 12), time(11, 45)),
        (.hourly(every: 24), time(0, 0)), (.hourly(every: 24), time(23, 45)),
    ]

    static func time(_ hour: Int, _ minute: Int) -> LocalTime {
        guard let time = LocalTime(hour: hour, minute: minute) else {
            preconditionFailure("\(hour):\(minute) is no time of day")
        }
        return time
    }

    static func second(_ year: Int64, _ month: Int, _ day: Int) -> Int64 {
        CivilDate(year: year, month: month, day: day).dayNumber * 86_400
    }

    /// Any plan of the lists in any of the zones.
    static func random(using rng: inout SeededGenerator) throws -> (Schedule, year: Int64) {
        let (zone, year) = rng.pick(zoneYears)
        let (plan, time) = rng.pick(dailyPlans + datePlans + hourlyPlans)
        let schedule = Schedule(
            plan: plan, opensAt: time, length: .minutes(rng.number(in: 1...59)),
            zone: try ZoneFiles.rules(zone))
        return (schedule, year)
    }
}
