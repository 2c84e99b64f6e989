import HoldfastCore

/// Lets the requests of one provider through at the vendor's pace; all of its jobs share it.
///
/// Requests wait here instead of being refused there, in the order in which they come.
actor RateGate {
    /// A request that would have to wait for longer goes back to the queue, as throttled. Longer
    /// than the longest window of any vendor, because who goes back looks for its token again,
    /// which costs the requests that are short already.
    static let waitMax = Duration.minutes(65)

    private let wall: any WallClock
    private let sleep: @Sendable (Duration) async throws -> Void
    private var windows: [SlidingWindow]
    /// Until when the vendor said not to come again.
    private var closedUntil: Timestamp?

    /// - Parameters:
    ///   - windows: What the vendor publishes; the first is the one that its headers tell about.
    ///   - sleep: Rests for a time of the wall clock; throws when the task is cancelled.
    init(
        windows: [SlidingWindow], wall: any WallClock,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.windows = windows
        self.wall = wall
        self.sleep = sleep
    }

    /// Waits for a request's turn and counts it; `answered` must follow.
    ///
    /// - Throws: `throttled` when the turn is too far away; `transient` when the task is cancelled.
    func pass() async throws(ProviderError) {
        while let turn = nextTurn() {
            let wait = turn - wall.now
            guard wait <= Self.waitMax else {
                throw ProviderError(
                    .throttled,
                    "the vendor's allowance of requests is used up until \(turn); nothing was sent",
                    retryAfter: turn)
            }
            do {
                try await sleep(max(wait, .milliseconds(1)))
            } catch {
                throw ProviderError(.transient, "stopped while waiting for the vendor's allowance")
            }
        }
        for index in windows.indices { windows[index].begin() }
    }

    /// A request that passed is over, whatever came of it.
    func answered() {
        let now = wall.now
        for index in windows.indices { windows[index].end(at: now) }
    }

    private func nextTurn() -> Timestamp? {
        let now = wall.now
        var turn = closedUntil.flatMap { $0 > now ? $0 : nil }
        for index in windows.indices {
            guard let wait = windows[index].wait(at: now) else { continue }
            turn = max(wait, turn ?? wait)
        }
        return turn
    }

    /// Takes over what an answer's headers say of the first window.
    ///
    /// - Parameter length: How long it is; `nil`: as before.
    func learn(limit: Int?, remaining: Int?, length: Duration? = nil) {
        guard !windows.isEmpty else { return }
        windows[0].learn(limit: limit, remaining: remaining, length: length, at: wall.now)
    }

    /// Nobody passes before an instant.
    func close(until instant: Timestamp) {
        closedUntil = max(instant, closedUntil ?? instant)
    }
}
