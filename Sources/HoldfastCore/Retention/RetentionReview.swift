/// What is to be done with one point's mark.
public enum MarkChange: Hashable, Sendable {
    /// Retention lets the point go from now on; it may be deleted after the grace.
    case set(PruneMark)
    /// Something keeps the point again.
    case clear
}

/// What retention and the floors say of one recovery point.
public struct PointReview: Hashable, Sendable {
    /// The point as recorded.
    public let point: RecoveryPoint
    /// The rules that keep it; empty when none does.
    public let reasons: KeepReasons
    /// What keeps it although no rule does.
    public let floor: DeletionRefusal?
    /// The mark that it has after this review; `nil` when it stays.
    public let mark: PruneMark?

    /// Whether the point stays.
    public var isKept: Bool { mark == nil }

    /// What the history has to change, if anything.
    public var change: MarkChange? {
        switch (point.mark, mark) {
        case (nil, let mark?): .set(mark)
        case (.some, nil): .clear
        case (nil, nil), (.some, .some): nil
        }
    }

    /// Why it stays or goes, for people.
    public var texts: [String] {
        if let floor { return [floor.text] }
        return mark.map { [$0.reason] } ?? reasons.texts
    }
}

/// Reviews every available point of one assignment: the rules first, then the floors of the
/// deletion kernel.
///
/// Pinned points stay and use no rule's slot.
///
/// - Returns: One review a point, newest first.
public func retentionReview(
    of points: [RecoveryPoint], under settings: RetentionSettings, in zone: TimeZoneRules,
    now: Timestamp
) -> [PointReview] {
    let available = points.filter { $0.state == .available }
    let counted = available.filter { !$0.isPinned }
    let decisions = retentionPlan(
        for: counted.map { RetentionPoint(id: sortable($0.id), takenAt: $0.remote.takenAt) },
        keeping: settings.rules, in: zone, now: now)
    let reasons = Dictionary(
        decisions.map { ($0.point.id, $0.reasons) }, uniquingKeysWith: { $0.union($1) })
    let floors = DeletionFloors(points: available, settings: settings, now: now)
    return available.sorted { ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id) }.map {
        let kept = reasons[sortable($0.id)] ?? []
        let floor = kept.isEmpty ? floors.refusal(for: $0) : nil
        guard kept.isEmpty, floor == nil else {
            return PointReview(point: $0, reasons: kept, floor: floor, mark: nil)
        }
        let fresh = PruneMark(
            at: now, deleteAfter: now + settings.grace,
            reason: "kept by none of \(settings.rules.summary.joined(separator: ", "))")
        return PointReview(point: $0, reasons: [], floor: nil, mark: $0.mark ?? fresh)
    }
}

/// A row number as text that sorts as the number does, so that of equal stamps the later row wins.
private func sortable(_ id: PointID) -> String {
    var text = ""
    text.appendPadded(id.number, to: 19)
    return text
}
