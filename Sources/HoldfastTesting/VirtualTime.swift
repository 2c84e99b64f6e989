public import HoldfastCore
import Synchronization

/// Time that passes only when nobody can run: a wall clock that can be set, a clock that never
/// jumps, and the scheduler's pacer, in one.
public final class VirtualTime: Clock, Pacer {
    /// An instant on the clock that never jumps.
    public struct Instant: InstantProtocol, Hashable, Sendable {
        /// Since the beginning.
        public let offset: Duration

        /// Later by a duration.
        public func advanced(by duration: Duration) -> Instant {
            Instant(offset: offset + duration)
        }

        /// How much later the other one is.
        public func duration(to other: Instant) -> Duration { other.offset - offset }

        /// Earlier comes first.
        public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }
    }

    private struct Sleeper {
        let id: Int
        let due: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Rester {
        let until: Timestamp?
        let limit: Duration?
        let continuation: CheckedContinuation<Wake, Never>
    }

    private struct State {
        var elapsed = Duration.zero
        var wallOffset: Timestamp
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var nextID = 0
        var rester: Rester?
        var hasNews = false
        var isStopped = false
        var wasSet = false
    }

    private let state: Mutex<State>

    /// Begins at an instant of the wall clock.
    public init(at beginning: Timestamp) {
        state = Mutex(State(wallOffset: beginning))
    }

    // MARK: Clocks

    /// The wall clock.
    public var wall: VirtualWallClock { VirtualWallClock(time: self) }

    fileprivate var wallNow: Timestamp { state.withLock { $0.wallOffset + $0.elapsed } }

    /// The clock that never jumps; `Clock`'s own requirement.
    public var now: Instant { state.withLock { Instant(offset: $0.elapsed) } }

    /// One millisecond.
    public var minimumResolution: Duration { .milliseconds(1) }

    /// The reading of the clock that never jumps.
    public var elapsed: Duration { state.withLock { $0.elapsed } }

    /// Sets the wall clock forward or back, as an administrator or NTP would.
    public func setWall(by jump: Duration) {
        let rester = state.withLock { state in
            state.wallOffset = state.wallOffset + jump
            state.wasSet = state.rester == nil
            defer { state.rester = nil }
            return state.rester
        }
        rester?.continuation.resume(returning: .clockStep)
    }

    /// Sleeps on the clock that never jumps.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if deadline.offset <= state.elapsed { return .success(()) }
                    state.sleepers.append(
                        Sleeper(id: id, due: deadline.offset, continuation: continuation))
                    return nil
                }
                if let isOver { continuation.resume(with: isOver) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    // MARK: Pacer

    /// See `Pacer`.
    public func rest(until instant: Timestamp?, atMost limit: Duration?) async -> Wake {
        await withCheckedContinuation { continuation in
            let immediate = state.withLock { state -> Wake? in
                if state.isStopped { return .stop }
                if state.wasSet {
                    state.wasSet = false
                    return .clockStep
                }
                if state.hasNews {
                    state.hasNews = false
                    return .news
                }
                precondition(state.rester == nil, "two rest at one pacer")
                state.rester = Rester(
                    until: instant, limit: limit.map { state.elapsed + $0 },
                    continuation: continuation)
                return nil
            }
            if let immediate { continuation.resume(returning: immediate) }
        }
    }

    /// See `Pacer`.
    public func wake() {
        let rester = state.withLock { state in
            defer { state.rester = nil }
            if state.rester == nil { state.hasNews = true }
            return state.rester
        }
        rester?.continuation.resume(returning: .news)
    }

    /// Ends this rest and every further one.
    public func stop() {
        let rester = state.withLock { state in
            state.isStopped = true
            defer { state.rester = nil }
            return state.rester
        }
        rester?.continuation.resume(returning: .stop)
    }

    /// Makes the pacer usable for another scheduler after a stop.
    public func restart() {
        state.withLock { state in
            state.isStopped = false
            state.hasNews = false
        }
    }

    // MARK: Driving

    /// Moves on to the next instant at which somebody wants to wake, and wakes all who do.
    ///
    /// - Returns: `false` when nobody waits for time.
    public func advance() -> Bool {
        let (sleepers, rester, moved) = state.withLock { state -> ([Sleeper], Rester?, Bool) in
            var dues = state.sleepers.map(\.due)
            if let rester = state.rester {
                let now = state.wallOffset + state.elapsed
                if let until = rester.until { dues.append(state.elapsed + max(.zero, until - now)) }
                if let limit = rester.limit { dues.append(limit) }
            }
            guard let due = dues.min() else { return ([], nil, false) }
            state.elapsed = max(state.elapsed, due)
            let elapsed = state.elapsed
            let awake = state.sleepers.filter { $0.due <= elapsed }.sorted { $0.id < $1.id }
            state.sleepers.removeAll { $0.due <= elapsed }
            let now = state.wallOffset + elapsed
            var ended: Rester?
            if let rester = state.rester,
                rester.until.map({ $0 <= now }) ?? false
                    || rester.limit.map({ $0 <= elapsed }) ?? false
            {
                ended = rester
                state.rester = nil
            }
            return (awake, ended, true)
        }
        for sleeper in sleepers { sleeper.continuation.resume() }
        rester?.continuation.resume(returning: .due)
        return moved
    }
}

/// The wall clock of a virtual time.
public struct VirtualWallClock: WallClock {
    fileprivate let time: VirtualTime

    /// The instant now.
    public var now: Timestamp { time.wallNow }
}
