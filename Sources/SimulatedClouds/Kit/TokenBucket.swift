import HoldfastCore

/// A rate limit that fills up again: so many requests at one time, and so many a minute on average.
struct TokenBucket: Sendable {
    /// What became of one request.
    struct Verdict: Hashable, Sendable {
        /// Whether it may be answered; refused ones take nothing out.
        let isAdmitted: Bool
        /// So many more would be admitted at this instant.
        let remaining: Int
        /// Set when it was refused: after so long one is admitted.
        let wait: Duration?
    }

    /// A request weighs so much; then a millisecond brings back `perMinute`.
    private static let weight: Int64 = 60_000

    let perMinute: Int
    let burst: Int
    private var level: Int64
    private var filledAt: Timestamp

    /// Begins full.
    ///
    /// - Precondition: Both numbers are positive.
    init(perMinute: Int, burst: Int, at now: Timestamp) {
        precondition(perMinute > 0 && burst > 0, "a limit of none is no limit")
        self.perMinute = perMinute
        self.burst = burst
        level = Int64(burst) * Self.weight
        filledAt = now
    }

    /// Takes one out, or refuses. A clock that was set back brings nothing.
    mutating func admit(at now: Timestamp) -> Verdict {
        fill(until: now)
        guard level >= Self.weight else {
            let missing = Self.weight - level
            let milliseconds = (missing + Int64(perMinute) - 1) / Int64(perMinute)
            return Verdict(isAdmitted: false, remaining: 0, wait: .milliseconds(milliseconds))
        }
        level -= Self.weight
        return Verdict(isAdmitted: true, remaining: Int(level / Self.weight), wait: nil)
    }

    private mutating func fill(until now: Timestamp) {
        let elapsed = (now - filledAt).wholeMilliseconds
        filledAt = now
        guard elapsed > 0 else { return }
        let full = Int64(burst) * Self.weight
        let untilFull = (full - level) / Int64(perMinute) + 1
        level = elapsed >= untilFull ? full : level + elapsed * Int64(perMinute)
    }
}
