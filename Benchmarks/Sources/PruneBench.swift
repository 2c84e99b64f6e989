import HoldfastCore

/// A million points of 10,000 assignments: review with marks, then the deletion kernel's word on
/// what is due, as one round over a large estate decides it.
enum PruneBench {
    private static let assignmentCount = 10_000
    private static let pointCount = 100
    /// So many assignments are in memory at once.
    private static let batch = 500
    private static let provider = ProviderID(trusted: "disk")

    static func run() throws {
        let zone = try Bench.zone("Europe/Berlin")
        guard let newest = Timestamp(rfc3339: "2026-06-01T12:00:00Z") else {
            preconditionFailure("the constant is well formed")
        }
        let now = newest + .hours(2)
        var settings = RetentionSettings()
        settings.rules.hourly = .periods(24)
        settings.rules.daily = .periods(7)
        settings.rules.weekly = .periods(4)
        settings.guardPercent = 100
        var total = 0.0
        var permitted = 0
        var marked = 0
        for start in stride(from: 0, to: assignmentCount, by: batch) {
            let estate = (start..<start + batch).map { points(of: $0, newest: newest) }
            total += Bench.seconds {
                for points in estate {
                    let reviews = retentionReview(
                        of: points, under: settings, in: zone, now: now)
                    let due = reviews.filter { $0.mark.map { $0.deleteAfter <= now } ?? false }
                        .map(\.point)
                    marked += reviews.count { $0.change != nil }
                    let context = DeletionContext(
                        provider: provider, recorded: points,
                        listing: PointListing(
                            points: points.map(\.remote), isComplete: true, providerClock: now),
                        settings: settings, zone: zone,
                        providerLoad: PruneLoad(excess: 0, total: points.count),
                        clock: .sane, now: now)
                    for case .permitted in deletionVerdicts(for: due, in: context) {
                        permitted += 1
                    }
                }
            }
        }
        Bench.report("prune.million", total)
        Bench.report("prune.million.marked", Double(marked))
        Bench.report("prune.million.permitted", Double(permitted))
    }

    /// Hourly points, newest first as a history gives them; the oldest ten are marked and due.
    private static func points(of number: Int, newest: Timestamp) -> [RecoveryPoint] {
        let assignment = Assignment(
            policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: "target-\(number)"))
        return (0..<pointCount).map { index in
            let takenAt = newest - .hours(index)
            let id = Int64(number * pointCount + pointCount - index)
            let token = SlotKey(assignment: assignment, opens: takenAt).token
            let mark = PruneMark(
                at: newest - .days(2), deleteAfter: newest - .days(1), reason: "no rule")
            return RecoveryPoint(
                id: PointID(id), assignment: assignment, provider: provider, run: RunID(id),
                remote: RemotePoint(token: token, remoteID: token.text, takenAt: takenAt),
                state: .available, recordedAt: takenAt,
                mark: index >= pointCount - 10 ? mark : nil)
        }
    }
}
