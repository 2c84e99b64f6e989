public import HoldfastCore
public import Logging

/// The daemon's heart: plans what is due, hands it to the providers within their limits, watches
/// over retention, and rests until the next thing is due.
///
/// One loop does all of it, so one sign of life tells that all of it goes on.
public actor Scheduler {
    let context: EngineContext
    let logger: Logger
    let progress = ProgressBoard()

    var installation: Installation
    var loadedAt: Timestamp
    var startedAt: Timestamp
    var rejection: String?
    var clock: ClockWatch

    private var planner: Planner
    private var proposed: (installation: Installation, actor: Actor, number: Int)?
    private var proposalCount = 0
    private var active: [JobID: ProviderID] = [:]
    private var reviewsDue: Set<Assignment> = []
    /// Rules that are in force but were not yet applied to every point of their policy.
    private var rulesToNote: [PolicyID: String] = [:]
    private var prunesAsked: Set<DuePrune> = []
    private let heartbeat: Heartbeat?

    /// So many waiting jobs whose window has closed are ended in one step.
    private static let closingMax = 1000
    /// So many assignments are reviewed in one step, so that the sign of life is not late.
    private static let reviewMax = 200
    /// So many of the newest points have their assignments reviewed at start.
    private static let reviewedAtStartMax = 5000
    /// So many prune jobs are put into the queue in one transaction.
    private static let pruneChunk = 500
    /// The rest after the history could not be read or written.
    private static let storePause = Duration.seconds(5)

    /// Takes what was loaded; nothing runs before `recover` and `run`.
    ///
    /// - Parameter newestRecord: The newest instant in the history, for judging the clock.
    public init(
        _ installation: Installation, context: EngineContext, newestRecord: Timestamp?,
        heartbeat: Heartbeat?, logger: Logger
    ) {
        let now = context.environment.wall.now
        self.installation = installation
        self.context = context
        self.logger = logger
        self.heartbeat = heartbeat
        loadedAt = now
        startedAt = now
        clock = ClockWatch(
            wall: now, steady: context.environment.steady(), newestRecord: newestRecord)
        planner = Planner(installation.configuration, cursors: [:], now: now)
    }

    // MARK: The loop

    /// Works until the pacer says stop; then lets running jobs end within the grace, and gives the
    /// rest back to the queue.
    ///
    /// - Throws: `StoreError` when the history can't be used any more.
    public func run() async throws {
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
        let grace = context.stopGrace
        let clock = context.environment.timeouts
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { stop.finish() }
                try await self.loop(onStop: stop)
            }
            group.addTask {
                for await _ in stopped {}
                do {
                    try await clock.sleep(for: grace)
                } catch {
                    return  // every job ended in time
                }
            }
            try await group.next()
            group.cancelAll()
            while try await group.next() != nil {}
        }
        try await context.store.append([
            NewEvent(at: now, kind: .daemonStopped, actor: .scheduler)
        ])
    }

    private func loop(onStop stop: AsyncStream<Void>.Continuation) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var wake = Wake.news
            while wake != .stop, !Task.isCancelled {
                heartbeat?.beat()
                do {
                    try await observeClock(after: wake)
                    try await step(&group)
                    wake = await rest(until: try await nextInstant())
                } catch let error as StoreError where error.kind == .io || error.kind == .busy {
                    logger.critical(
                        "the history can't be used; trying again",
                        metadata: ["error": "\(error)"])
                    wake = await context.environment.pacer.rest(
                        until: nil, atMost: Self.storePause)
                }
            }
            logger.notice("stopping", metadata: ["running_jobs": "\(active.count)"])
            stop.finish()
        }
    }

    private func step(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        if let (installation, actor, number) = proposed {
            try await install(installation, by: actor)
            // A newer one may have come in between; one that could not be installed comes again.
            if proposed?.number == number { proposed = nil }
        }
        let store = context.store
        // Only this loop changes the planner, so the copy is never stale when it comes back.
        var planning = planner
        _ = try await planning.planDue(
            at: now, isClockSane: clock.verdict == .sane, into: store, heartbeat: heartbeat,
            logger: logger)
        planner = planning
        try await closeOverdue()
        try await reviewDue()
        try await planPrunes()
        try await dispatch(&group)
    }

    private func rest(until instant: Timestamp?) async -> Wake {
        let hasMore = !reviewsDue.isEmpty && clock.verdict == .sane
        return await context.environment.pacer.rest(
            until: hasMore ? now : instant, atMost: heartbeat?.interval)
    }

    private func nextInstant() async throws(StoreError) -> Timestamp? {
        let now = self.now
        let queue = try await context.store.nextInstants(after: now)
        let prunes = try await context.store.duePrunes(at: now).next
        var doubt: Timestamp?
        if clock.verdict != .sane { doubt = now + ClockWatch.confirmationDistance }
        return [planner.nextOpening, queue.nextReady, queue.nextClosing, prunes, doubt]
            .compactMap { $0 }.min()
    }

    private func observeClock(after wake: Wake) async throws(StoreError) {
        let wasSane = clock.verdict == .sane
        let jump = clock.observe(wall: now, steady: context.environment.steady())
        let isSaneAgain = clock.verdict == .sane && !wasSane
        guard jump != nil || wake == .clockStep || isSaneAgain else { return }
        planner.reset(at: now)
        guard let jump else { return }
        logger.warning(
            "the clock jumped; planning again, and nothing is pruned until two readings agree",
            metadata: ["by": "\(DurationText.brief(jump))"])
        try await context.store.append([
            NewEvent(
                at: now, kind: .clockJumped, actor: .scheduler,
                detail: ["milliseconds": .number(jump.wholeMilliseconds)])
        ])
    }

    var now: Timestamp { context.environment.wall.now }

    // MARK: Configuration

    /// The configuration in force.
    public var configuration: Configuration { installation.configuration }

    /// Puts another configuration in force at the next step of the loop.
    public func propose(_ installation: Installation, by actor: Actor) {
        proposalCount += 1
        proposed = (installation, actor, proposalCount)
        context.environment.pacer.wake()
    }

    /// Notes that a configuration was refused; the one in force stays.
    public func reject(_ reason: String) async throws(StoreError) {
        rejection = reason
        try await context.store.append([
            NewEvent(
                at: now, kind: .configurationRejected, actor: .scheduler,
                detail: ["reason": .text(BoundedText.cut(reason, to: 4096))])
        ])
    }

    func install(_ installation: Installation, by actor: Actor) async throws(StoreError) {
        let store = context.store
        let configuration = installation.configuration
        let declared = configuration.assignmentsByPolicy.flatMap(\.assignments)
        // In this order, so that whatever fails, or a crash, leaves nothing half done for ever: the
        // assignments end last, and what can't be awaited in one step takes effect in one.
        try await cancelJobs(
            of: store.assignmentsEnding(declared, digest: configuration.digest))
        try await store.synchronise(declared, digest: configuration.digest, at: now)
        let cursors = try await store.planningCursors()
        try await store.append([
            NewEvent(
                at: now, kind: .configurationLoaded, actor: actor,
                detail: [
                    "digest": .text(configuration.digest),
                    "policies": .number(Int64(configuration.policies.count)),
                    "targets": .number(Int64(configuration.targets.count)),
                ])
        ])
        let changed = try await changedRules(configuration)
        self.installation = installation
        rejection = nil
        loadedAt = now
        planner = Planner(configuration, cursors: cursors, now: now)
        for (assigned, rules) in changed {
            reviewsDue.formUnion(assigned.assignments)
            rulesToNote[assigned.policy.id] = rules
        }
    }

    private func cancelJobs(of ended: [Assignment]) async throws(StoreError) {
        guard !ended.isEmpty else { return }
        let reason = "the target is no longer declared under this policy"
        let now = self.now
        try await context.store.close(
            context.store.waitingJobs(of: ended).map { job in
                var machine = JobMachine(job, failureMax: 1)
                _ = machine.cancelled()
                return JobClosing(
                    job: job.id, state: machine.state, reason: reason, at: now,
                    event: job.closingEvent(machine.state, reason: reason, at: now))
            })
    }

    /// Retention that was changed is applied to what is there already.
    private func changedRules(
        _ configuration: Configuration
    ) async throws(StoreError) -> [(AssignedPolicy, rules: String)] {
        var changed: [(AssignedPolicy, rules: String)] = []
        for assigned in configuration.assignmentsByPolicy {
            let policy = assigned.policy
            let rules = policy.retention.fingerprint + "@" + policy.schedule.zone.name
            guard try await context.store.reviewedRules(of: policy.id) != rules else { continue }
            changed.append((assigned, rules))
        }
        return changed
    }

    // MARK: Recovery

    /// Mends what a crash left: half-made backups at the providers, jobs that nobody works on.
    /// Called once, before `run`.
    public func recover() async throws(StoreError) {
        for (id, provider) in installation.providers.sorted(by: { $0.key < $1.key }) {
            do {
                for removed in try await provider.sweep() {
                    logger.notice(
                        "removed what a crash left",
                        metadata: ["provider": "\(id)", "what": "\(removed)"])
                }
            } catch {
                logger.error(
                    "a provider can't be used yet",
                    metadata: ["provider": "\(id)", "error": "\(error)"])
            }
        }
        for claimed in try await context.store.runningJobs() {
            try await recover(claimed)
        }
        try await context.store.append([
            NewEvent(
                at: now, kind: .daemonStarted, actor: .recovery,
                detail: ["version": .text(context.version)])
        ])
        try await install(installation, by: .recovery)
        // The end of the last daemon may have come between a point and the look at its retention.
        reviewsDue.formUnion(
            try await context.store.assignments(ofNewestPoints: Self.reviewedAtStartMax)
                .filter(isDeclared))
        startedAt = now
    }

    private func recover(_ claimed: ClaimedJob) async throws(StoreError) {
        let assignment = claimed.job.request.slot.assignment
        let attempts =
            installation.configuration.policies[assignment.policy]?.retry.attempts ?? 1
        var machine = JobMachine(claimed.job, failureMax: attempts)
        _ = machine.interrupted(at: now)
        let reason = "the daemon ended while this attempt ran"
        _ = try await context.store.record(
            AttemptOutcome(
                claimed: claimed, ending: RunEnding(state: .interrupted, message: reason),
                endedAt: now, next: machine.state, failures: machine.failures,
                isUncertain: machine.isUncertain, point: nil,
                events: [
                    BackupEvents(claimed: claimed, actor: .recovery).interrupted(
                        reason, at: now)
                ]))
        logger.warning(
            "an attempt was cut short; its token is looked for first",
            metadata: ["target": "\(assignment.target)", "job": "\(claimed.job.id)"])
    }

    // MARK: Closing, retention, pruning

    private func closeOverdue() async throws(StoreError) {
        while true {
            let now = self.now
            let overdue = try await context.store.overdueJobs(at: now, limit: Self.closingMax)
            guard !overdue.isEmpty else { return }
            try await context.store.close(
                overdue.map { job in
                    var machine = JobMachine(job, failureMax: 1)
                    _ = machine.windowClosed()
                    let reason =
                        machine.state == .missed
                        ? "the window closed before the backup could start"
                        : "the window closed before another attempt: \(job.lastError ?? "")"
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

    private func reviewDue() async throws(StoreError) {
        guard clock.verdict == .sane else { return }
        let keeper = RetentionKeeper(context: context, logger: logger)
        for assignment in reviewsDue.sorted().prefix(Self.reviewMax) {
            // Removed first: a point that comes during the review asks for another one.
            reviewsDue.remove(assignment)
            guard let policy = installation.configuration.policies[assignment.policy] else {
                continue
            }
            do {
                try await keeper.review(assignment, under: policy)
            } catch {
                reviewsDue.insert(assignment)
                throw error
            }
        }
        guard reviewsDue.isEmpty else { return }
        for (policy, rules) in rulesToNote.sorted(by: { $0.key < $1.key }) {
            try await context.store.setReviewedRules(rules, of: policy)
        }
        rulesToNote = [:]
    }

    private func planPrunes() async throws(StoreError) {
        guard clock.verdict == .sane else { return }
        let due = try await context.store.duePrunes(at: now).due
        prunesAsked.formIntersection(due)
        let fresh = Set(due).subtracting(prunesAsked)
        var jobs = pruneJobs(for: due) { fresh.contains($0) ? $0.since : nil }[...]
        while !jobs.isEmpty {
            _ = try await context.store.enqueue(
                Array(jobs.prefix(Self.pruneChunk)), cursor: nil, events: [], at: now)
            jobs = jobs.dropFirst(Self.pruneChunk)
            heartbeat?.beat()
        }
        prunesAsked.formUnion(fresh)
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
                guard isDeclared(prune.assignment), let opens = opens(prune) else { return nil }
                return NewJob(
                    kind: .prune, trigger: trigger,
                    slot: SlotKey(
                        assignment: prune.assignment, opens: opens + .seconds(count)),
                    provider: prune.provider, closes: .distantFuture,
                    startBefore: .distantFuture, notBefore: opens)
            }
    }

    private func isDeclared(_ assignment: Assignment) -> Bool {
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

    // MARK: Dispatch

    private func dispatch(
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
                    leaseUntil: now + leaseLength))
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
        guard let policy = configuration.policies[assignment.policy],
            let target = configuration.targets[assignment.target], isDeclared(assignment)
        else {
            group.addTask {
                _ = await recorder.record(claimed.withdrawn(at: self.context.environment.wall.now))
                await self.ended(claimed, hasNewPoint: false)
            }
            return
        }
        switch claimed.job.request.kind {
        case .prune:
            let runner = PruneRunner(
                context: context, recorder: recorder,
                keeper: RetentionKeeper(context: context, logger: logger), provider: provider,
                policy: policy, target: target,
                authority: { await self.pruneAuthority(over: assignment) }, logger: logger)
            group.addTask {
                await runner.perform(claimed)
                await self.ended(claimed, hasNewPoint: false)
            }
        case .reconcile, .discover, .verify, .restore:
            preconditionFailure("nothing in this version plans a \(claimed.job.request.kind)")
        case .backup:
            let runner = BackupRunner(
                context: context, recorder: recorder, provider: provider, policy: policy,
                target: target, progress: progress, logger: logger)
            group.addTask {
                let hasNewPoint = await runner.perform(claimed)
                await self.ended(claimed, hasNewPoint: hasNewPoint)
            }
        }
    }

    private func pruneAuthority(over assignment: Assignment) -> PruneAuthority {
        // A look only: the loop's own reading tells of a jump and acts on it.
        var watch = clock
        _ = watch.observe(wall: now, steady: context.environment.steady())
        return PruneAuthority(
            policy: isDeclared(assignment) ? configuration.policies[assignment.policy] : nil,
            clock: watch.verdict)
    }

    private func ended(_ claimed: ClaimedJob, hasNewPoint: Bool) {
        active[claimed.job.id] = nil
        if hasNewPoint { reviewsDue.insert(claimed.job.request.slot.assignment) }
        context.environment.pacer.wake()
    }
}

extension ClaimedJob {
    /// The outcome of a job whose target was removed between planning and claiming.
    fileprivate func withdrawn(at now: Timestamp) -> AttemptOutcome {
        let reason = "the target is no longer declared under this policy"
        return AttemptOutcome(
            claimed: self, ending: RunEnding(state: .failed, message: reason), endedAt: now,
            next: .cancelled, failures: job.failures, isUncertain: false, point: nil,
            events: [BackupEvents(claimed: self, actor: .scheduler).cancelled(reason, at: now)])
    }
}
