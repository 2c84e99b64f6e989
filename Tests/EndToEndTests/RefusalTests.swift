import Foundation
import Glibc
import Testing

@Suite("Refusals")
struct RefusalTests {
    @Test("An unknown target or policy is told, with exit 1")
    func unknownNames() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        try await estate.withDaemon { _ in
            let target = try await estate.holdfast("backup", "dokuments")
            #expect(target.code == 1)
            #expect(target.err.contains("no target is named 'dokuments'"))
            let policy = try await estate.holdfast("backup", "documents", "--policy", "mian")
            #expect(policy.code == 1)
            #expect(policy.err.contains("it has main"))
        }
    }

    @Test(
        "Without a daemon every question ends with 69",
        arguments: [
            ["status"], ["policies"], ["targets"], ["jobs"], ["runs"], ["points"], ["events"],
            ["prune", "--dry-run"], ["backup", "documents"], ["restore", "documents@latest"],
            ["targets", "--discovered"], ["provider"], ["provider", "sso", "unit"],
        ])
    func notRunning(words: [String]) async throws {
        let estate = try Estate()
        let ended = try await estate.holdfast(words)
        #expect(ended.code == 69)
        #expect(ended.err.contains(estate.socket))
    }

    @Test("A broken configuration is told with file, line and column, with exit 78")
    func brokenConfiguration() async throws {
        let estate = try Estate()
        try estate.configure(policy: "{ plan: daily, retenton: { keep_daily: 7 } }")
        for ended in [
            try await estate.holdfast("check", "--config", estate.configuration),
            try await estate.refusedDaemon(),
        ] {
            #expect(ended.code == 78)
            #expect(ended.err.contains("\(estate.configuration):6:24: "), "\(ended.err)")
            #expect(ended.err.contains("retention"), "the nearest known key")
        }
        #expect(!estate.exists("state/history.sqlite"), "nothing was begun")
    }

    @Test("A reader that has enough ends the command, and a full disk is told")
    func readers() async throws {
        let listing =
            "'\(Programs.holdfast)' windows --plan hourly --every 1h --window 1h --count 5000"
        let short = try await Programs.run(
            "/bin/bash", ["-c", listing + " | head -1; exit ${PIPESTATUS[0]}"])
        #expect(short.code == 128 + SIGPIPE, "\(short.err)")
        #expect(short.err.isEmpty, "\(short.err)")
        #expect(short.out.split(separator: "\n").count == 1)
        let full = try await Programs.run("/bin/bash", ["-c", listing + " > /dev/full"])
        #expect(full.code == 1)
        #expect(full.err.contains("can't be written: No space left on device"), "\(full.err)")
    }

    @Test(
        "Words that are no command end with 64",
        arguments: [
            ["nosuch"], ["windows"], ["windows", "--plan", "daily", "--weekday", "SUN"],
            ["windows", "--plan", "weekly", "--weekday", "SAN"],
            ["windows", "--plan", "monthly", "--day", "32"],
            ["windows", "--plan", "hourly", "--every", "5h"],
            ["windows", "--plan", "hourly", "--every", "6h", "--at", "06:00"],
            ["windows", "--plan", "daily", "--at", "24:00"],
            ["windows", "--plan", "daily", "--at", "01:00", "--hour", "1"],
            ["windows", "--plan", "daily", "--window", "25h"],
            ["windows", "--plan", "daily", "--window", "4 hours"],
            ["windows", "--plan", "daily", "--timezone", "Europe/Berlim"],
            ["windows", "--plan", "daily", "--from", "yesterday"],
            ["windows", "--plan", "daily", "--count", "0"],
            ["retention", "--keep-daily", "many", "--points", "-"],
            ["retention", "--keep-within", "7", "--points", "-"],
            ["retention", "--timezone", "Mars/Base", "--points", "-"],
            ["plan", "--days", "0"], ["runs", "--state", "lost"], ["points", "--limit", "0"],
            ["prune", "--target", "documents"], ["prune", "confirm", "nonsense"],
            ["daemon", "--stop-grace", "soon"],
            ["daemon", "--log-level", "loud"], ["restore"],
        ])
    func usage(words: [String]) async throws {
        let ended = try await Programs.run(Programs.holdfast, words)
        #expect(ended.code == 64, "\(ended.err)")
        #expect(!ended.err.isEmpty)
        #expect(ended.out.isEmpty)
    }

    @Test(
        "Somebody else may look with the socket's group, and change nothing",
        .enabled("needs root and a binary that others can run", Nobody.isAvailable))
    func otherUser() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        chmod(estate.root, 0o755)
        try await estate.withDaemon { _ in
            var status = stat()
            #expect(stat(estate.socket, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
            let outside = try await estate.holdfast("status", launcher: Nobody.launcher)
            #expect(outside.code == 77, "\(outside.err)")
            chown(estate.socket, 0, gid_t(Nobody.id))
            let look = try await estate.holdfast("status", launcher: Nobody.launcher)
            #expect(look.code == 0, "\(look.err)")
            for words in [["backup", "documents"], ["prune"]] {
                let change = try await estate.holdfast(words, launcher: Nobody.launcher)
                #expect(change.code == 77, "\(change.err)")
                #expect(change.err.contains("uid \(Nobody.id)"))
            }
            #expect(try await estate.json(Listing<JobRow>.self, "jobs").items.isEmpty)
        }
    }

    @Test(
        "A member of the admin group may ask for a backup, under his own name",
        .enabled("needs root and a binary that others can run", Nobody.isAvailable))
    func adminGroup() async throws {
        let estate = try Estate()
        let group = try #require(getgrgid(gid_t(Nobody.id))).pointee
        try estate.configure(
            policies: ["main: \(TestPolicy.closed())"],
            targets: [
                "{ name: documents, provider: disk, directory: \(estate.documents), policy: main }"
            ], top: "control: { admin_group: \(String(cString: group.gr_name)) }")
        chmod(estate.root, 0o755)
        try await estate.withDaemon { _ in
            chown(estate.socket, 0, gid_t(Nobody.id))
            let ended = try await estate.holdfast(
                "backup", "documents", launcher: Nobody.launcher)
            #expect(ended.code == 0, "\(ended.err)")
        }
        let actor = try await estate.history.value(
            "SELECT actor FROM event WHERE kind = 'backup.requested'")
        #expect(actor.hasPrefix("uid \(Nobody.id)"))
    }

    @Test("A second daemon on the same state directory is refused, and the first goes on")
    func secondDaemon() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        try await estate.withDaemon { _ in
            let second = try await estate.refusedDaemon("--socket", estate.root + "/second.sock")
            #expect(second.code == 75)
            #expect(second.err.contains("another daemon uses the state directory \(estate.state)"))
            let answer = try await estate.holdfast("status")
            #expect(answer.code == 0)
        }
    }

    @Test("A socket on which a daemon answers is not taken from it")
    func liveSocket() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        try await estate.withDaemon { _ in
            let second = try await estate.refusedDaemon(
                "--state-directory", estate.root + "/second")
            #expect(second.code == 1)
            #expect(second.err.contains("another daemon answers on \(estate.socket)"))
            let answer = try await estate.holdfast("status")
            #expect(answer.code == 0, "the first one still answers")
        }
    }

    @Test("A socket that a killed daemon left is replaced")
    func staleSocket() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        try await estate.withDaemon { $0.kill() }
        #expect(estate.exists("holdfast.sock"))
        let unanswered = try await estate.holdfast("status")
        #expect(unanswered.code == 69)
        try await estate.withDaemon { _ in
            let answer = try await estate.holdfast("status")
            #expect(answer.code == 0)
        }
        #expect(!estate.exists("holdfast.sock"), "a daemon that stops takes its socket with it")
    }

    @Test("A file in the socket's place is left alone")
    func fileInSocketsPlace() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        try estate.write("mine", to: "holdfast.sock")
        let ended = try await estate.refusedDaemon()
        #expect(ended.code == 1)
        #expect(ended.err.contains("\(estate.socket) exists and is not a socket"))
        #expect(try estate.read("holdfast.sock") == "mine")
    }

    @Test("A history of a newer version is refused and not touched")
    func newerHistory() async throws {
        let estate = try await estateWithHistory()
        try await estate.history.change("PRAGMA user_version = 99")
        let ended = try await estate.refusedDaemon()
        #expect(ended.code == 1)
        #expect(ended.err.contains("\(estate.history.path) has version 99"))
        #expect(ended.err.contains("install the newer program"))
        #expect(try await estate.history.value("PRAGMA user_version") == "99")
    }

    @Test("A damaged history is refused with what to do")
    func damagedHistory() async throws {
        let estate = try await estateWithHistory()
        try await estate.history.change("PRAGMA wal_checkpoint(TRUNCATE)")
        var data = try Data(contentsOf: URL(fileURLWithPath: estate.history.path))
        data.replaceSubrange(0..<4096, with: Data(repeating: 0x5A, count: 4096))
        try data.write(to: URL(fileURLWithPath: estate.history.path))
        let ended = try await estate.refusedDaemon()
        #expect(ended.code == 1)
        #expect(ended.err.contains("the history is damaged"), "\(ended.err)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: estate.history.path)) == data)
    }

    @Test("A SQLite file of another program is refused and not touched")
    func foreignDatabase() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        try await estate.history.change("CREATE TABLE notes (text); INSERT INTO notes VALUES (1)")
        let ended = try await estate.refusedDaemon()
        #expect(ended.code == 1)
        #expect(ended.err.contains("not a history of this program"))
        let tables = try await estate.history.rows("SELECT name FROM sqlite_schema")
        #expect(tables == [["notes"]])
    }

    @Test("A daemon that stopped leaves its whole history in the one file")
    func checkpointAtStop() async throws {
        let estate = try await estateWithHistory()
        let copy = estate.root + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: estate.history.path, toPath: copy)
        let kinds = "SELECT kind FROM event ORDER BY id DESC LIMIT 1"
        #expect(try await History(path: copy).rows(kinds) == [["daemon.stopped"]])
    }

    private func estateWithHistory() async throws -> Estate {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        try await estate.withDaemon { _ in }
        return estate
    }
}
