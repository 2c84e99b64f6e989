import HoldfastCore
import Logging

extension Scheduler {
    func closeOverdue() async throws(StoreError) {
        while true {
            let now = self.now
            let overdue = try await context.store.overdueJobs(at: now, limit: Self.closingMax)
            guard !overdue.isEmpty else { return }
            try await context.store.close(
                overdue.map { job in
                    var machine = JobMachine(job, failureMax: 1)
                    _ = machine.windowClosed()
                    let reason =
                        switch machine.state {
                        case _ where job.request.kind == .restore:
                            "it could not begin in the time after it was asked for; ask again"
                        case .missed:
                            "the window closed before the \(job.request.kind.rawValue) could start"
                        default:
                            "the window closed before another attempt: \(job.lastError ?? "")"
                        }
                    return JobClosing(
                        job: job.id, state: machine.state, reason: reason, at: now,
                        event: job.closingEvent(machine.state, reason: reason, at: now))
                })
            for (assignment, jobs) in Dictionary(
                grouping: overdue, by: \.request.slot.assignment
            ).sorted(by: { $0.key < $1.key }).prefix(20) {
                logger.error(
                    "window missed",
                    metadata: [
                        "target": "\(assignment.target)", "policy": "\(assignment.policy)",
                        "slots": "\(jobs.count)",
                    ])
            }
            heartbeat?.beat()
        }
    }

    func reviewDue() async throws(StoreError) {
        guard clock.verdict == .sane else { return }
        let keeper = RetentionKeeper(context: context, logger: logger)
        for assignment in reviewsDue.sorted().prefix(Self.reviewMax) {
            // Removed first: a point that comes during the review asks for another one.
            reviewsDue.remove(assignment)
            let isAsked = reviewsOfInstallation.remove(assignment) != nil
            guard let policy = installation.configuration.policies[assignment.policy] else {
                continue
            }
            do {
                let reviews = try await keeper.review(
                    assignment, under: policy, isNew: rulesToNote[policy.id] != nil)
                if reviews.contains(where: \.weighs) { forgetLoads() }
            } catch {
                reviewsDue.insert(assignment)
                if isAsked { reviewsOfInstallation.insert(assignment) }
                throw error
            }
        }
    }

    /// Once all marks are set that a configuration asks for: holds what waits from now on, however many
    /// points come during its grace, lets go what need not wait any more, and notes the rules as those
    /// that everything was reviewed under. Until then no prune begins, since the provider's guard can't
    /// see marks that are still to be set.
    func settleMarks() async throws(StoreError) {
        guard clock.verdict == .sane, reviewsOfInstallation.isEmpty,
            isWeighingDue || !rulesToNote.isEmpty || !confirmedAt.isEmpty
        else { return }
        let confirmed = confirmedAt
        confirmedAt = []
        var isDone = false
        defer { if !isDone { confirmedAt.formUnion(confirmed) } }
        let (fresh, changedAt) = (rulesToNote, rulesChangedAt)
        forgetLoads()
        // What is left of a cut under rules that are as they were may be pinned or away for a while.
        let waits = try await context.pruneWaits(under: installation.configuration) { point, hold in
            switch hold.scope {
            case .assignment: fresh[point.assignment.policy] != nil
            case .provider:
                changedAt.contains(point.provider) || confirmed.contains(point.provider)
            }
        }
        for waits in waits where !waits.fresh.isEmpty || !waits.lifted.isEmpty {
            try await context.store.change(holds: waits.fresh, lifted: waits.lifted.map(\.id))
            askAgain(Set(waits.lifted.map(\.assignment)))
        }
        for (policy, rules) in fresh.sorted(by: { $0.key < $1.key }) {
            try await context.store.setReviewedRules(rules, of: policy)
        }
        rulesToNote = [:]
        rulesChangedAt = []
        isWeighingDue = false
        isDone = true
    }

    /// Plans a prune of these, though the last one for the same points has ended.
    func askAgain(_ assignments: Set<Assignment>) {
        prunesAsked = prunesAsked.filter { !assignments.contains($0.assignment) }
        prunesLeft.formUnion(assignments)
    }

    /// A prune job ended.
    ///
    /// - Parameters:
    ///   - isCut: Whether it left points for a reason that passes by itself.
    ///   - count: How many confirmations there had been at its provider when it began. What it was
    ///     refused before another one may need no hold after it.
    func ended(prune claimed: ClaimedJob, isCut: Bool, confirmations count: Int?) {
        if isCut { askAgain([claimed.job.request.slot.assignment]) }
        let provider = claimed.job.request.provider
        if count != confirmationCounts[provider] { confirmedAt.insert(provider) }
        ended(claimed, hasNewPoint: false)
    }

    /// Whether prunes may begin: what a configuration changes is marked and weighed, and the clock is
    /// believed.
    var areMarksSettled: Bool {
        clock.verdict == .sane && reviewsOfInstallation.isEmpty && rulesToNote.isEmpty
    }

    /// An operator confirmed a plan.
    func confirmed(at provider: ProviderID) {
        forgetLoads()
        confirmedAt.insert(provider)
        confirmationCounts[provider, default: 0] += 1
        context.environment.pacer.wake()
    }

    func planPrunes() async throws(StoreError) {
        guard areMarksSettled else { return }
        // What is not backed up any more is not thinned out either.
        let due = try await context.store.duePrunes(at: now).due.filter {
            pauses[$0.assignment.policy] == nil
        }
        prunesAsked.formIntersection(due)
        let fresh = Set(due).subtracting(prunesAsked)
        // There has been a job for what is left, and a job is known by its opening.
        let now = self.now
        let left = prunesLeft
        var jobs = pruneJobs(for: due) {
            guard fresh.contains($0) else { return nil }
            return left.contains($0.assignment) ? max(now, $0.since + .seconds(1)) : $0.since
        }[...]
        let planned = Set(jobs.map(\.slot.assignment))
        var taken: Set<Assignment> = []
        while !jobs.isEmpty {
            let chunk = jobs.prefix(Self.pruneChunk)
            let added = try await context.store.enqueue(
                Array(chunk), cursor: nil, events: [], at: now)
            // Another one opened in the same second; the next opens later.
            if added.addedCount < chunk.count {
                taken.formUnion(left.intersection(chunk.map(\.slot.assignment)))
            }
            jobs = jobs.dropFirst(Self.pruneChunk)
            heartbeat?.beat()
        }
        prunesAsked.formUnion(fresh)
        prunesLeft.subtract(planned)
        askAgain(taken)
    }

    /// Jobs for what is due and still declared.
    ///
    /// - Parameter opens: When each opens; `nil` for none. Of one assignment that has points at
    ///   several providers each job opens a second after the one before, because a job is known
    ///   by its opening, a whole second.
    func pruneJobs(
        for due: [DuePrune], trigger: JobTrigger = .retention, opens: (DuePrune) -> Timestamp?
    ) -> [NewJob] {
        var previous: (assignment: Assignment, count: Int)?
        return due.sorted { ($0.assignment, $0.provider) < ($1.assignment, $1.provider) }
            .compactMap { prune in
                let isSame = previous?.assignment == prune.assignment
                let count = isSame ? (previous?.count ?? 0) + 1 : 0
                previous = (prune.assignment, count)
                guard
                    isDeclared(prune.assignment)
                        || orphanCare(prune.assignment, at: prune.provider) != nil,
                    pauses[prune.assignment.policy] == nil,
                    let opens = opens(prune)
                else { return nil }
                return NewJob(
                    kind: .prune, trigger: trigger,
                    slot: SlotKey(
                        assignment: prune.assignment, opens: opens + .seconds(count)),
                    provider: prune.provider, closes: .distantFuture,
                    startBefore: .distantFuture, notBefore: opens)
            }
    }

    /// What weighs at a provider as a whole. Many prunes begin together, and adding it up for each of
    /// them takes longer than they do.
    func providerLoad(of provider: ProviderID) async throws(StoreError) -> PruneLoad {
        let now = self.now
        if let kept = loads[provider], kept.at <= now, now - kept.at < Self.loadAgeMax {
            return kept.load
        }
        let count = forgottenCount
        let load = try await context.store.pruneLoad(
            of: provider, orphansUnder: configuration.orphanPolicies)
        // What was read before something changed counts once.
        if count == forgottenCount { loads[provider] = (now, load) }
        return load
    }

    /// After marks were set or confirmed, or rules changed.
    func forgetLoads() {
        loads = [:]
        forgottenCount += 1
    }

    func isDeclared(_ assignment: Assignment) -> Bool {
        let target = installation.configuration.targets[assignment.target]
        return target?.policies.contains(assignment.policy) ?? false
    }

    func reviewAll() {
        for assigned in installation.configuration.assignmentsByPolicy {
            reviewsDue.formUnion(assigned.assignments)
        }
        context.environment.pacer.wake()
    }

    func nextOpening() -> (policy: PolicyID, opens: Timestamp)? {
        planner.nextOpening(after: now)
    }
}
