/// On which dates and how often a policy opens its window.
public enum Plan: Hashable, Sendable {
    /// Every `every` hours on the clock of each date; `every` divides 24.
    case hourly(every: Int)
    case daily
    /// On each of these weekdays.
    case weekly(Set<Weekday>)
    /// On each of these days of the month.
    case monthly(MonthDays)

    /// The word that configuration files use.
    public var name: String {
        switch self {
        case .hourly: "hourly"
        case .daily: "daily"
        case .weekly: "weekly"
        case .monthly: "monthly"
        }
    }
}

/// Days of the month; one that a month does not have means its last day.
public struct MonthDays: Hashable, Sendable {
    /// 1…31, ascending.
    public let days: [Int]
    /// Whether the last day is one of them by name.
    public let includesLast: Bool

    /// Takes any days of 1…31, in any order.
    public init(days: some Sequence<Int>, includesLast: Bool) {
        self.days = Set(days).sorted()
        precondition(self.days.allSatisfy { (1...31).contains($0) }, "a day of 1…31")
        self.includesLast = includesLast
    }

    func contains(_ date: CivilDate) -> Bool {
        let (year, month, day) = date.components
        if days.contains(day) { return true }
        guard day == CivilDate.dayCount(ofMonth: month, in: year) else { return false }
        return includesLast || (days.last ?? 0) > day
    }
}

/// A time of day on a wall clock, to the minute.
public struct LocalTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Minutes after midnight, 0…1439.
    public let minuteOfDay: Int

    /// Takes an hour of 0…23 and a minute of 0…59; `nil` outside.
    public init?(hour: Int, minute: Int) {
        guard (0...23).contains(hour), (0...59).contains(minute) else { return nil }
        minuteOfDay = hour * 60 + minute
    }

    /// Reads `HH:MM` or `H:MM`; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 5 else { return nil }
        var scanner = DigitScanner(text.utf8)
        guard let hour = scanner.number(), scanner.skip(":"),
            let minute = scanner.number(digits: 2), scanner.isAtEnd
        else { return nil }
        self.init(hour: hour, minute: minute)
    }

    /// 00:00.
    public static let midnight = LocalTime(minuteOfDay: 0)

    private init(minuteOfDay: Int) {
        self.minuteOfDay = minuteOfDay
    }

    /// `HH:MM`.
    public var description: String {
        var text = ""
        text.appendPadded(Int64(minuteOfDay / 60), to: 2)
        text += ":"
        text.appendPadded(Int64(minuteOfDay % 60), to: 2)
        return text
    }

    /// Earlier comes first.
    public static func < (lhs: LocalTime, rhs: LocalTime) -> Bool {
        lhs.minuteOfDay < rhs.minuteOfDay
    }
}

/// The half-open interval of instants `[opens, closes)` in which a backup must start.
public struct Window: Hashable, Sendable {
    /// A whole second.
    public let opens: Timestamp
    /// The first instant that is too late for a start.
    public let closes: Timestamp

    /// Takes both ends; `closes` is after `opens`.
    public init(opens: Timestamp, closes: Timestamp) {
        precondition(opens < closes, "a window closes after it opens")
        self.opens = opens
        self.closes = closes
    }

    /// Whether a backup may start at this instant.
    public func contains(_ instant: Timestamp) -> Bool {
        opens <= instant && instant < closes
    }
}

/// When the windows of a policy open and how long each stays open.
public struct Schedule: Sendable, Equatable {
    /// The dates.
    public let plan: Plan
    /// The local time of each opening; for hourly plans that of the first on each date.
    public let opensAt: LocalTime
    /// How long a window stays open, in elapsed time.
    public let length: Duration
    /// The zone whose clock counts.
    public let zone: TimeZoneRules

    /// Takes a plan that has been checked.
    ///
    /// - Precondition: the length is positive; an hourly plan's hours divide 24 and `opensAt` lies
    ///   before them; a weekly plan has a weekday and a monthly one a day.
    public init(plan: Plan, opensAt: LocalTime, length: Duration, zone: TimeZoneRules) {
        precondition(length > .zero, "a window has a length")
        switch plan {
        case .hourly(let every):
            precondition((1...24).contains(every) && 24 % every == 0, "hours divide 24")
            precondition(opensAt.minuteOfDay < every * 60, "'at' lies in the first period")
        case .weekly(let weekdays): precondition(!weekdays.isEmpty, "a weekly plan has a weekday")
        case .monthly(let days):
            precondition(!days.days.isEmpty || days.includesLast, "a monthly plan has a day")
        case .daily: break
        }
        self.plan = plan
        self.opensAt = opensAt
        self.length = length
        self.zone = zone
    }
}
