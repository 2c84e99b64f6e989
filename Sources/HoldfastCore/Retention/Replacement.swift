/// How new points make up for old ones: one lets one go without a word of the guard, and no second.
public enum Replacement {
    /// One point counts as what set the first mark of a stretch of time off, when it was recorded
    /// at most so long before.
    public static let promptness = Duration.hours(1)
    /// A point that was older when it was recorded makes up for none: it was adopted, or found again.
    public static let lateness = Duration.hours(24)

    /// The point that made up for one that was deleted: of those of its assignment at its provider that
    /// may have set its mark off and made up for none yet, the one that was recorded last.
    ///
    /// What an operator confirmed needs none.
    ///
    /// - Parameter points: The available ones, in any order.
    public static func of(
        _ deleted: RecoveryPoint, among points: some Sequence<RecoveryPoint>
    ) -> PointID? {
        guard let mark = deleted.mark, mark.confirmedPlan == nil else { return nil }
        return newest(
            before: mark.at,
            among: points.lazy.filter {
                $0.assignment == deleted.assignment && $0.provider == deleted.provider
                    && $0.origin != .vendor
            }.map(\.facts), but: deleted.id)?.id
    }

    /// The one recorded last of those that may have set off a mark of an instant.
    static func newest(
        before mark: Timestamp, among points: some Sequence<PointFacts>, but deleted: PointID
    ) -> PointFacts? {
        var best: (point: PointFacts, since: Timestamp)?
        for point in points {
            guard point.id != deleted, let since = point.replacesSince, since <= mark,
                since > mark - promptness
            else { continue }
            if best.map({ ($0.since, $0.point.id) < (since, point.id) }) ?? true {
                best = (point, since)
            }
        }
        return best?.point
    }
}

extension RecoveryPoint {
    /// When it was recorded, as long as it may be what set a mark off; `nil` once it has made up for
    /// a point, or where it was old when it came.
    public var replacesSince: Timestamp? {
        guard replaced == nil, recordedAt - remote.takenAt < Replacement.lateness else {
            return nil
        }
        return recordedAt
    }
}
