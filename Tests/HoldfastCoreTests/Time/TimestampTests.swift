import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "An instant is written in UTC, with a fraction only when it has one",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_774_746_000_000, "2026-03-29T01:00:00Z"),
            (1_774_746_000_120, "2026-03-29T01:00:00.120Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "10000-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
        ])
    func writing(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test(
        "Offsets, fractions, small letters and leap seconds are read",
        arguments: [
            ("2026-03-29T01:00:00Z", Int64(1_774_746_000_000)),
            ("2026-03-29T03:00:00+02:00", 1_774_746_000_000),
            ("2026-03-28T15:30:00-09:30", 1_774_746_000_000),
            ("2026-03-29t01:00:00z", 1_774_746_000_000),
            ("2026-03-29 01:00:00Z", 1_774_746_000_000),
            ("2026-03-29T01:00:00-00:00", 1_774_746_000_000),
            ("2026-03-29T01:00:00.5Z", 1_774_746_000_500),
            ("2026-03-29T01:00:00.05Z", 1_774_746_000_050),
            ("2026-03-29T01:00:00.1239999999999999999999Z", 1_774_746_000_123),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2017-01-01T08:59:60.250+09:00", 1_483_228_800_250),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
        ])
    func reading(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "2026", "2026-03-29", "2026-03-29T01:00:00", "2026-03-29T01:00Z",
            "2026-3-29T01:00:00Z", "26-03-29T01:00:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
            "2026-01-00T00:00:00Z", "1900-02-29T00:00:00Z", "2026-03-29T24:00:00Z",
            "2026-03-29T01:60:00Z", "2026-03-29T01:00:61Z", "2026-03-29T01:00:00.Z",
            "2026-03-29T01:00:00,5Z", "2026-03-29T01:00:00+2:00", "2026-03-29T01:00:00+0200",
            "2026-03-29T01:00:00+24:00", "2026-03-29T01:00:00+02:60", "2026-03-29T01:00:00Zx",
            " 2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z ", "2026-03-29T01:00:00 Z",
            "-026-03-29T01:00:00Z", "+2026-03-29T01:00:00Z", "2026-03-29T0١:00:00Z",
        ])
    func rejects(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("What is written is read back the same", arguments: UInt64(1)...20)
    func roundTrip(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let instant = Timestamp(
                milliseconds: .random(
                    in: -62_135_596_800_000...253_402_300_799_999, using: &rng))
            #expect(Timestamp(rfc3339: instant.rfc3339) == instant)
            #expect(instant.isPrintable)
        }
    }

    @Test("Only the years 0001 to 9999 are printable")
    func printable() {
        #expect(!Timestamp(milliseconds: -62_135_596_800_001).isPrintable)
        #expect(!Timestamp(milliseconds: 253_402_300_800_000).isPrintable)
        #expect(Timestamp.distantFuture.isPrintable)
    }

    @Test(
        "Seconds are rounded down, also before 1970",
        arguments: [
            (Int64(1999), Int64(1), Int64(2)), (2000, 2, 2), (0, 0, 0), (-1, -1, 0),
            (-1000, -1, -1),
            (-1001, -2, -1), (1, 0, 1),
        ])
    func rounding(milliseconds: Int64, down: Int64, up: Int64) {
        let instant = Timestamp(milliseconds: milliseconds)
        #expect(instant.seconds == down)
        #expect(instant.roundedDownToSecond == Timestamp(seconds: down))
        #expect(instant.roundedUpToSecond == Timestamp(seconds: up))
    }

    @Test("Sums stay inside the range instead of trapping")
    func saturation() {
        let late = Timestamp(milliseconds: .max - 5)
        let early = Timestamp(milliseconds: .min + 5)
        #expect(late + .seconds(1) == Timestamp(milliseconds: .max))
        #expect(early - .seconds(1) == Timestamp(milliseconds: .min))
        #expect(Timestamp(seconds: 0) + .seconds(Int64.max) == Timestamp(milliseconds: .max))
        #expect(Timestamp(seconds: 10) - .milliseconds(1) == Timestamp(milliseconds: 9999))
        #expect(Timestamp(seconds: 10) - Timestamp(seconds: 13) == .seconds(-3))
    }

    @Test(
        "A duration in milliseconds is cut towards zero and never overflows",
        arguments: [
            (Duration.microseconds(1999), Int64(1)), (.microseconds(-1999), -1), (.zero, 0),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min), (.hours(2), 7_200_000),
            (.minutes(-3), -180_000), (.days(1), 86_400_000),
        ])
    func wholeMilliseconds(duration: Duration, milliseconds: Int64) {
        #expect(duration.wholeMilliseconds == milliseconds)
    }
}
