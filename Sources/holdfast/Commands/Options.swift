import ArgumentParser
import Foundation
import HoldfastConfig
import HoldfastControl
import HoldfastCore

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
    static let standardPath = "/etc/holdfast/holdfast.yaml"

    @Option(
        name: [.customLong("config")],
        help: ArgumentHelp(
            "The main configuration file; conf.d/*.yaml beside it is read too.",
            valueName: "path"))
    var path = Self.standardPath

    /// Reads and checks the files.
    func load() throws(ConfigurationErrors) -> Configuration {
        try ConfigurationLoader(zones: SystemZoneDatabase())
            .load(path: path, now: SystemWallClock().now)
    }
}

/// Where the daemon answers.
struct SocketOption: ParsableArguments {
    @Option(help: ArgumentHelp("The daemon's status socket.", valueName: "path"))
    var socket =
        ProcessInfo.processInfo.environment["HOLDFAST_SOCKET"] ?? "/run/holdfast/holdfast.sock"

    var client: ControlClient { ControlClient(path: socket) }
}

/// Where the history is.
struct StateOption: ParsableArguments {
    static let standardDirectory =
        ProcessInfo.processInfo.environment["STATE_DIRECTORY"] ?? "/var/lib/holdfast"

    @Option(
        help: ArgumentHelp(
            "The directory of history.sqlite.", valueName: "path"))
    var stateDirectory = Self.standardDirectory

    var historyPath: String { stateDirectory + "/history.sqlite" }
}

/// For people or for programs.
struct JSONFlag: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON, as the status socket gives it.")
    var isOn = false
}

/// Which part of a listing.
struct PageOptions: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many rows, newest first.", valueName: "count"))
    var limit = 50
    @Option(
        help: ArgumentHelp("Go on after an earlier answer's next_cursor.", valueName: "cursor"))
    var cursor: String?
    @Option(help: ArgumentHelp("Only this policy.", valueName: "name"))
    var policy: String?
    @Option(help: ArgumentHelp("Only this target.", valueName: "name"))
    var target: String?

    func validate() throws {
        guard (1...PageRequest.limitMax).contains(limit) else {
            throw ValidationError("--limit is a number from 1 to \(PageRequest.limitMax)")
        }
    }

    func query(state: String? = nil) -> [String: String?] {
        [
            "limit": String(limit), "cursor": cursor, "policy": policy, "target": target,
            "state": state,
        ]
    }
}

/// An instant on the command line.
enum InstantArgument {
    /// Reads RFC 3339, or `now`.
    @Sendable static func parse(_ argument: String) throws -> Timestamp {
        if argument == "now" { return SystemWallClock().now }
        guard let instant = Timestamp(rfc3339: argument) else {
            throw ValidationError(
                "'\(argument)' is not an instant; write one such as 2026-03-29T01:00:00Z, or now")
        }
        return instant
    }
}

/// Zones by the names that users give.
enum ZoneArgument {
    static func rules(_ name: String) throws -> TimeZoneRules {
        let database = SystemZoneDatabase()
        do {
            return try database.rules(named: name)
        } catch .unknown {
            let clause = Suggestion.nearest(to: name, among: database.names)
                .map { "did you mean '\($0)'?" }
            throw ValidationError(
                "no time zone is named '\(name)'; "
                    + (clause ?? "names are those of the tz database, such as Europe/Berlin"))
        } catch .unusable(let reason) {
            throw CommandFailure(.failed, reason)
        }
    }
}
