import Foundation
import Glibc
import Testing

@Suite("Stops and crashes")
struct CrashTests {
    private static let sourceBytes = 96 << 20

    @Test(
        "A daemon killed in the middle of a backup takes it again, once",
        arguments: [UInt64(1), 2, 3])
    func killedDuringBackup(seed: UInt64) async throws {
        let estate = try Estate()
        let made = try await Programs.run(
            "sh", ["-c", "head -c \(Self.sourceBytes) /dev/urandom > '\(estate.documents)/data'"])
        try #require(made.code == 0)
        try estate.configure(
            policy: TestPolicy.open("retention: { keep_last: all }, retry: { backoff: 1s }"))
        // A place in the data, drawn from the seed (SplitMix64's mixing).
        var mixed = seed &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        let place = Int((mixed >> 32) % UInt64(Self.sourceBytes * 9 / 10))
        try await estate.withDaemon { daemon in
            try await eventually("\(place) bytes of the archive") {
                try partialBytes(estate) > place
            }
            daemon.kill()
        }
        #expect(try estate.points().isEmpty, "a half-made point has no name yet")
        #expect(try estate.halfMade().count == 1)
        let latest = try await estate.holdfast(
            "verify", "documents@latest", "--repository", estate.repository)
        #expect(latest.code == 1)
        try await estate.withDaemon { daemon in
            let began = daemon.log().contains("removed what a crash left")
            #expect(began, "the half-made point is swept before the daemon is ready")
            let first = try await estate.json(Listing<RunRow>.self, "runs").items.last
            #expect(first?.state == "interrupted")
            try await eventually("the second attempt") {
                try await estate.history.runs().last == "succeeded"
            }
            let points = try await estate.json(Listing<PointRow>.self, "points").items
            #expect(points.count == 1)
        }
        #expect(try await estate.history.runs() == ["interrupted", "succeeded"])
        #expect(try await estate.history.value("SELECT sum(adopted) FROM audit_runs") == "0")
        #expect(try await estate.history.value("SELECT count(*) FROM recovery_point") == "1")
        #expect(try estate.points().count == 1)
        #expect(try estate.halfMade().isEmpty)
        let verified = try await estate.holdfast(
            "verify", "documents@latest", "--repository", estate.repository)
        #expect(verified.code == 0, "\(verified.err)")
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    private func partialBytes(_ estate: Estate) throws -> Int {
        guard let folder = try estate.halfMade().first else {
            return 0
        }
        let path = "\(estate.repository)/documents/\(folder)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.map { name in
            var status = stat()
            return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : 0
        }.reduce(0, +)
    }

    @Test("A backup that was complete but not recorded is adopted, not made again")
    func killedBeforeRecord() async throws {
        let estate = try Estate()
        try estate.write("one", to: "documents/one")
        // The hook runs between the provider's work and the record, and goes no further.
        let hook = try estate.script(
            "after", "echo $$ >> '\(estate.root)/after.pids'\nread word < '\(estate.root)/gate'")
        let gate = try Gate(estate.root + "/gate")
        try estate.configure(
            policy: TestPolicy.open(
                "retry: { backoff: 1s }, hooks: { after: { command: [\(hook)], timeout: 1h } }"))
        defer { endHooks(estate) }
        try await estate.withDaemon { daemon in
            try await eventually("the after hook") { estate.exists("after.pids") }
            daemon.kill()
        }
        let points = try estate.points()
        #expect(points.count == 1)
        #expect(try await estate.history.value("SELECT count(*) FROM recovery_point") == "0")
        endHooks(estate)
        gate.open()
        try await estate.withDaemon { _ in
            try await eventually("the adoption") {
                try await estate.history.runs().last == "succeeded"
            }
            let runs = try await estate.json(Listing<RunRow>.self, "runs").items
            #expect(runs.first?.adopted == true)
            #expect(runs.last?.adopted == false)
        }
        #expect(try await estate.history.runs() == ["interrupted", "succeeded"])
        #expect(try estate.points() == points)
        let hooks = try estate.read("after.pids").split(separator: "\n")
        #expect(hooks.count == 2, "the hook that was cut short is run again")
        #expect(try await estate.history.rows("SELECT token FROM recovery_point") == [points])
        try await estate.history.checkChain(in: estate.root + "/chain")
        withExtendedLifetime(gate) {}
    }

    private func endHooks(_ estate: Estate) {
        let pids = (try? estate.read("after.pids")) ?? ""
        for pid in pids.split(separator: "\n").compactMap({ pid_t($0) }) where pid > 1 {
            kill(pid, SIGKILL)
        }
    }

    @Test("After SIGTERM a running backup is finished within the grace")
    func stoppedInGrace() async throws {
        let estate = try Estate()
        let gate = try Gate(estate.root + "/gate")
        try configureGated(estate)
        try await estate.withDaemon("--stop-grace", "60s") { daemon in
            try await eventually("the before hook") { estate.exists("begun") }
            daemon.terminate()
            try await eventually("the stop") { daemon.log().contains("stopping running_jobs=1") }
            gate.open()
        }
        #expect(try await estate.history.runs() == ["succeeded"])
        #expect(try estate.points().count == 1)
    }

    @Test("What the grace was too short for is handed back, and done by the next start, once")
    func handedBack() async throws {
        let estate = try Estate()
        let gate = try Gate(estate.root + "/gate")
        try configureGated(estate)
        try await estate.withDaemon("--stop-grace", "1s") { _ in
            try await eventually("the before hook") { estate.exists("begun") }
        }
        #expect(try await estate.history.runs() == ["handed_back"])
        #expect(try await estate.history.value("SELECT state FROM job") == "ready")
        #expect(try estate.points().isEmpty)
        gate.open()
        try await estate.withDaemon { _ in
            try await eventually("the backup") {
                try await estate.history.runs().last == "succeeded"
            }
        }
        #expect(try await estate.history.runs() == ["handed_back", "succeeded"])
        #expect(try estate.points().count == 1)
    }

    @Test("When the daemon stops, a hook that cleans up still comes to its end")
    func cleansUp() async throws {
        let estate = try Estate()
        let hook = try estate.script(
            "after", "touch '\(estate.root)/begun'\nsleep 3\ntouch '\(estate.root)/thawed'")
        try estate.configure(
            policy: TestPolicy.open("hooks: { after: { command: [\(hook)], timeout: 1m } }"))
        try await estate.withDaemon("--stop-grace", "1s") { _ in
            try await eventually("the after hook") { estate.exists("begun") }
        }
        #expect(estate.exists("thawed"))
        #expect(try await estate.history.runs() == ["succeeded"])
    }

    /// A backup whose before hook waits at the gate.
    private func configureGated(_ estate: Estate) throws {
        let hook = try estate.script(
            "before", "touch '\(estate.root)/begun'\nread word < '\(estate.root)/gate'")
        try estate.configure(
            policy: TestPolicy.open("hooks: { before: { command: [\(hook)], timeout: 1h } }"))
    }
}

/// A named pipe at which a hook waits until the test lets it go on.
final class Gate: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws {
        try #require(mkfifo(path, 0o600) == 0)
        descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }

    /// Lets one hook through.
    func open() {
        let word = Array("go\n".utf8)
        _ = write(descriptor, word, word.count)
    }
}
