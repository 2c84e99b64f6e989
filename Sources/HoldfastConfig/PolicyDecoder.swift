import HoldfastCore

/// A policy that asks its provider to enforce it, which has to be checked against its targets.
struct NativeWish {
    let policy: String
    let schedule: Schedule?
    let section: Section
    let position: Position
}

/// Reads one entry of `policies`.
struct PolicyDecoder {
    static let timeoutRange = Duration.minutes(1)...Duration.days(7)
    static let objectiveRange = Duration.minutes(1)...Duration.days(3650)
    static let waitRange = Duration.seconds(1)...Duration.days(1)
    static let attemptsMax = 100

    private static let keys =
        ScheduleDecoder.keys + [
            "timeout", "enforce", "retention", "objective", "retry", "catch_up", "hooks",
            "verify",
        ]

    let schedules: ScheduleDecoder

    /// Reads a policy; `nil` when its plan is missing. An answer may hold defaults in place of
    /// what is wrong, which is reported.
    func decode(_ section: Section, id: PolicyID) -> (policy: Policy?, wish: NativeWish?) {
        section.expectKeys(Self.keys)
        let schedule = schedules.decode(in: section)
        let timeout = section.duration("timeout", in: Self.timeoutRange) ?? .hours(6)
        let wish = nativeWish(in: section, id: id, schedule)
        let retention = RetentionDecoder.decode(in: section)
        let objective = objective(in: section)
        let retry = retry(in: section)
        let catchUp = section.choice("catch_up", as: CatchUp.self) ?? .latest
        let hooks = HookDecoder.decode(in: section)
        let drills = DrillDecoder.decode(in: section)
        guard let schedule else { return (nil, wish) }
        let policy = Policy(
            id: id, schedule: schedule, enforcement: wish == nil ? .managed : .native,
            timeout: timeout, retention: retention,
            recoveryPointObjective: objective, retry: retry, catchUp: catchUp, hooks: hooks,
            drills: drills)
        return (policy, wish)
    }

    private func nativeWish(
        in section: Section, id: PolicyID, _ schedule: Schedule?
    ) -> NativeWish? {
        guard section.choice("enforce", as: Enforcement.self) == .native,
            let value = section["enforce"]?.value
        else { return nil }
        return NativeWish(
            policy: id.text, schedule: schedule, section: section, position: value.position)
    }

    private func objective(in policy: Section) -> Duration? {
        guard let section = policy.section("objective", hint: "write 'rpo: 26h' under it") else {
            return nil
        }
        section.expectKeys(["rpo"])
        return section.duration("rpo", in: Self.objectiveRange)
    }

    private func retry(in policy: Section) -> RetrySettings {
        let defaults = RetrySettings()
        guard
            let section = policy.section(
                "retry", hint: "write 'attempts', 'backoff' or 'max_backoff' under it")
        else { return defaults }
        section.expectKeys(["attempts", "backoff", "max_backoff"])
        let attempts = section.integer("attempts", in: 1...Self.attemptsMax)
        let backoff = section.duration("backoff", in: Self.waitRange)
        let maxBackoff = section.duration("max_backoff", in: Self.waitRange)
        let first = backoff ?? defaults.backoff
        let longest = maxBackoff ?? defaults.maxBackoff
        let isWrong =
            (section["backoff"] != nil && backoff == nil)
            || (section["max_backoff"] != nil && maxBackoff == nil)
        if longest < first, !isWrong,
            let value = (section["max_backoff"] ?? section["backoff"])?.value
        {
            let key = section["max_backoff"] == nil ? "backoff" : "max_backoff"
            section.error(
                value.position, key,
                "the longest wait, \(DurationText.exact(longest)), is shorter than the first one, "
                    + "\(DurationText.exact(first)); make 'max_backoff' at least 'backoff'")
        }
        return RetrySettings(
            attempts: attempts ?? defaults.attempts, backoff: first,
            maxBackoff: max(first, longest))
    }
}
