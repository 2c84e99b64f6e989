/// The Gregorian calendar made by walking from day to day, with no arithmetic that could share a
/// mistake with the code under test.
struct NaiveCalendar {
    struct Day: Equatable {
        var year: Int64
        var month: Int
        var day: Int
        /// Monday is 1.
        var weekday: Int
        var weekYear: Int64
        var week: Int
    }

    /// The first day of the walk, counted from 1970-01-01.
    let firstDay: Int64
    let days: [Day]

    /// 1970 to 2110, for the oracles.
    static let recent = NaiveCalendar(
        // 1970-01-01 was a Thursday of the first week.
        from: Day(year: 1970, month: 1, day: 1, weekday: 4, weekYear: 1970, week: 1),
        firstDay: 0, throughYear: 2110)

    init(from start: Day, firstDay: Int64, throughYear: Int64) {
        var days: [Day] = []
        days.reserveCapacity(Int(throughYear - start.year + 1) * 366)
        var today = start
        while today.year <= throughYear {
            days.append(today)
            today = Self.following(today)
        }
        self.firstDay = firstDay
        self.days = days
    }

    subscript(dayNumber: Int64) -> Day { days[Int(dayNumber - firstDay)] }

    static func length(ofMonth month: Int, _ year: Int64) -> Int {
        if month == 2 {
            if year % 400 == 0 { return 29 }
            if year % 100 == 0 { return 28 }
            return year % 4 == 0 ? 29 : 28
        }
        return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    private static func following(_ today: Day) -> Day {
        var next = today
        next.day += 1
        if next.day > length(ofMonth: next.month, next.year) {
            next.day = 1
            next.month += 1
        }
        if next.month > 12 {
            next.month = 1
            next.year += 1
        }
        next.weekday = today.weekday == 7 ? 1 : today.weekday + 1
        guard next.weekday == 1 else { return next }
        next.week += 1
        // Week 1 is the one with the 4th of January: its Monday is the 29th of December or later.
        if next.month == 12, next.day >= 29 {
            next.weekYear = next.year + 1
            next.week = 1
        } else if next.month == 1, next.day <= 4 {
            next.weekYear = next.year
            next.week = 1
        }
        return next
    }
}
