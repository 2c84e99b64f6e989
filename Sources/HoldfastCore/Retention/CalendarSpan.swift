/// A span of calendar time as `keep_within` writes it: `1y2m3d4h`; here `m` is months.
public struct CalendarSpan: Hashable, Sendable, CustomStringConvertible {
    /// Whole years.
    public let years: Int
    /// Whole months.
    public let months: Int
    /// Days of the calendar, which a clock change makes longer or shorter.
    public let days: Int
    /// Elapsed hours.
    public let hours: Int

    /// Takes each part; 0 or more.
    public init(years: Int = 0, months: Int = 0, days: Int = 0, hours: Int = 0) {
        self.years = years
        self.months = months
        self.days = days
        self.hours = hours
    }

    /// What a message tells the user to write.
    public static let hint = "a calendar span such as 30d, 6m, 1y or 1y2m3d4h (m is months)"

    /// Reads numbers with `y`, `m`, `d` and `h`, each at most once, in any order, together more
    /// than nothing; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        var scanner = DigitScanner(text.utf8)
        var parts: [Unicode.Scalar: Int] = [:]
        repeat {
            guard let number = scanner.number(), number <= 100_000 else { return nil }
            let units: [Unicode.Scalar] = ["y", "m", "d", "h"]
            guard let unit = units.first(where: { scanner.skip($0) }),
                parts.updateValue(number, forKey: unit) == nil
            else { return nil }
        } while !scanner.isAtEnd
        guard parts.values.contains(where: { $0 > 0 }) else { return nil }
        self.init(
            years: parts["y"] ?? 0, months: parts["m"] ?? 0, days: parts["d"] ?? 0,
            hours: parts["h"] ?? 0)
    }

    /// `1y2m3d4h`, without the parts that are 0.
    public var description: String {
        [(years, "y"), (months, "m"), (days, "d"), (hours, "h")]
            .filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    /// The instant this span before another one, on a zone's calendar: first years and months (the
    /// 31st becomes a shorter month's last day), then days, the time of day staying the same, then
    /// hours of elapsed time.
    public func before(_ instant: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        let local = instant.seconds + zone.offset(at: instant.seconds)
        let (year, month, day) = CivilDate(
            dayNumber: local.flooredDivision(by: 86_400)
        ).components
        let monthCount = year * 12 + Int64(month - 1) - Int64(years * 12 + months)
        let newYear = monthCount.flooredDivision(by: 12)
        let newMonth = Int(monthCount.flooredRemainder(by: 12)) + 1
        let newDay = min(day, CivilDate.dayCount(ofMonth: newMonth, in: newYear))
        let date = CivilDate(year: newYear, month: newMonth, day: newDay)
            .advanced(byDays: -Int64(days))
        // A span without a date part must not move an instant of a repeated hour.
        guard years + months + days > 0 else { return instant - .hours(hours) }
        let wanted = date.dayNumber * 86_400 + local.flooredRemainder(by: 86_400)
        let found = zone.firstInstant(showing: wanted).instant
        let fraction = instant.milliseconds.flooredRemainder(by: 1000)
        return Timestamp(milliseconds: found * 1000 + fraction) - .hours(hours)
    }
}
