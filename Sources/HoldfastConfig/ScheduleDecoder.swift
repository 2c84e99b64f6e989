import HoldfastCore

/// Reads when a policy's windows open and how long each stays open.
struct ScheduleDecoder {
    static let keys = ["plan", "hour", "at", "weekday", "day", "every", "window", "timezone"]
    static let windowRange = Duration.seconds(1)...Duration.days(31)
    static let windowDefault = Duration.hours(4)

    private static let planNames = ["hourly", "daily", "weekly", "monthly"]

    let zones: ZoneCatalogue
    let periods: PeriodCatalogue
    /// The zone of the file's `timezone`; `nil` when that is wrong, which is reported elsewhere.
    let defaultZone: TimeZoneRules?

    /// Reads the schedule of a policy; `nil` when it has no usable plan.
    func decode(in section: Section) -> Schedule? {
        let errorsBefore = section.report.errorCount
        let window = section.duration("window", in: Self.windowRange)
        let zone = zone(in: section)
        guard let plan = plan(in: section) else { return nil }
        let opensAt = opening(of: plan, in: section)
        // With an error above, the distances would be those of another schedule.
        guard section.report.errorCount == errorsBefore, let zone else {
            return Schedule(
                plan: plan, opensAt: .midnight, length: Self.windowDefault, zone: .utc)
        }
        let shortest = periods.shortest(plan: plan, opensAt: opensAt, zone: zone)
        if let window, window > shortest.period, let value = section["window"]?.value {
            let distance = DurationText.exact(shortest.period)
            section.error(
                value.position, "window",
                "\(DurationText.exact(window)) is longer than the \(distance) between the window "
                    + "that opens at \(shortest.opens) and the next one; use \(distance) or less")
        }
        return Schedule(
            plan: plan, opensAt: opensAt,
            length: window ?? min(Self.windowDefault, shortest.period), zone: zone)
    }

    private func plan(in section: Section) -> Plan? {
        let alternatives = Suggestion.alternatives(Self.planNames)
        guard section["plan"] != nil else {
            section.error("'plan' is missing; use \(alternatives)")
            return nil
        }
        guard let name = section.choice("plan", of: Self.planNames) else { return nil }
        for (key, owner) in [("weekday", "weekly"), ("day", "monthly"), ("every", "hourly")]
        where name != owner {
            guard let entry = section[key] else { continue }
            section.error(
                entry.position, key,
                "'\(key)' is for \(owner) plans only; remove it or use 'plan: \(owner)'")
        }
        switch name {
        case "hourly": return .hourly(every: every(in: section))
        case "weekly": return .weekly(weekdays(in: section) ?? [.monday])
        case "monthly":
            return .monthly(
                monthDays(in: section) ?? MonthDays(days: [1], includesLast: false))
        default: return .daily
        }
    }

    private func every(in section: Section) -> Int {
        let divisors = (1...24).filter { 24 % $0 == 0 }.map { "\($0)h" }
        let hint = "use \(Suggestion.alternatives(divisors))"
        guard let value = section.text("every", hint: hint) else { return 1 }
        guard let period = DurationText.parse(value.text),
            let hours = (1...24).first(where: { period == .hours($0) }), 24 % hours == 0
        else {
            section.error(
                value.position, "every",
                "\(quoted(value.text)) does not divide the day into whole hours; \(hint)")
            return 1
        }
        return hours
    }

    private func weekdays(in section: Section) -> Set<Weekday>? {
        let names = Weekday.allCases.map(\.rawValue)
        let hint = "use one or a list of \(names.joined(separator: ", "))"
        guard section["weekday"] != nil else {
            section.error("'weekday' is missing, which a weekly plan needs; \(hint)")
            return nil
        }
        guard let values = section.texts("weekday", hint: hint) else { return nil }
        var weekdays: Set<Weekday> = []
        for value in values {
            if let weekday = Weekday(rawValue: value.text) {
                weekdays.insert(weekday)
                continue
            }
            // "Monday" and "mon" begin as the name does.
            let short = value.text.prefix(3).uppercased()
            let clause =
                names.contains(short)
                ? "; did you mean '\(short)'?"
                : Suggestion.clause(for: value.text, among: names)
            section.error(
                value.position, "weekday", "\(quoted(value.text)) is not a weekday\(clause)")
        }
        return weekdays.isEmpty ? nil : weekdays
    }

    private func monthDays(in section: Section) -> MonthDays? {
        let hint = "use 1 to 31 or 'last', or a list of them"
        guard section["day"] != nil else {
            section.error("'day' is missing, which a monthly plan needs; \(hint)")
            return nil
        }
        guard let values = section.texts("day", hint: hint) else { return nil }
        let days = values.filter { $0.text != "last" }
            .compactMap { section.integer($0, "day", in: 1...31, hint: hint) }
        let includesLast = values.contains { $0.text == "last" }
        guard includesLast || !days.isEmpty else { return nil }
        return MonthDays(days: days, includesLast: includesLast)
    }

    private func opening(of plan: Plan, in section: Section) -> LocalTime {
        if let hour = section["hour"] {
            if case .hourly = plan {
                section.error(
                    hour.position, "hour",
                    "an hourly plan has no 'hour'; use 'at' for the first opening of a date")
                return .midnight
            }
            if section["at"] != nil {
                section.error(
                    hour.position, "hour", "'hour' and 'at' say the same thing; remove one of them")
                return .midnight
            }
            return section.integer("hour", in: 0...23)
                .flatMap { LocalTime(hour: $0, minute: 0) } ?? .midnight
        }
        let hint = "use a time of day such as \"02:30\""
        guard let value = section.text("at", hint: hint) else { return .midnight }
        guard let time = LocalTime(value.text) else {
            section.error(
                value.position, "at",
                "\(quoted(value.text)) is not a time of day; use \"00:00\" to \"23:59\"")
            return .midnight
        }
        if case .hourly(let every) = plan, time.minuteOfDay >= every * 60 {
            section.error(
                value.position, "at",
                "\(time) does not lie in the first \(every)h of the date; "
                    + "use the first opening, which is before "
                    + (LocalTime(hour: every, minute: 0)?.description ?? "24:00"))
            return .midnight
        }
        return time
    }

    private func zone(in section: Section) -> TimeZoneRules? {
        guard section["timezone"] != nil else { return defaultZone }
        return zones.zone("timezone", in: section)
    }
}
