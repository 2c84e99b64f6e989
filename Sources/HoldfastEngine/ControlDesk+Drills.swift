public import HoldfastCore

extension ControlDesk {
    /// See `DrillSurface`.
    public func requestDrill(
        target name: String, policy wanted: String?, by actor: Actor
    ) async throws(ControlRefusal) -> Job {
        let configuration = await scheduler.configuration
        guard let target = try selectedTargets(name, configuration).first else {
            throw ControlRefusal(.notFound, "no target is named '\(name)'")
        }
        let policy = try selectedPolicy(wanted, of: target, configuration)
        let assignment = Assignment(policy: policy.id, target: target.id)
        let now = self.now
        let records = try await stored { () async throws(StoreError) in
            try await context.store.drillRecords(of: policy.id, target: target.id)
        }
        guard let record = records[target.id], record.hasPoint else {
            throw ControlRefusal(
                .conflict,
                "target '\(target.id)' has no good point under policy '\(policy.id)' that could be "
                    + "proved; back it up first")
        }
        guard !record.isOpen else {
            throw ControlRefusal(
                .conflict,
                "a drill of target '\(target.id)' under policy '\(policy.id)' is waiting or running; "
                    + "wait for its end ('holdfast jobs')")
        }
        let job = NewJob.drill(
            of: assignment, at: target.provider, opens: now.roundedDownToSecond,
            trigger: .operatorRequest)
        let event = NewEvent(
            at: now, kind: .drillRequested, actor: actor, assignment: assignment)
        let queued = try await stored { () async throws(StoreError) in
            try await context.store.enqueue(job, event: event, at: now)
        }
        guard !queued.state.isEnd else {
            throw ControlRefusal(.conflict, "a drill ended in this very second; ask again")
        }
        context.environment.pacer.wake()
        return queued
    }

    /// What is proved of all assignments together.
    func proofTotals(
        of targets: [TargetStatus], under configuration: Configuration
    ) -> ProofTotals {
        var totals = ProofTotals()
        for status in targets {
            guard let summary = status.summary, summary.pointCount > 0 else { continue }
            guard let newest = summary.proofs.newest else {
                totals.unprovenCount += 1
                if configuration.policies[status.policy]?.drills != nil {
                    totals.awaitingCount += 1
                }
                continue
            }
            totals.provenCount += 1
            if totals.oldestTakenAt.map({ newest.takenAt < $0 }) ?? true {
                totals.oldest = summary.assignment
                totals.oldestTakenAt = newest.takenAt
            }
        }
        return totals
    }
}
