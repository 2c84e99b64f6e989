import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastProviders

@Suite("The vendor's pace")
struct RateGateTests {
    private let noon = Fixture.noon

    /// Sends through a window whose answers take a while, and tells when the vendor counted each
    /// request: at some instant between its sending and its answer.
    private func counted(seed: UInt64) -> [Timestamp] {
        var rng = SeededGenerator(seed: seed)
        var window = SlidingWindow(limit: 10, length: .seconds(60))
        var now = noon
        var underWay: [(counted: Timestamp, answered: Timestamp)] = []
        var counted: [Timestamp] = []
        while counted.count < 500 {
            let next = now + .milliseconds(Int.random(in: 0...9000, using: &rng))
            for request in underWay.sorted(by: { $0.answered < $1.answered })
            where request.answered <= next {
                window.end(at: request.answered)
            }
            underWay.removeAll { $0.answered <= next }
            now = next
            if let wait = window.wait(at: now) {
                #expect(wait > now, "seed \(seed)")
                continue
            }
            window.begin()
            let took = Int.random(in: 1...30_000, using: &rng)
            let reached = now + .milliseconds(Int.random(in: 0...took, using: &rng))
            underWay.append((counted: reached, answered: now + .milliseconds(took)))
            counted.append(reached)
        }
        return counted.sorted()
    }

    @Test(
        "The vendor never counts more than the limit in a stretch, however long answers take",
        arguments: UInt64(1)...20)
    func exact(seed: UInt64) {
        let counted = counted(seed: seed)
        for (index, instant) in counted.enumerated() {
            let stretch = counted[index...].prefix { $0 - instant < .seconds(60) }
            #expect(stretch.count <= 10, "seed \(seed)")
        }
    }

    @Test("A turn is given as soon as the window has room, to the millisecond")
    func prompt() {
        var window = SlidingWindow(limit: 2, length: .seconds(60))
        for second in 0..<2 {
            window.begin()
            window.end(at: noon + .seconds(second))
        }
        let late = noon + .seconds(30)
        #expect(window.wait(at: late) == noon + .seconds(60))
        #expect(window.wait(at: noon + .milliseconds(59_999)) != nil)
        #expect(window.wait(at: noon + .seconds(60)) == nil)
        window.begin()
        #expect(window.wait(at: noon + .seconds(60)) == noon + .seconds(61))
        // Nobody knows when the one under way will be answered: not before now.
        #expect(window.wait(at: noon + .seconds(61)) == nil)
        window.begin()
        #expect(window.wait(at: noon + .seconds(62)) == noon + .seconds(122))
    }

    @Test("What others used of the allowance counts, and the limit is the vendor's")
    func learning() {
        var window = SlidingWindow(limit: 100, length: .hours(1))
        for _ in 0..<5 {
            window.begin()
            window.end(at: noon)
        }
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
        for minute in 0..<5 {
            window.begin()
            window.end(at: noon + .days(3) + .minutes(minute))
        }
        #expect(window.used(at: noon + .days(3) + .minutes(4)) == 1)
        window.begin()
        window.end(at: noon)
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
            for _ in 0..<7 {
                try await gate.pass()
                await gate.answered()
            }
            #expect(time.wall.now == noon + .seconds(120))
        }
    }

    @Test("A request that is answered late makes room late")
    func lateAnswer() throws {
        let time = VirtualTime(at: noon)
        let noon = noon
        try simulate(seed: 1, time: time) {
            let gate = RateGate(
                windows: [SlidingWindow(limit: 3, length: .seconds(60))], wall: time.wall,
                sleep: { try await time.sleep(for: $0) })
            for _ in 0..<3 { try await gate.pass() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await time.sleep(for: .seconds(90))
                    for _ in 0..<3 { await gate.answered() }
                }
                group.addTask { try await gate.pass() }
                try await group.waitForAll()
            }
            #expect(time.wall.now == noon + .seconds(150))
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
