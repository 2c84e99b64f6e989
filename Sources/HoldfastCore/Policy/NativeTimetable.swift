/// When a vendor's own backup policy opens its window, in the words that vendors have for it.
public struct NativeTimetable: Hashable, Sendable {
    /// The vendor's hours are counted in UTC.
    public static let zoneNames: Set<String> = ["UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu"]

    /// Every day, or once a week on this day.
    public let weekday: Weekday?
    /// The hour at which the window opens, in UTC.
    public let hour: Int
    /// How long the window is.
    public let length: Duration

    /// Why a schedule can't be a vendor's.
    public struct Unsuitable: Error, Hashable, Sendable {
        /// The key of the policy that is wrong.
        public let key: String
        /// What is wrong and what to do now; for people.
        public let reason: String
    }

    /// Reads a policy's schedule.
    ///
    /// - Throws: `Unsuitable` with the first thing that no vendor's policy can express.
    public init(_ schedule: Schedule) throws(Unsuitable) {
        switch schedule.plan {
        case .daily: weekday = nil
        case .weekly(let days):
            guard days.count == 1, let day = days.first else {
                throw Unsuitable(
                    key: "weekday", reason: "a provider's own policy has one weekday; use one")
            }
            weekday = day
        case .hourly, .monthly:
            throw Unsuitable(
                key: "plan",
                reason: "'\(schedule.plan.name)' is no plan of a provider's own policy; use "
                    + "'daily' or 'weekly'")
        }
        guard Self.zoneNames.contains(schedule.zone.name) else {
            throw Unsuitable(
                key: "timezone",
                reason: "a provider's own policy is kept in UTC, also when clocks change in "
                    + "'\(schedule.zone.name)'; add 'timezone: UTC' and give the hour in UTC")
        }
        guard schedule.opensAt.minuteOfDay % 60 == 0 else {
            throw Unsuitable(
                key: "at", reason: "a provider's own policy opens on the hour; use a full hour")
        }
        hour = schedule.opensAt.minuteOfDay / 60
        length = schedule.length
    }
}
