import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastProviders

@Suite("The vendor's pace")
struct RateGateTests {
    private let noon = Fixture.noon

    @Test(
        "No stretch of the window's length ever has more than the limit", arguments: UInt64(1)...20)
    func exact(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        var window = SlidingWindow(limit: 10, length: .seconds(60))
        var now = noon
        var sent: [Timestamp] = []
        for _ in 0..<500 {
            now = now + .milliseconds(Int.random(in: 0...9000, using: &rng))
            if let wait = window.wait(at: now) {
                #expect(wait > now)
                now = wait
            }
            #expect(window.wait(at: now) == nil, "seed \(seed)")
            window.note(at: now)
            sent.append(now)
        }
        for (index, instant) in sent.enumerated() {
            let stretch = sent[index...].prefix { $0 - instant < .seconds(60) }
            #expect(stretch.count <= 10, "seed \(seed)")
        }
    }

    @Test("What others used of the allowance counts, and the limit is the vendor's")
    func learning() {
        var window = SlidingWindow(limit: 100, length: .hours(1))
        for _ in 0..<5 { window.note(at: noon) }
        window.learn(limit: 50, remaining: 20, at: noon)
        #expect(window.limit == 50)
        #expect(window.used(at: noon) == 30)
        // More is left than was counted here: answers overtake one another.
        window.learn(limit: 50, remaining: 48, at: noon)
        #expect(window.used(at: noon) == 30)
        window.learn(limit: 0, remaining: -7, at: noon)
        #expect(window.limit == 50)
        #expect(window.used(at: noon + .hours(1)) == 0)
    }

    @Test("A clock that goes back does not close the window for longer than its length")
    func clockBack() {
        var window = SlidingWindow(limit: 2, length: .seconds(60))
        // Some have left the window already when the clock goes back.
        for minute in 0..<5 { window.note(at: noon + .days(3) + .minutes(minute)) }
        #expect(window.used(at: noon + .days(3) + .minutes(4)) == 1)
        window.note(at: noon)
        #expect(window.used(at: noon) == 2)
        #expect(window.wait(at: noon) == noon + .seconds(60))
        #expect(window.wait(at: noon + .seconds(60)) == nil)
    }

    @Test("Requests wait for their turn and go on in it")
    func gate() throws {
        let time = VirtualTime(at: noon)
        let noon = noon
        try simulate(seed: 1, time: time) {
            let gate = RateGate(
                windows: [SlidingWindow(limit: 3, length: .seconds(60))], wall: time.wall,
                sleep: { try await time.sleep(for: $0) })
            for _ in 0..<7 { try await gate.pass() }
            #expect(time.wall.now == noon + .seconds(120))
        }
    }

    @Test("A turn that is too far away is refused with its instant")
    func farAway() throws {
        let time = VirtualTime(at: noon)
        let noon = noon
        try simulate(seed: 1, time: time) {
            let gate = RateGate(windows: [], wall: time.wall, sleep: { _ in })
            await gate.close(until: noon + .hours(2))
            let error = await #expect(throws: ProviderError.self) { try await gate.pass() }
            #expect(error?.kind == .throttled)
            #expect(error?.retryAfter == noon + .hours(2))
        }
    }
}

@Suite("Dates of headers")
struct HTTPDateTests {
    @Test(
        "The one form that is in use is read, anything else is no date",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Timestamp(seconds: 784_111_777)),
            ("Sat, 21 Nov 2026 16:13:14 GMT", Timestamp(rfc3339: "2026-11-21T16:13:14Z")),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("", nil),
            ("Sun, 6 Nov 1994 08:49:37 GMT", nil),
        ] as [(String, Timestamp?)])
    func dates(text: String, expected: Timestamp?) {
        #expect(HTTPDate.parse(text) == expected)
    }
}
