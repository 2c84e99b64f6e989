import HoldfastCore

/// What this process knows of the backups that it ordered: Pieces OS neither takes a name for one
/// nor tells of one that it is making.
actor PiecesOrders {
    /// A backup whose answer broke off may go on for so long before it is listed.
    static let underWayMax = Duration.minutes(15)
    /// Between two looks for one.
    static let lookDistance = Duration.seconds(10)
    /// More than this are not remembered; without memory the history's instant counts.
    private static let orderMax = 1000

    private enum Order {
        /// The server has said how it ended, or that nothing was begun: what is not listed is not.
        case answered
        /// Its answer broke off, or is waited for.
        case open(since: Timestamp)
        /// The server is done with it and did not say how it ended, or it was found in the list:
        /// what is listed may be it, and what is not does not exist.
        case over
    }

    private let wall: any WallClock
    private var orders: [BackupToken: Order] = [:]

    init(wall: any WallClock) {
        self.wall = wall
    }

    /// Notes that a backup is about to be ordered.
    ///
    /// - Throws: `ambiguous` when the same backup was ordered before and may be under way, and
    ///   `throttled` when another one may be: one is made at a time.
    func open(_ token: BackupToken) throws(ProviderError) {
        if case .open? = orders[token] {
            throw ProviderError(
                .ambiguous,
                "this backup was ordered before, and its answer broke off; it may have been made")
        }
        let now = wall.now
        for case (let other, .open(let since)) in orders where now < since + Self.underWayMax {
            throw ProviderError(
                .throttled,
                "Pieces OS makes one backup at a time, and \(other), whose answer broke off, may "
                    + "be under way", retryAfter: nextLook(until: since + Self.underWayMax))
        }
        if orders.count >= Self.orderMax { orders = [:] }
        orders[token] = .open(since: now)
    }

    /// Whether the server has said how it ended, so that nothing of it can be in the list unknown.
    func isAnswered(_ token: BackupToken) -> Bool {
        if case .answered? = orders[token] { true } else { false }
    }

    /// Notes that the server is done with it, however it ended.
    func over(_ token: BackupToken) {
        orders[token] = .over
    }

    /// Notes that the server has answered.
    func answered(_ token: BackupToken) {
        orders[token] = .answered
    }

    /// What it means that a backup is not listed.
    ///
    /// - Parameter intentAt: When it was first to be made, for an order of an earlier process.
    /// - Throws: `throttled` while it may be under way.
    func absent(_ token: BackupToken, intentAt: Timestamp?) throws(ProviderError) {
        let since: Timestamp? =
            switch orders[token] {
            case .answered, .over: nil
            case .open(let since): since
            case nil: intentAt
            }
        guard let since, wall.now < since + Self.underWayMax else {
            orders[token] = .answered
            return
        }
        throw ProviderError(
            .throttled,
            "the backup is not listed, but may be under way: its answer broke off; looking again",
            retryAfter: nextLook(until: since + Self.underWayMax))
    }

    private func nextLook(until end: Timestamp) -> Timestamp {
        min(end, wall.now + Self.lookDistance)
    }
}
