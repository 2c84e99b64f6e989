import HoldfastCore

/// Reads `retention`.
enum RetentionDecoder {
    static let countMax = 3650
    static let minimumMax = 10_000
    static let ageMax = Duration.days(3650)
    static let graceMax = Duration.days(90)
    static let orphanRange = Duration.days(1)...Duration.days(3650)

    // Computed, because key paths can't be shared between threads.
    private static var counts: [(key: String, rule: WritableKeyPath<KeepRules, KeepCount>)] {
        [
            ("keep_last", \.last), ("keep_hourly", \.hourly), ("keep_daily", \.daily),
            ("keep_weekly", \.weekly), ("keep_monthly", \.monthly), ("keep_yearly", \.yearly),
        ]
    }
    private static var spans: [(key: String, rule: WritableKeyPath<KeepRules, CalendarSpan?>)] {
        [
            ("keep_within", \.within), ("keep_within_hourly", \.withinHourly),
            ("keep_within_daily", \.withinDaily), ("keep_within_weekly", \.withinWeekly),
            ("keep_within_monthly", \.withinMonthly), ("keep_within_yearly", \.withinYearly),
        ]
    }
    private static let keys =
        counts.map(\.key) + spans.map(\.key) + [
            "minimum", "min_age", "grace", "prune_guard", "orphans",
        ]

    /// Reads the section of a policy; without one every rule is off and the rest is by default.
    static func decode(in policy: Section) -> RetentionSettings {
        var settings = RetentionSettings()
        let errorsBefore = policy.report.errorCount
        let section = policy.section(
            "retention", hint: "write rules under it, such as 'keep_daily: 7'")
        if let section {
            section.expectKeys(keys)
            settings.rules = rules(in: section)
            settings.minimum = section.integer("minimum", in: 1...minimumMax) ?? 1
            settings.minAge =
                section.duration("min_age", in: .zero...ageMax) ?? settings.minAge
            settings.grace =
                section.duration("grace", in: .zero...graceMax) ?? settings.grace
            settings.orphans = orphans(in: section)
            settings.guardPercent = percent("prune_guard", in: section) ?? settings.guardPercent
        }
        if settings.rules.isEmpty, policy.report.errorCount == errorsBefore {
            policy.report.warn(
                policy.place(section?.position ?? policy.position), policy.path(of: "retention"),
                "no rule keeps anything, so every recovery point stays for ever; "
                    + "add a rule such as 'keep_daily: 7', or 'keep_last: all' if that is meant")
        }
        return settings
    }

    /// What becomes of the points of targets that are gone.
    private static func orphans(in retention: Section) -> OrphanRules? {
        let hint = "write 'keep_last: 3' and 'for: 90d' under it"
        guard let section = retention.section("orphans", hint: hint) else { return nil }
        section.expectKeys(["keep_last", "for"])
        for key in ["keep_last", "for"] where section[key] == nil {
            section.error("'\(key)' is missing; \(hint)")
        }
        guard let count = section.integer("keep_last", in: 1...minimumMax),
            let duration = section.duration("for", in: orphanRange)
        else { return nil }
        return OrphanRules(keepLast: count, for: duration)
    }

    private static func rules(in section: Section) -> KeepRules {
        var rules = KeepRules()
        for (key, rule) in counts {
            let hint = "use 0 to \(countMax) or 'all'"
            guard let value = section.text(key, hint: hint) else { continue }
            if value.text == "all" {
                rules[keyPath: rule] = .all
            } else if let count = section.integer(value, key, in: 0...countMax, hint: hint) {
                rules[keyPath: rule] = .periods(count)
            }
        }
        for (key, rule) in spans {
            guard let value = section.text(key, hint: "use \(CalendarSpan.hint)") else { continue }
            guard let span = CalendarSpan(value.text) else {
                section.error(
                    value.position, key,
                    "\(quoted(value.text)) is not a calendar span; use \(CalendarSpan.hint)")
                continue
            }
            rules[keyPath: rule] = span
        }
        return rules
    }

    private static func percent(_ key: String, in section: Section) -> Int? {
        let hint = "use a share from 1% to 100%"
        guard let value = section.text(key, hint: hint) else { return nil }
        guard value.text.hasSuffix("%"), let number = Int(value.text.dropLast()) else {
            section.error(value.position, key, "\(quoted(value.text)) is not a share; \(hint)")
            return nil
        }
        guard (1...100).contains(number) else {
            section.error(value.position, key, "\(value.text) is out of range; \(hint)")
            return nil
        }
        return number
    }
}
