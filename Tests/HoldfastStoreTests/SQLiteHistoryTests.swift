import Crypto
import Foundation
import GRDB
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastStore

@Suite("The SQLite file")
struct SQLiteHistoryTests {
    private let noon = Fixture.noon

    private func file() throws -> String {
        try ScratchFolder().path + "/history.sqlite"
    }

    /// A file as an older version left it, without a row.
    private func file(ofVersion version: Int) throws -> String {
        let path = try file()
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../migrations")
        let steps = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "sql" }.sorted { $0.path < $1.path }
        for step in steps.prefix(version) {
            try sqlite(path, try String(contentsOf: step, encoding: .utf8))
        }
        try sqlite(path, "PRAGMA user_version = \(version);")
        return path
    }

    private func event(_ kind: EventKind = .windowOpened, _ detail: String = "é\"\n") -> NewEvent {
        NewEvent(
            at: noon, kind: kind, actor: .user(uid: 0, name: "root"),
            assignment: Fixture.assignment(), detail: ["why": .text(detail), "count": 3])
    }

    @Test("Every commit is on the disk before it is answered")
    func durability() async throws {
        let store = try SQLiteHistory(path: file())
        let pragmas = try await store.database.write { database in
            try [
                String.fetchOne(database, sql: "PRAGMA journal_mode"),
                String.fetchOne(database, sql: "PRAGMA synchronous"),
                String.fetchOne(database, sql: "PRAGMA foreign_keys"),
            ]
        }
        #expect(pragmas == ["wal", "2", "1"])
    }

    @Test("The files are for their owner alone")
    func permissions() async throws {
        let path = try file()
        let store = try SQLiteHistory(path: path)
        try await store.append([event()])
        for name in [path, path + "-wal", path + "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test("The audit chain can be computed again from its columns")
    func chain() async throws {
        let store = try SQLiteHistory(path: file())
        try await store.append([event(), event(.backupFailed, "tab\t\u{1}")])
        try await store.append([
            NewEvent(at: noon, kind: .daemonStarted, actor: .recovery, detail: [:])
        ])
        var previous = [UInt8](repeating: 0, count: 32)
        for entry in try await store.events(PageRequest()).rows.reversed() {
            let json = EventChain.canonical(
                id: entry.id, at: entry.at.milliseconds, kind: entry.kind, actor: entry.actor,
                policy: entry.policy, target: entry.target, job: entry.job?.number,
                token: entry.token, detail: entry.detail)
            previous = Array(SHA256.hash(data: previous + json))
            #expect(entry.hash == previous.map { String(format: "%02x", $0) }.joined())
        }
        #expect(try await store.totals().lastEvent?.id == 3)
    }

    @Test("An entry's canonical JSON has sorted keys and names what is absent")
    func canonical() {
        let json = EventChain.canonical(
            id: 7, at: 1000, kind: "window.opened", actor: "scheduler", policy: "p", target: nil,
            job: 3, token: nil, detail: "{\"a\":1}")
        #expect(
            String(decoding: json, as: UTF8.self)
                == "{\"actor\":\"scheduler\",\"at\":1000,\"detail\":{\"a\":1},\"id\":7,\"job\":3,"
                + "\"kind\":\"window.opened\",\"policy\":\"p\",\"target\":null,\"token\":null}")
    }

    @Test(
        "The audit log can't be changed",
        arguments: ["UPDATE event SET kind = 'x'", "DELETE FROM event"])
    func appendOnly(sql: String) async throws {
        let store = try SQLiteHistory(path: file())
        try await store.append([event()])
        await #expect(throws: DatabaseError.self) {
            try await store.database.write { try $0.execute(sql: sql) }
        }
        #expect(try await store.events(PageRequest()).rows.count == 1)
    }

    @Test("Changes that arrive together share a commit, and each is answered")
    func groupCommit() async throws {
        let path = try file()
        let store = try SQLiteHistory(path: path)
        let frames = try await store.database.read { try walFrames($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                let job = Fixture.backup(Fixture.assignment("p", "t\(number)"))
                group.addTask { _ = try await store.enqueue(job, event: nil, at: noon) }
            }
            try await group.waitForAll()
        }
        #expect(try await store.jobs(PageRequest(limit: 1000)).rows.count == 200)
        // 200 commits of their own would write several pages each.
        let written = try await store.database.read { try walFrames($0) } - frames
        #expect(written < 600, "\(written) pages for 200 jobs")
    }

    @Test("A change that fails does not take its group along")
    func failingNeighbour() async throws {
        let store = try SQLiteHistory(path: file())
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask {
                    do {
                        try await store.writer.commit { context in
                            try context.run(
                                "INSERT INTO meta (key, value) VALUES (?, ?)", ["k\(number)", "v"])
                            if number == 7 { throw StoreError(.io, "not this one") }
                        }
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 } == 19)
        let keys = try await store.database.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM meta WHERE key LIKE 'k%'")
        }
        #expect(keys == 19)
    }

    @Test("What was answered is there after the file is opened again")
    func reopening() async throws {
        let path = try file()
        do {
            let store = try SQLiteHistory(path: path)
            try await store.enqueue([Fixture.backup()])
            try store.close()
        }
        let again = try SQLiteHistory(path: path)
        #expect(try await again.jobs(PageRequest()).rows.count == 1)
        #expect(!FileManager.default.fileExists(atPath: path + ".before-v1"))
    }

    /// The job and the run that points of older versions come from.
    private static let oneRun = """
        INSERT INTO job (id, kind, cause, policy, target, provider, opens, closes,
            start_before, state, not_before, attempt, created_at, ended_at)
        VALUES (1, 'backup', 'schedule', 'nightly', 'etc', 'disk', 0, 1, 1, 'succeeded', 0, 1, 0, 5);
        INSERT INTO run (id, job, attempt, state, started_at, ended_at)
        VALUES (1, 1, 1, 'succeeded', 1, 2);
        """

    @Test("What the guard held under version 3 is held back until it is confirmed")
    func migrationOfHolds() async throws {
        let path = try file(ofVersion: 3)
        try sqlite(
            path,
            """
            \(Self.oneRun)
            INSERT INTO recovery_point (id, run, policy, target, provider, origin, token, remote_id,
                taken_at, recorded_at, state, marked_at, delete_after, mark_reason, confirmed_plan)
            VALUES
                (1, 1, 'nightly', 'etc', 'disk', 'managed', 'hf-0123456789-20260101T000000Z', 'a',
                 1, 2, 'available', 3, 4, 'old', NULL),
                (2, 1, 'nightly', 'etc', 'disk', 'managed', 'hf-0123456789-20260102T000000Z', 'b',
                 1, 2, 'available', 3, 4, 'old', NULL),
                (3, 1, 'nightly', 'etc', 'disk', 'managed', 'hf-0123456789-20260103T000000Z', 'c',
                 1, 2, 'available', 3, 4, 'old', 'a plan'),
                (4, 1, 'nightly', 'etc', 'disk', 'managed', 'hf-0123456789-20260104T000000Z', 'd',
                 1, 2, 'available', 3, 4, 'old', NULL);
            INSERT INTO prune_refusal (point, code, reason, since, last_at, count) VALUES
                (1, 'prune_guard', '9 of the provider''s 30 points would go at once', 6, 7, 2),
                (2, 'prune_guard', '9 of the assignment''s 30 points would go at once', 8, 9, 2),
                (3, 'prune_guard', '9 of the assignment''s 30 points would go at once', 8, 9, 2),
                (4, 'clock', 'it jumped', 8, 9, 2);
            """)
        let points = try await SQLiteHistory(path: path).points(PageRequest()).rows
        let holds = points.sorted { $0.id < $1.id }.map(\.mark?.hold)
        #expect(
            holds == [
                GuardHold(since: Timestamp(milliseconds: 6), scope: .provider, total: 0),
                GuardHold(since: Timestamp(milliseconds: 8), scope: .assignment, total: 0), nil,
                nil,
            ])
    }

    @Test("Marks of a file of version 4 turn over where as many points had come in the hour")
    func turnover() async throws {
        let path = try file(ofVersion: 4)
        let hour = 3_600_000
        // Point, when it was recorded, when it was marked, since when it is held.
        let rows: [(id: Int, recorded: Int, marked: Int?, held: Int?)] = [
            (1, 1 * hour, 5 * hour + 9, nil), (2, 2 * hour, 6 * hour + 9, 7 * hour),
            (3, 3 * hour, 7 * hour + 9, nil), (4, 4 * hour, 7 * hour + 9, nil),
            (5, 5 * hour, nil, nil), (6, 6 * hour, nil, nil), (7, 7 * hour, nil, nil),
        ]
        func text(_ number: Int?) -> String { number.map(String.init) ?? "NULL" }
        try sqlite(
            path,
            """
            INSERT INTO assignment (policy, target, since, ended_at)
            VALUES ('nightly', 'etc', 0, NULL), ('nightly', 'old', 0, 1);
            \(Self.oneRun)
            """
                + rows.map { row in
                    """
                    INSERT INTO recovery_point (id, run, policy, target, provider, origin, token,
                        remote_id, taken_at, recorded_at, state, marked_at, delete_after,
                        mark_reason, held_since, held_by, held_of)
                    VALUES (\(row.id), 1, 'nightly', 'etc', 'disk', 'managed',
                        'hf-0123456789-2026010\(row.id)T000000Z', 'r\(row.id)', \(row.recorded),
                        \(row.recorded), 'available', \(text(row.marked)), \(text(row.marked)),
                        \(row.marked == nil ? "NULL" : "'old'"), \(text(row.held)),
                        \(row.held == nil ? "NULL, NULL" : "'provider', 9"));
                    """
                }.joined())
        let store = try SQLiteHistory(path: path)
        let points = try await store.availablePoints(of: Fixture.assignment())
        let turning = points.filter { $0.mark?.turnsOver == true }.map(\.id.number)
        #expect(turning == [1])
        // Of two that one review set one point was the cause, and nobody knows of which.
        #expect(points.count { $0.mark?.turnsOver == false } == 3)
        #expect(try await store.retentionBasis(of: Fixture.assignment()).credit == 9)
        let ended = Fixture.assignment("nightly", "old")
        #expect(try await store.retentionBasis(of: ended).credit == 0)
    }

    @Test("A file of version 1 keeps every row, and a copy of it is made first")
    func migration() async throws {
        let path = try file(ofVersion: 1)
        try sqlite(
            path,
            """
            \(Self.oneRun)
            INSERT INTO recovery_point (id, run, policy, target, provider, token, remote_id,
                taken_at, recorded_at, state, marked_at, delete_after, mark_reason, verified_at)
            VALUES (7, 1, 'nightly', 'etc', 'disk', 'hf-0123456789-20260101T000000Z', 'r', 1, 2,
                    'available', 3, 4, 'old', 5);
            INSERT INTO pin VALUES (7, 'evidence', 'uid 0', 3);
            """)
        let store = try SQLiteHistory(path: path)
        let points = try await store.points(PageRequest()).rows
        #expect(points.map(\.id) == [PointID(7)])
        #expect(
            points.first?.pin
                == PointPin(
                    reason: "evidence", actor: "uid 0", at: Timestamp(milliseconds: 3)))
        #expect(points.first?.origin == .managed)
        #expect(points.first?.mark?.reason == "old")
        // What was verified before there were kinds of proof had all of its data read.
        #expect(points.first?.proof == PointProof(.read))
        let state = try await store.database.read {
            (
                try Int.fetchOne($0, sql: "PRAGMA user_version"),
                try Int.fetchOne($0, sql: "PRAGMA foreign_keys"),
                try Row.fetchAll($0, sql: "PRAGMA foreign_key_check").count
            )
        }
        #expect(state == (6, 1, 0))
        let copy = try await DatabaseQueue(path: path + ".before-v2").read {
            try Int.fetchOne($0, sql: "SELECT max(id) FROM recovery_point")
        }
        #expect(copy == 7)
    }

    @Test("A file of a newer version is refused and left alone")
    func newer() async throws {
        let path = try file()
        try sqlite(path, "PRAGMA user_version = 99; CREATE TABLE later (a);")
        let error = #expect(throws: StoreError.self) { try SQLiteHistory(path: path) }
        #expect(error?.kind == .newer)
        #expect(error?.message.contains("version 99") == true)
    }

    @Test("A database that is no history is refused")
    func foreign() async throws {
        let path = try file()
        try sqlite(path, "CREATE TABLE customers (a);")
        let error = #expect(throws: StoreError.self) { try SQLiteHistory(path: path) }
        #expect(error?.kind == .corrupt)
    }

    @Test("A file that is no database is refused")
    func garbage() async throws {
        let path = try file()
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { try SQLiteHistory(path: path) }
        #expect(error?.kind == .corrupt)
    }

    @Test("A directory that does not exist is named")
    func missingDirectory() throws {
        let error = #expect(throws: StoreError.self) {
            try SQLiteHistory(path: "/nowhere/at/all/history.sqlite")
        }
        #expect(error?.message.contains("/nowhere/at/all") == true)
    }

    @Test(
        "The schema refuses what the job machine forbids",
        arguments: [
            "UPDATE job SET state = 'running'",
            "UPDATE job SET lease_until = 5",
            "UPDATE job SET state = 'succeeded'",
            "UPDATE job SET attempt = 1, state = 'missed', ended_at = 1",
            "UPDATE job SET failures = 1",
            "UPDATE job SET state = 'lost'",
            "UPDATE job SET closes = opens",
            "INSERT INTO run (job, attempt, state, started_at) VALUES (999, 1, 'running', 1)",
            "INSERT INTO pin (point, reason, actor, pinned_at) VALUES (999, 'r', 'a', 1)",
        ])
    func schema(sql: String) async throws {
        let store = try SQLiteHistory(path: file())
        try await store.enqueue([Fixture.backup()])
        await #expect(throws: DatabaseError.self) {
            try await store.database.write { try $0.execute(sql: sql) }
        }
    }

    @Test("The views give an auditor instants to read")
    func views() async throws {
        let store = try SQLiteHistory(path: file())
        try await store.enqueue([Fixture.backup()])
        let claimed = try #require(try await store.claim().first)
        try await store.succeed(claimed)
        let rows = try await store.database.read { database in
            try [
                String.fetchOne(
                    database,
                    sql: "SELECT started || ' ' || state || ' ' || job_state FROM audit_runs"),
                String.fetchOne(database, sql: "SELECT taken || ' ' || state FROM audit_points"),
                String.fetchOne(database, sql: "SELECT at || ' ' || kind FROM audit_events"),
            ]
        }
        #expect(
            rows == [
                "2026-03-09T12:00:00Z succeeded succeeded", "2026-03-09T12:00:00Z available",
                "2026-03-09T12:00:00.000Z backup.succeeded",
            ])
    }

    @Test("The view of points tells who pinned one, how, and until when")
    func pinView() async throws {
        let store = try SQLiteHistory(path: file())
        try await store.enqueue([Fixture.backup()])
        try await store.succeed(try #require(try await store.claim().first))
        let sql = """
            SELECT pin_kind || ' ' || pinned || ' ' || pinned_by || ' '
                   || coalesce(pinned_until, 'for ever') FROM audit_points
            """
        var told: [String?] = []
        for (until, isHold) in [(noon + .days(1), false), (nil, true)] as [(Timestamp?, Bool)] {
            let point = try #require(try await store.points(PageRequest()).rows.first)
            let pin = PointPin(
                reason: "audit", actor: "uid 0 (root)", at: noon, until: until, isHold: isHold)
            #expect(try await store.change(pin: pin, of: point, events: []))
            told.append(try await store.database.read { try String.fetchOne($0, sql: sql) })
        }
        #expect(
            told == [
                "pin audit uid 0 (root) 2026-03-10T12:00:00Z",
                "hold audit uid 0 (root) for ever",
            ])
        await #expect(throws: DatabaseError.self) {
            try await store.database.write { try $0.execute(sql: "UPDATE pin SET until = 9e12") }
        }
    }

    private func sqlite(_ path: String, _ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}

/// How many pages were written to the write-ahead log since its last reset.
private func walFrames(_ database: Database) throws -> Int {
    let path = try String.fetchOne(database, sql: "SELECT file FROM pragma_database_list") ?? ""
    let attributes = try FileManager.default.attributesOfItem(atPath: path + "-wal")
    return ((attributes[.size] as? Int ?? 32) - 32) / (4096 + 24)
}
