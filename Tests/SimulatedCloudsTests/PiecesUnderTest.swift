import HoldfastCore
import Testing

@testable import SimulatedClouds

/// A simulated Pieces OS without connections, on a clock that stands still until it is moved.
struct PiecesUnderTest {
    let clock: SimulatedClock
    let cloud: PiecesCloud
    let desk: CloudDesk

    init(
        estate: PiecesEstate = .small, savedState: [UInt8]? = nil, faults: String? = nil,
        at now: Timestamp = CloudUnderTest.noon,
        _ adjusting: @Sendable (inout PiecesSettings) -> Void = { _ in }
    ) throws {
        clock = SimulatedClock(standingAt: now)
        cloud = try PiecesCloud(
            savedState: savedState, estate: estate, clock: clock
        ) {
            if savedState == nil { $0.backupSeconds = 30 }
            adjusting(&$0)
        }
        let plan = try faults.map { try FaultPlan(json: Array(#"{"faults":[\#($0)]}"#.utf8)) }
        desk = CloudDesk(cloud, clock: clock, faults: plan ?? FaultPlan())
    }

    func ask(
        _ method: String, _ target: String, _ body: String = "", application: String? = nil
    ) async throws -> CloudUnderTest.Answer {
        let outcome = try await desk.answer(
            CloudRequest(
                method, target, headers: application.map { [("X-Application-ID", $0)] } ?? [],
                body: Array(body.utf8)))
        guard case .reply(let reply) = outcome else {
            throw CloudUnderTest.UnexpectedOutcome(outcome: "\(outcome)")
        }
        return CloudUnderTest.Answer(reply)
    }

    /// The ids in the list.
    func ids() async throws -> [String] {
        let answer = try await ask("GET", "/backups")
        let items = try #require(answer["iterable"]?.items)
        return items.compactMap { $0["id"]?.text }
    }

    /// Starts a streamed creation.
    func stream() async throws -> (reply: CloudReply, stream: CloudStream) {
        let answer = try await ask("POST", "/backups/create/streamed", "{}")
        try #require(answer.status == 200)
        return (answer.reply, try #require(answer.reply.stream))
    }

    /// The pieces of a stream that does not wait.
    func pieces(of stream: CloudStream, isCut: Bool = false) async throws -> [String] {
        let (leave, stay) = AsyncStream.makeStream(of: Never.self)
        defer { stay.finish() }
        var pieces: [String] = []
        _ = try await stream.forEachPiece(isCut: isCut, until: leave) { piece in
            pieces.append(String(decoding: piece, as: UTF8.self))
        }
        return pieces
    }

    /// The id of the backup that is being made, once it is.
    func creating() async -> String {
        while true {
            if let creation = await cloud.state.creation { return creation.backup.id }
            await Task.yield()
        }
    }
}
