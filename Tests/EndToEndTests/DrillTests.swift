import Foundation
import Testing

@Suite("Drills")
struct DrillTests {
    private struct DrilledPoint: Decodable {
        let id: String
        let state: String
        let proof: String?
        let restoreMs: Int?
    }

    private struct Drill: Decodable {
        let job: JobRow
        let point: DrilledPoint?
    }

    private struct Health: Decodable {
        let name: String
        let health: String
        let proof: String?
    }

    /// What drills left in the repository.
    private func left(in estate: Estate) throws -> [String] {
        let path = estate.repository + "/.drills"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path)
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(text.utf8))
    }

    @Test("A drill unpacks a point, runs the command there, and leaves nothing behind")
    func whole() async throws {
        let estate = try Estate()
        try estate.write("forty-two", to: "documents/answer")
        let command = try estate.script(
            "check",
            "pwd > '\(estate.root)/where'\n[ \"$HOLDFAST_SCRATCH\" = \"$(pwd)\" ] && cat answer")
        try estate.configure(
            policy: TestPolicy.closed("verify: { every: week, command: [\(command)] }"))
        try await estate.withDaemon { _ in
            let none = try await estate.holdfast("verify", "--drill", "documents")
            #expect(none.code == 75)
            #expect(none.err.contains("has no good point"))
            try await estate.backUp("documents")
            let ended = try await estate.holdfast("verify", "--drill", "documents")
            #expect(ended.code == 0, "\(ended.err)")
            #expect(ended.out.contains("was restored into a scratch directory in"))
            let target = try await estate.json(Listing<Health>.self, "targets").items.first
            #expect(target?.health == "ok")
            #expect(target?.proof == "restored")
            #expect(try await estate.holdfast("runs", "--output").out.contains("forty-two"))
            #expect(try await estate.holdfast("status").out.contains("1 of 1"))
        }
        #expect(try estate.read("where").contains("/.drills/hf-"))
        #expect(try left(in: estate) == [])
        #expect(
            try await estate.history.rows(
                "SELECT proof, restore_ms >= 0, state FROM audit_proofs"
            ) == [["restored", "1", "available"]])
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    @Test("A changed byte makes a point damaged, and the daemon says so everywhere")
    func damaged() async throws {
        let estate = try Estate()
        try estate.write("forty-two", to: "documents/answer")
        try estate.configure(policy: TestPolicy.closed())
        try await estate.withDaemon { _ in
            try await estate.backUp("documents")
            let point = try #require(try estate.points().first)
            let data = "\(estate.repository)/documents/\(point)/data.tar.zst"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: data))
            bytes[bytes.count / 2] ^= 0x01
            try bytes.write(to: URL(fileURLWithPath: data))
            let ended = try await estate.holdfast("verify", "--drill", "documents", "--json")
            #expect(ended.code == 1)
            let drill = try decode(Drill.self, ended.out)
            #expect(drill.job.state == "failed")
            #expect(drill.point?.id == point)
            #expect(drill.point?.state == "damaged")
            #expect(drill.point?.proof == nil)
            #expect(ended.err.contains("is damaged: its SHA-256 is"))
            let target = try await estate.json(Listing<Health>.self, "targets").items.first
            #expect(target?.health == "damaged")
            let status = try await estate.holdfast("status")
            #expect(status.out.contains("1 needs a look:"))
            let again = try await estate.holdfast("verify", "--drill", "documents")
            #expect(again.code == 75)
            #expect(again.err.contains("has no good point"))
        }
        #expect(try left(in: estate) == [])
        #expect(
            try await estate.history.value(
                "SELECT count(*) FROM audit_events WHERE kind = 'point.damaged'") == "1")
    }

    @Test("What a killed daemon left of a drill is removed at the next start, and it goes on")
    func killed() async throws {
        let estate = try Estate()
        try estate.write("forty-two", to: "documents/answer")
        let command = try estate.script(
            "wait",
            "[ -e '\(estate.root)/second' ] && exit 0\ntouch '\(estate.root)/reached'\nexec sleep 30"
        )
        try estate.configure(
            policy: TestPolicy.closed("verify: { every: week, command: [\(command)] }"))
        try await estate.withDaemon { daemon in
            try await estate.backUp("documents")
            let asked = try await estate.holdfast("verify", "--drill", "documents", "--no-wait")
            #expect(asked.code == 0, "\(asked.err)")
            try await eventually("the command") { estate.exists("reached") }
            daemon.kill()
        }
        #expect(try left(in: estate).count == 2)
        try estate.write("", to: "second")
        try await estate.withDaemon { _ in
            try await eventually("the end of the drill") {
                try await estate.history.rows("SELECT proof FROM audit_proofs") == [["restored"]]
            }
        }
        #expect(try left(in: estate) == [])
        #expect(
            try await estate.history.rows(
                "SELECT state FROM audit_runs WHERE kind = 'verify' ORDER BY id"
            ) == [["interrupted"], ["succeeded"]])
    }
}
