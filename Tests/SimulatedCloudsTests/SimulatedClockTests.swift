import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Waiting on the simulated clock")
struct SimulatedClockTests {
    private let clock = SimulatedClock(standingAt: CloudUnderTest.noon)

    @Test("What has come is not waited for")
    func past() async throws {
        try await clock.wait(until: CloudUnderTest.noon, since: clock.turn)
        #expect(clock.turn == 0)
    }

    @Test("A turn that the caller has missed is not waited for")
    func missed() async throws {
        let turn = clock.turn
        clock.wake()
        try await clock.wait(until: .distantFuture, since: turn)
        #expect(clock.turn == turn + 1)
    }

    @Test("Everybody who waits looks again when the clock is moved")
    func moved() async throws {
        let clock = clock
        try await withThrowingTaskGroup(of: Timestamp.self) { group in
            let turn = clock.turn
            for _ in 0..<20 {
                group.addTask {
                    try await clock.wait(until: .distantFuture, since: turn)
                    return clock.now
                }
            }
            clock.advance(by: .seconds(5))
            for try await now in group { #expect(now == CloudUnderTest.noon + .seconds(5)) }
        }
    }

    @Test("Cancellation ends a wait, before and after it began", arguments: 0..<20)
    func cancelled(round: Int) async {
        let clock = clock
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await clock.wait(until: .distantFuture, since: clock.turn)
                }
                for _ in 0..<round { await Task.yield() }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("A clock that runs gets there by itself")
    func running() async throws {
        struct Stepping: WallClock {
            let now: Timestamp
        }
        // The clock behind it stands, but is taken for a running one: a wait ends to look again.
        let clock = SimulatedClock(following: Stepping(now: CloudUnderTest.noon), speed: 100_000)
        try await clock.wait(until: CloudUnderTest.noon + .seconds(60), since: clock.turn)
        #expect(clock.now == CloudUnderTest.noon)
    }
}
