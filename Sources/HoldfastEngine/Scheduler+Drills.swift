import HoldfastCore
import Logging

extension Scheduler {
    /// So many drills are put into the queue in one transaction.
    private static let drillChunk = 500
    /// So many assignments are looked up one by one in one step.
    private static let drillLookMax = 200

    /// The next instant at which a drill is due or has to be looked up.
    var nextDrill: Timestamp? {
        // While the clock is in doubt nothing is due, as with retention.
        guard clock.verdict == .sane else { return nil }
        return drills.isForgotten || !drills.unknown.isEmpty ? now : drills.next
    }

    /// A job ended: its assignment may have its first point now, or its drill behind it.
    func considerDrill(after claimed: ClaimedJob) {
        let assignment = claimed.job.request.slot.assignment
        guard configuration.policies[assignment.policy]?.drills != nil else { return }
        drills.consider(assignment)
    }

    /// Puts the drills that are due into the queue.
    func planDrills() async throws(StoreError) {
        guard clock.verdict == .sane else { return }
        if drills.isForgotten { try await lookUpDrills() }
        for assignment in drills.unknown.sorted().prefix(Self.drillLookMax) {
            drills.learn(try await drillDue(of: assignment), of: assignment)
        }
        while true {
            let taken = drills.takeDue(at: now, limit: Self.drillChunk)
            guard !taken.isEmpty else { return }
            do {
                try await enqueueDrills(taken)
            } catch {
                drills.forget()
                throw error
            }
            heartbeat?.beat()
        }
    }

    private func lookUpDrills() async throws(StoreError) {
        var due: [Assignment: Timestamp] = [:]
        let now = self.now
        for assigned in configuration.assignmentsByPolicy {
            let policy = assigned.policy
            guard let settings = policy.drills else { continue }
            let since = try await context.store.drillsDeclared(under: policy.id, at: now)
            let records = try await context.store.drillRecords(of: policy.id, target: nil)
            for assignment in assigned.assignments {
                due[assignment] = records[assignment.target].flatMap {
                    settings.due(of: assignment, after: $0, since: since, now: now)
                }
            }
            heartbeat?.beat()
        }
        drills.learn(all: due)
    }

    private func drillDue(of assignment: Assignment) async throws(StoreError) -> Timestamp? {
        guard let settings = configuration.policies[assignment.policy]?.drills,
            isDeclared(assignment)
        else { return nil }
        let now = self.now
        let since = try await context.store.drillsDeclared(under: assignment.policy, at: now)
        let records = try await context.store.drillRecords(
            of: assignment.policy, target: assignment.target)
        return records[assignment.target].flatMap {
            settings.due(of: assignment, after: $0, since: since, now: now)
        }
    }

    private func enqueueDrills(
        _ taken: [(assignment: Assignment, since: Timestamp)]
    ) async throws(StoreError) {
        let now = self.now
        let jobs = taken.compactMap { assignment, since -> NewJob? in
            guard isDeclared(assignment),
                let provider = configuration.targets[assignment.target]?.provider
            else { return nil }
            return .drill(of: assignment, at: provider, opens: since, trigger: .schedule)
        }
        let added = try await context.store.enqueue(jobs, cursor: nil, events: [], at: now)
        guard added.addedCount < jobs.count else { return }
        // A clock that was ahead made a drill of this very second already: that one counts.
        for job in jobs {
            let found = try await context.store.enqueue(job, event: nil, at: now)
            let assignment = job.slot.assignment
            guard found.state.isEnd,
                let every = configuration.policies[assignment.policy]?.drills?.every
            else { continue }
            drills.learn(now + every, of: assignment)
        }
    }

    /// Begins the drill of a claimed job.
    func drill(
        _ claimed: ClaimedJob, with provider: any BackupProvider, _ policy: Policy,
        _ target: Target, _ recorder: Recorder,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let request = claimed.job.request
        guard target.provider == request.provider,
            policy.drills != nil || request.trigger == .operatorRequest
        else {
            return withdraw(
                claimed, because: "drills are no longer declared for it under this policy",
                in: &group)
        }
        let runner = VerifyRunner(
            context: context, recorder: recorder, provider: provider, policy: policy,
            target: target, progress: progress, logger: logger)
        group.addTask {
            let change = await runner.perform(claimed)
            // A point that is proved, or damaged, is another floor for those that retention let go.
            await self.ended(claimed, hasNewPoint: change != .none)
            if change == .damaged { await self.drillNext(after: claimed) }
        }
    }

    /// Has the point drilled at once that is the newest good one after another was found damaged.
    /// What a crash in between loses comes with the next drill.
    private func drillNext(after claimed: ClaimedJob) async {
        let slot = claimed.job.request.slot
        guard configuration.policies[slot.assignment.policy]?.drills != nil,
            isDeclared(slot.assignment)
        else { return }
        do throws(StoreError) {
            let left = try await context.store.availablePoints(of: slot.assignment)
            guard left.contains(where: { $0.provider == claimed.job.request.provider }) else {
                return
            }
            let opens = max(now.roundedUpToSecond, slot.opens + .seconds(1))
            _ = try await context.store.enqueue(
                [
                    .drill(
                        of: slot.assignment, at: claimed.job.request.provider, opens: opens,
                        trigger: .schedule)
                ], cursor: nil, events: [], at: now)
            context.environment.pacer.wake()
        } catch {
            logger.error(
                "a drill after a damaged point can't be put into the queue; the next one is later",
                metadata: ["target": "\(slot.assignment.target)", "error": "\(error)"])
        }
    }
}

extension NewJob {
    /// A drill, which nothing makes too late.
    static func drill(
        of assignment: Assignment, at provider: ProviderID, opens: Timestamp, trigger: JobTrigger
    ) -> NewJob {
        NewJob(
            kind: .verify, trigger: trigger, slot: SlotKey(assignment: assignment, opens: opens),
            provider: provider, closes: .distantFuture, startBefore: .distantFuture,
            notBefore: opens)
    }
}
