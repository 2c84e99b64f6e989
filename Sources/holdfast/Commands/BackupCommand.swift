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
