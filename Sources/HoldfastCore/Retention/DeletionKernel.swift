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
    let floors = DeletionFloors(
        newestFirst: here.map(\.facts), settings: context.settings, now: context.now)
    // What the record counts on may be gone at the provider, so the floors hold among what is
    // listed too.
    let listedFloors = DeletionFloors(
        newestFirst: here.filter { seen[$0.remote.token] == $0.remote.remoteID }.map(\.facts),
        settings: context.settings, now: context.now)
    let doubt = doubt(about: here, seen: seen, context)
    let pruneGuard = PruneGuard(
        of: here.map(\.facts), provider: context.providerLoad,
        percent: context.settings.guardPercent)
    return points.map { asked in
        // What is recorded counts, not what the caller holds.
        let point = ruled.point(asked.id) ?? asked
        let refusal = refusal(
            of: point.facts, floors, listed: listedFloors, guarding: pruneGuard, now: context.now,
            waivesGrace: context.waivesGrace, rule: { ruleRefusal(of: point, ruled) ?? doubt },
            identity: { identityRefusal(of: asked, seen: seen, ruled, context) })
        return refusal.map { .refused(asked, $0) } ?? .permitted(DeletePermission(point))
    }
}

/// What the kernel would say if the provider listed what is recorded, and the clock were sane. Says
/// so only: no permission comes of it.
///
/// - Parameters:
///   - points: Those that no rule keeps.
///   - recorded: All of the assignment at the provider; newest first, of equal stamps the later row
///     first.
/// - Returns: For each of `points` the refusal; `nil` where it would be deleted.
func foreseenRefusals(
    for points: [PointFacts], recorded: [PointFacts], settings: RetentionSettings,
    providerLoad: PruneLoad?, now: Timestamp, waivesGrace: Bool = false
) -> [DeletionRefusal?] {
    let floors = DeletionFloors(newestFirst: recorded, settings: settings, now: now)
    let pruneGuard = PruneGuard(
        of: recorded, provider: providerLoad, percent: settings.guardPercent)
    return points.map {
        refusal(
            of: $0, floors, listed: floors, guarding: pruneGuard, now: now,
            waivesGrace: waivesGrace, rule: { nil }, identity: { nil })
    }
}

/// The one order in which everything about a point is asked.
private func refusal(
    of point: PointFacts, _ floors: DeletionFloors, listed: DeletionFloors,
    guarding pruneGuard: PruneGuard, now: Timestamp, waivesGrace: Bool,
    rule: () -> DeletionRefusal?,
    identity: () -> DeletionRefusal?
) -> DeletionRefusal? {
    var refusal = floors.refusal(for: point)
    refusal = refusal ?? markRefusal(of: point, now: now, waivesGrace: waivesGrace)
    refusal = refusal ?? rule()
    if refusal == nil, let mark = point.mark, !mark.isConfirmed {
        refusal = pruneGuard.refusal(turnsOver: mark.turnsOver, hold: mark.hold)
    }
    refusal = refusal ?? identity()
    if refusal == nil, !listed.hasNewerGood(than: point) { refusal = .newerNotSeen }
    return refusal ?? listed.refusal(for: point)
}

/// Retention lets a point go only when no rule keeps it.
private func ruleRefusal(of point: RecoveryPoint, _ ruled: RuledPoints) -> DeletionRefusal? {
    guard let reasons = ruled.reasons(of: point.id), !reasons.isEmpty else { return nil }
    return .keptByRule(reasons)
}

/// A point goes no sooner than its mark says.
private func markRefusal(
    of point: PointFacts, now: Timestamp, waivesGrace: Bool
) -> DeletionRefusal? {
    guard let mark = point.mark else { return .notMarked }
    guard now < mark.deleteAfter, !waivesGrace else { return nil }
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
