import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Backups of the simulated Pieces OS")
struct PiecesCreationTests {
    @Test("A creation answers when the backup is made, which takes its time")
    func takesTime() async throws {
        let pieces = try PiecesUnderTest()
        async let answer = pieces.ask("POST", "/backups/create", "{}")
        let id = await pieces.creating()
        #expect(id == "12.4.1_1774699200")
        pieces.clock.advance(by: .seconds(12))
        let status = try await pieces.ask("GET", "/backup/\(id)/creation/status")
        #expect(status["value"]?.text == "IN-PROGRESS")
        #expect(status["percentage"]?.number == 40)
        #expect(status["backup/id"]?.text == id)
        #expect(try await pieces.ids().contains(id) == false)
        pieces.clock.advance(by: .seconds(18))
        let made = try await answer
        #expect(made.status == 200 && made["id"]?.text == id)
        #expect(made["created/value"]?.text == "2026-03-28T12:00:00.000Z")
        #expect(try await pieces.ids().last == id)
        let after = try await pieces.ask("GET", "/backup/\(id)/creation/status")
        #expect(after["value"]?.text == "COMPLETED")
        #expect(after["percentage"]?.number == 100)
    }

    @Test("Backups grow with the database, and have ids of their own in the same second")
    func growth() async throws {
        let pieces = try PiecesUnderTest { $0.backupSeconds = 0 }
        let first = try await pieces.ask("POST", "/backups/create")
        let second = try await pieces.ask("POST", "/backups/create", #"{"unknown":1}"#)
        pieces.clock.advance(by: .hours(1))
        let third = try await pieces.ask("POST", "/backups/create")
        let answers = [first, second, third]
        #expect(
            answers.map { $0["id"]?.text } == [
                "12.4.1_1774699200", "12.4.1_1774699201", "12.4.1_1774702800",
            ])
        let bytes = answers.compactMap { $0["bytes"]?.number }
        #expect(bytes[0] == bytes[1] && bytes[2] == bytes[0] + 60 * 1024)
        let revisions = await pieces.cloud.state.backups.rows.suffix(3).map(\.database.revision)
        #expect(revisions.contains(100_060))
    }

    @Test("One backup is made at a time")
    func oneAtATime() async throws {
        let pieces = try PiecesUnderTest()
        _ = try await pieces.stream()
        #expect(try await pieces.ask("POST", "/backups/create").status == 500)
        #expect(try await pieces.ask("POST", "/backups/create/streamed").status == 500)
        let known = try #require(try await pieces.ids().first)
        #expect(try await pieces.ask("POST", "/backup/\(known)/restore").status == 500)
        pieces.clock.advance(by: .seconds(30))
        #expect(try await pieces.ids().count == 7)
        #expect(try await pieces.ask("POST", "/backups/create/streamed").status == 200)
    }

    @Test("A creation that is cancelled ends at once, for all who wait for it")
    func cancelled() async throws {
        let pieces = try PiecesUnderTest()
        async let answer = pieces.ask("POST", "/backups/create")
        let id = await pieces.creating()
        #expect(try await pieces.ask("POST", "/backup/x/creation/cancel").status == 500)
        #expect(try await pieces.ask("POST", "/backup/\(id)/creation/cancel").status == 204)
        #expect(try await answer.status == 500)
        let status = try await pieces.ask("GET", "/backup/\(id)/creation/status")
        #expect(status["value"]?.text == "CANCELED")
        #expect(try await pieces.ask("POST", "/backup/\(id)/creation/cancel").status == 500)
        #expect(try await pieces.ids().count == 6)
    }

    @Test("An action on order that errs makes no backup", arguments: ["create", "create/streamed"])
    func errored(path: String) async throws {
        let pieces = try PiecesUnderTest(faults: #"{"fault":"action_errored"}"#) {
            $0.backupSeconds = 0
        }
        let answer = try await pieces.ask("POST", "/backups/\(path)")
        if let stream = answer.reply.stream {
            let parts = try await pieces.pieces(of: stream)
            #expect(parts.count == 1 && parts[0].contains(#""status":"FAILED""#))
        } else {
            #expect(answer.status == 500)
        }
        #expect(try await pieces.ids().count == 6)
        #expect(await pieces.cloud.state.ended.map(\.outcome) == [.failed])
    }

    @Test("A lost reply is a 500 though the backup is made")
    func lostReply() async throws {
        let pieces = try PiecesUnderTest(faults: #"{"fault":"lost_reply","method":"POST"}"#) {
            $0.backupSeconds = 0
        }
        let answer = try await pieces.ask("POST", "/backups/create")
        #expect(answer.status == 500)
        #expect(answer.reply.contentType == "text/plain; charset=utf-8")
        #expect(try await pieces.ids().count == 7)
    }

    @Test("A creation goes on in the next process, as it was saved")
    func savedState() async throws {
        let pieces = try PiecesUnderTest()
        _ = try await pieces.stream()
        let saved = try await pieces.cloud.savedState()
        let same = try await PiecesUnderTest(savedState: saved).cloud.savedState()
        #expect(same == saved)
        let later = try PiecesUnderTest(savedState: saved, at: CloudUnderTest.noon + .seconds(29))
        #expect(try await later.ids().count == 6)
        later.clock.advance(by: .seconds(1))
        #expect(try await later.ids().last == "12.4.1_1774699200")
        // A state from the future takes its clock along.
        let past = try PiecesUnderTest(savedState: saved, at: CloudUnderTest.noon - .days(1))
        #expect(past.clock.now == CloudUnderTest.noon)
    }

    @Test("A request that is given up waits no longer, and the backup goes on")
    func givenUp() async throws {
        let pieces = try PiecesUnderTest()
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await pieces.ask("POST", "/backups/create") }
                _ = await pieces.creating()
                group.cancelAll()
                try await group.next()
            }
        }
        pieces.clock.advance(by: .seconds(30))
        #expect(try await pieces.ids().count == 7)
    }
}
