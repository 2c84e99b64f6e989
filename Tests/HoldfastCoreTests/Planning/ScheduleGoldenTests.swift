import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Openings at clock changes")
struct ScheduleGoldenTests {
    @Test(
        "Openings around a clock change are those of the golden text",
        arguments: [
            ("Europe/Berlin", 2026 as Int64, 3, 28, "berlin-spring"),
            ("Europe/Berlin", 2026, 10, 24, "berlin-autumn"),
            ("Australia/Lord_Howe", 2026, 10, 3, "lord-howe-spring"),
            ("Australia/Lord_Howe", 2026, 4, 4, "lord-howe-autumn"),
            ("Pacific/Apia", 2011, 12, 29, "apia-missing-day"),
            ("America/Sao_Paulo", 2018, 11, 3, "sao-paulo-midnight-gap"),
        ])
    func golden(name: String, year: Int64, month: Int, day: Int, file: String) throws {
        let zone = try ZoneFiles.rules(name)
        let first = CivilDate(year: year, month: month, day: day)
        let midnight = Timestamp(seconds: first.dayNumber * 86_400)
        var text = "\(name): openings on three dates from \(midnight.rfc3339.prefix(10))\n"
        let plans: [(Plan, LocalTime)] = [
            (.daily, .midnight), (.daily, ScheduleCases.time(2, 15)),
            (.daily, ScheduleCases.time(2, 30)), (.daily, ScheduleCases.time(8, 0)),
            (.weekly([.friday]), ScheduleCases.time(8, 0)),
            (.weekly([.sunday]), ScheduleCases.time(2, 30)),
            (.monthly(MonthDays(days: [4, 30], includesLast: false)), .midnight),
            (.hourly(every: 1), .midnight), (.hourly(every: 3), ScheduleCases.time(2, 30)),
        ]
        for (plan, time) in plans {
            text += "\n\(describe(plan)) at \(time)\n"
            let schedule = Schedule(plan: plan, opensAt: time, length: .minutes(10), zone: zone)
            let from = zone.firstInstant(showing: first.dayNumber * 86_400).instant
            let until = zone.firstInstant(
                showing: first.advanced(byDays: 3).dayNumber * 86_400
            ).instant
            for window in schedule.windows(
                from: Timestamp(seconds: from), until: Timestamp(seconds: until))
            {
                text += "  \(window.opens)  \(wallText(window.opens, zone))\n"
            }
        }
        try expectGolden(text, "openings/\(file).txt")
    }

    /// The clock on the wall: date, time and offset.
    private func wallText(_ instant: Timestamp, _ zone: TimeZoneRules) -> String {
        let offset = zone.offset(at: instant.seconds)
        let local = Timestamp(seconds: instant.seconds + offset).rfc3339.dropLast()
        let sign = offset < 0 ? "-" : "+"
        let size = Timestamp(seconds: abs(offset)).rfc3339.dropFirst(11).prefix(5)
        return "\(local)\(sign)\(size)"
    }

    private func describe(_ plan: Plan) -> String {
        switch plan {
        case .hourly(let every): "hourly, every \(every)h,"
        case .daily: "daily"
        case .weekly(let days): "weekly on " + days.map(\.rawValue).sorted().joined(separator: ", ")
        case .monthly(let days):
            "monthly on the " + days.days.map(String.init).joined(separator: ", ")
        }
    }
}
