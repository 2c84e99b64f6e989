import HoldfastCore

/// The audit log's words for what became of recorded points at their provider.
struct PointEvents {
    let job: JobID
    let now: Timestamp

    /// So many names stand in one event; its count tells the rest.
    static let namedMax = 100

    /// A point is available no longer.
    ///
    /// - Parameter answer: What the provider said to its deletion, when there was one.
    func retired(
        _ point: RecoveryPoint, as state: PointState, reason: String,
        answer: DeletionAnswer? = nil
    ) -> NewEvent {
        let kind: EventKind =
            switch state {
            case .deleted: .pointDeleted
            case .expired: .pointExpired
            default: .pointMissing
            }
        var detail: [String: DetailValue] = ["reason": .text(reason)]
        if let answer {
            detail["answer"] = .text(answer.description)
            if let plan = point.mark?.confirmedPlan { detail["confirmed_plan"] = .text(plan) }
        }
        return event(kind, point, detail)
    }

    /// A point that was gone is there again.
    func returned(_ point: RecoveryPoint) -> NewEvent {
        event(.pointReturned, point, ["was": .text(point.state.rawValue)])
    }

    private func event(
        _ kind: EventKind, _ point: RecoveryPoint, _ detail: [String: DetailValue]
    ) -> NewEvent {
        let facts: [String: DetailValue] = [
            "provider": .text(point.provider.text), "remote_id": .text(point.remote.remoteID),
            "taken_at": .text(point.remote.takenAt.rfc3339),
        ]
        return NewEvent(
            at: now, kind: kind, actor: .scheduler, assignment: point.assignment, job: job,
            token: point.remote.token, detail: detail.merging(facts) { first, _ in first })
    }
}
