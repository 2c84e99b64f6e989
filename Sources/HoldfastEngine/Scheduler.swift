public import HoldfastCore
public import Logging

/// The daemon's heart: plans what is due, hands it to the providers within their limits, watches
/// over retention, and rests until the next thing is due.
///
/// One loop does all of it, so one sign of life tells that all of it goes on.
public actor Scheduler {
    let context: EngineContext
    let logger: Logger
    let progress: ProgressBoard

    var installation: Installation
    var loadedAt: Timestamp
    var startedAt: Timestamp
    var rejection: String?
    var clock: ClockWatch

    var planner: Planner
    var proposed: (installation: Installation, actor: Actor, number: Int)?
    private var proposalCount = 0
    var active: [JobID: ProviderID] = [:]
    var reviewsDue: Set<Assignment> = []
    /// Those of them that a configuration asks for; no prune begins before they are done.
    var reviewsOfInstallation: Set<Assignment> = []
    /// Rules that are in force but were not yet applied to every point of their policy.
    var rulesToNote: [PolicyID: String] = [:]
    /// Where policies among these had points under other rules before.
    var rulesChangedAt: Set<ProviderID> = []
    /// Whether marks came that the guard was not asked about yet, or it is another guard.
    var isWeighingDue = false
    /// Where a plan was confirmed since the holds were weighed: what is left may need none.
    var confirmedAt: Set<ProviderID> = []
    var confirmationCounts: [ProviderID: Int] = [:]
    /// What the last prune job left, because other rules came or the guard held it then: a prune that
    /// opens now is still to be planned.
    var prunesLeft: Set<Assignment> = []
    var prunesAsked: Set<DuePrune> = []
    /// What was marked at each provider a moment ago.
    var loads: [ProviderID: (at: Timestamp, load: PruneLoad)] = [:]
    var forgottenCount = 0
    let heartbeat: Heartbeat?

    var discovery = WatchPlan(distance: Scheduler.discoveryDistance)
    var drift = WatchPlan(distance: Scheduler.driftDistance)
    var expiry = WatchPlan(distance: Scheduler.expiryDistance)
    var drills = DrillPlan()
    var looks = PointWatch()
    var orphans = OrphanWatch()
    var inventory = InventoryBook()
    /// What selectors find now, as the history has it.
    var discoveries: [DiscoveredTarget] = []
    /// Discoveries that lost too much at once to be believed without a second one.
    var doubted: [ProviderID: [DiscoveredTarget]] = [:]
    /// Whether something was discovered that is not in force yet.
    var isDiscoveryNew = false
    /// When the next assignment will be beyond its objective, as far as was known when breaches were
    /// noted last.
    var nextBreach: Timestamp?
    /// The policies that are paused, and when each was resumed last, as the history has it.
    var pauses: [PolicyID: Pause] = [:]
    var resumptions: [PolicyID: Timestamp] = [:]

    /// So many waiting jobs whose window has closed are ended in one step.
    static let closingMax = 1000
    /// So many assignments are reviewed in one step, so that the sign of life is not late.
    static let reviewMax = 200
    /// So many of the newest points have their assignments reviewed at start.
    private static let reviewedAtStartMax = 5000
    /// So many prune jobs are put into the queue in one transaction.
    static let pruneChunk = 500
    /// What is marked at a provider is added up again after so long.
    static let loadAgeMax = Duration.seconds(10)
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
        progress = ProgressBoard(bell: context.bell)
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
        if isDiscoveryNew {
            isDiscoveryNew = false
            do {
                try await putInForce(installation)
            } catch {
                isDiscoveryNew = true
                throw error
            }
            // What was found may be under a policy that its provider does not have yet.
            watchDrift()
        }
        try await endPauses()
        askDue(&group)
        let store = context.store
        // Only this loop changes the planner, so the copy is never stale when it comes back.
        var planning = planner
        _ = try await planning.planDue(
            at: now, isClockSane: clock.verdict == .sane, into: store, heartbeat: heartbeat,
            logger: logger)
        planner = planning
        try await holdPlanner()
        try await closeOverdue()
        try await endPins()
        try await reviewDue()
        try await reviewOrphans()
        try await settleMarks()
        try await planPrunes()
        try await planExpiries()
        try await planDrills()
        try await planLooks()
        try await noteInventories()
        try await noteBreaches()
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
        let pins = try await context.store.nextPinEnd(after: now)
        var doubt: Timestamp?
        if clock.verdict != .sane { doubt = now + ClockWatch.confirmationDistance }
        return [
            planner.nextOpening, queue.nextReady, queue.nextClosing, prunes, pins, doubt,
            nextWatch, doubt == nil ? nextBreach : nil, doubt == nil ? nextPause : nil,
        ].compactMap { $0 }.min()
    }

    private func observeClock(after wake: Wake) async throws(StoreError) {
        let wasSane = clock.verdict == .sane
        let jump = clock.observe(wall: now, steady: context.environment.steady())
        let isSaneAgain = clock.verdict == .sane && !wasSane
        guard jump != nil || wake == .clockStep || isSaneAgain else { return }
        planner.reset(at: now)
        discovery.reset(at: now)
        drift.reset(at: now)
        inventory.watch.reset(at: now)
        expiry.reset(at: now)
        drills.forget()
        looks.replan(at: now)
        orphans.next = now
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
        let configuration = installation.configuration
        try await endUnselected(by: configuration.selectors)
        try await putInForce(
            installation,
            event: NewEvent(
                at: now, kind: .configurationLoaded, actor: actor,
                detail: [
                    "digest": .text(configuration.digest),
                    "policies": .number(Int64(configuration.policies.count)),
                    "targets": .number(Int64(configuration.targets.count)),
                ]))
        rejection = nil
        loadedAt = now
        beginWatches()
    }

    /// Makes the declared targets, and those that selectors found, what the daemon works on.
    private func putInForce(
        _ wanted: Installation, event: NewEvent? = nil
    ) async throws(StoreError) {
        let store = context.store
        let configuration = wanted.configuration.adding(discoveries)
        let declared = configuration.assignmentsByPolicy.flatMap(\.assignments)
        // In this order, so that whatever fails, or a crash, leaves nothing half done for ever: the
        // assignments end last, and what can't be awaited in one step takes effect in one.
        let change = try await store.assignmentsChanging(
            declared, digest: configuration.assignmentsDigest)
        try await store.remember(configuration.declaredTargets.values.compactMap(KnownTarget.init))
        // While it is not declared, what has points is an orphan.
        let returning =
            change.begun.isEmpty
            ? [] : Set(try await store.orphans().map(\.assignment)).intersection(change.begun)
        try await cancelJobs(of: change.ended)
        try await announceOrphans(change.ended)
        try await store.synchronise(
            declared, digest: configuration.assignmentsDigest, at: now)
        try await keepObjectives(of: configuration)
        let cursors = try await store.planningCursors()
        if let event { try await store.append([event]) }
        let changed = try await changedRules(configuration)
        installation = Installation(configuration: configuration, providers: wanted.providers)
        planner = Planner(configuration, cursors: cursors, now: now)
        drills.forget()
        inventory.isOutdated = true
        planner.hold(pauses.keys, resumed: resumptions)
        let before = rulesToNote
        rulesToNote = [:]
        // What comes back may have been gone while its rules changed.
        askForReviews(of: Array(returning))
        for assigned in configuration.assignmentsByPolicy where before[assigned.policy.id] != nil {
            // Some may have been reviewed under rules that are taken back already.
            askForReviews(of: assigned.assignments)
        }
        apply(changed)
        isWeighingDue = true
    }

    /// Asks for the reviews that other rules need, and notes where they may lift what waits.
    private func apply(_ changed: [ChangedRules]) {
        for change in changed {
            askForReviews(of: change.assigned.assignments)
            rulesToNote[change.assigned.policy.id] = change.rules
        }
        let policies = Set(changed.filter { !$0.isFirst }.map(\.assigned.policy.id))
        guard !policies.isEmpty else { return }
        let orphaned = orphans.cared.keys.filter { policies.contains($0.assignment.policy) }
        rulesChangedAt.formUnion(configuration.providers(under: policies))
        rulesChangedAt.formUnion(orphaned.map(\.provider))
    }

    private func askForReviews(of assignments: [Assignment]) {
        reviewsDue.formUnion(assignments)
        reviewsOfInstallation.formUnion(assignments)
    }

    func cancelJobs(
        of ended: [Assignment],
        because reason: String = "the target is no longer declared under this policy",
        where isMeant: (Job) -> Bool = { _ in true }
    ) async throws(StoreError) {
        guard !ended.isEmpty else { return }
        let now = self.now
        let jobs = try await context.store.waitingJobs(of: ended).filter(isMeant)
        try await context.store.close(
            jobs.map { job in
                var machine = JobMachine(job, failureMax: 1)
                _ = machine.cancelled()
                return JobClosing(
                    job: job.id, state: machine.state, reason: reason, at: now,
                    event: job.closingEvent(machine.state, reason: reason, at: now))
            })
        askAgain(
            Set(jobs.filter { $0.request.kind == .prune }.map(\.request.slot.assignment)))
    }

    private struct ChangedRules {
        let assigned: AssignedPolicy
        let rules: String
        /// Whether no rules are noted of the policy.
        let isFirst: Bool
    }

    /// Retention that was changed is applied to what is there already.
    private func changedRules(
        _ configuration: Configuration
    ) async throws(StoreError) -> [ChangedRules] {
        var changed: [ChangedRules] = []
        for assigned in configuration.assignmentsByPolicy {
            let policy = assigned.policy
            let rules = policy.rulesFingerprint
            let noted = try await context.store.reviewedRules(of: policy.id)
            guard noted != rules else { continue }
            changed.append(ChangedRules(assigned: assigned, rules: rules, isFirst: noted == nil))
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
        discoveries = try await context.store.discoveries().filter { $0.goneAt == nil }
            .map(\.target)
        try await readPauses()
        try await readInventoryRecords()
        try await install(installation, by: .recovery)
        // The end of the last daemon may have come between a point and the look at its retention.
        reviewsDue.formUnion(
            try await context.store.assignments(ofNewestPoints: Self.reviewedAtStartMax)
                .filter(isDeclared))
        // What the last daemon left has had its jobs, unless they wait still.
        let due = Set(try await context.store.duePrunes(at: now).due.map(\.assignment))
        let waiting = try await context.store.waitingJobs(of: due.sorted()).filter {
            $0.request.kind == .prune
        }
        askAgain(due.subtracting(waiting.map(\.request.slot.assignment)))
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
}
