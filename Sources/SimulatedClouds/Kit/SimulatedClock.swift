public import HoldfastCore
import Synchronization

/// The one clock of a simulated cloud: everything in its state, the `Date` header and the rate limit
/// go by it.
///
/// It reads another clock and adds what it was moved by, so that a rehearsal can leap over a night.
public final class SimulatedClock: WallClock {
    private let base: @Sendable () -> Timestamp
    /// `nil`: it stands still.
    private let speed: Int64?
    private let lead = Mutex(Duration.zero)
    private let turns = Mutex(Turns())

    /// Who waits for the clock to be moved.
    private struct Turns {
        var current: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    /// So long a wait goes on without a look at the clock, in real time.
    private static let lookMax = Duration.seconds(1)

    /// Follows a clock: the machine's, or one that runs faster.
    ///
    /// - Parameter speed: How many times faster it runs than the machine's.
    public init(following clock: any WallClock, speed: Int64 = 1) {
        precondition(speed > 0, "a clock that runs goes forward")
        base = { clock.now }
        self.speed = speed
    }

    /// Stands still until it is moved; for tests.
    public init(standingAt instant: Timestamp) {
        base = { instant }
        speed = nil
    }

    /// The instant now.
    public var now: Timestamp { base() + lead.withLock { $0 } }

    /// Goes on where an earlier rehearsal stood: one on a fast clock ended in what is the future
    /// now.
    func catchUp(with instant: Timestamp?) {
        if let instant, instant > now { advance(by: instant - now) }
    }

    /// Moves the clock, backwards too.
    public func advance(by time: Duration) {
        lead.withLock { $0 += time }
        wake()
    }
}

extension SimulatedClock {
    /// Changes whenever the clock is moved or those who wait are woken.
    var turn: UInt64 { turns.withLock { $0.current } }

    /// Lets everybody who waits look again.
    func wake() {
        let waiting = turns.withLock { turns in
            turns.current += 1
            defer { turns.waiting = [:] }
            return turns.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns when the instant is reached, or somewhat earlier: look at the clock again.
    ///
    /// - Parameter turn: What `turn` was when the caller last looked at what it waits for. After a
    ///   later turn it does not wait.
    /// - Throws: `CancellationError`.
    func wait(until instant: Timestamp, since turn: UInt64) async throws {
        let left = instant - now
        guard left > .zero else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.nextTurn(after: turn) }
            if let speed {
                let pause = min(Self.lookMax, left / Int(speed)) + .milliseconds(1)
                group.addTask { try await Task.sleep(for: pause) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
        try Task.checkCancellation()
    }

    /// Returns after the turn, or when it is cancelled.
    private func nextTurn(after turn: UInt64) async {
        let waiter = turns.withLock { turns in
            turns.nextWaiter += 1
            return turns.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = turns.withLock { turns in
                    guard turns.current == turn, !Task.isCancelled else { return true }
                    turns.waiting[waiter] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            turns.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume()
        }
    }
}

/// An instant as state files and replies write it: RFC 3339, in UTC.
struct Stamp: Hashable, Comparable, Codable, Sendable {
    let instant: Timestamp

    init(_ instant: Timestamp) {
        self.instant = instant
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let instant = Timestamp(rfc3339: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an instant such as 2026-03-29T01:00:00Z")
        }
        self.instant = instant
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(instant.rfc3339)
    }

    static func < (lhs: Stamp, rhs: Stamp) -> Bool { lhs.instant < rhs.instant }
}

/// Writes the `Date` header.
enum HTTPDate {
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 29 Mar 2026 01:00:00 GMT`, as RFC 9110 has it.
    static func text(of instant: Timestamp) -> String {
        let stamp = instant.roundedDownToSecond.rfc3339
        // Rounded towards the past, for instants before 1970 too.
        let (days, rest) = instant.seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(dayNumber: rest < 0 ? days - 1 : days)
        let (year, month, day) = date.components
        let two = day < 10 ? "0\(day)" : "\(day)"
        let time = stamp.dropFirst(11).prefix(8)
        return "\(Self.days[date.weekday.isoNumber - 1]), \(two) \(Self.months[month - 1]) "
            + "\(year) \(time) GMT"
    }
}
