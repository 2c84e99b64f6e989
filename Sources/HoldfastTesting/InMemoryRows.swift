import HoldfastCore

extension Job {
    var isRunning: Bool {
        if case .running = state { true } else { false }
    }

    var assignment: Assignment { request.slot.assignment }

    var isEndedBackup: Bool {
        [.backup, .reconcile].contains(request.kind) && request.survey == nil && endedAt != nil
    }

    func changed(
        state: JobState, attempt: Int? = nil, failures: Int? = nil, endedAt: Timestamp? = nil,
        lastError: String?? = nil, isUncertain: Bool? = nil
    ) -> Job {
        Job(
            id: id, request: request.waiting(in: state), state: state,
            attempt: attempt ?? self.attempt, failures: failures ?? self.failures,
            createdAt: createdAt, endedAt: endedAt, lastError: lastError ?? self.lastError,
            isUncertain: isUncertain ?? self.isUncertain)
    }
}

extension NewJob {
    /// The row's `not_before` follows the newest wait.
    func waiting(in state: JobState) -> NewJob {
        guard case .ready(let notBefore) = state else { return self }
        return NewJob(
            kind: kind, trigger: trigger, slot: slot, provider: provider, closes: closes,
            startBefore: startBefore, notBefore: notBefore, point: point, accepted: accepted,
            survey: survey)
    }
}

extension PruneMark {
    func confirmed(by plan: String) -> PruneMark {
        PruneMark(
            at: at, deleteAfter: deleteAfter, reason: reason, confirmedPlan: plan,
            turnsOver: turnsOver,
            hold: hold)
    }

    func held(_ hold: GuardHold?) -> PruneMark {
        PruneMark(
            at: at, deleteAfter: deleteAfter, reason: reason, confirmedPlan: confirmedPlan,
            turnsOver: turnsOver, hold: hold)
    }
}

extension RecoveryPoint {
    func changed(
        state: PointState? = nil, deletedAt: Timestamp? = nil, verifiedAt: Timestamp? = nil,
        proof: PointProof? = nil, mark: PruneMark?? = nil, pin: PointPin?? = nil,
        remote: RemotePoint? = nil
    ) -> RecoveryPoint {
        RecoveryPoint(
            id: id, assignment: assignment, provider: provider, origin: origin, run: run,
            remote: remote ?? self.remote, state: state ?? self.state, recordedAt: recordedAt,
            verifiedAt: verifiedAt ?? self.verifiedAt, proof: proof ?? self.proof,
            mark: mark ?? self.mark, deletedAt: deletedAt, pin: pin ?? self.pin)
    }
}
