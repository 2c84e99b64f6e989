import HoldfastCore
import Testing

@Suite("Plan")
struct PlanTests {
    @Test(
        "A time of day is HH:MM or H:MM",
        arguments: [
            ("00:00", 0), ("0:00", 0), ("2:30", 150), ("02:30", 150), ("23:59", 1439),
        ])
    func localTime(text: String, minute: Int) {
        #expect(LocalTime(text)?.minuteOfDay == minute)
    }

    @Test(
        "Anything else is no time of day",
        arguments: [
            "", "2", "24:00", "23:60", "2:3", "2:300", "002:30", "02:30:00", "-2:30", "2.30",
            " 2:30",
        ])
    func noLocalTime(text: String) {
        #expect(LocalTime(text) == nil)
    }

    @Test("A time of day is written with two digits each")
    func localTimeText() {
        #expect(LocalTime(hour: 2, minute: 5)?.description == "02:05")
        #expect(LocalTime(hour: 24, minute: 0) == nil)
        #expect(LocalTime.midnight.description == "00:00")
    }

    @Test("Days of the month are sorted and each there once")
    func monthDays() {
        #expect(MonthDays(days: [31, 1, 15, 1], includesLast: false).days == [1, 15, 31])
    }

    @Test("A window is half-open")
    func window() {
        let window = Window(opens: Timestamp(seconds: 10), closes: Timestamp(seconds: 20))
        #expect(window.contains(Timestamp(seconds: 10)))
        #expect(window.contains(Timestamp(milliseconds: 19_999)))
        #expect(!window.contains(Timestamp(seconds: 20)))
        #expect(!window.contains(Timestamp(milliseconds: 9999)))
    }
}
