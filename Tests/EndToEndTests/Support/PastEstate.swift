import Foundation
import Testing

/// An estate whose history a daemon might have left, made with the `sqlite3` program.
extension Estate {
    /// Makes the file with the schema of all migrations.
    func makeHistory() async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".sql") }.sorted()
        var sql = "PRAGMA journal_mode = WAL;\n"
        for file in files {
            sql += try String(contentsOf: folder.appending(path: file), encoding: .utf8) + "\n"
        }
        try await history.change(sql + "PRAGMA user_version = \(files.count);")
    }

    /// Records an assignment that is in force, and what its windows left.
    ///
    /// - Parameters:
    ///   - newest: The newest point's instant, as SQLite reads it.
    ///   - hours: How far the points are apart.
    func recordPast(
        _ policy: String, _ target: String, at provider: String = "disk", points count: Int,
        newest: String = "2026-02-28 02:30:00", hours: Int = 24
    ) async throws {
        try await history.change(
            """
            INSERT INTO assignment (policy, target, since) VALUES ('\(policy)', '\(target)', 0);
            CREATE TEMP TABLE past AS
                WITH RECURSIVE n (i) AS (
                    SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
                SELECT i + (SELECT ifnull(max(id), 0) FROM job) AS id,
                    strftime('%s', '\(newest)') * 1000 - 3600000 * \(hours) * (\(count) - i) AS at
                FROM n WHERE \(count) > 0;
            INSERT INTO job (id, kind, cause, policy, target, provider, opens, closes, start_before,
                    state, not_before, attempt, created_at, ended_at)
                SELECT id, 'backup', 'schedule', '\(policy)', '\(target)', '\(provider)', at,
                    at + 14400000, at + 14400000, 'succeeded', at, 1, at, at FROM past;
            INSERT INTO run (id, job, attempt, state, started_at, ended_at)
                SELECT id, id, 1, 'succeeded', at, at FROM past;
            INSERT INTO recovery_point (id, run, policy, target, provider, origin, token, remote_id,
                    taken_at, recorded_at, state)
                SELECT id, id, '\(policy)', '\(target)', '\(provider)', 'managed',
                    printf('hf-%010d-', id) || strftime('%Y%m%dT%H%M%SZ', at / 1000, 'unixepoch'),
                    'remote-' || id, at, at, 'available' FROM past;
            DROP TABLE past;
            """)
    }
}
