import HoldfastCore
import HoldfastTesting
import Testing

@Suite("CalendarSpan")
struct CalendarSpanTests {
    @Test(
        "Parts come in any order, each at most once",
        arguments: [
            ("1y2m3d4h", CalendarSpan(years: 1, months: 2, days: 3, hours: 4)),
            ("4h3d2m1y", CalendarSpan(years: 1, months: 2, days: 3, hours: 4)),
            ("30d", CalendarSpan(days: 30)), ("6m", CalendarSpan(months: 6)),
            ("0y1h", CalendarSpan(hours: 1)), ("100000h", CalendarSpan(hours: 100_000)),
        ])
    func reading(text: String, span: CalendarSpan) {
        #expect(CalendarSpan(text) == span)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "0d", "0y0m", "1", "d", "1d1d", "-1d", "1w", "1s", "100001d", "1 d", "1D", "1d ",
            "1.5d",
        ])
    func rejects(text: String) {
        #expect(CalendarSpan(text) == nil)
    }

    @Test("The text is read back as the same span", arguments: UInt64(1)...50)
    func roundTrip(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        let span = CalendarSpan(
            years: rng.number(in: 0...3), months: rng.number(in: 0...20),
            days: rng.number(in: 0...400), hours: rng.number(in: 1...100))
        #expect(CalendarSpan(span.description) == span)
    }

    @Test(
        "Years and months go first, the 31st becomes a shorter month's last day",
        arguments: [
            ("2026-03-31T12:00:00Z", "1m", "2026-02-28T12:00:00Z"),
            ("2024-03-31T12:00:00Z", "1m", "2024-02-29T12:00:00Z"),
            ("2026-03-31T12:00:00Z", "1m1d", "2026-02-27T12:00:00Z"),
            ("2024-02-29T12:00:00Z", "1y", "2023-02-28T12:00:00Z"),
            ("2024-02-29T12:00:00Z", "4y", "2020-02-29T12:00:00Z"),
            ("2026-01-15T00:00:00Z", "1m", "2025-12-15T00:00:00Z"),
            ("2026-01-15T00:00:00Z", "13m", "2024-12-15T00:00:00Z"),
            ("2026-01-15T00:00:00Z", "24m", "2024-01-15T00:00:00Z"),
            ("2026-12-31T23:59:59.250Z", "6m", "2026-06-30T23:59:59.250Z"),
            ("2026-01-15T00:00:00Z", "1y2m3d4h", "2024-11-11T20:00:00Z"),
            ("2026-01-15T00:00:00Z", "15d", "2025-12-31T00:00:00Z"),
            ("2026-01-15T00:00:00Z", "36h", "2026-01-13T12:00:00Z"),
        ])
    func calendar(from: String, span: String, expected: String) throws {
        let instant = try #require(Timestamp(rfc3339: from))
        let found = try #require(CalendarSpan(span)).before(instant, in: .utc)
        #expect(found.rfc3339 == expected)
    }

    @Test(
        "Days keep the time on the clock across a change, hours are elapsed time",
        arguments: [
            // Berlin goes from +01:00 to +02:00 on 2026-03-29 at 02:00 and back on 2026-10-25 at 03:00.
            ("2026-03-30T12:00:00+02:00", "1d", "2026-03-29T12:00:00+02:00"),
            ("2026-03-30T12:00:00+02:00", "2d", "2026-03-28T12:00:00+01:00"),
            ("2026-03-30T12:00:00+02:00", "48h", "2026-03-28T11:00:00+01:00"),
            ("2026-03-30T02:30:00+02:00", "1d", "2026-03-29T03:00:00+02:00"),
            ("2026-10-26T02:30:00+01:00", "1d", "2026-10-25T02:30:00+02:00"),
            ("2026-10-26T02:30:00+01:00", "24h", "2026-10-25T02:30:00+01:00"),
            // The second 02:30 stays the second one when only hours are taken.
            ("2026-10-25T02:30:00+01:00", "1h", "2026-10-25T02:30:00+02:00"),
            ("2026-04-29T02:30:00+02:00", "1m", "2026-03-29T03:00:00+02:00"),
            ("2026-04-30T02:30:00+02:00", "1m1d", "2026-03-29T03:00:00+02:00"),
        ])
    func clockChanges(from: String, span: String, expected: String) throws {
        let instant = try #require(Timestamp(rfc3339: from))
        let found = try #require(CalendarSpan(span))
            .before(instant, in: ZoneFiles.rules("Europe/Berlin"))
        #expect(found == Timestamp(rfc3339: expected))
    }

    @Test("A longer span never reaches less far back", arguments: UInt64(1)...200)
    func monotone(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let zone = try ZoneFiles.rules(rng.pick(ZoneFiles.slimNames))
        let instant = Timestamp(seconds: Int64(rng.number(in: 0...3_000_000_000)))
        let parts = (0..<4).map { _ in rng.number(in: 0...40) }
        var longer = parts
        longer[rng.number(in: 0...3)] += rng.number(in: 1...5)
        func span(_ parts: [Int]) -> CalendarSpan {
            CalendarSpan(years: parts[0], months: parts[1], days: parts[2], hours: parts[3])
        }
        let near = span(parts).before(instant, in: zone)
        let far = span(longer).before(instant, in: zone)
        #expect(far <= near, "\(span(parts)) and \(span(longer)) before \(instant), \(zone.name)")
    }
}
