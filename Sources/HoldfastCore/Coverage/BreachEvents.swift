extension NewEvent {
    /// The event of a breach that ended with its assignment or its objective.
    public static func objectiveRestored(
        _ assignment: Assignment, at now: Timestamp, by cause: BreachEnd
    ) -> NewEvent {
        NewEvent(
            at: now, kind: .objectiveRestored, actor: .scheduler, assignment: assignment,
            detail: ["by": .text(cause.rawValue), "ended_at": .text(now.rfc3339)])
    }
}

extension ObjectiveStanding {
    /// What to note, each change with its events: one for the beginning of a breach and one for its
    /// end. What is over when it is seen has both.
    public func notes(points: [GoodPoint], at now: Timestamp) -> [BreachNote] {
        changes(points: points, at: now).map { change in
            BreachNote(
                assignment: assignment, objective: objective, change: change,
                events: events(of: change, at: now))
        }
    }

    private func events(of change: BreachChange, at now: Timestamp) -> [NewEvent] {
        switch change {
        case .began(let began, let reason):
            var detail = ["began_at": DetailValue.text(began.rfc3339)]
            if let newestPoint { detail["newest_point"] = .text(newestPoint.rfc3339) }
            return [broken(for: reason, detail, at: now)]
        case .ended(_, let ended, let cause):
            var detail = ["ended_at": DetailValue.text(ended.rfc3339)]
            if let breach { detail["began_at"] = .text(breach.beganAt.rfc3339) }
            return [restored(by: cause, detail, at: now)]
        case .was(let began, let ended, let reason, let cause):
            let began = DetailValue.text(began.rfc3339)
            return [
                broken(for: reason, ["began_at": began], at: now),
                restored(
                    by: cause, ["began_at": began, "ended_at": .text(ended.rfc3339)], at: now),
            ]
        case .settled: return []
        }
    }

    private func broken(
        for reason: BreachReason, _ detail: [String: DetailValue], at now: Timestamp
    ) -> NewEvent {
        var detail = detail
        detail["objective_seconds"] = .number(objective.wholeSeconds)
        detail["reason"] = .text(reason.rawValue)
        return NewEvent(
            at: now, kind: .objectiveBroken, actor: .scheduler, assignment: assignment,
            detail: detail)
    }

    private func restored(
        by cause: BreachEnd, _ detail: [String: DetailValue], at now: Timestamp
    ) -> NewEvent {
        var detail = detail
        detail["by"] = .text(cause.rawValue)
        detail["objective_seconds"] = .number(objective.wholeSeconds)
        if let newestPoint { detail["newest_point"] = .text(newestPoint.rfc3339) }
        return NewEvent(
            at: now, kind: .objectiveRestored, actor: .scheduler, assignment: assignment,
            detail: detail)
    }
}
