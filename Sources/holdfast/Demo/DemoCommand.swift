import ArgumentParser
import Foundation
import Glibc
import HoldfastControl
import HoldfastCore
import HoldfastProviders
import Subprocess
import SystemPackage

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Watch a real daemon take real backups, in a minute.",
        discussion: """
            Starts the daemon in a new temporary directory, on a wall clock on which one second \
            is one hour. The directory stays, to look further.
            """)

    @Option(help: ArgumentHelp("How long to watch, in seconds.", valueName: "seconds"))
    var seconds = 60
    @Flag(help: "Watch it at work in four simulated clouds on which things go wrong.")
    var clouds = false

    /// One second of the demonstration is one hour on the daemon's clock.
    private static let speed = 3600
    /// Between two looks at the daemon.
    private static let pause = Duration.milliseconds(250)

    func validate() throws {
        guard (5...3600).contains(seconds) else {
            throw ValidationError("--seconds is a number from 5 to 3600")
        }
    }

    func run() async throws {
        try await performing {
            if clouds {
                return try await CloudDemo(seconds: seconds, speed: Self.speed).run()
            }
            let estate = try DemoEstate.create()
            Output.line(
                """
                Holdfast's demonstration, in \(estate.root)
                The daemon is the real one; its wall clock runs \(Self.speed) times faster: \
                one second here is one hour there.
                A directory and a SQLite database change all the time and are backed up by policy.

                """)
            let status = try await Subprocess.run(
                .path(FilePath(try Self.ownPath())),
                arguments: [
                    "daemon", "--config", estate.configurationPath, "--state-directory",
                    estate.stateDirectory, "--socket", estate.socketPath, "--clock-speed",
                    String(Self.speed), "--log-level", "warning", "--stop-grace", "10s",
                ], platformOptions: Self.ownGroup, input: .none,
                output: .currentStandardOutput, error: .currentStandardError
            ) { execution in
                try await watch(estate)
                try await conclude(estate)
                try execution.send(signal: .terminate)
            }.terminationStatus
            guard status.isSuccess else {
                throw CommandFailure(.failed, "the daemon ended with \(status)")
            }
            tellPaths(estate)
        }
    }

    /// Ctrl-C reaches the demonstration, which then ends the daemon.
    static var ownGroup: PlatformOptions {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .gracefulShutDown(allowedDurationToNextStep: .seconds(15))
        ]
        return options
    }

    static func ownPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }

    private func watch(_ estate: DemoEstate) async throws {
        let client = ControlClient(path: estate.socketPath)
        try await Self.waitForSocket(client)
        let end = ContinuousClock.now + .seconds(seconds)
        var lastEvent: Int64 = 0
        var step = 0
        while ContinuousClock.now < end {
            step += 1
            try estate.change(step)
            lastEvent = try await Self.tellNews(client, after: lastEvent)
            try await Task.sleep(for: Self.pause)
        }
    }

    /// The daemon is up in well under a second; half a minute is a broken one.
    static func waitForSocket(_ client: ControlClient) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do {
                _ = try await client.get(StatusWire.self, "/v1/status")
                return
            } catch  where ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    static func tellNews(_ client: ControlClient, after last: Int64) async throws -> Int64 {
        let page = try await client.get(
            PageWire<EventWire>.self, "/v1/events", query: ["limit": "200"])
        for event in page.items.reversed() where event.id > last {
            if let text = DemoStory.sentence(for: event) {
                Output.line("\(event.at.roundedDownToSecond.rfc3339)  \(text)")
            }
        }
        return page.items.first?.id ?? last
    }

    private func conclude(_ estate: DemoEstate) async throws {
        let client = ControlClient(path: estate.socketPath)
        let status = try await client.get(StatusWire.self, "/v1/status")
        Output.line("\nTargets\n")
        let targets = try await client.getAll(TargetWire.self, "/v1/targets")
        TargetsCommand.table(targets.items, now: status.now).print(ifEmpty: "none")
        Output.line("\nRecovery points that are kept or about to go\n")
        let points = try await client.get(
            PageWire<PointWire>.self, "/v1/points",
            query: ["limit": "200", "state": "available"])
        PointsListCommand.table(points.items).print(ifEmpty: "none")
        Output.line("\nWhat pruning would do now\n")
        let reviews = try await client.getAll(ReviewWire.self, "/v1/prune")
        var table = Table(["DECISION", "TARGET", "TAKEN", "WHY"])
        for review in reviews.items {
            table.add([
                review.decision, review.target, Show.instant(review.takenAt),
                review.reasons.joined(separator: ", "),
            ])
        }
        table.print(ifEmpty: "nothing")
        try await prove(estate, targets.items)
    }

    private func prove(_ estate: DemoEstate, _ targets: [TargetWire]) async throws {
        Output.line("\nThe newest point of each target, read back and unpacked\n")
        let provider = LocalProvider(
            id: ProviderID(trusted: "disk"), repository: estate.repository,
            wall: SystemWallClock(), tellsClock: false)
        for name in targets.map(\.name) {
            let target = TargetID(trusted: name)
            let newest = try await provider.list(of: target).points.max { $0.takenAt < $1.takenAt }
            guard let newest else {
                throw CommandFailure(.failed, "target '\(name)' has no recovery point")
            }
            let verified = try await provider.verify(target, newest.token) { _ in }
            let restored = try await provider.restore(
                target, newest.token, to: "\(estate.restored)/\(name)", force: false
            ) { _ in }
            Output.line("verified \(newest.token): SHA-256 \(verified.sha256)")
            Output.line("restored it to \(restored.path)")
        }
    }

    private func tellPaths(_ estate: DemoEstate) {
        let history = "\(estate.stateDirectory)/history.sqlite"
        Output.line(
            """

            The daemon has stopped. To look further:
              sqlite3 \(history) 'select * from audit_runs'
              sqlite3 -box \(history) 'select token, state, taken, deleted, mark_reason from audit_points'
              sqlite3 \(history) 'select at, kind, target, detail, hash from audit_events'
              find \(estate.repository) -name manifest.json
              cat \(estate.configurationPath)
            To remove it all:
              rm -r \(estate.root)
            """)
    }
}

/// Events as sentences.
enum DemoStory {
    static func sentence(for event: EventWire) -> String? {
        let target = event.target ?? ""
        switch event.kind {
        case "daemon.started": return "the daemon started"
        case "configuration.loaded": return "the configuration was loaded"
        case "window.opened": return "window opened   \(event.policy ?? "")"
        case "backup.succeeded": return "backed up       \(target)  \(event.token ?? "")"
        case "backup.failed", "attempt.failed":
            return "backup failed   \(target)  \(event.detail)"
        case "backup.missed": return "window missed   \(target)"
        case "point.marked":
            return "let go          \(target)  no rule keeps it; it goes after its grace"
        case "point.deleted": return "removed         \(target)  \(event.token ?? "")"
        case "attempt.interrupted": return "interrupted     \(target)  \(event.detail)"
        case "targets.discovered": return "found           \(event.detail)"
        case "drift.repaired": return "mended          \(target)  \(event.detail)"
        case "vendor_backup.seen": return "vendor's backup \(target)  \(event.token ?? "")"
        case "vendor_backup.missing": return "no vendor's own \(target)  \(event.detail)"
        case "point.expired": return "ended by vendor \(target)  \(event.token ?? "")"
        case "prune.refused": return "kept after all  \(target)  \(event.detail)"
        default: return nil
        }
    }
}
