import ArgumentParser
import HoldfastControl
import HoldfastCore

struct PinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Make a point stay, whatever the rules say.",
        discussion: """
            A pinned point uses no place of a rule, loses its mark at once, and is never deleted \
            while it is pinned. Pinning it again changes reason and end. A hold (--hold) has no end: \
            'holdfast unpin --lift-hold' lifts it, which is an event of its own, and no pin replaces it.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "A point's id, or TARGET@latest.")
    var point: String
    @Option(help: ArgumentHelp("Why; one line, kept in the audit log.", valueName: "text"))
    var reason: String
    @Option(
        help: ArgumentHelp(
            "When it ends: 2026-12-31 (the end of that day in UTC), an RFC 3339 instant, or a span "
                + "such as 90d.", valueName: "end"))
    var until: String?
    @Flag(help: "Place a hold.")
    var hold = false

    func run() async throws {
        try await performing {
            let pinned = try await socket.client.change(
                PointWire.self, "/v1/points/\(ControlClient.pathPiece(point))/pin",
                query: ["reason": reason, "until": until, "hold": hold ? "true" : nil])
            if json.isOn { return try Output.json(pinned) }
            Output.line(PinnedText.line(of: pinned))
        }
    }
}

struct UnpinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin", abstract: "Let the rules decide about a point again.",
        discussion: """
            What no rule keeps then is marked at once, and goes after the policy's grace. A hold \
            is lifted with --lift-hold and --reason only.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "A point's id, or TARGET@latest.")
    var point: String
    @Flag(help: "Lift the hold that is on it.")
    var liftHold = false
    @Option(help: ArgumentHelp("Why; a hold is not lifted without.", valueName: "text"))
    var reason: String?

    func run() async throws {
        try await performing {
            let freed = try await socket.client.change(
                PointWire.self, "/v1/points/\(ControlClient.pathPiece(point))/unpin",
                query: ["reason": reason, "lift_hold": liftHold ? "true" : nil])
            if json.isOn { return try Output.json(freed) }
            Output.line(
                "\(freed.id) of \(freed.target) is \(liftHold ? "on hold" : "pinned") no longer; "
                    + "'holdfast explain \(freed.id)' tells what becomes of it")
        }
    }
}

struct PruneKeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "Clear a point's mark and pin it, so that it does not go.",
        discussion: "'holdfast points --marked' shows what is marked.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "A point's id, or TARGET@latest.")
    var point: String
    @Option(
        help: ArgumentHelp(
            "Why; '\(RecoveryPoint.keptReason)' when nothing is said.", valueName: "text"))
    var reason: String?

    func run() async throws {
        try await performing {
            let kept = try await socket.client.change(
                PointWire.self, "/v1/points/\(ControlClient.pathPiece(point))/keep",
                query: ["reason": reason])
            if json.isOn { return try Output.json(kept) }
            Output.line(PinnedText.line(of: kept))
        }
    }
}

/// How a pin is told.
enum PinnedText {
    /// `on hold`, `pinned`, or `pinned until 2026-12-31T00:00:00Z`.
    static func state(_ pin: PinWire) -> String {
        if pin.isHold { return "on hold" }
        return "pinned" + (pin.until.map { " until \(Show.instant($0))" } ?? "")
    }

    static func line(of point: PointWire) -> String {
        guard let pin = point.pin else { return "\(point.id) of \(point.target) is not pinned" }
        return "\(point.id) of \(point.target) is \(state(pin)): \(Table.harmless(pin.reason))"
    }
}
