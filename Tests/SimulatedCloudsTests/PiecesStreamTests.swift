import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Streamed creations of the simulated Pieces OS")
struct PiecesStreamTests {
    private func parts(
        faults: String? = nil, isCut: Bool = false,
        _ adjusting: @Sendable (inout PiecesSettings) -> Void
    ) async throws -> [String] {
        let pieces = try PiecesUnderTest(faults: faults) {
            $0.backupSeconds = 0
            $0.progressObjects = 4
            adjusting(&$0)
        }
        return try await pieces.pieces(of: try await pieces.stream().stream, isCut: isCut)
    }

    @Test(
        "Each framing puts the same objects together in its own way",
        arguments:
            PiecesSettings.Framing.allCases)
    func framing(_ framing: PiecesSettings.Framing) async throws {
        let plain = try await parts { $0.framing = .joined }
        #expect(plain.count == 5)
        #expect(plain[1].contains(#""status":"IN-PROGRESS","percentage":25"#))
        #expect(plain[4].contains(#""status":"COMPLETED","percentage":100"#))
        #expect(plain[4].contains(#""backup":{"#) && !plain[3].contains("backup"))
        let parts = try await parts { $0.framing = framing }
        let whole = parts.joined()
        switch framing {
        case .lines: #expect(parts == plain.map { $0 + "\n" })
        case .joined: #expect(parts == plain)
        case .array:
            #expect(whole == "[" + plain.joined(separator: ",") + "]")
            #expect(JSON.reading(Array(whole.utf8))?.items?.count == 5)
        case .data: #expect(parts == plain.map { "data: \($0)\n\n" })
        case .split:
            #expect(whole == plain.joined() && parts.count == 6)
            #expect(parts.allSatisfy { JSON.reading(Array($0.utf8)) == nil })
        }
    }

    @Test("Objects come at the pace of the clock")
    func pace() async throws {
        let pieces = try PiecesUnderTest { $0.progressObjects = 4 }
        let (reply, stream) = try await pieces.stream()
        #expect(reply.contentType == "application/json; charset=utf-8")
        let (seen, note) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let (leave, stay) = AsyncStream.makeStream(of: Never.self)
                defer { stay.finish() }
                _ = try await stream.forEachPiece(isCut: false, until: leave) { piece in
                    note.yield(String(decoding: piece, as: UTF8.self))
                }
                note.finish()
            }
            var percents: [String] = []
            for await part in seen {
                let json = try #require(JSON.reading(Array(part.utf8)))
                percents.append("\(json["percentage"]?.number ?? -1) \(pieces.clock.now)")
                pieces.clock.advance(by: .milliseconds(7500))
            }
            #expect(
                percents == [
                    "0 2026-03-28T12:00:00Z", "25 2026-03-28T12:00:07.500Z",
                    "50 2026-03-28T12:00:15Z", "75 2026-03-28T12:00:22.500Z",
                    "100 2026-03-28T12:00:30Z",
                ])
            try await group.waitForAll()
        }
        #expect(try await pieces.ids().count == 7)
    }

    @Test("A stream of a cancelled creation ends with CANCELED")
    func cancelled() async throws {
        let pieces = try PiecesUnderTest { $0.progressObjects = 2 }
        let stream = try await pieces.stream().stream
        let id = await pieces.creating()
        #expect(try await pieces.ask("POST", "/backup/\(id)/creation/cancel").status == 204)
        let parts = try await pieces.pieces(of: stream)
        #expect(parts.count == 1 && parts[0].contains(#""status":"CANCELED","percentage":0"#))
    }

    @Test("A failure comes halfway")
    func failed() async throws {
        let pieces = try PiecesUnderTest(faults: #"{"fault":"action_errored"}"#) {
            $0.progressObjects = 4
        }
        let stream = try await pieces.stream().stream
        pieces.clock.advance(by: .seconds(30))
        let parts = try await pieces.pieces(of: stream)
        #expect(parts.count == 3)
        #expect(parts[1].contains(#""status":"IN-PROGRESS","percentage":25"#))
        #expect(parts[2].contains(#""status":"FAILED","percentage":50"#))
        #expect(!parts[2].contains("backup"))
    }

    @Test("A stream may end without a last word, or be cut; the backup is made all the same")
    func noLastWord() async throws {
        let stopped = try await parts { $0.streamStopsAt = 50 }
        #expect(stopped.count == 3 && stopped[2].contains(#""percentage":50"#))
        let cut = try await parts(isCut: true) { _ in }
        #expect(cut.count == 2)
        let pieces = try PiecesUnderTest(faults: #"{"fault":"truncate"}"#) { $0.backupSeconds = 0 }
        let outcome = try await pieces.desk.answer(CloudRequest("POST", "/backups/create/streamed"))
        guard case .truncated(let reply) = outcome else {
            Issue.record("not truncated: \(outcome)")
            return
        }
        #expect(reply.stream != nil)
        #expect(try await pieces.ids().count == 7)
    }

    @Test("The backup may be named before it is made")
    func namedEarly() async throws {
        let parts = try await parts { $0.progressNamesBackup = true }
        #expect(parts.allSatisfy { $0.contains(#""id":"12.4.1_1774699200""#) })
    }

    @Test("Who leaves a stream leaves the backup alone, or ends it", arguments: [false, true])
    func left(cancels: Bool) async throws {
        let pieces = try PiecesUnderTest { $0.leavingCancels = cancels }
        let stream = try await pieces.stream().stream
        let (leave, left) = AsyncStream.makeStream(of: Never.self)
        var count = 0
        await #expect(throws: CancellationError.self) {
            _ = try await stream.forEachPiece(isCut: false, until: leave) { _ in
                count += 1
                left.finish()
            }
        }
        #expect(count == 1)
        #expect(await pieces.cloud.state.creation == nil || !cancels)
        pieces.clock.advance(by: .seconds(30))
        #expect(try await pieces.ids().count == (cancels ? 6 : 7))
        let log = try await pieces.ask("GET", "/_sim/requests")
        #expect(log["requests/0/stream/ending"]?.text == "left")
        #expect(log["requests/0/stream/pieces"]?.number == 1)
    }

    @Test("The log tells how a stream ended, and while it is under way")
    func log() async throws {
        let pieces = try PiecesUnderTest { $0.backupSeconds = 0 }
        let stream = try await pieces.stream().stream
        let before = try await pieces.ask("GET", "/_sim/requests")
        #expect(before["requests/0/stream/ending"]?.text == "under way")
        _ = try await pieces.pieces(of: stream)
        _ = try await pieces.pieces(of: try await pieces.stream().stream, isCut: true)
        let after = try await pieces.ask("GET", "/_sim/requests")
        #expect(after["requests/0/stream/ending"]?.text == "complete")
        #expect(after["requests/0/stream/pieces"]?.number == 11)
        #expect(after["requests/1/stream/ending"]?.text == "cut")
        #expect(after["requests/1/status"]?.number == 200)
    }

    @Test("A stream without an end is cut after its largest number of pieces")
    func bounded() async throws {
        let (leave, stay) = AsyncStream.makeStream(of: Never.self)
        defer { stay.finish() }
        var count = 0
        let endless = CloudStream(piecesBeforeCut: 1) { [0x20] }
        let isComplete = try await endless.forEachPiece(isCut: false, until: leave) { _ in
            count += 1
        }
        #expect(!isComplete && count == CloudStream.pieceMax)
    }
}
