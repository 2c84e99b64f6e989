import ArgumentParser
import Foundation
import HoldfastControl
import HoldfastCore

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Make no backups under a policy for a while.",
        discussion: """
            Windows that open meanwhile make no backups and are not missed; its points are not \
            pruned; 'holdfast backup' still works. The targets count as uncovered once their \
            objective passes. Without --until somebody has to resume the policy; after a week, or \
            when an objective is broken, the pause is told as forgotten.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "The policy's name.")
    var policy: String
    @Option(help: ArgumentHelp("Why; it is recorded.", valueName: "text"))
    var reason: String
    @Option(
        help: ArgumentHelp(
            "When it ends by itself: an instant, 2026-12-31 (the end of that day in UTC), or how long "
                + "from now, such as 2d.",
            valueName: "end"), transform: PauseEnd.parse)
    var until: PauseEnd?

    func run() async throws {
        try await performing {
            let end = until?.instant(from: SystemWallClock().now)
            let pause = try await socket.client.post(
                PauseWire.self, "/v1/policies/\(ControlClient.pathPiece(policy))/pause",
                query: ["reason": reason, "until": end?.rfc3339])
            if json.isOn { return try Output.json(pause) }
            Output.line("paused: \(CoverageText.pause(pause))")
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End a policy's pause.",
        discussion: """
            Nothing runs by that alone, not even in a window that is open: the next window to open \
            makes the next backup. 'holdfast backup' makes one at once.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "The policy's name.")
    var policy: String

    func run() async throws {
        try await performing {
            let pause = try await socket.client.post(
                PauseWire.self, "/v1/policies/\(ControlClient.pathPiece(policy))/resume")
            if json.isOn { return try Output.json(pause) }
            Output.line(
                "resumed \(pause.policy), which was paused since "
                    + "\(Show.instant(pause.pausedAt)); its next window makes the next backup")
        }
    }
}

/// The end of a pause on the command line.
enum PauseEnd: Equatable {
    case at(Timestamp)
    case after(Duration)

    /// Reads RFC 3339, or a duration.
    @Sendable static func parse(_ argument: String) throws -> PauseEnd {
        if let instant = Timestamp(rfc3339: argument) { return .at(instant) }
        // The end of that day in UTC, as of a pin.
        if let day = CivilDate(text: argument) {
            return .at(TimeZoneRules.utc.start(of: day.advanced(byDays: 1)))
        }
        if let span = DurationText.parse(argument), span > .zero { return .after(span) }
        throw ValidationError(
            "'\(argument)' is no end; write an instant such as 2026-03-29T01:00:00Z, a date such "
                + "as 2026-03-29 (the end of that day in UTC), or a time from now such as 12h or 2d"
        )
    }

    func instant(from now: Timestamp) -> Timestamp {
        switch self {
        case .at(let instant): instant
        case .after(let span): now + span
        }
    }
}
