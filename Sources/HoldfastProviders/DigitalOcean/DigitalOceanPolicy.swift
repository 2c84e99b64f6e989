import HoldfastCore

/// A backup policy in DigitalOcean's words, made from a declared one.
struct DigitalOceanPolicy: Hashable, Sendable {
    /// `daily` or `weekly`.
    let plan: String
    /// `SUN` …; `nil` for daily.
    let weekday: String?
    /// In UTC.
    let hour: Int
    private let length: Duration

    /// The plans that this version knows how to compare.
    static let knownPlans: Set<String> = ["daily", "weekly"]

    /// - Throws: `permanent` when the schedule is none that the vendor can have.
    init(_ policy: Policy) throws(ProviderError) {
        do throws(NativeTimetable.Unsuitable) {
            let timetable = try NativeTimetable(policy.schedule)
            plan = timetable.weekday == nil ? "daily" : "weekly"
            weekday = timetable.weekday?.rawValue
            hour = timetable.hour
            length = timetable.length
        } catch {
            throw ProviderError(.permanent, "policy '\(policy.id)', \(error.key): \(error.reason)")
        }
    }

    /// Whether the vendor's is the same.
    func matches(_ record: DigitalOceanWire.PolicyRecord) -> Bool {
        guard record.isEnabled == true, let policy = record.policy else { return false }
        return policy.plan == plan && policy.hour == hour
            && (weekday == nil || policy.weekday == weekday)
    }

    /// How long the vendor keeps the backups of such a policy.
    ///
    /// - Throws: `permanent` when the account may not have such a policy.
    func lifetime(
        among supported: [DigitalOceanWire.SupportedPolicy]
    ) throws(ProviderError) -> Duration? {
        func unsupported(_ what: String) -> ProviderError {
            ProviderError(
                .permanent,
                "DigitalOcean does not offer \(what); change the policy or use 'enforce: managed'")
        }
        guard let found = supported.first(where: { $0.name == plan }) else {
            let names = supported.map { BoundedText.cut($0.name, to: 40) }.prefix(20)
            throw unsupported("the plan '\(plan)' (it has \(names.joined(separator: ", ")))")
        }
        guard found.possibleWindowStarts.contains(hour) else {
            let hours = found.possibleWindowStarts.prefix(24).map(String.init)
            throw unsupported(
                "a window that opens at \(hour):00 UTC (it has \(hours.joined(separator: ", ")))")
        }
        if let weekday, let days = found.possibleDays, !days.isEmpty, !days.contains(weekday) {
            throw unsupported("the weekday \(weekday)")
        }
        if let hours = found.windowLengthHours, hours > 0, hours <= 24, length != .hours(hours) {
            throw unsupported(
                "a window of \(DurationText.brief(length)) (its windows have \(hours) hours)")
        }
        guard let days = found.retentionPeriodDays, (1...36_500).contains(days) else { return nil }
        return .days(days)
    }

    /// `weekly on SUN at 20:00 UTC`.
    var description: String {
        Self.text(plan: plan, weekday: weekday, hour: hour)
    }

    /// What the vendor has, for people.
    static func text(of record: DigitalOceanWire.PolicyRecord) -> String {
        guard record.isEnabled == true, let policy = record.policy else { return "off" }
        return text(
            plan: BoundedText.cut(policy.plan ?? "without a plan", to: 40),
            weekday: policy.weekday.map { BoundedText.cut($0, to: 10) }, hour: policy.hour)
    }

    private static func text(plan: String, weekday: String?, hour: Int?) -> String {
        plan + (plan == "weekly" ? weekday.map { " on \($0)" } ?? "" : "")
            + (hour.map { " at \($0):00 UTC" } ?? "")
    }
}
