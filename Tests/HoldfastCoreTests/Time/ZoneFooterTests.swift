import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Zone file footers")
struct ZoneFooterTests {
    private static func zone(_ footer: String) throws -> TimeZoneRules {
        try TimeZoneRules(name: footer, tzif: TZif(offsets: [0], footer: footer).bytes)
    }

    @Test(
        "Every form of the rule gives its offsets",
        arguments: [
            // Mm.w.d, with and without a time of day
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", Int64(3600)),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 7200),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600),
            // the fifth Sunday of a month that begins on one, and the last when there are four
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2020-03-29T01:00:00Z", 7200),
            ("CET-1CEST,M2.5.0,M10.5.0/3", "2026-02-22T01:00:00Z", 7200),
            ("CET-1CEST,M2.5.0,M10.5.0/3", "2026-02-22T00:59:59Z", 3600),
            // southern: daylight saving time over New Year
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", 39_600),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-04T14:59:59Z", 39_600),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-04T15:00:00Z", 37_800),
            // negative daylight saving: Ireland's winter is the exception
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-03-29T01:00:00Z", 3600),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T01:00:00Z", 0),
            // Jn never counts the leap day, n does
            ("AAA0BBB,J60/0,J300/0", "2024-02-29T23:59:59Z", 0),
            ("AAA0BBB,J60/0,J300/0", "2024-03-01T00:00:00Z", 3600),
            ("AAA0BBB,J60/0,J300/0", "2026-03-01T00:00:00Z", 3600),
            ("AAA0BBB,J59/0,J300/0", "2024-02-28T00:00:00Z", 3600),
            ("AAA0BBB,59/0,300/0", "2024-02-29T00:00:00Z", 3600),
            ("AAA0BBB,59/0,300/0", "2024-02-28T23:59:59Z", 0),
            ("AAA0BBB,59/0,300/0", "2026-02-28T23:59:59Z", 0),
            ("AAA0BBB,59/0,300/0", "2026-03-01T00:00:00Z", 3600),
            // times of day before midnight and beyond 24 hours
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600),
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-27T23:59:59Z", 7200),
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T00:00:00Z", 10_800),
            // without a rule for changes
            ("<+0330>-3:30", "2026-07-01T00:00:00Z", 12_600),
            ("UTC0", "2026-07-01T00:00:00Z", 0),
            ("<-00>0", "2026-07-01T00:00:00Z", 0),
            ("LMT+0:53:28", "2026-07-01T00:00:00Z", -3208),
            // daylight saving time that is not an hour, or more
            ("<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", "2026-07-01T00:00:00Z", 7200),
        ])
    func offsets(footer: String, instant: String, expected: Int64) throws {
        let second = try #require(Timestamp(rfc3339: instant)).seconds
        #expect(try Self.zone(footer).offset(at: second) == expected)
        // The calendar repeats after 400 years, and so does the rule.
        #expect(try Self.zone(footer).offset(at: second + 146_097 * 86_400 * 3) == expected)
    }

    @Test(
        "Daylight saving time all year leaves no gap at New Year",
        arguments: [
            ("EST5EDT,0/0,J365/25", Int64(-14_400)),
            ("XXX3EDT4,0/0,J365/23", -14_400),
            ("CET-1CEST,J1/0,J365/25", 7200),
        ])
    func allYear(footer: String, expected: Int64) throws {
        let zone = try Self.zone(footer)
        let start = CivilDate(year: 2020, month: 12, day: 31).dayNumber * 86_400
        for year in 0..<6 {
            for hour in -30..<60 {
                let second = start + Int64(year) * 365 * 86_400 + Int64(hour) * 3600
                #expect(zone.offset(at: second) == expected, "\(Timestamp(seconds: second))")
            }
        }
    }

    @Test(
        "What POSIX and RFC 9636 do not allow is refused",
        arguments: [
            "X", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,", "CET-1CEST,M3.5.0",
            "CET-1CEST,M3.5.0,", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365",
            "CET-1CEST,J1,J366", "CET-1CEST,0,366", "CET-1CEST,M3.5.0/168,M10.5.0",
            "CET-1CEST,M3.5.0,M10.5.0/3x", "<>0", "<+03", "CET-1:60", "CET-1:00:60", "CET-",
            "CET-1CEST,M3.5.0/,M10.5.0", "CET-1CEST,M3.5,M10.5.0",
        ])
    func rejects(footer: String) {
        #expect(throws: InvalidZoneFile.self) { try Self.zone(footer) }
    }

    @Test("Random rules are read or refused, and never trap", arguments: UInt64(1)...40)
    func randomRules(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        let pieces = [
            "CET", "<+03>", "-1", "5", "24", "0", ",", ",", "M3.5.0", "M10.1.6", "J1", "J365", "0",
            "365", "/-167", "/167", "/25", "/0",
        ]
        for _ in 0..<20 {
            var footer = "AAA-1BBB,"
            for _ in 0..<rng.number(in: 1...5) { footer += rng.pick(pieces) }
            guard let zone = try? Self.zone(footer) else { continue }
            for second in [0, 1_774_746_000, 40_000_000_000] as [Int64] {
                let interval = zone.interval(at: second)
                #expect(interval.contains(second), "\(footer)")
                _ = zone.firstInstant(showing: second)
            }
        }
    }
}
