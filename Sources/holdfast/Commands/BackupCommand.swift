import ArgumentParser
import Foundation
import HoldfastControl
import HoldfastCore

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Back a target up now, and wait for the end.",
        discussion: """
            The daemon does the work, within the provider's limits; interrupting this command \
            does not stop it.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "The target's name.")
    var target: String
    @Option(help: ArgumentHelp("Under which of its policies.", valueName: "name"))
    var policy: String?
    @Flag(help: "Only put it into the queue.")
    var noWait = false

    func run() async throws {
        try await performing {
            let client = socket.client
            let job = try await client.post(
                JobWire.self, "/v1/targets/\(ControlClient.pathPiece(target))/backup",
                query: ["policy": policy])
            if noWait {
                if json.isOn { return try Output.json(job) }
                Output.line("job \(job.id) is in the queue; 'holdfast jobs' shows it")
                return
            }
            try await tell(try await JobFollowing(client: client).end(of: job), client)
        }
    }

    private func tell(_ job: JobWire, _ client: ControlClient) async throws {
        guard job.state == "succeeded" else {
            if json.isOn { try Output.json(job) }
            throw CommandFailure(
                .failed, "the backup of '\(target)' \(job.state): \(job.error ?? "no reason given")"
            )
        }
        if json.isOn { return try Output.json(job) }
        let points = try await client.get(
            PageWire<PointWire>.self, "/v1/points",
            query: ["target": target, "limit": "100"])
        guard let point = points.items.first(where: { $0.id == job.token }) else {
            Output.line("backed up \(target): \(job.token ?? "")")
            return
        }
        // A cloud does not tell how much was read, nor of how many entries.
        let source = point.sourceBytes.map { ", \(Show.bytes($0)) in" } ?? ""
        let entries = point.entries.map { " \(Show.number($0)) entries" } ?? ""
        let stored = point.storedBytes.map { ", stored as \(Show.bytes($0))" } ?? ""
        Output.line("backed up \(target): \(point.id)\(source)\(entries)\(stored)")
        for warning in point.warnings { Output.error("warning: \(Table.harmless(warning))") }
    }
}

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Review every point now, and prune what is due.",
        discussion: """
            With --dry-run nothing changes: each point is shown with what retention and the \
            floors below it say.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Flag(help: "Only show what would be done.")
    var dryRun = false
    @Option(help: ArgumentHelp("With --dry-run: only this target.", valueName: "name"))
    var target: String?

    func validate() throws {
        guard target == nil || dryRun else {
            throw ValidationError("--target goes with --dry-run only")
        }
    }

    func run() async throws {
        try await performing {
            guard dryRun else {
                let answer = try await socket.client.post(PruneWire.self, "/v1/prune")
                if json.isOn { return try Output.json(answer) }
                Output.line(
                    "every assignment is being reviewed; what retention let go and whose grace is "
                        + "over is pruned ('holdfast jobs' and 'holdfast events' show it)")
                return
            }
            let page = try await socket.client.getAll(
                ReviewWire.self, "/v1/prune", query: ["target": target])
            if json.isOn { return try Output.json(page) }
            var table = Table([
                "DECISION", "TARGET", "POLICY", "TAKEN", "POINT", "WHY", "GOES AFTER",
            ])
            for review in page.items {
                table.add([
                    review.decision, review.target, review.policy, Show.instant(review.takenAt),
                    review.id, review.reasons.joined(separator: ", "),
                    Show.instant(review.deleteAfter),
                ])
            }
            table.print(ifEmpty: "There are no recovery points.")
            let gone = page.items.filter { $0.decision == "remove" }
            let bytes = gone.compactMap(\.storedBytes).reduce(0, +)
            Output.line(
                "\n\(page.items.count - gone.count) stay, \(gone.count) go "
                    + "(\(Show.bytes(bytes)))")
        }
    }
}
