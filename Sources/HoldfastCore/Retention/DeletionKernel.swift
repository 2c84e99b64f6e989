/// The right to delete one recovery point. Only the deletion kernel can make one; a provider's
/// `delete` takes nothing else.
public struct DeletePermission: Hashable, Sendable {
    /// The recorded point.
    public let point: RecoveryPoint

    fileprivate init(_ point: RecoveryPoint) {
        self.point = point
    }
}

/// What the kernel says of one point that retention let go.
public enum DeletionVerdict: Hashable, Sendable {
    case permitted(DeletePermission)
    case refused(RecoveryPoint, DeletionRefusal)
}

/// The only producer of a permission to delete: the rules, the floors below them, and everything
/// that could make either err, asked of every point that somebody wants to delete.
///
/// - Parameter points: Of the assignment at the provider that the context names.
/// - Returns: One verdict a point, in the same order.
public func deletionVerdicts(
    for points: [RecoveryPoint], in context: DeletionContext
) -> [DeletionVerdict] {
    let ruled = RuledPoints(
        context.recorded, keeping: context.settings.rules, in: context.zone, now: context.now)
    let here = ruled.points.filter { $0.provider == context.provider }
    let seen = Dictionary(
        context.listing.points.map { ($0.token, $0.remoteID) },
        uniquingKeysWith: { first, _ in first })
    let floors = DeletionFloors(newestFirst: here, settings: context.settings, now: context.now)
    // What the record counts on may be gone at the provider, so the floors hold among what is
    // listed too.
    let listedFloors = DeletionFloors(
        newestFirst: here.filter { seen[$0.remote.token] == $0.remote.remoteID },
        settings: context.settings, now: context.now)
    let doubt = doubt(about: here, seen: seen, context)
    let excess = excess(among: here, context)
    return points.map { asked in
        // What is recorded counts, not what the caller holds.
        let point = ruled.point(asked.id) ?? asked
        var refusal = floors.refusal(for: point) ?? markRefusal(of: point, context)
        refusal = refusal ?? ruleRefusal(of: point, ruled) ?? doubt
        refusal = refusal ?? (point.mark?.confirmedPlan == nil ? excess : nil)
        refusal = refusal ?? identityRefusal(of: asked, seen: seen, ruled, context)
        if refusal == nil, !listedFloors.hasNewerGood(than: point) { refusal = .newerNotSeen }
        refusal = refusal ?? listedFloors.refusal(for: point)
        return refusal.map { .refused(asked, $0) } ?? .permitted(DeletePermission(point))
    }
}

/// Retention lets a point go only when no rule keeps it.
private func ruleRefusal(of point: RecoveryPoint, _ ruled: RuledPoints) -> DeletionRefusal? {
    guard let reasons = ruled.reasons(of: point.id), !reasons.isEmpty else { return nil }
    return .keptByRule(reasons)
}

/// A point goes no sooner than its mark says.
private func markRefusal(
    of point: RecoveryPoint, _ context: DeletionContext
) -> DeletionRefusal? {
    guard point.state == .available, let mark = point.mark else { return .notMarked }
    guard context.now < mark.deleteAfter, !context.waivesGrace else { return nil }
    return .graceNotOver(until: mark.deleteAfter)
}

/// Made by us or adopted, recorded and, where the listing shows it, the same thing there. A point
/// that the listing does not show is "already gone", which deleting treats as success.
private func identityRefusal(
    of point: RecoveryPoint, seen: [BackupToken: String], _ ruled: RuledPoints,
    _ context: DeletionContext
) -> DeletionRefusal? {
    // Another provider would say "already gone" of it, and it would be recorded as deleted.
    guard point.provider == context.provider, point.origin != .vendor,
        let record = ruled.point(point.id), record.provider == point.provider,
        record.assignment == point.assignment, record.remote.token == point.remote.token,
        record.remote.remoteID == point.remote.remoteID,
        (seen[record.remote.token] ?? record.remote.remoteID) == record.remote.remoteID
    else { return .notOurs }
    return nil
}

/// Why nothing at all may go now: the clock and the listing have to be beyond doubt.
private func doubt(
    about here: [RecoveryPoint], seen: [BackupToken: String], _ context: DeletionContext
) -> DeletionRefusal? {
    if case .doubtful(let reason) = context.clock { return .clock(reason) }
    guard context.listing.isComplete else { return .listingIncomplete }
    if let theirs = context.listing.providerClock {
        let difference = theirs - context.now
        if difference > ClockWatch.tolerance || difference < .zero - ClockWatch.tolerance {
            return .clock("the provider's clock says \(theirs) and this machine's \(context.now)")
        }
    }
    let seenCount = here.count { seen[$0.remote.token] != nil }
    // Somebody may have removed one by hand; half of them gone is another story.
    if seenCount * 2 < here.count {
        return .listingShorter(seen: seenCount, recorded: here.count)
    }
    return nil
}

/// What the guard says of everything that is due and that no operator confirmed.
private func excess(
    among here: [RecoveryPoint], _ context: DeletionContext
) -> DeletionRefusal? {
    let percent = context.settings.guardPercent
    let loads = [
        ("assignment", PruneLoad(of: here, at: context.now)), ("provider", context.providerLoad),
    ]
    return loads.first { !$0.1.isWithin(percent: percent) }.map { scope, load in
        .guardExceeded(scope: scope, count: load.due, of: load.total, percent: percent)
    }
}

/// The floors below retention: points that stay whatever the rules say.
struct DeletionFloors {
    private var newestGood: RecoveryPoint?
    private var newestVerified: PointID?
    private var minimum: Set<PointID> = []
    private let settings: RetentionSettings
    private let now: Timestamp

    /// - Parameter points: The available points of the assignment, or those that are listed.
    init(newestFirst points: [RecoveryPoint], settings: RetentionSettings, now: Timestamp) {
        self.settings = settings
        self.now = now
        // A point from the future, or one that an operator holds, is no floor for the others.
        for point in points
        where point.state == .available && point.remote.takenAt <= now
            && !point.isPinned(at: now)
        {
            if newestGood == nil { newestGood = point }
            if newestVerified == nil, point.verifiedAt != nil { newestVerified = point.id }
            if minimum.count < settings.minimum { minimum.insert(point.id) }
            if newestVerified != nil, minimum.count == settings.minimum { break }
        }
    }

    func hasNewerGood(than point: RecoveryPoint) -> Bool {
        newestGood.map { ($0.remote.takenAt, $0.id) > (point.remote.takenAt, point.id) } ?? false
    }

    func refusal(for point: RecoveryPoint) -> DeletionRefusal? {
        refusals(for: point).first
    }

    /// Every floor that keeps the point.
    func refusals(for point: RecoveryPoint) -> [DeletionRefusal] {
        var found: [DeletionRefusal] = []
        if point.isPinned(at: now) { found.append(.pinned) }
        if point.id == newestGood?.id { found.append(.newestGood) }
        if point.id == newestVerified { found.append(.newestVerified) }
        if minimum.contains(point.id) { found.append(.neededByMinimum(settings.minimum)) }
        if now - point.remote.takenAt < settings.minAge { found.append(.tooYoung(settings.minAge)) }
        return found
    }
}
