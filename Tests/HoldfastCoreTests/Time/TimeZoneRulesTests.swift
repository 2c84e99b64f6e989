import Foundation
import HoldfastCore
import HoldfastTesting
import Testing

@Suite("TimeZoneRules")
struct TimeZoneRulesTests {
    /// A zone's instants with the offsets that another implementation gives for them.
    private struct Sample {
        let zone: String
        var offsets: [(instant: Int64, offset: Int64)] = []
    }

    private static func samples() throws -> [Sample] {
        let file = goldenDirectory(for: #filePath).appending(path: "zone-offsets.txt")
        var samples: [Sample] = []
        for line in String(decoding: try Data(contentsOf: file), as: UTF8.self).split(
            separator: "\n")
        where !line.hasPrefix("#") {
            let fields = line.split(separator: " ")
            if fields.count == 1 {
                samples.append(Sample(zone: String(line)))
            } else {
                let instant = try #require(Int64(fields[0]))
                let offset = try #require(Int64(fields[1]))
                samples[samples.count - 1].offsets.append((instant, offset))
            }
        }
        return samples
    }

    @Test("Offsets of 1970 to 2500 agree with another implementation, slim files and fat")
    func independentSource() throws {
        let samples = try Self.samples()
        #expect(samples.map(\.zone) == ZoneFiles.slimNames)
        for sample in samples {
            let isFatToo = ZoneFiles.fatNames.contains(sample.zone)
            for form in isFatToo ? ["slim", "fat"] : ["slim"] {
                let zone = try ZoneFiles.rules(sample.zone, form: form)
                let wrong = sample.offsets.filter { zone.offset(at: $0.instant) != $0.offset }
                #expect(wrong.isEmpty, "\(form)/\(sample.zone): \(wrong.prefix(5))")
            }
            #expect(sample.offsets.count > 90, "\(sample.zone)")
        }
    }

    @Test(
        "An interval holds its instant, and the offset is the same up to its ends",
        arguments: UInt64(1)...25)
    func intervals(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let zone = try ZoneFiles.rules(ZoneFiles.slimNames[Int(seed) - 1])
        for _ in 0..<60 {
            let second = Int64(rng.number(in: -6_000_000_000...60_000_000_000))
            let interval = zone.interval(at: second)
            #expect(interval.contains(second), "\(zone.name) \(second)")
            #expect(interval.offset == zone.offset(at: second))
            if interval.from != .min { #expect(zone.offset(at: interval.from) == interval.offset) }
            if interval.until != .max {
                #expect(zone.offset(at: interval.until - 1) == interval.offset)
                #expect(!interval.contains(interval.until))
            }
        }
    }

    @Test("The first instant that shows a local time is the first one", arguments: UInt64(1)...25)
    func firstInstants(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let zone = try ZoneFiles.rules(ZoneFiles.slimNames[Int(seed) - 1])
        for _ in 0..<60 {
            // Near a change, where it matters; also past the seam at which rules repeat.
            let anywhere = Int64(rng.number(in: -2_000_000_000...60_000_000_000))
            let until = zone.interval(at: anywhere).until
            let near = until == .max ? anywhere : until + Int64(rng.number(in: -9000...9000))
            let local = near + zone.offset(at: near)
            let (instant, isSkipped) = zone.firstInstant(showing: local)
            let shown = instant + zone.offset(at: instant)
            #expect(isSkipped ? shown > local : shown == local, "\(zone.name) \(local)")
            #expect(instant <= near)
            // Nothing earlier shows this time or a later one: probe back a day and more.
            for back in [Int64(1), 60, 1800, 3599, 3600, 7200, 43_200, 86_400, 90_000] {
                let earlier = instant - back
                #expect(earlier + zone.offset(at: earlier) < local, "\(zone.name) \(local)")
            }
        }
    }

    @Test("A skipped local time means the first instant after the gap")
    func gap() throws {
        let berlin = try ZoneFiles.rules("Europe/Berlin")
        let skipped = CivilDate(year: 2026, month: 3, day: 29).dayNumber * 86_400 + 9000
        let found = berlin.firstInstant(showing: skipped)
        #expect(found.isSkipped)
        #expect(Timestamp(seconds: found.instant).rfc3339 == "2026-03-29T01:00:00Z")
    }

    @Test("Rules repeat after 400 years, far beyond the file's own changes")
    func farFuture() throws {
        for name in ["Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Gaza"] {
            let zone = try ZoneFiles.rules(name)
            let start = CivilDate(year: 2100, month: 1, day: 1).dayNumber * 86_400
            for step in 0..<400 {
                let second = start + Int64(step) * 86_400 * 7
                for cycles in [Int64(1), 2, 20] {
                    let later = second + cycles * 146_097 * 86_400
                    #expect(zone.offset(at: later) == zone.offset(at: second), "\(name)")
                }
            }
        }
    }

    @Test("UTC needs no file")
    func utc() throws {
        let fromFile = try ZoneFiles.rules("Etc/UTC")
        for second in [Int64.min / 2000, -1, 0, 1_774_746_000, 253_402_300_799] {
            #expect(TimeZoneRules.utc.offset(at: second) == 0)
            #expect(fromFile.offset(at: second) == 0)
        }
        let always = TimeZoneRules.utc.interval(at: 5)
        #expect(always.from == .min && always.until == .max && always.offset == 0)
    }

    @Test(
        "Every zone of the system is read",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/tzdata.zi")))
    func systemZones() throws {
        let root = "/usr/share/zoneinfo"
        let paths = try #require(FileManager.default.enumerator(atPath: root))
        var read = 0
        var seen: Set<Data> = []
        for case let path as String in paths {
            if path.hasPrefix("right/") || path.hasPrefix("posix/") { continue }
            guard let data = FileManager.default.contents(atPath: "\(root)/\(path)"),
                data.starts(with: Data("TZif".utf8))
            else { continue }
            read += 1
            guard seen.insert(data).inserted else { continue }
            #expect(throws: Never.self, "\(path)") {
                _ = try TimeZoneRules(name: path, tzif: [UInt8](data))
            }
        }
        #expect(read > 300)
    }
}
