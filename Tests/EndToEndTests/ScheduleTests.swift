import Foundation
import Testing

@Suite("Backups by policy")
struct ScheduleTests {
    /// One second is one hour.
    private static let fast = "--clock-speed=3600"

    @Test("Backups happen by themselves, and what expired is pruned after its grace, with reasons")
    func takenAndPruned() async throws {
        let estate = try Estate()
        try estate.write("one", to: "documents/one")
        try estate.configure(
            policy: "{ plan: hourly, window: 50m, "
                + "retention: { keep_last: 1, minimum: 3, min_age: 0s, grace: 1h } }")
        try await estate.withDaemon(Self.fast) { _ in
            try await eventually("two pruned points") {
                guard FileManager.default.fileExists(atPath: estate.history.path) else {
                    return false
                }
                let sql = "SELECT count(*) FROM audit_points WHERE state = 'deleted'"
                return Int(try await estate.history.value(sql)) ?? 0 >= 2
            }
            let reviews = try await estate.holdfast("prune", "--dry-run")
            #expect(reviews.code == 0)
            #expect(reviews.out.contains("it is one of the newest 3 (minimum)"))
            let rows = try await estate.json(Listing<ReviewRow>.self, "prune", "--dry-run").items
            #expect(rows.contains { $0.floor == "needed_by_minimum" && $0.decision == "keep" })
            #expect(rows.first.map { $0.reasons.contains("last") } == true)
        }
        let deleted = try await estate.history.rows(
            """
            SELECT token, marked IS NOT NULL AND deleted >= delete_after, mark_reason
            FROM audit_points WHERE state = 'deleted'
            """)
        for point in deleted {
            #expect(point[1] == "1", "\(point[0]) went before its grace was over")
            #expect(point[2].contains("keep_last"), "\(point[0])")
        }
        let available = try await estate.history.rows(
            "SELECT token FROM audit_points WHERE state = 'available' ORDER BY token")
        #expect(try estate.points() == available.map { $0[0] }, "the repository and the history")
        #expect(available.count >= 3, "the minimum stays")
        let doubled = """
            SELECT count(*) FROM (SELECT 1 FROM audit_points GROUP BY token HAVING count(*) > 1)
            """
        #expect(try await estate.history.value(doubled) == "0")
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    @Test("A restart inside an open window makes no second backup of its slot")
    func restartInsideWindow() async throws {
        let estate = try Estate()
        try estate.configure(
            policy: TestPolicy.open(), more: ["other: \(TestPolicy.closed())"],
            targets: [
                "{ name: probe, provider: disk, directory: \(estate.root)/etc, policy: other }"
            ])
        for _ in 1...3 {
            try await estate.withDaemon { _ in
                try await eventually("the window's backup") {
                    try estate.points().count == 1
                }
                // The daemon has planned before it takes this one.
                try await estate.backUp("probe")
            }
        }
        #expect(try await estate.history.runs() == ["succeeded"])
        #expect(try estate.points().count == 1)
    }

    @Test("Windows missed while the daemon was down are recorded, and the newest is caught up once")
    func missedWindows() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.betweenHours())
        try await estate.withDaemon { _ in }
        try await age(estate)
        try await expectCaughtUp(estate)
    }

    /// Leaves the history as a daemon that stopped six hours ago would have left it.
    ///
    /// Its first plan, a minute after its start, would have begun the count of windows, and on a slow
    /// machine has.
    private func age(_ estate: Estate) async throws {
        let then = "CAST(unixepoch() - 6 * 3600 AS INTEGER) * 1000"
        try await estate.history.change("UPDATE assignment SET since = \(then)")
        try await estate.history.change(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('planned/main', CAST(\(then) AS TEXT))"
        )
    }

    private func expectCaughtUp(_ estate: Estate) async throws {
        // Missed windows are planned once the clock is trusted, a minute after the start.
        for _ in 1...2 {
            try await estate.withDaemon("--clock-speed", "20") { _ in
                try await eventually("the late backup", within: .seconds(60)) {
                    try estate.points().count == 1
                }
            }
        }
        let jobs = try await estate.history.rows(
            "SELECT state, cause FROM job WHERE kind = 'backup' ORDER BY opens")
        #expect(jobs.last == ["succeeded", "catch_up"])
        #expect(jobs.count == 6)
        #expect(jobs.dropLast().allSatisfy { $0 == ["missed", "schedule"] })
        #expect(try await estate.history.runs() == ["succeeded"])
    }
}
