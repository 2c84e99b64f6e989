import Foundation
import GRDB
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastStore

@Suite("Reading the history's file beside the daemon")
struct HistoryReaderTests {
    private let noon = Fixture.noon
    private let etc = Fixture.assignment("nightly", "etc")
    private let web = Fixture.assignment("nightly", "web")

    /// A history that is open for its daemon: three points of `etc`, one of them deleted, a failed
    /// backup of `web` for want of a place.
    private func history() async throws -> (store: SQLiteHistory, path: String) {
        let path = try ScratchFolder().path + "/history.sqlite"
        let store = try SQLiteHistory(path: path)
        for hour in 0..<3 {
            try await store.enqueue([Fixture.backup(etc, opensAfter: .hours(hour))], at: noon)
            let claimed = try #require(try await store.claim(at: noon + .hours(hour)).first)
            try await store.succeed(claimed, takenAt: noon + .hours(hour))
        }
        let oldest = try #require(try await store.availablePoints(of: etc).last)
        try await store.retire(
            oldest.id, as: .deleted, at: noon,
            event: NewEvent(at: noon, kind: .pointDeleted, actor: .scheduler))
        try await store.enqueue([Fixture.backup(web)], at: noon)
        let claimed = try #require(try await store.claim().first)
        _ = try await store.record(
            AttemptOutcome(
                claimed: claimed,
                ending: RunEnding(
                    state: .failed, errorKind: .quota,
                    message: "refused with 402: Total snapshots exceed the total max limit of 3"),
                endedAt: noon, next: .failed, failures: 1, isUncertain: false, point: nil,
                events: []))
        try await store.synchronise([etc], digest: "one", at: noon)
        return (store, path)
    }

    @Test("It gives what is recorded, as the daemon reads it")
    func same() async throws {
        let (store, path) = try await history()
        let reader = try HistoryReader(path: path)
        let outline = try await reader.outline()
        #expect(outline.inForce == [etc])
        #expect(outline.withPoints == [etc])
        #expect(outline.discovered.isEmpty)
        let read = try await reader.recorded(
            [(etc.target, [etc]), (web.target, [web])], in: outline, from: noon)
        let known = try #require(read.first?.assignments.first)
        #expect(known.points == (try await store.availablePoints(of: etc)))
        #expect(known.points.count == 2)
        #expect(known.isInForce)
        // A deleted point's window had its backup.
        #expect(known.successes == [0, 1, 2].map { noon + .hours($0) })
        let failed = try #require(read.last?.assignments.first)
        #expect(!failed.isInForce)
        #expect(failed.successes.isEmpty)
        #expect(failed.placesTold == 3)
        let later = try await reader.recorded(
            [(etc.target, [etc])], in: outline, from: noon + .hours(1))
        #expect(later.first?.assignments.first?.successes.count == 2)
        #expect(outline.endings.isEmpty)
        try await store.synchronise([], digest: "2", at: noon + .days(2))
        let without = try await reader.outline()
        #expect(without.inForce.isEmpty)
        #expect(without.endings == [etc: noon + .days(2)])
        let ended = try await reader.recorded(
            [(etc.target, [etc])], in: without, from: noon)
        #expect(ended.first?.assignments.first?.endedAt == noon + .days(2))
        try reader.close()
    }

    @Test("It tells of pauses and of the newest entry")
    func outline() async throws {
        let (store, path) = try await history()
        let pause = Pause(
            policy: etc.policy, reason: "moving", actor: "uid 0 (root)", pausedAt: noon, until: nil)
        _ = try await store.pause(
            pause,
            event: NewEvent(at: noon + .days(1), kind: .policyPaused, actor: .scheduler))
        let reader = try HistoryReader(path: path)
        let outline = try await reader.outline()
        #expect(outline.pauses == [pause])
        #expect(outline.newestRecord == noon + .days(1))
        try reader.close()
    }

    @Test("What is no history is named as such", arguments: ["policies: {}\n", ""])
    func noHistory(text: String) throws {
        let folder = try ScratchFolder().path
        let file = folder + "/holdfast.yaml"
        try Data(text.utf8).write(to: URL(filePath: file))
        for path in [file, folder] {
            let error = #expect(throws: StoreError.self) { try HistoryReader(path: path) }
            #expect(error?.kind == .corrupt)
            #expect(error?.message.contains("is no history; name history.sqlite") == true)
        }
    }

    @Test("It can't write")
    func readOnly() async throws {
        let (_, path) = try await history()
        let reader = try HistoryReader(path: path)
        await #expect(throws: (any Error).self) {
            try await reader.database.write { try $0.execute(sql: "DELETE FROM pin") }
        }
    }

    @Test("A file of another version is left as it is")
    func version() async throws {
        let (store, path) = try await history()
        let newest = try await store.database.write { database in
            let newest = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            try database.execute(sql: "PRAGMA user_version = \(newest - 1)")
            return newest
        }
        try store.close()
        let error = try #require(throws: StoreError.self) { try HistoryReader(path: path) }
        #expect(error.kind == .newer)
        #expect(error.message.contains("version \(newest - 1)"))
        #expect(error.message.contains("start this version's daemon once"))
        #expect(!FileManager.default.fileExists(atPath: "\(path).before-v\(newest)"))
    }

    @Test("A file that is not there is not made")
    func absent() throws {
        let path = try ScratchFolder().path + "/history.sqlite"
        let error = try #require(throws: StoreError.self) { try HistoryReader(path: path) }
        #expect(error.kind == .io)
        #expect(error.message.contains("No such file"))
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
