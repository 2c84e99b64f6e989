import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// Pieces OS does not tell of a backup that it is making, so patience has to stand for it.
@Suite("A backup of Pieces OS that may be under way")
struct PiecesUnderWayTests {
    private let cut = #"{"fault": "truncate", "method": "POST"}"#

    @Test("It is waited for until it is listed, and not made again")
    func waited() async throws {
        try await PiecesBench.run(faults: [#"{"fault": "cut_after", "method": "POST"}"#]) {
            $0.backupSeconds = 45
        } _: { bench in
            let lost = await providerFailure { _ = try await bench.backUp() }
            #expect(lost?.kind == .ambiguous)
            var looks = 0
            var found: RemotePoint?
            while found == nil {
                do {
                    found = try await bench.find()
                    try #require(found != nil, "it is taken for absent while it is under way")
                } catch let error as ProviderError {
                    #expect(error.kind == .throttled)
                    #expect(error.retryAfter == bench.clock.now + .seconds(10))
                    bench.clock.advance(by: .seconds(10))
                    looks += 1
                }
            }
            #expect(looks == 5 && found?.remoteID == "12.4.1_1774699200")
            #expect(await bench.desk.requestCount(of: "POST /backups/create/streamed") == 1)
        }
    }

    @Test("It is not ordered again before it was looked for, and no other one meanwhile")
    func notAgain() async throws {
        try await PiecesBench.run(faults: [#"{"fault": "cut_before", "method": "POST"}"#]) {
            bench in
            _ = await providerFailure { _ = try await bench.backUp() }
            let same = await providerFailure { _ = try await bench.backUp() }
            #expect(same?.kind == .ambiguous)
            let other = await providerFailure { _ = try await bench.backUp(1) }
            #expect(other?.kind == .throttled)
            #expect(other?.retryAfter == bench.clock.now + .seconds(10))
            let early = await providerFailure { _ = try await bench.find() }
            #expect(early?.kind == .throttled)
            bench.clock.advance(by: .minutes(15))
            let late = try await bench.find()
            #expect(late == nil)
            _ = try await bench.backUp()
            #expect(await bench.desk.requestCount(of: "POST /backups/create/streamed") == 2)
        }
    }

    @Test("After a restart the history's instant counts")
    func restarted() async throws {
        try await PiecesBench.run { bench in
            let early = await providerFailure { _ = try await bench.find() }
            #expect(early?.kind == .throttled)
            bench.clock.advance(by: .minutes(14) + .seconds(55))
            let later = await providerFailure { _ = try await bench.find() }
            #expect(later?.retryAfter == Bench.noon + .minutes(15))
            bench.clock.advance(by: .seconds(5))
            let late = try await bench.find()
            #expect(late == nil)
            let nothing = try await bench.find(1, since: nil)
            #expect(nothing == nil)
        }
    }

    @Test(
        "A stream that ends without a last word may have made a backup",
        arguments: [
            (#"{"fault": "truncate", "method": "POST"}"#, 100),
            (#"{"fault": "empty_200", "method": "POST"}"#, 100), (nil, 50),
        ] as [(String?, Int64)])
    func noLastWord(fault: String?, stopsAt: Int64) async throws {
        try await PiecesBench.run(faults: fault.map { [$0] } ?? []) {
            $0.streamStopsAt = stopsAt
        } _: { bench in
            let error = await providerFailure { _ = try await bench.backUp() }
            #expect(error?.kind == .ambiguous)
            let found = try await bench.find()
            #expect(found?.remoteID == "12.4.1_1774699200")
        }
    }

    @Test("A cancelled order is open: what Pieces OS made of it is found")
    func cancelled() async throws {
        try await PiecesBench.run {
            $0.backupSeconds = 60
        } _: { bench in
            let error = await providerFailure {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await bench.backUp() }
                    while await bench.desk.requestCount(of: "POST /backups/create/streamed") == 0 {
                        await Task.yield()
                    }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
            #expect(error?.kind == .ambiguous)
            bench.clock.advance(by: .seconds(60))
            let found = try await bench.find()
            #expect(found != nil)
        }
    }
}
