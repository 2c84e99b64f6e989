import HoldfastCore

/// When the points of targets are next compared with their providers' listings.
struct PointWatch: Sendable {
    /// Listings that lost too much at once to be believed without a second one.
    struct Doubt: Sendable {
        let gone: Set<PointID>
        let since: Timestamp
    }

    /// The next instant at which looks are planned.
    var next = Timestamp.distantFuture
    /// Up to which instant they are; `nil`: not since the start.
    var through: Timestamp?
    var doubts: [TargetID: Doubt] = [:]

    /// Between two plannings at least, so that many targets don't keep the loop awake.
    static let distance = Duration.minutes(5)
    /// A second listing tells something when it comes at least so long after the first.
    private static let confirmation = Duration.minutes(5)

    /// Plans at the next step of the loop.
    mutating func replan(at now: Timestamp) {
        next = now
        through = through.map { min($0, now) }
    }

    /// Which of the points that a listing lacks are gone: all of them, unless that is doubtful; then
    /// those that were lacking some minutes ago too.
    mutating func believe(
        _ gone: Set<PointID>, of target: TargetID, isDoubtful: Bool, at now: Timestamp
    ) -> Set<PointID> {
        guard isDoubtful else {
            doubts[target] = nil
            return gone
        }
        guard let before = doubts[target], before.since <= now else {
            doubts[target] = Doubt(gone: gone, since: now)
            return []
        }
        guard now - before.since >= Self.confirmation else { return [] }
        let believed = gone.intersection(before.gone)
        doubts[target] =
            believed == gone ? nil : Doubt(gone: gone.subtracting(believed), since: now)
        return believed
    }
}

extension Scheduler {
    /// Puts the looks into the queue that are due. They begin after every backup that waits.
    func planLooks() async throws(StoreError) {
        let now = self.now
        guard clock.verdict == .sane, looks.next <= now else { return }
        let configuration = installation.configuration
        var due: [NewJob] = []
        var next = Timestamp.distantFuture
        for target in configuration.targets.values {
            guard let period = configuration.providers[target.provider]?.reconcile,
                let job = lookJob(
                    at: target,
                    opens: LookTimetable.newestOpening(
                        of: target.id, every: period, notAfter: now))
            else { continue }
            next = min(next, job.slot.opens + period)
            if looks.through.map({ job.slot.opens > $0 }) ?? true { due.append(job) }
        }
        try await enqueueLooks(try await sinceAssigned(due))
        looks.through = now
        looks.next = max(next, now + PointWatch.distance)
    }

    /// A look at a target; `nil` for one that has no points.
    func lookJob(
        at target: Target, opens: Timestamp, trigger: JobTrigger = .schedule,
        survey: Survey = .look, under wanted: PolicyID? = nil
    ) -> NewJob? {
        let policies = installation.configuration.policies
        guard target.subject.makesPoints,
            let policy = wanted
                ?? target.policies.first(where: { policies[$0]?.enforcement == .managed })
                ?? target.policies.first
        else { return nil }
        return NewJob(
            kind: .reconcile, trigger: trigger,
            slot: SlotKey(
                assignment: Assignment(policy: policy, target: target.id), opens: opens),
            provider: target.provider, closes: .distantFuture, startBefore: .distantFuture,
            notBefore: opens, survey: survey)
    }

    /// What came under its policy after a look was due has nothing that was looked for.
    private func sinceAssigned(_ jobs: [NewJob]) async throws(StoreError) -> [NewJob] {
        var kept: [NewJob] = []
        for (policy, jobs) in Dictionary(grouping: jobs, by: \.slot.assignment.policy)
            .sorted(by: { $0.key < $1.key })
        {
            let starts = try await context.store.assignmentStarts(of: policy)
            kept += jobs.filter { job in
                starts[job.slot.assignment.target].map { $0 <= job.slot.opens } ?? false
            }
        }
        return kept
    }

    /// Puts looks into the queue, but none at a target whose last one still waits.
    @discardableResult
    func enqueueLooks(
        _ jobs: [NewJob], event: ((Int) -> NewEvent)? = nil
    ) async throws(StoreError) -> Int {
        guard !jobs.isEmpty else {
            if let event { try await context.store.append([event(0)]) }
            return 0
        }
        let waiting = Set(
            try await context.store.waitingJobs(of: jobs.map(\.slot.assignment))
                .filter { $0.request.survey == .look }.map(\.request.slot.assignment.target))
        let wanted = jobs.filter { !waiting.contains($0.slot.assignment.target) }
            .sorted { $0.slot.assignment < $1.slot.assignment }
        var rest = wanted[...]
        if let event { try await context.store.append([event(wanted.count)]) }
        while !rest.isEmpty {
            _ = try await context.store.enqueue(
                Array(rest.prefix(Self.pruneChunk)), cursor: nil, events: [], at: now)
            rest = rest.dropFirst(Self.pruneChunk)
            heartbeat?.beat()
        }
        return wanted.count
    }

    /// See `PointWatch`.
    func believe(_ gone: Set<PointID>, of target: TargetID, isDoubtful: Bool) -> Set<PointID> {
        looks.believe(gone, of: target, isDoubtful: isDoubtful, at: now)
    }

    func lookRunner(
        for target: Target, under policy: Policy, at provider: any BackupProvider,
        _ recorder: Recorder
    ) -> LookRunner {
        LookRunner(
            context: context, recorder: recorder, provider: provider, policy: policy,
            target: target,
            believe: { await self.believe($0, of: target.id, isDoubtful: $1) }, logger: logger)
    }

    /// A job came to its end.
    ///
    /// - Parameter assignments: Those whose points are others now.
    func ended(_ claimed: ClaimedJob, changing assignments: Set<Assignment>) {
        active[claimed.job.id] = nil
        reviewsDue.formUnion(assignments.filter(isDeclared))
        considerDrill(after: claimed)
        context.environment.pacer.wake()
    }
}
