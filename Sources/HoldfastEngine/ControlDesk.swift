public import HoldfastCore
import Synchronization

/// Answers the status socket out of the scheduler's state and the history.
public struct ControlDesk: ControlSurface {
    let scheduler: Scheduler
    let context: EngineContext
    private let listing = TargetListing()

    /// Sits in front of a scheduler.
    public init(_ scheduler: Scheduler, context: EngineContext) {
        self.scheduler = scheduler
        self.context = context
    }

    var now: Timestamp { context.environment.wall.now }

    /// See `ControlSurface`.
    public func status() async throws(StoreError) -> DaemonStatus {
        let state = await scheduler.state
        let next = await scheduler.nextOpening()
        let configuration = state.configuration
        var held: String?
        if case .doubtful(let reason) = state.clock { held = reason }
        let all = try await allTargets()
        var status = DaemonStatus(
            version: context.version, now: now, startedAt: state.startedAt,
            configurationDigest: configuration.digest, configurationLoadedAt: state.loadedAt,
            configurationRejection: state.rejection,
            configurationWarnings: configuration.warnings(at: now),
            providerCount: configuration.providers.count,
            policyCount: configuration.policies.count,
            targetCount: configuration.targets.count, nextOpening: next?.opens,
            nextPolicy: next?.policy, totals: try await context.store.totals(),
            problems: all.filter { $0.health != .ok && $0.health != .new },
            pruningHeld: held, failingProviders: state.failingProviders.sorted(),
            pauses: state.pauses.values.sorted { $0.policy < $1.policy })
        status.prunePlans = try await context.pruneWaits(under: configuration).flatMap(\.plans)
        status.healthCounts = Dictionary(grouping: all, by: \.health).mapValues(\.count)
        status.proofs = proofTotals(of: all, under: configuration)
        status.uncovered = UncoveredTotals(uncovered(in: state, at: now), of: state.listings)
        status.ending = try await ending(in: state)
        return status
    }

    /// See `ControlSurface`.
    public func policies() async throws(StoreError) -> [PolicyStatus] {
        let now = self.now
        let state = await scheduler.state
        return state.configuration.assignmentsByPolicy.map {
            PolicyStatus(
                policy: $0.policy, targetCount: $0.targets.count,
                openWindow: $0.policy.schedule.openWindow(at: now),
                nextWindow: state.nextWindow(of: $0.policy, after: now))
        }
    }

    /// See `ControlSurface`.
    public func targets(_ part: ListPart) async throws(StoreError) -> Page<TargetStatus> {
        let state = await scheduler.state
        let digest = state.configuration.digest
        let all: [TargetStatus]
        if part.offset > 0, let kept = listing.kept(of: digest, at: now) {
            all = kept
        } else {
            all = try await allTargets()
            if all.count > part.limit { listing.keep(all, of: digest, at: now) }
        }
        let rows = Array(all.dropFirst(part.offset).prefix(part.limit))
        let end = part.offset + rows.count
        return Page(rows: rows, next: end < all.count ? Int64(end) : nil)
    }

    private func allTargets() async throws(StoreError) -> [TargetStatus] {
        let now = self.now
        let state = await scheduler.state
        let configuration = state.configuration
        let summaries = Dictionary(
            try await context.store.summaries().map { ($0.assignment, $0) },
            uniquingKeysWith: { first, _ in first })
        let deadlines = try await context.store.deadlines()
        let openings = configuration.policies.mapValues {
            state.nextWindow(of: $0, after: now)?.opens
        }
        return configuration.targets.values.sorted { $0.id < $1.id }.flatMap { target in
            target.policies.compactMap { id -> TargetStatus? in
                guard let policy = configuration.policies[id] else { return nil }
                let assignment = Assignment(policy: id, target: target.id)
                let summary = summaries[assignment]
                return TargetStatus(
                    target: target, policy: id, summary: summary,
                    objective: policy.recoveryPointObjective, nextOpening: openings[id] ?? nil,
                    health: health(summary, deadline: deadlines[assignment], now: now))
            }
        }
    }

    private func health(
        _ summary: AssignmentSummary?, deadline: Timestamp?, now: Timestamp
    ) -> TargetStatus.Health {
        if let deadline, deadline <= now { return .beyondObjective }
        guard let summary else { return .new }
        if let damaged = summary.proofs.newestDamaged,
            summary.newestPoint.map({ $0 < damaged }) ?? true
        {
            return .damaged
        }
        switch summary.lastState {
        case "failed": return .failed
        case "missed": return .missed
        case nil where summary.newestPoint == nil: return .new
        case _ where summary.proofs.lastDrill == "failed": return .drillFailed
        default: return .ok
        }
    }

    /// See `ControlSurface`.
    public func job(_ id: JobID) async throws(StoreError) -> JobStatus? {
        guard let job = try await context.store.job(id) else { return nil }
        return JobStatus(job: job, progress: scheduler.progress.progress(of: id))
    }

    /// See `ControlSurface`.
    public func jobs(_ page: PageRequest) async throws(StoreError) -> Page<JobStatus> {
        let found = try await context.store.jobs(page)
        return Page(
            rows: found.rows.map {
                JobStatus(job: $0, progress: scheduler.progress.progress(of: $0.id))
            }, next: found.next)
    }

    /// See `ControlSurface`.
    public func runs(_ page: PageRequest) async throws(StoreError) -> Page<Run> {
        try await context.store.runs(page)
    }

    /// See `ControlSurface`.
    public func points(_ page: PageRequest) async throws(StoreError) -> Page<RecoveryPoint> {
        try await context.store.points(page)
    }

    /// See `ControlSurface`.
    public func events(_ page: PageRequest) async throws(StoreError) -> Page<Event> {
        try await context.store.events(page)
    }

    /// See `ControlSurface`.
    public func pruneReview(
        target: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> Page<PointReview> {
        let state = await scheduler.state
        let configuration = state.configuration
        let assignments = try selectedTargets(target, configuration).flatMap { target in
            target.policies.map { Assignment(policy: $0, target: target.id) }
        }
        var reviews: [PointReview] = []
        for (index, assignment) in assignments.enumerated().dropFirst(part.offset) {
            guard reviews.count < part.limit else {
                return Page(rows: reviews, next: Int64(index))
            }
            guard let policy = configuration.policies[assignment.policy] else { continue }
            let basis = try await stored { () async throws(StoreError) in
                try await context.store.retentionBasis(of: assignment)
            }
            reviews += retentionReview(
                of: basis.points, under: policy.retention, in: policy.schedule.zone, now: now,
                credit: state.underNewRules.contains(policy.id) ? 0 : basis.credit)
        }
        return Page(rows: reviews, next: nil)
    }

    /// See `ControlSurface`.
    public func requestBackup(
        target name: String, policy wanted: String?, by actor: Actor
    ) async throws(ControlRefusal) -> Job {
        let configuration = await scheduler.state.configuration
        let found = try selectedTargets(name, configuration)
        guard let target = found.first else {
            throw ControlRefusal(.notFound, "no target is named '\(name)'")
        }
        let policy = try selectedPolicy(wanted, of: target, configuration)
        guard policy.enforcement == .managed else {
            throw ControlRefusal(
                .invalid,
                "policy '\(policy.id)' is enforced by provider '\(target.provider)' itself, which "
                    + "can't be told to back up now; use a policy with 'enforce: managed'")
        }
        let now = self.now
        let opens = now.roundedDownToSecond
        let window = Window(opens: opens, closes: opens + policy.schedule.length)
        let slot = SlotKey(
            assignment: Assignment(policy: policy.id, target: target.id), opens: window.opens)
        let job = NewJob(
            kind: target.subject.makesPoints ? .backup : .reconcile, trigger: .operatorRequest,
            slot: slot, provider: target.provider,
            closes: window.closes, startBefore: window.closes, notBefore: now)
        let event = NewEvent(
            at: now, kind: .backupRequested, actor: actor, assignment: slot.assignment,
            token: slot.token)
        let queued = try await stored { () async throws(StoreError) in
            try await context.store.enqueue(job, event: event, at: now)
        }
        // The event, and with it the job, is there already: it is a request of this very second.
        guard !queued.state.isEnd else {
            throw ControlRefusal(
                .conflict,
                "a backup of '\(target.id)' under '\(policy.id)' ended in this very second, and nothing "
                    + "was backed up since; ask again")
        }
        context.environment.pacer.wake()
        return queued
    }

    /// See `ControlSurface`.
    public func requestPrune(by actor: Actor) async throws(ControlRefusal) -> Int {
        let now = self.now
        let event = NewEvent(at: now, kind: .pruneRequested, actor: actor)
        let due = try await stored { () async throws(StoreError) in
            try await context.store.duePrunes(at: now).due
        }
        let jobs = await scheduler.pruneJobs(for: due, trigger: .operatorRequest) { _ in now }
        try await stored { () async throws(StoreError) in
            _ = try await context.store.enqueue(jobs, cursor: nil, events: [event], at: now)
        }
        await scheduler.reviewAll()
        return jobs.count
    }

    func selectedTargets(
        _ name: String?, _ configuration: Configuration
    ) throws(ControlRefusal) -> [Target] {
        guard let name else { return configuration.targets.values.sorted { $0.id < $1.id } }
        let found = configuration.targets.values.first { $0.id.text == name }
        guard let found else {
            throw ControlRefusal(
                .notFound,
                "no target is named '\(BoundedText.cut(name, to: 100))'"
                    + Suggestion.clause(
                        for: name, among: configuration.targets.keys.sorted().map(\.text)))
        }
        return [found]
    }

    func selectedPolicy(
        _ wanted: String?, of target: Target, _ configuration: Configuration
    ) throws(ControlRefusal) -> Policy {
        let names = target.policies.map(\.text).joined(separator: ", ")
        let chosen: PolicyID?
        if let wanted {
            chosen = target.policies.first { $0.text == wanted }
        } else {
            guard target.policies.count == 1 else {
                throw ControlRefusal(
                    .invalid,
                    "target '\(target.id)' has several policies; add --policy with one of \(names)")
            }
            chosen = target.policies.first
        }
        guard let chosen, let policy = configuration.policies[chosen] else {
            throw ControlRefusal(
                .notFound,
                "target '\(target.id)' has no policy '\(wanted ?? "")'; it has \(names)")
        }
        return policy
    }

    func stored<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(ControlRefusal) -> Value {
        do {
            return try await body()
        } catch {
            throw ControlRefusal(.unavailable, error.message)
        }
    }
}

extension Scheduler {
    /// What the desk needs to know of the scheduler, read in one step.
    struct State: Sendable {
        let configuration: Configuration
        let loadedAt: Timestamp
        let startedAt: Timestamp
        let rejection: String?
        let clock: ClockVerdict
        let activeCounts: [ProviderID: Int]
        let failingProviders: Set<ProviderID>
        let pauses: [PolicyID: Pause]
        /// Whose rules are other ones than in the last review of all their targets.
        let underNewRules: Set<PolicyID>
        let inventories: [ProviderID: [InventoryRecord]]
        let listings: [InventoryListing]

        /// The next window that brings a backup; `nil` while the policy is paused without an end.
        func nextWindow(of policy: Policy, after now: Timestamp) -> Window? {
            guard let pause = pauses[policy.id] else {
                return policy.schedule.nextWindow(after: now)
            }
            return pause.until.map { policy.schedule.nextWindow(atOrAfter: max($0, now)) }
        }
    }

    var state: State {
        State(
            configuration: installation.configuration, loadedAt: loadedAt, startedAt: startedAt,
            rejection: rejection, clock: clock.verdict,
            activeCounts: Dictionary(grouping: active.values, by: \.self).mapValues(\.count),
            failingProviders: discovery.failing.union(drift.failing)
                .union(inventory.watch.failing),
            pauses: pauses, underNewRules: Set(rulesToNote.keys), inventories: inventory.records,
            listings: listings)
    }
}

/// A listing of all targets that is given part by part: made for the first part, kept for the next
/// ones, so that they fit together and a large estate is not summed up once a part.
private final class TargetListing: Sendable {
    private struct Kept {
        let rows: [TargetStatus]
        let digest: String
        let madeAt: Timestamp
    }

    private let state = Mutex<Kept?>(nil)
    /// An older one is made anew, so that nothing is kept for nobody's sake.
    private static let ageMax = Duration.minutes(1)

    func keep(_ rows: [TargetStatus], of digest: String, at now: Timestamp) {
        state.withLock { $0 = Kept(rows: rows, digest: digest, madeAt: now) }
    }

    func kept(of digest: String, at now: Timestamp) -> [TargetStatus]? {
        state.withLock { state in
            guard let found = state, found.digest == digest, found.madeAt <= now,
                now - found.madeAt <= Self.ageMax
            else {
                state = nil
                return nil
            }
            return found.rows
        }
    }
}
