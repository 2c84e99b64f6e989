import HoldfastCore

/// Reads `verify`.
enum DrillDecoder {
    static let everyRange = Duration.days(1)...Duration.days(366)
    private static let words: [(word: String, span: Duration)] = [
        ("day", .days(1)), ("week", .days(7)), ("month", .days(30)),
    ]

    /// Reads the section of a policy; without one points are proved only when somebody asks.
    static func decode(in policy: Section) -> DrillSettings? {
        guard
            let section = policy.section(
                "verify", hint: "write 'every: week' under it")
        else { return nil }
        section.expectKeys(["every", "pick", "command", "timeout"])
        let every = every(in: section)
        let pick = section.choice("pick", as: DrillSettings.Pick.self) ?? .newest
        let timeout = section.duration("timeout", in: HookDecoder.timeoutRange)
        var command: Hook?
        if section["command"] != nil {
            command = HookDecoder.command(in: section).map {
                Hook(command: $0, timeout: timeout ?? .minutes(10), onError: .fail)
            }
        } else if let entry = section["timeout"] {
            section.error(
                entry.position, "timeout",
                "there is no 'command' that it could bound; a drill itself ends with the policy's "
                    + "'timeout'")
        }
        return every.map { DrillSettings(every: $0, pick: pick, command: command) }
    }

    private static func every(in section: Section) -> Duration? {
        let bounds = "1d to \(DurationText.exact(everyRange.upperBound))"
        let hint = "use day, week, month or a duration of \(bounds), such as 2w"
        guard section["every"] != nil else {
            section.error("'every' is missing; \(hint)")
            return nil
        }
        guard let value = section.text("every", hint: hint) else { return nil }
        if let known = words.first(where: { $0.word == value.text }) { return known.span }
        guard let span = DurationText.parse(value.text) else {
            section.error(value.position, "every", "\(quoted(value.text)) is not possible; \(hint)")
            return nil
        }
        guard everyRange.contains(span) else {
            section.error(value.position, "every", "\(value.text) is out of range; \(hint)")
            return nil
        }
        return span
    }
}
