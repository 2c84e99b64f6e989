import GRDB
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastStore

@Suite("Objectives cost little")
struct ObjectiveScaleTests {
    @Test(
        "What is due is found by an index, and never by looking at every assignment",
        arguments: [
            ("breach IS NULL AND deadline <= 5 ORDER BY deadline", "objective_due"),
            ("breach IS NOT NULL AND deadline > 5 ORDER BY deadline", "objective_mended"),
            ("unseen_since IS NOT NULL", "objective_unseen"),
        ])
    func plans(condition: String, index: String) async throws {
        let store = try SQLiteHistory(path: try ScratchFolder().path + "/history.sqlite")
        let plan = try await store.read { database in
            try Row.fetchAll(
                database,
                sql: "EXPLAIN QUERY PLAN SELECT * FROM objective INDEXED BY \(index) "
                    + "WHERE \(condition) LIMIT 9"
            ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1)
        let isDirect = ["SEARCH", "SCAN"].contains { word in
            plan.first?.contains("\(word) objective USING INDEX \(index)") == true
        }
        #expect(isDirect)
    }

    @Test("A point written in any way moves its objective, as the database itself sees to it")
    func triggers() async throws {
        let store = try SQLiteHistory(path: try ScratchFolder().path + "/history.sqlite")
        let now = Fixture.noon
        try await store.synchronise([Fixture.assignment()], digest: "one", at: now)
        try await store.synchroniseObjectives(
            [PolicyID(trusted: "nightly"): .hours(1)], exempt: [], digest: "one", at: now)
        try await store.enqueue([Fixture.backup()])
        let claimed = try #require(try await store.claim().first)
        try await store.succeed(claimed)
        try await store.database.write {
            try $0.execute(sql: "UPDATE recovery_point SET state = 'damaged'")
        }
        let state = try await store.read { database in
            try Row.fetchOne(database, sql: "SELECT newest IS NULL, is_lost FROM objective").map {
                [$0[0] as Bool, $0[1] as Bool]
            }
        }
        #expect(state == [true, true])
    }
}
