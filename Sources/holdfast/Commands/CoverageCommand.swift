import ArgumentParser
import Foundation
import HoldfastControl
import HoldfastCore

struct CoverageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract: "Every target against its objective, now or on past days.",
        discussion: """
            Without dates: each target's newest good point, its objective, and when that will be \
            broken. With --from and --to: the days on which any target was beyond its objective, \
            for how long and why. With --uncovered: what the providers' accounts have that no policy \
            covers, and since when. Exit code 1 when something is beyond its objective now, or \
            was, or is not covered, or when an account could not be listed.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Option(
        help: ArgumentHelp("The first day, such as 2026-01-01.", valueName: "date"),
        transform: DateArgument.parse)
    var from: CivilDate?
    @Option(
        help: ArgumentHelp("The last day; default today.", valueName: "date"),
        transform: DateArgument.parse)
    var to: CivilDate?
    @Option(help: ArgumentHelp("Whose days they are; default UTC.", valueName: "zone"))
    var timezone: String?
    @Option(help: ArgumentHelp("Only this target.", valueName: "name"))
    var target: String?
    @Flag(help: "Machines and volumes of the providers' accounts that no policy covers.")
    var uncovered = false
    @Option(help: ArgumentHelp("With --uncovered: only of this provider.", valueName: "name"))
    var provider: String?

    /// So many days are looked at, at most: ten years and the leap days.
    private static let dayMax: Int64 = 3660

    func validate() throws {
        guard !uncovered || (from == nil && to == nil && timezone == nil && target == nil) else {
            throw ValidationError("--uncovered goes with --provider and --json only")
        }
        guard uncovered || provider == nil else {
            throw ValidationError("--provider goes with --uncovered only")
        }
        guard let from else {
            guard to == nil, timezone == nil else {
                throw ValidationError("--to and --timezone go with --from")
            }
            return
        }
        guard let to else { return }
        guard from <= to else { throw ValidationError("--to is before --from") }
        guard to.dayNumber - from.dayNumber < Self.dayMax else {
            throw ValidationError("--from and --to are at most \(Self.dayMax) days apart")
        }
    }

    func run() async throws {
        try await performing {
            let client = socket.client
            guard !uncovered else { return try await listUncovered(client) }
            guard let from else {
                let page = try await client.getAll(
                    CoverageWire.self, "/v1/coverage", query: ["target": target])
                let status = try await client.get(StatusWire.self, "/v1/status")
                if json.isOn {
                    try Output.json(page)
                } else {
                    Output.line(CoverageText.now(page.items, at: status.now))
                    if status.uncovered > 0 { Output.line(CoverageText.uncovered(status)) }
                }
                guard !page.items.contains(where: { $0.state == "beyond" }) else {
                    throw ExitCode(Exit.failed.rawValue)
                }
                return
            }
            let report = try await report(from: from, client)
            if json.isOn {
                try Output.json(report)
            } else {
                Output.line(CoverageText.days(report))
                try await noteUnmeasured(client)
            }
            guard report.daysWithBreach == 0 else { throw ExitCode(Exit.failed.rawValue) }
        }
    }

    /// Days without an objective are days without a breach.
    private func noteUnmeasured(_ client: ControlClient) async throws {
        let rows = try await client.getAll(CoverageWire.self, "/v1/coverage").items
        let without = Set(
            rows.filter { $0.state == "no_objective" && (target == nil || $0.target == target) }
                .map(\.target))
        guard let first = without.min() else { return }
        let names =
            target
            ?? (without.count == 1 ? first : "\(without.count) targets, \(first) among them,")
        Output.line(
            "note: \(names) \(target == nil && without.count > 1 ? "have" : "has") a policy without "
                + "'objective.rpo': nothing is measured under it")
    }

    private func listUncovered(_ client: ControlClient) async throws {
        let list = try await client.uncovered(provider: provider)
        let now = try await client.get(StatusWire.self, "/v1/status").now
        if json.isOn {
            try Output.json(list)
        } else {
            Output.line(CoverageText.uncovered(list, at: now))
        }
        let isKnown = list.listings.allSatisfy { $0.listedAt != nil && !$0.isFailing }
        guard isKnown, list.items.allSatisfy({ $0.waiver != nil }) else {
            throw ExitCode(Exit.failed.rawValue)
        }
    }

    private func report(
        from: CivilDate, _ client: ControlClient
    ) async throws -> CoverageReportWire {
        let zone = try timezone.map { try ZoneArgument.rules($0) } ?? .utc
        let today = zone.date(at: SystemWallClock().now)
        let last = to ?? max(from, today)
        guard last.dayNumber - from.dayNumber < Self.dayMax else {
            throw ValidationError(
                "that is more than \(Self.dayMax) days; ask for fewer with --from and --to")
        }
        let found = try await client.breaches(
            from: zone.start(of: from), to: zone.start(of: last.advanced(byDays: 1)),
            target: target)
        return CoverageReportWire(
            from: from, to: last, in: zone, target: target, list: found)
    }
}

/// A date on the command line.
enum DateArgument {
    /// Reads `2026-01-31`.
    @Sendable static func parse(_ argument: String) throws -> CivilDate {
        guard let date = CivilDate(text: argument) else {
            throw ValidationError("'\(argument)' is not a date; write one such as 2026-01-31")
        }
        return date
    }
}
