/// The right to delete one recovery point. Only the deletion kernel can make one; a provider's
/// `delete` takes nothing else.
public struct DeletePermission: Hashable, Sendable {
    /// The recorded point.
    public let point: RecoveryPoint

    fileprivate init(_ point: RecoveryPoint) {
        self.point = point
    }
}

/// Why the kernel does not let a point be deleted.
public enum DeletionRefusal: Hashable, Sendable {
    case notOurs
    case newestGood
    case newestVerified
    case pinned
    case neededByMinimum(Int)
    case tooYoung(Duration)
    case notMarked
    case graceNotOver(until: Timestamp)
    case listingIncomplete
    case listingShorter(seen: Int, recorded: Int)
    case newerNotSeen
    case clock(String)
    case guardExceeded(scope: String, count: Int, of: Int, percent: Int)

    /// The word that metrics, events and the documentation use.
    public var code: String {
        switch self {
        case .notOurs: "not_ours"
        case .newestGood: "newest_good"
        case .newestVerified: "newest_verified"
        case .pinned: "pinned"
        case .neededByMinimum: "needed_by_minimum"
        case .tooYoung: "too_young"
        case .notMarked: "not_marked"
        case .graceNotOver: "grace"
        case .listingIncomplete: "listing_incomplete"
        case .listingShorter: "listing_shorter"
        case .newerNotSeen: "newer_not_seen"
        case .clock: "clock"
        case .guardExceeded: "prune_guard"
        }
    }

    /// The reason, for people.
    public var text: String {
        switch self {
        case .notOurs: "it does not carry the token that the history has for it"
        case .newestGood: "it is the newest good point"
        case .newestVerified: "it is the newest point that was verified"
        case .pinned: "it is pinned"
        case .neededByMinimum(let count): "it is one of the newest \(count) (minimum)"
        case .tooYoung(let age): "it is younger than \(DurationText.brief(age)) (min_age)"
        case .notMarked: "it is not marked for deletion"
        case .graceNotOver(let until): "its grace lasts until \(until)"
        case .listingIncomplete: "the provider's listing was not complete"
        case .listingShorter(let seen, let recorded):
            "the provider lists \(seen) points and the history has \(recorded)"
        case .newerNotSeen: "no newer good point was seen in the provider's listing"
        case .clock(let reason): reason
        case .guardExceeded(let scope, let count, let total, let percent):
            "\(count) of the \(scope)'s \(total) points would go at once, more than "
                + "\(percent) % (prune_guard); if that is meant, raise prune_guard, reload, run "
                + "'holdfast prune', and put it back"
        }
    }
}

/// How much is due for deletion beyond what new points replaced.
///
/// A point that a newer one of the same assignment replaced since it was marked is turnover, which
/// every steady policy has; the guard looks at the excess.
public struct PruneLoad: Hashable, Sendable {
    /// Points whose grace is over.
    public let due: Int
    /// How many of them no newer point replaced. Over several assignments the sum: new points of
    /// one don't make up for what goes of another.
    public let excess: Int
    /// All available points.
    public let total: Int

    /// Takes the three counts.
    public init(due: Int, excess: Int, total: Int) {
        precondition(excess >= 0, "less than nothing is due")
        self.due = due
        self.excess = excess
        self.total = total
    }

    /// Looks at the available points of one assignment at one provider.
    ///
    /// A mark that stays due for long, because something else keeps its point, must not let all
    /// points since then count as replacements. So they count from the oldest mark on, but not
    /// from longer than a grace before the newest.
    public init(of points: [RecoveryPoint], at now: Timestamp) {
        let marks = points.compactMap(\.mark).filter { $0.deleteAfter <= now }
        var replaced = 0
        if let oldest = marks.map(\.at).min(), let newest = marks.map(\.at).max(),
            let ended = marks.map(\.deleteAfter).max()
        {
            let since = max(oldest, newest - (ended - newest))
            replaced = points.count { $0.remote.takenAt > since && $0.remote.takenAt <= now }
        }
        self.init(due: marks.count, excess: max(0, marks.count - replaced), total: points.count)
    }

    /// Whether a guard of this many percent lets it pass.
    public func isWithin(percent: Int) -> Bool {
        excess <= RetentionSettings.guardFloor || excess * 100 <= total * percent
    }
}

/// Everything that the kernel looks at besides the point itself.
public struct DeletionContext: Sendable {
    /// Who holds the points and is asked to delete them.
    public let provider: ProviderID
    /// Every recorded point of the assignment at that provider.
    public let recorded: [RecoveryPoint]
    /// What the provider listed just now.
    public let listing: PointListing
    /// The policy's settings.
    public let settings: RetentionSettings
    /// What is due at the provider as a whole.
    public let providerLoad: PruneLoad
    /// What is thought of the clock.
    public let clock: ClockVerdict
    /// The instant of the decision.
    public let now: Timestamp
    /// Whether a marked point may go before its grace is over, because the operator said that the
    /// oldest makes room when there is none (`when_full: replace_oldest`). Nothing else is waived.
    public let waivesGrace: Bool

    /// Takes all of it.
    public init(
        provider: ProviderID, recorded: [RecoveryPoint], listing: PointListing,
        settings: RetentionSettings, providerLoad: PruneLoad, clock: ClockVerdict, now: Timestamp,
        waivesGrace: Bool = false
    ) {
        self.provider = provider
        self.recorded = recorded
        self.listing = listing
        self.settings = settings
        self.providerLoad = providerLoad
        self.clock = clock
        self.now = now
        self.waivesGrace = waivesGrace
    }
}

/// What the kernel says of one point that retention let go.
public enum DeletionVerdict: Hashable, Sendable {
    case permitted(DeletePermission)
    case refused(RecoveryPoint, DeletionRefusal)
}

/// The floors below retention: points that stay whatever the rules say.
struct DeletionFloors {
    private let newestGood: RecoveryPoint?
    private let newestVerified: PointID?
    private let minimum: Set<PointID>
    private let settings: RetentionSettings
    private let now: Timestamp

    /// - Parameter points: The available points of the assignment, or those that are listed.
    init(points: [RecoveryPoint], settings: RetentionSettings, now: Timestamp) {
        // A point from the future, or one that an operator holds, is no floor for the others.
        let newestFirst =
            points
            .filter { $0.state == .available && $0.remote.takenAt <= now && !$0.isPinned }
            .sorted { ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id) }
        newestGood = newestFirst.first
        newestVerified = newestFirst.first { $0.verifiedAt != nil }?.id
        minimum = Set(newestFirst.prefix(settings.minimum).map(\.id))
        self.settings = settings
        self.now = now
    }

    func hasNewerGood(than point: RecoveryPoint) -> Bool {
        newestGood.map { ($0.remote.takenAt, $0.id) > (point.remote.takenAt, point.id) } ?? false
    }

    func refusal(for point: RecoveryPoint) -> DeletionRefusal? {
        if point.isPinned { return .pinned }
        if point.id == newestGood?.id { return .newestGood }
        if point.id == newestVerified { return .newestVerified }
        if minimum.contains(point.id) { return .neededByMinimum(settings.minimum) }
        if now - point.remote.takenAt < settings.minAge { return .tooYoung(settings.minAge) }
        return nil
    }
}

/// The only producer of a permission to delete. Looks at every marked point of one assignment.
///
/// - Parameters:
///   - points: The points that retention let go in a review made with the same context.
/// - Returns: One verdict a point, in the same order.
public func deletionVerdicts(
    for points: [RecoveryPoint], in context: DeletionContext
) -> [DeletionVerdict] {
    let available = context.recorded.filter { $0.state == .available }
    let recorded = Dictionary(
        available.map { ($0.id, $0.remote) }, uniquingKeysWith: { first, _ in first })
    let seen = Dictionary(
        context.listing.points.map { ($0.token, $0.remoteID) },
        uniquingKeysWith: { first, _ in first })
    let floors = DeletionFloors(
        points: available, settings: context.settings, now: context.now)
    // What the record counts on may be gone at the provider, so the floors hold among what is
    // listed too.
    let listedFloors = DeletionFloors(
        points: available.filter { seen[$0.remote.token] == $0.remote.remoteID },
        settings: context.settings, now: context.now)
    let shared = refusalOfAll(points, available: available, seen: seen, context)
    return points.map { point in
        let refusal =
            floors.refusal(for: point) ?? markRefusal(point, context) ?? shared
            ?? identityRefusal(point, seen: seen, recorded: recorded, context.provider)
            ?? (listedFloors.hasNewerGood(than: point) ? nil : .newerNotSeen)
            ?? listedFloors.refusal(for: point)
        return refusal.map { .refused(point, $0) } ?? .permitted(DeletePermission(point))
    }
}

private func markRefusal(
    _ point: RecoveryPoint, _ context: DeletionContext
) -> DeletionRefusal? {
    guard point.state == .available, let mark = point.mark else { return .notMarked }
    guard context.now < mark.deleteAfter, !context.waivesGrace else { return nil }
    return .graceNotOver(until: mark.deleteAfter)
}

/// A point that the listing does not show is "already gone", which deleting treats as success.
private func identityRefusal(
    _ point: RecoveryPoint, seen: [BackupToken: String], recorded: [PointID: RemotePoint],
    _ provider: ProviderID
) -> DeletionRefusal? {
    // Another provider would say "already gone" of it, and it would be recorded as deleted.
    guard point.provider == provider, point.origin != .vendor, let record = recorded[point.id],
        record.token == point.remote.token,
        record.remoteID == point.remote.remoteID,
        (seen[record.token] ?? record.remoteID) == record.remoteID
    else { return .notOurs }
    return nil
}

private func refusalOfAll(
    _ points: [RecoveryPoint], available: [RecoveryPoint], seen: [BackupToken: String],
    _ context: DeletionContext
) -> DeletionRefusal? {
    if case .doubtful(let reason) = context.clock { return .clock(reason) }
    guard context.listing.isComplete else { return .listingIncomplete }
    if let theirs = context.listing.providerClock {
        let difference = theirs - context.now
        if difference > ClockWatch.tolerance || difference < .zero - ClockWatch.tolerance {
            return .clock("the provider's clock says \(theirs) and this machine's \(context.now)")
        }
    }
    let seenCount = available.count { seen[$0.remote.token] != nil }
    // Somebody may have removed one by hand; half of them gone is another story.
    if seenCount * 2 < available.count {
        return .listingShorter(seen: seenCount, recorded: available.count)
    }
    let load = PruneLoad(of: available, at: context.now)
    let percent = context.settings.guardPercent
    if !load.isWithin(percent: percent) {
        return .guardExceeded(
            scope: "assignment", count: load.due, of: load.total, percent: percent)
    }
    if !context.providerLoad.isWithin(percent: percent) {
        return .guardExceeded(
            scope: "provider", count: context.providerLoad.due, of: context.providerLoad.total,
            percent: percent)
    }
    return nil
}
