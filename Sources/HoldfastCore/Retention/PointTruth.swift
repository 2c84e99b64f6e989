/// Which recorded points a complete listing no longer shows.
public struct VanishedPoints: Hashable, Sendable {
    /// Those whose time at the vendor was over.
    public let expired: [RecoveryPoint]
    /// All others.
    public let gone: [RecoveryPoint]
    /// Whether so many are gone at once that the listing itself is in doubt: more than half. Of
    /// those whose time was over none is in doubt.
    public let isDoubtful: Bool

    /// Compares what is recorded as available at one provider with what it lists.
    ///
    /// - Parameters:
    ///   - recorded: The available points that the listing is about.
    ///   - listing: Not taken for the truth unless it is complete.
    ///   - lifetime: After this time the vendor itself ends a point; `nil`: never.
    public init(
        of recorded: [RecoveryPoint], from listing: PointListing, lifetime: Duration?,
        now: Timestamp
    ) {
        guard listing.isComplete else {
            expired = []
            gone = []
            isDoubtful = false
            return
        }
        let seen = Set(listing.points.map(\.token))
        func isOver(_ point: RecoveryPoint) -> Bool {
            lifetime.map { now - point.remote.takenAt >= $0 } ?? false
        }
        expired = recorded.filter { isOver($0) && !seen.contains($0.remote.token) }
        let young = recorded.filter { !isOver($0) }
        gone = young.filter { !seen.contains($0.remote.token) }
        isDoubtful = gone.count * 2 > young.count
    }
}

extension PointListing {
    /// The same listing with strangers that the history knows as points shown as points: those that
    /// were adopted where the vendor's name for them could not be changed, and, at a provider whose
    /// backups have no name of ours, all that it has recorded.
    ///
    /// - Parameters:
    ///   - recorded: Points of the target at this provider.
    ///   - namesPoints: Whether the provider's backups carry a name of ours.
    public func recognising(_ recorded: [RecoveryPoint], namesPoints: Bool) -> PointListing {
        let known = Dictionary(
            recorded.filter { $0.origin == .adopted || (!namesPoints && $0.origin != .vendor) }
                .map { ($0.remote.remoteID, $0.remote.token) },
            uniquingKeysWith: { first, _ in first })
        guard !known.isEmpty, !strangers.isEmpty else { return self }
        var found = points
        var rest: [StrangePoint] = []
        for stranger in strangers {
            guard stranger.origin == .foreign, let token = known[stranger.remoteID] else {
                rest.append(stranger)
                continue
            }
            found.append(
                RemotePoint(
                    token: token, remoteID: stranger.remoteID, takenAt: stranger.takenAt,
                    storedBytes: stranger.storedBytes))
        }
        return PointListing(
            points: found, strangers: rest, isComplete: isComplete, providerClock: providerClock)
    }
}

extension RemotePoint {
    /// The same as a stranger that carries a token.
    public var stranger: StrangePoint {
        StrangePoint(
            remoteID: remoteID, name: token.text, takenAt: takenAt, origin: .foreign,
            storedBytes: storedBytes)
    }
}
