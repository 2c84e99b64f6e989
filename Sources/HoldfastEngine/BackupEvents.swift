import HoldfastCore

/// The audit log's words for what an attempt at a backup came to.
struct BackupEvents {
    let claimed: ClaimedJob
    let actor: Actor

    private var slot: SlotKey { claimed.job.request.slot }

    func succeeded(_ point: RemotePoint, at now: Timestamp, isAdopted: Bool) -> NewEvent {
        var detail: [String: DetailValue] = [
            "attempt": .number(Int64(claimed.job.attempt)),
            "adopted": .flag(isAdopted),
            "opens": .text(slot.opens.rfc3339),
            "provider": .text(claimed.job.request.provider.text),
            "remote_id": .text(point.remoteID),
            "taken_at": .text(point.takenAt.rfc3339),
        ]
        if let bytes = point.storedBytes { detail["stored_bytes"] = .number(bytes.bytes) }
        if !point.warnings.isEmpty {
            detail["warnings"] = .number(Int64(point.warnings.count))
        }
        return event(.backupSucceeded, at: now, detail)
    }

    func failed(_ reason: String, kind: ProviderError.Kind?, at now: Timestamp) -> NewEvent {
        event(.backupFailed, at: now, failureDetail(reason, kind))
    }

    func attemptFailed(
        _ reason: String, kind: ProviderError.Kind?, retryAt: Timestamp, at now: Timestamp
    ) -> NewEvent {
        var detail = failureDetail(reason, kind)
        detail["retry_at"] = .text(retryAt.rfc3339)
        return event(.attemptFailed, at: now, detail)
    }

    func interrupted(_ reason: String, at now: Timestamp) -> NewEvent {
        event(.attemptInterrupted, at: now, failureDetail(reason, nil))
    }

    private func failureDetail(
        _ reason: String, _ kind: ProviderError.Kind?
    ) -> [String: DetailValue] {
        var detail: [String: DetailValue] = [
            "attempt": .number(Int64(claimed.job.attempt)),
            "opens": .text(slot.opens.rfc3339),
            "reason": .text(BoundedText.cut(reason, to: 2048)),
        ]
        if let kind { detail["error"] = .text(kind.rawValue) }
        return detail
    }

    private func event(
        _ kind: EventKind, at now: Timestamp, _ detail: [String: DetailValue]
    ) -> NewEvent {
        NewEvent(
            at: now, kind: kind, actor: actor, assignment: slot.assignment, job: claimed.job.id,
            token: claimed.job.request.token, detail: detail)
    }
}

extension NewJob {
    /// The recovery point that a job is about, there or to come; `nil` where it is about none or
    /// about many.
    var token: BackupToken? { kind == .backup ? slot.token : point }
}

extension Job {
    /// The event of a waiting job that ends without an attempt.
    func closingEvent(_ state: JobState, reason: String, at now: Timestamp) -> NewEvent {
        let kind: EventKind =
            switch (request.kind, state) {
            case (.restore, _): .restoreFailed
            case (.backup, .missed): .backupMissed
            case (.backup, .cancelled): .backupCancelled
            case (.backup, _): .backupFailed
            case (_, .cancelled): .jobCancelled
            case (.prune, _): .pruneFailed
            case (.verify, _): .drillFailed
            case (.reconcile, _) where request.survey != nil: .reconcileFailed
            default: .driftRefused
            }
        return NewEvent(
            at: now, kind: kind, actor: .scheduler, assignment: request.slot.assignment, job: id,
            token: request.token,
            detail: [
                "attempt": .number(Int64(attempt)),
                "opens": .text(request.slot.opens.rfc3339),
                "closes": .text(request.closes.rfc3339),
                "reason": .text(reason),
            ])
    }
}
