import HoldfastCore
import Logging

extension Scheduler {
    /// Claims what may run, and begins it in tasks of the group.
    func dispatch(
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws(StoreError) {
        let configuration = installation.configuration
        for settings in configuration.providers.values.sorted(by: { $0.id < $1.id }) {
            let running = active.values.count { $0 == settings.id }
            guard running < settings.concurrency,
                let provider = installation.providers[settings.id]
            else { continue }
            let now = self.now
            let claimed = try await context.store.claim(
                Claim(
                    provider: settings.id, limit: settings.concurrency - running, now: now,
                    leaseUntil: now + leaseLength, drillMax: DrillPlan.places(of: settings),
                    takesPrunes: areMarksSettled))
            for job in claimed {
                active[job.job.id] = settings.id
                perform(job, with: provider, in: &group)
            }
        }
    }

    /// Longer than any attempt is let to run, so only a dead daemon's lease ends.
    private var leaseLength: Duration {
        let longest = installation.configuration.policies.values.map(\.timeout).max() ?? .zero
        return longest + .hours(1)
    }

    private func perform(
        _ claimed: ClaimedJob, with provider: any BackupProvider,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let assignment = claimed.job.request.slot.assignment
        let recorder = Recorder(
            environment: context.environment, store: context.store, logger: logger)
        let configuration = installation.configuration
        // A point is put back whatever became of the policy that it was made for.
        if claimed.job.request.kind == .restore {
            return putBack(claimed, with: provider, recorder, in: &group)
        }
        let care =
            claimed.job.request.kind == .prune
            ? orphanCare(assignment, at: claimed.job.request.provider) : nil
        guard let policy = care?.policy ?? configuration.policies[assignment.policy],
            let target = care?.target ?? configuration.targets[assignment.target],
            care != nil || isDeclared(assignment)
        else {
            return withdraw(
                claimed, because: "the target is no longer declared under this policy", in: &group)
        }
        let pruner = PruneRunner(
            context: context, recorder: recorder,
            keeper: RetentionKeeper(context: context, logger: logger), provider: provider,
            policy: policy, target: target,
            authority: {
                await self.pruneAuthority(over: assignment, at: claimed.job.request.provider)
            },
            load: { () async throws(StoreError) in
                try await self.providerLoad(of: claimed.job.request.provider)
            }, forgetLoads: { await self.forgetLoads() }, logger: logger)
        switch claimed.job.request.kind {
        case .prune:
            let count = confirmationCounts[claimed.job.request.provider]
            group.addTask {
                let isCut = await pruner.perform(claimed)
                await self.ended(prune: claimed, isCut: isCut, confirmations: count)
            }
        case .reconcile where claimed.job.request.survey != nil:
            let runner = lookRunner(for: target, under: policy, at: provider, recorder)
            group.addTask {
                let changed = await runner.perform(claimed)
                await self.ended(claimed, changing: changed)
            }
        case .reconcile:
            guard let provider = provider as? any ReconcilingProvider else {
                return refuse(claimed, in: &group)
            }
            let runner = ReconcileRunner(
                context: context, recorder: recorder, provider: provider, policy: policy,
                target: target, logger: logger)
            group.addTask {
                await runner.perform(claimed)
                await self.ended(claimed, hasNewPoint: false)
            }
        case .verify:
            drill(claimed, with: provider, policy, target, recorder, in: &group)
        case .restore, .discover:
            preconditionFailure("nothing in this version plans a \(claimed.job.request.kind)")
        case .backup:
            let runner = BackupRunner(
                context: context, recorder: recorder, provider: provider, policy: policy,
                target: target, progress: progress,
                room: configuration.providers[target.provider]?.kind.replacesOldest == true
                    ? pruner : nil, logger: logger)
            group.addTask {
                let hasNewPoint = await runner.perform(claimed)
                await self.ended(claimed, hasNewPoint: hasNewPoint)
            }
        }
    }

    private func putBack(
        _ claimed: ClaimedJob, with provider: any BackupProvider, _ recorder: Recorder,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let request = claimed.job.request
        guard let target = configuration.targets[request.slot.assignment.target],
            target.provider == request.provider
        else {
            return withdraw(
                claimed,
                because: "the target is no longer declared at provider '\(request.provider)'",
                in: &group)
        }
        guard let provider = provider as? any RestoringProvider else {
            return refuse(claimed, in: &group)
        }
        let runner = RestoreRunner(
            context: context, recorder: recorder, provider: provider, target: target,
            logger: logger)
        group.addTask {
            await runner.perform(claimed)
            await self.ended(claimed, hasNewPoint: false)
        }
    }

    /// Ends a job that was planned under another configuration.
    func withdraw(
        _ claimed: ClaimedJob, because reason: String,
        in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let recorder = Recorder(
            environment: context.environment, store: context.store, logger: logger)
        group.addTask {
            _ = await recorder.record(
                claimed.withdrawn(because: reason, at: self.context.environment.wall.now))
            await self.ended(claimed, hasNewPoint: false)
        }
    }

    private func refuse(
        _ claimed: ClaimedJob, in group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        let request = claimed.job.request
        withdraw(
            claimed,
            because: "provider '\(request.provider)' can't do a \(request.kind.rawValue)",
            in: &group)
    }

    func ended(_ claimed: ClaimedJob, hasNewPoint: Bool) {
        ended(claimed, changing: hasNewPoint ? [claimed.job.request.slot.assignment] : [])
    }
}

extension ClaimedJob {
    /// The outcome of a job whose target was removed between planning and claiming.
    fileprivate func withdrawn(because reason: String, at now: Timestamp) -> AttemptOutcome {
        return AttemptOutcome(
            claimed: self, ending: RunEnding(state: .failed, message: reason), endedAt: now,
            next: .cancelled, failures: job.failures, isUncertain: false, point: nil,
            events: [job.closingEvent(.cancelled, reason: reason, at: now)])
    }
}
