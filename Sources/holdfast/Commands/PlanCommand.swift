import ArgumentParser
import HoldfastConfig
import HoldfastCore

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "The coming windows, or what another configuration would do.",
        discussion: """
            With --config the file is replayed over the history's points and the coming windows: \
            which targets come and go, every point that would go and when, what the guard would \
            hold back, gaps against the objective, places and requests. Nothing is changed, and \
            the daemon is not asked.
            """)

    @Option(
        name: [.customLong("config")],
        help: ArgumentHelp(
            "The configuration to replay; conf.d/*.yaml beside it is read too.",
            valueName: "path"))
    var proposed: String?
    @Flag(help: "Show the coming windows of --config, too, instead of a replay.")
    var windows = false
    @Option(
        help: ArgumentHelp(
            "The configuration in force, to compare with; default "
                + "\(ConfigurationOption.standardPath), where it can be read.", valueName: "path"))
    var current: String?
    @Option(
        help: ArgumentHelp(
            "The history to replay over; history.sqlite in the daemon's state directory.",
            valueName: "path"))
    var history: String?
    @OptionGroup var json: JSONFlag
    @Option(
        help: ArgumentHelp("The first instant to look at; default now.", valueName: "instant"),
        transform: InstantArgument.parse)
    var from: Timestamp?
    @Option(
        help: ArgumentHelp(
            "How many days to look ahead; default 2, and 90 for a replay.", valueName: "days"))
    var days: Int?
    @Option(help: ArgumentHelp("Only the windows of this policy.", valueName: "name"))
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
        guard (1...3660).contains(days ?? 1) else {
            throw ValidationError("--days is a number from 1 to 3660")
        }
        if proposed == nil, windows { throw ValidationError("--windows goes with --config") }
        if isReplay, policy != nil {
            throw ValidationError("--policy shows windows; add --windows, or leave it out")
        }
        if !isReplay, history != nil { throw ValidationError("--history goes with --config") }
    }

    private var isReplay: Bool { proposed != nil && !windows }

    func run() async throws {
        try await performing {
            if isReplay { try await replay() } else { try showWindows() }
        }
    }

    private func replay() async throws {
        let path = proposed ?? ConfigurationOption.standardPath
        let forecast = try await Forecasting(
            path: path, proposed: load(path),
            // Without it only the objectives in force and what selectors change are not told.
            current: try current.map(load) ?? (try? load(ConfigurationOption.standardPath)),
            history: history ?? StateOption.standardDirectory + "/history.sqlite",
            from: from ?? SystemWallClock().now, isNow: from == nil,
            days: days ?? 90
        ).run()
        guard json.isOn else { return Output.line(ForecastText(forecast: forecast).text) }
        try ForecastJSON(forecast: forecast).write(to: Output.part)
    }

    private func load(_ path: String) throws(ConfigurationErrors) -> Configuration {
        try ConfigurationLoader(zones: SystemZoneDatabase())
            .load(path: path, now: SystemWallClock().now)
    }

    private func showWindows() throws {
        let days = days ?? 2
        let declared = try load(proposed ?? current ?? ConfigurationOption.standardPath)
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
