import HoldfastCore
import HoldfastTesting
import Testing

@Suite("DurationText")
struct DurationTextTests {
    @Test(
        "Units come from large to small, each at most once",
        arguments: [
            ("90s", Duration.seconds(90)), ("30m", .minutes(30)), ("4h", .hours(4)),
            ("1h30m", .minutes(90)), ("2d", .days(2)), ("1w", .days(7)), ("0s", .zero),
            ("1w1d1h1m1s", .seconds(694_861)), ("36500d", .days(36_500)), ("007m", .minutes(7)),
        ])
    func reading(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "5", "h", "4 h", "-4h", "+4h", "1.5h", "30m1h", "1h1h", "4H", "4h ", " 4h", "1y",
            "4hours", "40000d", "99999999999s", "999999999w", "1h30", "٤h",
        ])
    func rejects(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "The brief text has the two largest units that matter",
        arguments: [
            (Duration.hours(4), "4h"), (.minutes(90), "1h30m"), (.hours(51), "2d3h"),
            (.seconds(45), "45s"), (.zero, "0s"), (.milliseconds(999), "0s"),
            (.seconds(86_460), "1d"), (.seconds(90_061), "1d1h"), (.days(14), "14d"),
            (.seconds(-5400), "-1h30m"), (.seconds(61), "1m1s"), (.milliseconds(-1500), "-1s"),
            (.milliseconds(-500), "0s"),
        ])
    func brief(duration: Duration, text: String) {
        #expect(DurationText.brief(duration) == text)
    }

    @Test("The exact text is read back as the same duration", arguments: UInt64(1)...10)
    func roundTrip(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        for magnitude in 1...9 {
            let bound = (0..<magnitude).reduce(1) { product, _ in product * 10 }
            let duration = Duration.seconds(rng.number(in: 0...bound))
            let text = DurationText.exact(duration)
            #expect(DurationText.parse(text) == duration, "\(text)")
        }
    }

    @Test(
        "The exact text leaves out units that are 0",
        arguments: [
            (Duration.zero, "0s"), (.seconds(86_461), "1d1m1s"), (.days(7), "7d"),
            (.hours(25), "1d1h"),
        ])
    func exact(duration: Duration, text: String) {
        #expect(DurationText.exact(duration) == text)
    }
}
