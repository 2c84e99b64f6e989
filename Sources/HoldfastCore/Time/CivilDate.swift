/// A date of the proleptic Gregorian calendar, without a zone.
public struct CivilDate: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01; negative before.
    public let dayNumber: Int64

    /// Takes a day count since 1970-01-01.
    public init(dayNumber: Int64) {
        self.dayNumber = dayNumber
    }

    /// Takes a year, month and day that exist; see `init(checkedYear:month:day:)` for text.
    ///
    /// - Precondition: month 1…12, day 1…31. A day that the month does not have runs over into
    ///   the next month.
    public init(year: Int64, month: Int, day: Int) {
        precondition((1...12).contains(month) && (1...31).contains(day), "no such date")
        // Days from civil, Howard Hinnant's public-domain arithmetic: the year starts in March,
        // so that the leap day is its last.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredDivision(by: 400)
        let yearOfEra = shifted - era * 400
        let monthFromMarch = Int64((month + 9) % 12)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        dayNumber = era * 146_097 + dayOfEra - 719_468
    }

    /// Takes a date as somebody wrote it; `nil` when there is no such date.
    public init?(checkedYear year: Int64, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1,
            day <= CivilDate.dayCount(ofMonth: month, in: year)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month (1…12) and day of the month (1…31).
    public var components: (year: Int64, month: Int, day: Int) {
        let shifted = dayNumber + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        let month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    /// The day of the week.
    public var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        Weekday(isoNumber: Int((dayNumber + 3).flooredRemainder(by: 7)) + 1)
    }

    /// ISO 8601's week: the year it belongs to, which differs from the date's around New Year,
    /// and its number, 1…53.
    public var isoWeek: (year: Int64, week: Int) {
        // A week belongs to the year that has its Thursday.
        let thursday = CivilDate(dayNumber: dayNumber - Int64(weekday.isoNumber) + 4)
        let year = thursday.components.year
        let firstOfYear = CivilDate(year: year, month: 1, day: 1).dayNumber
        return (year, Int((thursday.dayNumber - firstOfYear) / 7) + 1)
    }

    /// The number of days in a month, 28…31.
    public static func dayCount(ofMonth month: Int, in year: Int64) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Whether a year has a 29th of February.
    public static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// The date this many days later.
    public func advanced(byDays days: Int64) -> CivilDate {
        CivilDate(dayNumber: dayNumber + days)
    }

    /// Earlier comes first.
    public static func < (lhs: CivilDate, rhs: CivilDate) -> Bool {
        lhs.dayNumber < rhs.dayNumber
    }
}

/// A day of the week, written as DigitalOcean writes it.
public enum Weekday: String, CaseIterable, Hashable, Sendable {
    case monday = "MON"
    case tuesday = "TUE"
    case wednesday = "WED"
    case thursday = "THU"
    case friday = "FRI"
    case saturday = "SAT"
    case sunday = "SUN"

    /// ISO 8601's number: Monday is 1, Sunday is 7.
    public var isoNumber: Int {
        switch self {
        case .monday: 1
        case .tuesday: 2
        case .wednesday: 3
        case .thursday: 4
        case .friday: 5
        case .saturday: 6
        case .sunday: 7
        }
    }

    init(isoNumber: Int) {
        self = Weekday.allCases[isoNumber - 1]
    }
}
