import ArgumentParser

/// The one executable: the daemon and the command line that asks it.
@main
struct Holdfast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Takes the backups you declared, and proves that it took them.",
        discussion: """
            Exit codes: 0 done, 1 it failed, 64 usage, 69 daemon not reachable, 75 try later, \
            77 not permitted, 78 configuration.
            """,
        version: HoldfastVersion.current,
        groupedSubcommands: [
            CommandGroup(name: "Daemon", subcommands: [DaemonCommand.self, CheckCommand.self]),
            CommandGroup(
                name: "Asking the daemon",
                subcommands: [
                    StatusCommand.self, PoliciesCommand.self, TargetsCommand.self,
                    JobsCommand.self, RunsCommand.self, PointsCommand.self, ExplainCommand.self,
                    EventsCommand.self, ProviderCommand.self, CoverageCommand.self,
                ]),
            CommandGroup(
                name: "Doing something now",
                subcommands: [
                    BackupCommand.self, PruneCommand.self, PinCommand.self, UnpinCommand.self,
                    VerifyCommand.self, RestoreCommand.self, ReconcileCommand.self,
                    AdoptCommand.self,
                    PauseCommand.self, ResumeCommand.self,
                ]),
            CommandGroup(
                name: "Working things out without the daemon",
                subcommands: [WindowsCommand.self, PlanCommand.self, RetentionCommand.self]),
            CommandGroup(
                name: "Seeing it work",
                subcommands: [DemoCommand.self, SimulatedCloudCommand.self]),
        ])
}
