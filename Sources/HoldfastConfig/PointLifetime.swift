import HoldfastCore

/// Compares what a policy wants to keep with how long a vendor lets a point live.
struct PointLifetime {
    /// After this time the vendor ends a point.
    let limit: Duration

    /// Reports a policy that wants points for longer than a provider's vendor lets them live.
    ///
    /// - Parameter name: The policy's name under `policy`.
    static func check(
        _ policy: Policy, at name: PlacedText, in section: Section, _ provider: ProviderSettings
    ) {
        guard let limit = provider.kind.capabilities.pointLifetime else { return }
        let beyond = PointLifetime(limit: limit).rulesBeyond(policy)
        guard !beyond.isEmpty else { return }
        let days = limit.wholeSeconds / 86_400
        section.error(
            name.position, "policy",
            "policy '\(policy.id)' wants points of more than \(days) days "
                + "(\(beyond.joined(separator: ", "))), and provider '\(provider.id)' "
                + "(\(provider.kind.name)) ends every point after \(days) days; use rules that "
                + "need no older one, such as 'keep_last: 7'")
    }

    /// The rules that need a point of a greater age, as the configuration writes them.
    ///
    /// A rule of one period keeps the newest point, whatever its age; one of more periods needs its
    /// oldest point until the newest period is over. Periods without a point don't count, so a rule
    /// reaches no less far than as many windows.
    func rulesBeyond(_ policy: Policy) -> [String] {
        let rules = policy.retention.rules
        if rules.isEmpty { return ["no rule, so every point is to stay for ever"] }
        let counts: [(key: String, count: KeepCount, period: Duration)] = [
            ("keep_hourly", rules.hourly, .hours(1)), ("keep_daily", rules.daily, .days(1)),
            ("keep_weekly", rules.weekly, .days(7)), ("keep_monthly", rules.monthly, .days(31)),
            ("keep_yearly", rules.yearly, .days(366)),
        ]
        var beyond = reach(of: rules.last, in: policy.schedule) ? ["keep_last: \(rules.last)"] : []
        beyond += counts.filter {
            exceeds($0.count, $0.period) || reach(of: $0.count, in: policy.schedule)
        }.map { "\($0.key): \($0.count)" }
        let spans: [(key: String, span: CalendarSpan?)] = [
            ("keep_within", rules.within), ("keep_within_hourly", rules.withinHourly),
            ("keep_within_daily", rules.withinDaily), ("keep_within_weekly", rules.withinWeekly),
            ("keep_within_monthly", rules.withinMonthly),
            ("keep_within_yearly", rules.withinYearly),
        ]
        for (key, span) in spans {
            if let span, longest(span) > limit { beyond.append("\(key): \(span)") }
        }
        if reach(of: .periods(policy.retention.minimum), in: policy.schedule) {
            beyond.append("minimum: \(policy.retention.minimum)")
        }
        if policy.retention.minAge > limit {
            beyond.append("min_age: \(DurationText.brief(policy.retention.minAge))")
        }
        return beyond
    }

    private func exceeds(_ count: KeepCount, _ period: Duration) -> Bool {
        switch count {
        case .all: true
        case .periods(let count): count > 1 && period * count > limit
        }
    }

    /// Whether the oldest of so many points, one a window, outlives the limit before the next one.
    private func reach(of count: KeepCount, in schedule: Schedule) -> Bool {
        guard case .periods(let count) = count else { return true }
        guard count > 1 else { return false }
        // Any two months without a clock change do.
        let start = Timestamp(seconds: 1_767_225_600)
        let windows = schedule.windows(
            from: start, until: start + limit + limit, countMax: count + 1)
        guard windows.count == count + 1, let first = windows.first, let last = windows.last else {
            return true
        }
        return last.opens - first.opens > limit
    }

    private func longest(_ span: CalendarSpan) -> Duration {
        .days(span.years * 366 + span.months * 31 + span.days) + .hours(span.hours)
    }
}
