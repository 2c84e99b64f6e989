import ArgumentParser
import Foundation
import HoldfastControl
import HoldfastCore
import HoldfastEngine

struct ProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider", abstract: "The providers: list, check, and their backup units.",
        subcommands: [
            ProviderListCommand.self, ProviderCheckCommand.self, SignOnCommand.self,
            RotatePasswordCommand.self, DeleteBackupUnitCommand.self,
        ], defaultSubcommand: ProviderListCommand.self)
}

struct ProviderListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The providers, and what each can do.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        try await performing {
            let page = try await socket.client.get(PageWire<ProviderWire>.self, "/v1/providers")
            if json.isOn { return try Output.json(page) }
            var table = Table([
                "PROVIDER", "TYPE", "TARGETS", "JOBS", "BACKS UP", "SELECTS BY", "OWN POLICIES",
                "ENDS POINTS AFTER",
            ])
            for provider in page.items {
                table.add([
                    provider.name, provider.kind, String(provider.targets),
                    "\(provider.activeJobs) of \(provider.concurrency)",
                    provider.subjects.joined(separator: ", "),
                    provider.selectors.isEmpty
                        ? Show.none : provider.selectors.joined(separator: ", "),
                    provider.nativePolicies ? "yes" : "no",
                    Show.seconds(provider.pointLifetimeSeconds),
                ])
            }
            table.print(ifEmpty: "No provider is declared.")
            for provider in page.items where provider.failing {
                Output.error(
                    "warning: '\(provider.name)' could not be asked the last time; "
                        + "'holdfast provider check \(provider.name)' tells why")
            }
        }
    }
}

struct ProviderCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Whether a provider can be used, and what its selectors pick.",
        discussion: """
            Looks at reachability, credentials, rights and the clock, and changes nothing. The \
            daemon does it, with its own credentials; where none runs this command does it by \
            itself. Exit code 1 when backups won't work.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var configuration: ConfigurationOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "The provider's name.")
    var name: String

    func run() async throws {
        try await performing {
            let found = try await checkup()
            if json.isOn {
                try Output.json(found)
            } else {
                tell(found)
            }
            guard found.good else { throw ExitCode(Exit.failed.rawValue) }
        }
    }

    private func checkup() async throws -> CheckupWire {
        do {
            return try await socket.client.post(
                CheckupWire.self, "/v1/providers/\(ControlClient.pathPiece(name))/check")
        } catch .unreachable {
            let installation = try InstallationLoader(
                path: configuration.path,
                factory: ProviderFactory(
                    wall: SystemWallClock(), isWallSystem: true, speed: 1, log: { _ in }),
                wall: SystemWallClock()
            ).load()
            do {
                return CheckupWire(try await ProviderExamination(installation).checkup(of: name))
            } catch {
                throw CommandFailure(.failed, error.message)
            }
        }
    }

    private func tell(_ found: CheckupWire) {
        Output.line("\(found.provider) (\(found.kind))")
        for finding in found.findings {
            let mark =
                switch finding.verdict {
                case "good": "ok     "
                case "warning": "WARNING"
                default: "BAD    "
                }
            Output.line("  \(mark)  \(finding.aspect): \(Table.harmless(finding.text))")
        }
        for pick in found.selectors {
            let rule = "\(pick.selector) '\(Table.harmless(pick.value))'"
            if let error = pick.error {
                Output.line("  BAD      \(rule): \(Table.harmless(error))")
                continue
            }
            Output.line(
                "  \(rule) picks \(Show.count(pick.targets.count, "target")) under "
                    + pick.policies.joined(separator: ", "))
            var table = Table(["    TARGET", "KIND", "ID", "NAME"])
            for target in pick.targets {
                table.add(["    " + target.target, target.kind, target.source, target.title])
            }
            if !pick.targets.isEmpty { Output.line(table.text) }
        }
    }
}

/// A backup unit on the command line.
struct BackupUnitArgument: ParsableArguments {
    @Argument(help: "The backup unit's name, or the name of its target.")
    var unit: String
    @Option(
        help: ArgumentHelp("Its provider, where several have backup units.", valueName: "name"))
    var provider: String?

    func path(_ end: String) -> String {
        "/v1/backup-units/\(ControlClient.pathPiece(unit))/\(end)"
    }
}

struct SignOnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sso", abstract: "Print the URL that signs you in at a backup unit.",
        discussion: """
            Whoever has the URL is signed in: do not send it on, and do not keep it. It is \
            printed once, and stored and logged nowhere; that it was asked for is.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var unit: BackupUnitArgument

    func run() async throws {
        try await performing {
            let answer = try await socket.client.post(
                BackupUnitWire.self, unit.path("sign-on"), query: ["provider": unit.provider])
            Output.line(answer.signOnUrl ?? "")
        }
    }
}

struct RotatePasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-password",
        abstract: "Give a backup unit the password that its reference holds now.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var unit: BackupUnitArgument

    func run() async throws {
        try await performing {
            _ = try await socket.client.post(
                BackupUnitWire.self, unit.path("password"), query: ["provider": unit.provider])
            Output.line("the backup unit '\(unit.unit)' has the new password")
        }
    }
}

struct DeleteBackupUnitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete-backup-unit",
        abstract: "Delete a backup unit with everything in it.",
        discussion: """
            Shows what it destroys, and does it only with --destroys-all-backups. A unit that is \
            still declared is refused, because it would be made anew.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var unit: BackupUnitArgument
    @Flag(help: "Yes, destroy them.")
    var destroysAllBackups = false

    func run() async throws {
        try await performing {
            let preview = try await socket.client.get(
                BackupUnitWire.self, unit.path("destruction"), query: ["provider": unit.provider])
            Output.line("Deleting the backup unit '\(unit.unit)' destroys:")
            for line in preview.destroys ?? [] { Output.line("  - \(Table.harmless(line))") }
            guard destroysAllBackups else {
                throw CommandFailure(
                    .usage,
                    "nothing was deleted; if all of this is to go, add --destroys-all-backups")
            }
            _ = try await socket.client.post(
                BackupUnitWire.self, unit.path("destruction"),
                query: ["provider": unit.provider, "destroys_all_backups": "true"])
            Output.line("The backup unit '\(unit.unit)' is deleted.")
        }
    }
}
