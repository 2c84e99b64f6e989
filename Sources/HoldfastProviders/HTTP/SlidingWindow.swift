import HoldfastCore

/// How many requests a vendor allows in any stretch of time, and how many of them are used.
///
/// It counts exactly: a bucket that refills evenly would let up to twice the allowance through in
/// the first stretch.
struct SlidingWindow: Sendable {
    /// So many requests in any stretch.
    private(set) var limit: Int
    /// How long a stretch is.
    private(set) var length: Duration
    /// When the counted requests were sent, ascending; requests of others with the same token,
    /// which only the vendor counts, stand in it too.
    private var sent: [Timestamp] = []
    /// Where `sent` really begins; the front is cut off only now and then.
    private var first = 0

    init(limit: Int, length: Duration) {
        precondition(limit >= 1, "a vendor that allows nothing")
        self.limit = limit
        self.length = length
    }

    /// How many requests count at an instant.
    mutating func used(at now: Timestamp) -> Int {
        while first < sent.count, now - sent[first] >= length { first += 1 }
        if first > 1024, first * 2 > sent.count {
            sent.removeFirst(first)
            first = 0
        }
        return sent.count - first
    }

    /// The instant from which on one more request is allowed; `nil`: now.
    mutating func wait(at now: Timestamp) -> Timestamp? {
        let used = used(at: now)
        guard used >= limit else { return nil }
        return sent[first + used - limit] + length
    }

    /// Counts a request that is sent now.
    mutating func note(at now: Timestamp) {
        // A clock that went back must not leave entries that never end.
        if let last = sent.last, last > now {
            sent = sent[first...].map { min($0, now) }
            first = 0
        }
        if first >= sent.count { (sent, first) = ([], 0) }
        sent.append(now)
    }

    /// Takes over what the vendor says: its limit, in which stretch, and how much of it is left.
    /// When less is left than was counted here, somebody else uses the same allowance.
    mutating func learn(
        limit told: Int?, remaining: Int?, length stretch: Duration? = nil, at now: Timestamp
    ) {
        if let told, told >= 1 { limit = told }
        if let stretch, stretch > .zero { length = stretch }
        guard let remaining, remaining >= 0 else { return }
        let missing = min(limit, limit - remaining) - used(at: now)
        for _ in 0..<max(0, missing) { note(at: now) }
    }
}
