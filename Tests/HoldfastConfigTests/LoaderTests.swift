import Foundation
import HoldfastConfig
import HoldfastCore
import Testing

/// Properties of a load as a whole.
@Suite("Loading")
struct LoaderTests {
    private let loader = ConfigurationLoader(zones: TestZones())
    private static let digits = Set("0123456789abcdef")

    @Test("The digest follows the content of every file and not its place")
    func digest() throws {
        func digest(_ main: String, _ more: String, name: String = "10.yaml") throws -> String {
            let scratch = try ScratchDirectory()
            _ = try scratch.write(more, to: "conf.d/" + name)
            return try loader.load(path: try scratch.write(main), now: testNow).digest
        }
        let first = try digest("version: 1\n", "# a\n")
        #expect(first.count == 64 && first.allSatisfy(Self.digits.contains))
        #expect(try digest("version: 1\n", "# a\n") == first)
        #expect(try digest("version: 1\n", "# b\n") != first)
        #expect(try digest("version: 1 \n", "# a\n") != first)
        #expect(try digest("version: 1\n", "# a\n", name: "11.yaml") != first)
    }

    @Test("Whether a window fits does not depend on the day of the year", arguments: 1...12)
    func stability(month: Int) throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(
            """
            version: 1
            policies:
              p: { plan: daily, hour: 12, timezone: Europe/Berlin, window: 24h }
            """)
        let day = CivilDate(year: 2026, month: month, day: 28).dayNumber
        let error = #expect(throws: ConfigurationErrors.self) {
            try loader.load(path: path, now: Timestamp(seconds: day * 86_400 + 4711))
        }
        #expect(error?.description.contains("2026-03-28T11:00:00Z") == true)
    }

    @Test("Errors that are many are counted, not printed")
    func manyErrors() throws {
        let scratch = try ScratchDirectory()
        let keys = (0..<5000).map { "key\($0): 1\n" }.joined()
        let text = try #require(failure(of: try scratch.write("version: 1\n" + keys)))
        let lines = text.split(separator: "\n")
        #expect(lines.count == ConfigurationErrors.printedMax + 1)
        #expect(lines.last == "… and 4900 more")
    }

    @Test("An error is branched on by its parts")
    func parts() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write("version: 1\npolicies:\n  p: { plan: daily, hour: 24 }\n")
        let error = #expect(throws: ConfigurationErrors.self) {
            try loader.load(path: path, now: testNow)
        }
        #expect(
            error?.errors == [
                ConfigurationError(
                    file: path, line: 3, column: 27, keyPath: "policies.p.hour",
                    message: "24 is out of range; use a number from 0 to 23")
            ])
    }

    @Test("10,000 targets with 10 policies each load")
    func large() throws {
        let scratch = try ScratchDirectory()
        var text = "version: 1\nproviders: { disk: { type: local, repository: /backups } }\n"
        text += "policies:\n"
        for index in 0..<10 {
            text += "  p\(index): { plan: hourly, retention: { keep_last: 1 } }\n"
        }
        let policies = (0..<10).map { "p\($0)" }.joined(separator: ", ")
        text += "targets:\n"
        for index in 0..<10_000 {
            text += "  - { name: t\(index), provider: disk, directory: /srv/\(index), "
            text += "policy: [\(policies)] }\n"
        }
        let configuration = try loader.load(path: try scratch.write(text), now: testNow)
        #expect(configuration.targets.count == 10_000)
        #expect(configuration.targets.values.allSatisfy { $0.policies.count == 10 })
    }

    @Test("Names are numbers and words as they are written")
    func textStaysText() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(
            """
            version: "1"
            policies:
              007: { plan: daily }
              no: { plan: daily }
              null: { plan: daily }
              1e3: { plan: daily }
            """)
        let names = try loader.load(path: path, now: testNow).policies.keys.map(\.text).sorted()
        #expect(names == ["007", "1e3", "no", "null"])
    }
}
