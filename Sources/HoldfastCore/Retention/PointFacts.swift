/// What retention and the deletion kernel look at of a recovery point: numbers alone, so that a
/// forecast can ask them many million times.
struct PointFacts: Hashable, Sendable {
    /// When a mark was set and when its grace ends.
    struct Mark: Hashable, Sendable {
        let at: Timestamp
        let deleteAfter: Timestamp
        /// Whether an operator confirmed that the point goes although the guard held it.
        var isConfirmed = false
        /// Whether a new point made up for this one.
        var turnsOver = false
        /// That the guard held the point back.
        var hold: GuardHold?
    }

    /// The row, or a number above all rows for a point that is still to be made.
    let id: PointID
    /// The instant that the point shows.
    let takenAt: Timestamp
    /// Whether its data was read back once and found whole.
    let isVerified: Bool
    /// Until when an operator forbids its deletion; `nil`: nobody does.
    let pinnedUntil: Timestamp?
    /// Present once retention let it go.
    var mark: Mark?

    /// Whether an operator forbids its deletion at an instant.
    func isPinned(at instant: Timestamp) -> Bool {
        pinnedUntil.map { instant < $0 } ?? false
    }

    /// Newer points come first, of equal stamps the later row.
    static func isNewer(_ left: PointFacts, than right: PointFacts) -> Bool {
        if left.takenAt != right.takenAt { return left.takenAt > right.takenAt }
        return left.id > right.id
    }
}

extension RecoveryPoint {
    /// The point as retention and the kernel see it. A point that is not available has no mark.
    var facts: PointFacts { facts(marked: mark) }

    /// The same with another mark, or none.
    func facts(marked mark: PruneMark?) -> PointFacts {
        PointFacts(
            id: id, takenAt: remote.takenAt, isVerified: verifiedAt != nil,
            pinnedUntil: pin.map { $0.until ?? .distantFuture },
            mark: state == .available
                ? mark.map {
                    PointFacts.Mark(
                        at: $0.at, deleteAfter: $0.deleteAfter,
                        isConfirmed: $0.confirmedPlan != nil, turnsOver: $0.turnsOver,
                        hold: $0.hold)
                } : nil)
    }
}

/// What retention and the floors say of one point.
enum PointStanding: Hashable, Sendable {
    /// Rules keep it.
    case kept(KeepReasons)
    /// No rule keeps it, and something else does.
    case held(DeletionRefusal)
    /// Nothing keeps it.
    case letGo
}

/// What the rules, and then the floors of the deletion kernel, say of each available point of one
/// assignment.
///
/// - Parameters:
///   - points: Newest first, of equal stamps the later row first.
///   - periods: The calendar periods of the point at a position, in `zone`.
/// - Returns: One standing a point, in the same order.
func pointStandings(
    of points: [PointFacts], periods: [Periods], under settings: RetentionSettings,
    in zone: TimeZoneRules, now: Timestamp
) -> [PointStanding] {
    // A pinned point stays and uses no rule's slot.
    let counted = points.indices.filter { !points[$0].isPinned(at: now) }
    let reasons = keepReasons(
        ofNewestFirst: counted.count, keeping: settings.rules, in: zone, now: now,
        takenAt: { points[counted[$0]].takenAt }, periods: { periods[counted[$0]] })
    let floors = DeletionFloors(newestFirst: points, settings: settings, now: now)
    var position = 0
    return points.indices.map { index in
        var kept: KeepReasons = []
        if position < counted.count, counted[position] == index {
            kept = reasons[position]
            position += 1
        }
        guard kept.isEmpty else { return .kept(kept) }
        return floors.refusal(for: points[index]).map { .held($0) } ?? .letGo
    }
}
