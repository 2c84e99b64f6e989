import HoldfastCore
import Testing

@Suite("CivilDate")
struct CivilDateTests {
    @Test("Every day of 800 years agrees with a walk from day to day")
    func walk() {
        // 1600-01-01 was a Saturday, in the last week of 1599.
        let calendar = NaiveCalendar(
            from: .init(year: 1600, month: 1, day: 1, weekday: 6, weekYear: 1599, week: 52),
            firstDay: -135_140, throughYear: 2399)
        #expect(calendar.days.count == 2 * 146_097)
        var wrong: [Int64] = []
        for (index, expected) in calendar.days.enumerated() {
            let number = calendar.firstDay + Int64(index)
            let date = CivilDate(dayNumber: number)
            let (year, month, day) = date.components
            let (weekYear, week) = date.isoWeek
            let found = NaiveCalendar.Day(
                year: year, month: month, day: day, weekday: date.weekday.isoNumber,
                weekYear: weekYear, week: week)
            let back = CivilDate(year: expected.year, month: expected.month, day: expected.day)
            if found != expected || back.dayNumber != number { wrong.append(number) }
        }
        #expect(wrong.isEmpty)
        #expect(calendar[0] == NaiveCalendar.recent[0])
    }

    @Test(
        "The week around New Year belongs to the year that has its Thursday",
        arguments: [
            (Int64(2004), 12, 27, Int64(2004), 53), (2005, 1, 2, 2004, 53), (2005, 1, 3, 2005, 1),
            (2008, 12, 29, 2009, 1), (2009, 12, 31, 2009, 53), (2010, 1, 3, 2009, 53),
            (2010, 1, 4, 2010, 1), (2015, 12, 31, 2015, 53), (2018, 12, 31, 2019, 1),
            (2020, 12, 31, 2020, 53), (2021, 1, 3, 2020, 53), (2021, 1, 4, 2021, 1),
            (2026, 12, 31, 2026, 53), (2027, 1, 1, 2026, 53), (1969, 12, 29, 1970, 1),
        ])
    func isoWeek(year: Int64, month: Int, day: Int, weekYear: Int64, week: Int) {
        let found = CivilDate(year: year, month: month, day: day).isoWeek
        #expect(found == (weekYear, week))
    }

    @Test("A year has 53 weeks when it begins on a Thursday, or on a Wednesday as a leap year")
    func longYears() {
        for year in Int64(1900)...2400 {
            let first = CivilDate(year: year, month: 1, day: 1).weekday
            let isLong = first == .thursday || (first == .wednesday && CivilDate.isLeap(year))
            let lastWeek = CivilDate(year: year, month: 12, day: 28).isoWeek.week
            #expect(lastWeek == (isLong ? 53 : 52), "\(year)")
        }
    }

    @Test(
        "A date that does not exist is refused",
        arguments: [
            (Int64(2026), 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 1, 32), (2026, 4, 31),
            (2026, 2, 29), (1900, 2, 29), (2100, 2, 29), (2024, 2, 30),
        ])
    func rejects(year: Int64, month: Int, day: Int) {
        #expect(CivilDate(checkedYear: year, month: month, day: day) == nil)
    }

    @Test("A leap day exists every fourth year, but for three of four centuries")
    func leapDays() {
        for (year, isLeap) in [(Int64(1600), true), (1700, false), (2000, true), (2024, true)] {
            #expect(CivilDate.isLeap(year) == isLeap)
            #expect((CivilDate(checkedYear: year, month: 2, day: 29) != nil) == isLeap)
        }
    }

    @Test("Years before the common era count on through zero")
    func longAgo() {
        let eve = CivilDate(year: 0, month: 12, day: 31)
        let next = eve.advanced(byDays: 1).components
        #expect(next == (1, 1, 1))
        let before = CivilDate(year: 0, month: 1, day: 1).advanced(byDays: -1).components
        #expect(before == (-1, 12, 31))
        #expect(eve < CivilDate(year: 1, month: 1, day: 1))
    }
}
