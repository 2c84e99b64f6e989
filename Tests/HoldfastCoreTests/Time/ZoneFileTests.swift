import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Zone files")
struct ZoneFileTests {
    @Test(
        "A file that is cut off anywhere is refused, and says so",
        arguments: ["slim/Europe/Berlin", "fat/Europe/Berlin", "slim/Etc/UTC"])
    func truncation(path: String) throws {
        let whole = try ZoneFiles.bytes(path)
        for count in 0..<whole.count {
            #expect(throws: InvalidZoneFile.self, "\(count) bytes") {
                try TimeZoneRules(name: "X", tzif: Array(whole.prefix(count)))
            }
        }
    }

    @Test("A file with flipped bytes is read or refused, never a crash", arguments: UInt64(1)...60)
    func damage(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let path = rng.pick(["slim/Europe/Dublin", "fat/Pacific/Apia", "slim/Asia/Kathmandu"])
        let whole = try ZoneFiles.bytes(path)
        for _ in 0..<8 {
            var bytes = whole
            for _ in 0..<rng.number(in: 1...3) {
                let position = rng.number(in: 0...(bytes.count - 1))
                bytes[position] = rng.pick([0, 0xFF, 0x7F, 0x80, UInt8(rng.number(in: 0...255))])
            }
            exercise(bytes)
        }
    }

    @Test(
        "Every byte may be the largest or the smallest",
        arguments: [
            TZif(
                changes: [(0, 1), (1000, 0), (2_000_000_000, 1)], footer: "CET-1CEST,M3.5.0,J300"),
            TZif(changes: [(1000, 0), (2_000_000_000, 1)], footer: "CET-1"),
            TZif(offsets: [-3600, 3600], changes: [(1000, 1), (2_000_000_000, 0)], footer: ""),
        ])
    func extremeBytes(file: TZif) {
        let whole = file.bytes
        for position in whole.indices {
            for value in [UInt8(0), 0x7F, 0x80, 0xFF] {
                var bytes = whole
                bytes[position] = value
                exercise(bytes)
            }
        }
    }

    /// Asks what a zone can be asked; a damaged file may give odd offsets but must not trap.
    private func exercise(_ bytes: [UInt8]) {
        guard let zone = try? TimeZoneRules(name: "X", tzif: bytes) else { return }
        for second in [-60_000_000_000, 0, 1_774_746_000, 253_402_300_799] as [Int64] {
            let interval = zone.interval(at: second)
            #expect(interval.from < interval.until)
            #expect(abs(zone.offset(at: second)) < 100_000)
            _ = zone.firstInstant(showing: second)
        }
    }

    @Test("Files with leap seconds are refused, because they count time in another way")
    func leapSeconds() throws {
        let bytes = try ZoneFiles.bytes("right/UTC")
        let error = #expect(throws: InvalidZoneFile.self) {
            try TimeZoneRules(name: "right/UTC", tzif: bytes)
        }
        #expect(error?.reason == "it counts leap seconds; use the zone without 'right/'")
    }

    @Test(
        "What is no zone file is refused with the reason",
        arguments: [
            ([UInt8](), "it is cut off after 0 bytes"),
            (Array("PK\u{3}\u{4}".utf8), "it does not begin with 'TZif'"),
            (TZif(version: 0x30).bytes, "its version byte is 48"),
            (TZif(footer: "CET-1CEST").bytes, "its footer 'CET-1CEST' is not a POSIX TZ rule"),
            (TZif(changes: [(100, 0), (100, 1)]).bytes, "its changes are not in ascending order"),
            (TZif(changes: [(100, 2)]).bytes, "a change names local time type 2"),
            (TZif(changes: [(.max, 1)]).bytes, "a change at \(Int64.max) s is out of range"),
            (
                TZif(changes: [(.max - 9, 1)], footer: "CET-1CEST,M3.5.0,M10.5.0").bytes,
                "a change at \(Int64.max - 9) s is out of range"
            ),
            (TZif(offsets: [100_000]).bytes, "an offset of 100000 s is out of range"),
            (TZif(offsets: []).bytes, "it has no local time type"),
        ])
    func reasons(bytes: [UInt8], reason: String) {
        let error = #expect(throws: InvalidZoneFile.self) {
            try TimeZoneRules(name: "X", tzif: bytes)
        }
        #expect(error?.reason == reason)
    }

    @Test("A version 1 file has no footer; its last offset stays")
    func versionOne() throws {
        let bytes = TZif(version: 0, offsets: [3600, 7200], changes: [(1000, 1)]).bytes
        let zone = try TimeZoneRules(name: "X", tzif: bytes)
        #expect(zone.offset(at: 999) == 3600)
        #expect(zone.offset(at: 1000) == 7200)
        #expect(zone.offset(at: 90_000_000_000) == 7200)
    }
}
