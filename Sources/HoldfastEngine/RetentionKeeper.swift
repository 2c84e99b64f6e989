import HoldfastCore
import Logging

/// Marks what retention lets go, and clears marks that no longer apply.
struct RetentionKeeper: Sendable {
    let context: EngineContext
    let logger: Logger

    /// So many tokens are named in one event; the count tells the rest.
    private static let namedMax = 100

    /// Others may review the same assignment at that moment; each time one of them is done.
    private static let triesMax = 20

    /// Reviews one assignment and stores what changes.
    ///
    /// - Parameter isNew: Whether the policy has other rules than in the last review of all its
    ///   assignments: what they cut is made up for by no point.
    /// - Returns: The review, newest point first.
    @discardableResult
    func review(
        _ assignment: Assignment, under policy: Policy, isNew: Bool
    ) async throws(StoreError) -> [PointReview] {
        for _ in 1...Self.triesMax {
            if let reviews = try await reviewOnce(assignment, under: policy, isNew: isNew) {
                return reviews
            }
        }
        throw StoreError(
            .busy,
            "the points of '\(assignment.target)' under '\(assignment.policy)' changed during each of "
                + "\(Self.triesMax) reviews; the next one is tried in a moment")
    }

    /// The same; `nil`, and nothing is stored, when another review was faster.
    func reviewOnce(
        _ assignment: Assignment, under policy: Policy, isNew: Bool
    ) async throws(StoreError) -> [PointReview]? {
        let basis = try await context.store.retentionBasis(of: assignment)
        // Read first: no point is recorded after the instant of its review.
        let now = context.environment.wall.now
        let reviews = retentionReview(
            of: basis.points, under: policy.retention, in: policy.schedule.zone, now: now,
            credit: isNew ? 0 : basis.credit)
        guard
            let change = RetentionChange(
                of: reviews, of: assignment, under: policy.retention.rules)
        else { return reviews }
        let isDone = try await context.store.change(
            change, events: events(of: reviews, assignment, at: now))
        guard isDone else { return nil }
        logger.info(
            "retention reviewed",
            metadata: [
                "target": "\(assignment.target)", "policy": "\(assignment.policy)",
                "points": "\(basis.points.count)", "marked": "\(reviews.count { !$0.isKept })",
            ])
        return reviews
    }

    private func events(
        of reviews: [PointReview], _ assignment: Assignment, at now: Timestamp
    ) -> [NewEvent] {
        let set = reviews.compactMap { review -> (String, String)? in
            guard case .set(let mark) = review.change else { return nil }
            return (review.point.remote.token.text, mark.reason)
        }
        let cleared = reviews.filter { $0.change == .clear }
        var events: [NewEvent] = []
        if let first = set.first {
            events.append(
                NewEvent(
                    at: now, kind: .pointMarked, actor: .scheduler, assignment: assignment,
                    detail: [
                        "count": .number(Int64(set.count)),
                        "points": .list(set.prefix(Self.namedMax).map(\.0)),
                        "reason": .text(first.1),
                    ]))
        }
        if !cleared.isEmpty {
            events.append(
                NewEvent(
                    at: now, kind: .pointUnmarked, actor: .scheduler, assignment: assignment,
                    detail: [
                        "count": .number(Int64(cleared.count)),
                        "points": .list(
                            cleared.prefix(Self.namedMax).map(\.point.remote.token.text)),
                        "reason": .list(cleared[0].texts),
                    ]))
        }
        return events
    }
}
