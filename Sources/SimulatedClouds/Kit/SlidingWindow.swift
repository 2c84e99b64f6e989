import HoldfastCore

/// Counts what happened in the time just gone; each count falls out on its own.
struct SlidingWindow: Sendable {
    let limit: Int
    let length: Duration
    /// Oldest first; those before `head` have fallen out.
    private var instants: [Timestamp] = []
    private var head = 0

    /// - Precondition: `limit` is positive.
    init(limit: Int, length: Duration) {
        precondition(limit > 0, "a limit of none is no limit")
        self.limit = limit
        self.length = length
    }

    /// How many are counted still.
    var count: Int { instants.count - head }

    /// When the oldest that is counted falls out; `nil` with none.
    var oldestFallsOut: Timestamp? {
        head < instants.count ? instants[head] + length : nil
    }

    /// Lets go of what is too long ago.
    mutating func settle(at now: Timestamp) {
        while head < instants.count, instants[head] + length <= now { head += 1 }
        if head > 1024, head * 2 > instants.count {
            instants.removeFirst(head)
            head = 0
        }
    }

    /// Counts one more.
    mutating func add(at now: Timestamp) {
        instants.append(now)
    }
}

/// A vendor's rate limit: so many requests an hour, and so many a minute.
struct RateLimiter: Sendable {
    /// What became of one request.
    struct Verdict: Hashable, Sendable {
        /// Whether it may be answered; refused ones are not counted.
        let isAdmitted: Bool
        /// The hour's limit, what is left of it, and when its oldest request falls out; `nil`
        /// when the hour has no limit.
        let hour: Allowance?
        /// Set when the minute refused: when there is room again.
        let minuteHasRoom: Timestamp?
    }

    /// The state of one limit.
    struct Allowance: Hashable, Sendable {
        let limit: Int
        let remaining: Int
        let oldestFallsOut: Timestamp
    }

    private var hour: SlidingWindow?
    private var minute: SlidingWindow?

    /// - Parameters:
    ///   - hourLimit: Requests an hour; 0: as many as one likes.
    ///   - minuteLimit: Requests a minute; 0: as many as one likes.
    init(hourLimit: Int, minuteLimit: Int) {
        hour = hourLimit > 0 ? SlidingWindow(limit: hourLimit, length: .hours(1)) : nil
        minute = minuteLimit > 0 ? SlidingWindow(limit: minuteLimit, length: .minutes(1)) : nil
    }

    /// Counts a request, or refuses it.
    mutating func admit(at now: Timestamp) -> Verdict {
        hour?.settle(at: now)
        minute?.settle(at: now)
        let hourIsFull = hour.map { $0.count >= $0.limit } ?? false
        let minuteIsFull = minute.map { $0.count >= $0.limit } ?? false
        let isAdmitted = !hourIsFull && !minuteIsFull
        if isAdmitted {
            hour?.add(at: now)
            minute?.add(at: now)
        }
        let allowance = hour.map {
            Allowance(
                limit: $0.limit, remaining: max(0, $0.limit - $0.count),
                oldestFallsOut: $0.oldestFallsOut ?? now + $0.length)
        }
        return Verdict(
            isAdmitted: isAdmitted, hour: allowance,
            minuteHasRoom: minuteIsFull ? minute?.oldestFallsOut : nil)
    }
}
