import ArgumentParser
import HoldfastControl
import HoldfastCore

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Why a point is kept and until when, when and why it goes, or what became of it.",
        discussion: """
            The forecast lets the policy's windows come one by one, each with the backup that is \
            planned for it and with the review that follows. Nothing is changed, and no provider \
            is asked.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "A point's id, gone or not, or TARGET@latest.")
    var point: String

    func run() async throws {
        try await performing {
            let found = try await socket.client.get(
                ExplanationWire.self, "/v1/points/\(ControlClient.pathPiece(point))/explain")
            if json.isOn { return try Output.json(found) }
            for line in found.lines { Output.line(Table.harmless(line)) }
        }
    }
}
