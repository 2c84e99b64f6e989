import HoldfastCore

/// How many requests a vendor allows in any stretch of time, and how many of them are used.
///
/// It counts exactly: a bucket that refills evenly would let up to twice the allowance through in
/// the first stretch. The vendor counts a request at some instant between its sending and its answer;
/// one that is under way is counted, and one that was answered counts for a stretch from its answer
/// on. So the vendor never counts one that is forgotten here.
struct SlidingWindow: Sendable {
    /// A vendor that allows more is taken at this: each counted request is remembered.
    private static let limitMax = 100_000

    /// So many requests in any stretch.
    private(set) var limit: Int
    /// How long a stretch is.
    private(set) var length: Duration
    /// When the counted requests were answered, ascending; requests of others with the same token,
    /// which only the vendor counts, stand in it too.
    private var answered: [Timestamp] = []
    /// Where `answered` really begins; the front is cut off only now and then.
    private var first = 0
    /// How many requests are under way.
    private var underWay = 0

    init(limit: Int, length: Duration) {
        precondition(limit >= 1, "a vendor that allows nothing")
        self.limit = limit
        self.length = length
    }

    /// How many requests count at an instant.
    mutating func used(at now: Timestamp) -> Int {
        while first < answered.count, now - answered[first] >= length { first += 1 }
        if first > 1024, first * 2 > answered.count {
            answered.removeFirst(first)
            first = 0
        }
        return answered.count - first + underWay
    }

    /// The instant before which no further request is allowed; `nil`: one is allowed now. While too
    /// many are under way, it may be later still.
    mutating func wait(at now: Timestamp) -> Timestamp? {
        let used = used(at: now)
        guard used >= limit else { return nil }
        let last = first + used - limit
        return (last < answered.count ? answered[last] : now) + length
    }

    /// Counts a request that is sent now.
    mutating func begin() {
        underWay += 1
    }

    /// A request that was begun is over, whatever came of it.
    mutating func end(at now: Timestamp) {
        precondition(underWay > 0, "a request ended that was never begun")
        underWay -= 1
        note(at: now)
    }

    /// Counts a request that was begun and answered at an instant.
    private mutating func note(at now: Timestamp) {
        // A clock that went back must not leave entries that never end.
        if let last = answered.last, last > now {
            answered = answered[first...].map { min($0, now) }
            first = 0
        }
        if first >= answered.count { (answered, first) = ([], 0) }
        answered.append(now)
    }

    /// Takes over what the vendor says: its limit, in which stretch, and how much of it is left.
    /// When less is left than was counted here, somebody else uses the same allowance.
    mutating func learn(
        limit told: Int?, remaining: Int?, length stretch: Duration? = nil, at now: Timestamp
    ) {
        if let told, told >= 1 { limit = min(told, Self.limitMax) }
        if let stretch, stretch > .zero { length = stretch }
        guard let remaining, remaining >= 0 else { return }
        let missing = min(limit, limit - remaining) - used(at: now)
        for _ in 0..<max(0, missing) { note(at: now) }
    }
}
