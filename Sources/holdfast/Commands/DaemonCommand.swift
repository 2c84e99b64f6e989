import ArgumentParser
import HoldfastCore
import Logging

struct DaemonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon", abstract: "Run the daemon in the foreground.",
        discussion: """
            SIGTERM ends it: running jobs get --stop-grace to finish, the rest goes back into the \
            queue. SIGHUP loads the configuration anew.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @OptionGroup var state: StateOption
    @OptionGroup var socket: SocketOption

    @Option(
        help: ArgumentHelp(
            "How long running jobs may go on after SIGTERM.", valueName: "duration"))
    var stopGrace = "60s"
    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"
    @Option(
        help: ArgumentHelp(
            "How many times faster the wall clock runs; for rehearsals.", visibility: .hidden))
    var clockSpeed: Int64 = 1
    @Option(
        help: ArgumentHelp(
            "When the faster clock agrees with the machine's; by default at the start.",
            visibility: .hidden), transform: InstantArgument.parse)
    var clockFrom: Timestamp?

    func run() async throws {
        try await performing {
            guard let grace = DurationText.parse(stopGrace) else {
                throw ValidationError("--stop-grace is \(DurationText.hint)")
            }
            guard let level = Logger.Level(rawValue: logLevel) else {
                let levels = Logger.Level.allCases.map(\.rawValue)
                throw ValidationError(
                    "--log-level is one of \(Suggestion.alternatives(levels))")
            }
            guard (1...100_000).contains(clockSpeed) else {
                throw ValidationError("--clock-speed is a number from 1 to 100000")
            }
            try await DaemonService(
                options: DaemonOptions(
                    configurationPath: configuration.path, stateDirectory: state.stateDirectory,
                    socketPath: socket.socket, clockSpeed: clockSpeed, clockFrom: clockFrom,
                    stopGrace: grace,
                    logLevel: level)
            ).run()
        }
    }
}

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the configuration; every error at once.")

    @OptionGroup var configuration: ConfigurationOption
    @Flag(help: "Print nothing when all is well.")
    var quiet = false

    func run() async throws {
        try await performing {
            let found = try configuration.load()
            for warning in found.warnings(at: SystemWallClock().now) {
                Output.error("warning: \(warning)")
            }
            if found.targets.isEmpty {
                Output.error("warning: no target is declared, so nothing will be backed up")
            }
            guard !quiet else { return }
            let assignments = found.assignmentsByPolicy.map(\.targets.count).reduce(0, +)
            let counts = [
                Show.count(found.providers.count, "provider"),
                Show.count(found.policies.count, "policy", "policies"),
                Show.count(found.targets.count, "target"),
                Show.count(assignments, "assignment"),
            ]
            Output.line("\(configuration.path): good. \(counts.joined(separator: ", "))")
        }
    }
}
