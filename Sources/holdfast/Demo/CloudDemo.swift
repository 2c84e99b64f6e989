import Foundation
import Glibc
import HoldfastControl
import HoldfastCore
import Subprocess
import SystemPackage

/// The daemon against four simulated clouds on which things go wrong, on the accelerated clock.
struct CloudDemo {
    let seconds: Int
    let speed: Int
    let estate: CloudDemoEstate
    /// When the clocks of all processes agree with the machine's.
    private let beginning = SystemWallClock().now

    /// Between two looks at the daemon.
    private static let pause = Duration.milliseconds(250)
    /// A simulated cloud is up in well under a second.
    private static let startMax = Duration.seconds(30)

    init(seconds: Int, speed: Int) throws {
        self.seconds = seconds
        self.speed = speed
        estate = try CloudDemoEstate.create()
    }

    func run() async throws {
        Output.line(
            """
            Holdfast's cloud demonstration, in \(estate.root)
            The daemon is the real one; DigitalOcean, Contabo, IONOS Cloud and Pieces OS are \
            simulated on this machine. All clocks run \(speed) times faster: one second here is \
            one hour there. Answers get lost, actions fail, lists break off, on purpose.

            """)
        let slots = try await withClouds(DemoCloud.all[...], [:]) { lines in
            try estate.configure(lines)
            return try await withDaemon()
        }
        try tellTwice(slots)
        tellPaths()
    }

    // MARK: Processes

    /// Runs the clouds, one inside the other, while `body` runs.
    private func withClouds<Value: Sendable>(
        _ clouds: ArraySlice<DemoCloud>, _ lines: [String: DemoCloud.StartLine],
        _ body: @Sendable ([String: DemoCloud.StartLine]) async throws -> Value
    ) async throws -> Value {
        guard let cloud = clouds.first else { return try await body(lines) }
        let output = try FileDescriptor.open(
            estate.linePath(cloud), .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: .ownerReadWrite)
        let result = try await Subprocess.run(
            .path(FilePath(try DemoCommand.ownPath())),
            arguments: [
                "simulated-cloud", cloud.vendor, "--state", estate.statePath(cloud), "--faults",
                estate.faultsPath(cloud), "--clock-speed", String(speed), "--clock-from",
                beginning.rfc3339,
            ], platformOptions: DemoCommand.ownGroup, input: .none,
            output: .fileDescriptor(output, closeAfterSpawningProcess: true),
            error: .currentStandardError
        ) { execution in
            let value: Result<Value, any Error>
            do {
                var lines = lines
                lines[cloud.vendor] = try await startLine(of: cloud)
                value = .success(try await withClouds(clouds.dropFirst(), lines, body))
            } catch {
                value = .failure(error)
            }
            try execution.send(signal: .terminate)
            return value
        }
        return try result.closureResult.get()
    }

    private func startLine(of cloud: DemoCloud) async throws -> DemoCloud.StartLine {
        let end = ContinuousClock.now + Self.startMax
        while ContinuousClock.now < end {
            if let line = try estate.startLine(cloud) { return line }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CommandFailure(.failed, "the simulated \(cloud.vendor) does not start")
    }

    private func withDaemon() async throws -> [JobWire] {
        let result = try await Subprocess.run(
            .path(FilePath(try DemoCommand.ownPath())),
            arguments: [
                "daemon", "--config", estate.configurationPath, "--state-directory",
                estate.stateDirectory, "--socket", estate.socketPath, "--clock-speed",
                String(speed), "--clock-from", beginning.rfc3339, "--log-level", "critical",
                "--stop-grace", "10s",
            ], platformOptions: DemoCommand.ownGroup, input: .none,
            output: .currentStandardOutput, error: .currentStandardError
        ) { execution in
            let client = ControlClient(path: estate.socketPath)
            let value: Result<[JobWire], any Error>
            do {
                try await DemoCommand.waitForSocket(client)
                try await watch(client)
                value = .success(try await conclude(client))
            } catch {
                value = .failure(error)
            }
            try execution.send(signal: .terminate)
            return value
        }
        return try result.closureResult.get()
    }

    private func watch(_ client: ControlClient) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        var lastEvent: Int64 = 0
        while ContinuousClock.now < end {
            lastEvent = try await DemoCommand.tellNews(client, after: lastEvent)
            try await Task.sleep(for: Self.pause)
        }
    }

    // MARK: The end

    /// How the slots of one assignment stand.
    private struct Coverage {
        var slots = 0
        var succeeded = 0
        var missed = 0
        var failed = 0
        var open = 0
        var reason: String?
    }

    private func conclude(_ client: ControlClient) async throws -> [JobWire] {
        let now = try await client.get(StatusWire.self, "/v1/status").now
        Output.line("\nTargets\n")
        let targets = try await client.getAll(TargetWire.self, "/v1/targets")
        TargetsCommand.table(targets.items, now: now).print(ifEmpty: "none")
        // A slot is a window: what an hourly look mended besides has none.
        let jobs = try await client.getAll(JobWire.self, "/v1/jobs").items.filter {
            $0.closes != nil && ["backup", "reconcile"].contains($0.kind)
        }
        Output.line("\nCoverage: every slot is backed up once, or missed with its reason\n")
        var rows: [String: Coverage] = [:]
        for job in jobs.reversed() {
            let key = "\(job.target) \(job.policy) \(job.provider)"
            var row = rows[key] ?? Coverage()
            row.slots += 1
            switch job.state {
            case "succeeded": row.succeeded += 1
            case "missed", "cancelled": row.missed += 1
            case "failed": row.failed += 1
            default: row.open += 1
            }
            if ["missed", "failed"].contains(job.state) { row.reason = job.error }
            rows[key] = row
        }
        var table = Table([
            "TARGET", "POLICY", "PROVIDER", "SLOTS", "DONE ONCE", "MISSED", "FAILED", "OPEN",
            "REASON",
        ])
        for (key, row) in rows.sorted(by: { $0.key < $1.key }) {
            let names = key.split(separator: " ").map(String.init)
            table.add(
                names + [
                    String(row.slots), String(row.succeeded), String(row.missed),
                    String(row.failed), String(row.open), Show.brief(row.reason),
                ])
        }
        table.print(ifEmpty: "none")
        return jobs
    }

    /// What the clouds themselves hold, after the daemon and they have stopped.
    private func tellTwice(_ jobs: [JobWire]) throws {
        Output.line("\nWhat the clouds hold, by the backups' names\n")
        var table = Table(["CLOUD", "OF OURS", "TWICE", "OF NO SLOT"])
        let tokens = Set(jobs.compactMap(\.token))
        var twice = 0
        for cloud in DemoCloud.all where cloud.vendor != "pieces" {
            let counts = try estate.tokenCounts(cloud)
            let more = counts.values.count { $0 > 1 }
            twice += more
            table.add([
                cloud.vendor, String(counts.count), String(more),
                String(counts.keys.count { !tokens.contains($0) }),
            ])
        }
        Output.line(table.text)
        Output.line("(backups of Pieces OS have no names: the history tells which are ours)")
        guard twice == 0 else {
            throw CommandFailure(.failed, "\(twice) slots were backed up twice")
        }
    }

    private func tellPaths() {
        let history = "\(estate.stateDirectory)/history.sqlite"
        Output.line(
            """

            The daemon and the clouds have stopped. To look further:
              sqlite3 \(history) 'select * from audit_runs'
              sqlite3 -box \(history) "select at, kind, target, detail from audit_events where kind like 'attempt%'"
              cat \(estate.configurationPath)
            To remove it all:
              rm -r \(estate.root)
            """)
    }
}
