import ArgumentParser
import Foundation
import HoldfastCore

struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Work out which points the rules keep.",
        discussion: """
            Reads a JSON array of {"id": "…", "taken_at": "<RFC 3339>"} and applies the rules \
            alone: no minimum, no grace, no other floor.
            """)

    @OptionGroup var rules: KeepOptions
    @OptionGroup var json: JSONFlag
    @Option(help: ArgumentHelp("The zone whose calendar counts.", valueName: "zone"))
    var timezone = "UTC"
    @Option(help: ArgumentHelp("A JSON file, or - for standard input.", valueName: "file"))
    var points: String
    @Option(
        help: ArgumentHelp(
            "Points stamped later are kept and count for no rule; default now.",
            valueName: "instant"), transform: InstantArgument.parse)
    var now: Timestamp?

    struct Point: Codable {
        let id: String
        let takenAt: String

        enum CodingKeys: String, CodingKey {
            case id
            case takenAt = "taken_at"
        }
    }

    struct Decision: Codable {
        let id: String
        let takenAt: String
        let decision: String
        let reasons: [String]
    }

    func run() async throws {
        try await performing {
            let zone = try ZoneArgument.rules(timezone)
            let keep = try rules.rules()
            let input = try read()
            let stamps = try parsed(input)
            let decisions = retentionPlan(
                for: stamps.map(\.point), keeping: keep, in: zone,
                now: now ?? SystemWallClock().now)
            let texts = Dictionary(
                stamps.map { ($0.point.id, $0.text) }, uniquingKeysWith: { first, _ in first })
            let rows = decisions.map {
                Decision(
                    id: $0.point.id, takenAt: texts[$0.point.id] ?? "",
                    decision: $0.isKept ? "keep" : "remove",
                    reasons: $0.isKept ? $0.reasons.texts : ["no rule keeps it"])
            }
            if json.isOn { return try Output.json(rows) }
            var table = Table(["DECISION", "TAKEN", "POINT", "REASONS"])
            for row in rows {
                table.add([
                    row.decision, row.takenAt, row.id, row.reasons.joined(separator: ", "),
                ])
            }
            table.print(ifEmpty: "No points were given.")
            let kept = rows.count { $0.decision == "keep" }
            Output.line("\n\(kept) kept, \(rows.count - kept) removed")
        }
    }

    private func read() throws -> [Point] {
        let data: Data
        do {
            let file =
                points == "-"
                ? FileHandle.standardInput
                : try FileHandle(forReadingFrom: URL(fileURLWithPath: points))
            data = try file.readToEnd() ?? Data()
        } catch {
            throw CommandFailure(
                .failed,
                "\(points) can't be read; give a file that exists and that you may read, or - "
                    + "for standard input (\(error.localizedDescription))")
        }
        do {
            return try JSONDecoder().decode([Point].self, from: data)
        } catch {
            throw CommandFailure(
                .failed,
                "\(name) is not a JSON array of {\"id\": \"…\", \"taken_at\": \"…\"}; "
                    + Self.words(of: error))
        }
    }

    private func parsed(_ input: [Point]) throws -> [(point: RetentionPoint, text: String)] {
        var seen: Set<String> = []
        return try input.enumerated().map { index, point in
            guard let instant = Timestamp(rfc3339: point.takenAt) else {
                throw CommandFailure(
                    .failed,
                    "\(name): point \(index): '\(point.takenAt)' is not an RFC 3339 instant "
                        + "such as 2026-03-29T01:00:00Z")
            }
            guard seen.insert(point.id).inserted else {
                throw CommandFailure(
                    .failed, "\(name): point \(index): the id '\(point.id)' occurs twice")
            }
            return (RetentionPoint(id: point.id, takenAt: instant), point.takenAt)
        }
    }

    /// What the messages call the input.
    private var name: String { points == "-" ? "standard input" : points }

    private static func words(of error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context)) has no '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(place(context)) is something else"
        case .dataCorrupted(let context): return context.debugDescription
        @unknown default: return "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        guard let index = context.codingPath.first?.intValue else { return "the whole" }
        let key = context.codingPath.dropFirst().map(\.stringValue).joined(separator: ".")
        return key.isEmpty ? "point \(index)" : "\(key) of point \(index)"
    }
}

/// The retention rules on the command line, in the configuration's words.
struct KeepOptions: ParsableArguments {
    @Option(help: "A count, or all.") var keepLast: String?
    @Option(help: "A count, or all.") var keepHourly: String?
    @Option(help: "A count, or all.") var keepDaily: String?
    @Option(help: "A count, or all.") var keepWeekly: String?
    @Option(help: "A count, or all.") var keepMonthly: String?
    @Option(help: "A count, or all.") var keepYearly: String?
    @Option(help: "A calendar span such as 30d or 1y6m.") var keepWithin: String?
    @Option(help: "A calendar span.") var keepWithinHourly: String?
    @Option(help: "A calendar span.") var keepWithinDaily: String?
    @Option(help: "A calendar span.") var keepWithinWeekly: String?
    @Option(help: "A calendar span.") var keepWithinMonthly: String?
    @Option(help: "A calendar span.") var keepWithinYearly: String?

    func rules() throws -> KeepRules {
        var rules = KeepRules()
        rules.last = try count(keepLast, "--keep-last")
        rules.hourly = try count(keepHourly, "--keep-hourly")
        rules.daily = try count(keepDaily, "--keep-daily")
        rules.weekly = try count(keepWeekly, "--keep-weekly")
        rules.monthly = try count(keepMonthly, "--keep-monthly")
        rules.yearly = try count(keepYearly, "--keep-yearly")
        rules.within = try span(keepWithin, "--keep-within")
        rules.withinHourly = try span(keepWithinHourly, "--keep-within-hourly")
        rules.withinDaily = try span(keepWithinDaily, "--keep-within-daily")
        rules.withinWeekly = try span(keepWithinWeekly, "--keep-within-weekly")
        rules.withinMonthly = try span(keepWithinMonthly, "--keep-within-monthly")
        rules.withinYearly = try span(keepWithinYearly, "--keep-within-yearly")
        return rules
    }

    private func count(_ text: String?, _ name: String) throws -> KeepCount {
        guard let text else { return .periods(0) }
        if text == "all" { return .all }
        guard let number = Int(text), (0...1_000_000).contains(number) else {
            throw ValidationError("\(name) is a number from 0 to 1000000, or all")
        }
        return .periods(number)
    }

    private func span(_ text: String?, _ name: String) throws -> CalendarSpan? {
        guard let text else { return nil }
        guard let span = CalendarSpan(text) else {
            throw ValidationError("\(name) is \(CalendarSpan.hint)")
        }
        return span
    }
}
