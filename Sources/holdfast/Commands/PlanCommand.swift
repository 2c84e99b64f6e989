import ArgumentParser
import HoldfastCore

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "The coming windows of every policy.")

    @OptionGroup var configuration: ConfigurationOption
    @OptionGroup var json: JSONFlag
    @Option(
        help: ArgumentHelp("The first instant to look at; default now.", valueName: "instant"),
        transform: InstantArgument.parse)
    var from: Timestamp?
    @Option(help: ArgumentHelp("How many days to look ahead.", valueName: "days"))
    var days = 2
    @Option(help: ArgumentHelp("Only this policy.", valueName: "name"))
    var policy: String?

    /// So many windows are listed at most.
    private static let windowMax = 100_000

    struct Row: Codable {
        let opens: Timestamp
        let closes: Timestamp
        let policy: String
        let targets: [String]
    }

    func validate() throws {
        guard (1...3660).contains(days) else {
            throw ValidationError("--days is a number from 1 to 3660")
        }
    }

    func run() async throws {
        try await performing {
            let declared = try configuration.load()
            let start = from ?? SystemWallClock().now
            if let policy, !declared.policies.keys.contains(where: { $0.text == policy }) {
                throw CommandFailure(.failed, PolicyLookup.refusal(of: policy, in: declared))
            }
            var rows: [(Row, TimeZoneRules)] = []
            for assigned in declared.assignmentsByPolicy
            where policy == nil || policy == assigned.policy.id.text {
                let found = assigned.policy
                let windows = found.schedule.windows(
                    from: start, until: start + .days(days), countMax: Self.windowMax)
                rows += windows.map {
                    (
                        Row(
                            opens: $0.opens, closes: $0.closes, policy: found.id.text,
                            targets: assigned.targets.map(\.id.text)), found.schedule.zone
                    )
                }
            }
            rows.sort { ($0.0.opens, $0.0.policy) < ($1.0.opens, $1.0.policy) }
            if json.isOn { return try Output.json(rows.map(\.0)) }
            var table = Table(["OPENS", "CLOSES", "LOCAL TIME", "POLICY", "TARGETS"])
            for (row, zone) in rows {
                let shown = row.targets.prefix(4).joined(separator: ", ")
                let more = row.targets.count > 4 ? " and \(row.targets.count - 4) more" : ""
                table.add([
                    row.opens.rfc3339, row.closes.rfc3339, Show.local(row.opens, in: zone),
                    row.policy, row.targets.isEmpty ? "none" : shown + more,
                ])
            }
            table.print(ifEmpty: "No window opens in the next \(days) days.")
        }
    }
}
