public import HoldfastCore

/// The queue and the history in memory: the double beside `SQLiteHistory`, kept equal to it by one
/// contract suite. Slow where clarity asks for it; nothing is durable.
public actor InMemoryStore: JobQueue, History {
    private struct Entry {
        var job: Job
        var isUncertain: Bool { job.isUncertain }
    }

    private var entries: [Entry] = []
    private var runList: [Run] = []
    var eventList: [Event] = []
    var pointList: [RecoveryPoint] = []
    var refusalList: [PointID: PointRefusal] = [:]
    private var cursors: [PolicyID: Timestamp] = [:]
    private var reviewed: [PolicyID: String] = [:]
    var starts: [Assignment: Timestamp] = [:]
    /// The turnover credit of those in force.
    var credits: [Assignment: Int] = [:]
    var drillDeclarations: [PolicyID: Timestamp] = [:]
    var foreignList: [ForeignPoint] = []
    var inventoryList: [TargetID: InventoryRecord] = [:]
    var inventoriesListedAt: [ProviderID: Timestamp] = [:]
    /// By name and provider.
    var rememberedTargets: [[String]: KnownTarget] = [:]
    private(set) var ends: [Assignment: Timestamp] = [:]
    private var assignmentsDigest: String?
    var found: [TargetID: Discovery] = [:]
    var objectives = InMemoryObjectives()

    private let onAppend: @Sendable () -> Void

    /// Begins empty.
    ///
    /// - Parameter onAppend: Called when the audit log grew.
    public init(onAppend: @escaping @Sendable () -> Void = {}) {
        self.onAppend = onAppend
    }

    // MARK: JobQueue

    /// See `JobQueue`.
    public func enqueue(
        _ jobs: [NewJob], cursor: PlanningCursor?, events: [NewEvent], at now: Timestamp
    ) throws(StoreError) -> EnqueueResult {
        let added = jobs.count { insert($0, at: now) }
        if let cursor {
            cursors[cursor.policy] = cursor.through
        }
        add(events)
        return EnqueueResult(addedCount: added)
    }

    /// See `JobQueue`.
    public func enqueue(
        _ job: NewJob, event: NewEvent?, at now: Timestamp
    ) throws(StoreError) -> Job {
        if insert(job, at: now) { add(event.map { [$0] } ?? []) }
        let found = entries.first {
            $0.job.request.kind == job.kind && $0.job.request.slot == job.slot
        }
        guard let found else { preconditionFailure("a slot has a job and has none") }
        return found.job
    }

    func insert(_ job: NewJob, at now: Timestamp) -> Bool {
        let known = entries.firstIndex {
            $0.job.request.kind == job.kind && $0.job.request.slot == job.slot
        }
        if let known {
            let old = entries[known].job
            let mayWaitAgain =
                (old.state == .missed && old.attempt == 0) || old.state == .cancelled
            guard mayWaitAgain, job.startBefore > now else {
                return false
            }
            entries[known].job = Job(
                id: old.id, request: job, state: .ready(notBefore: job.notBefore),
                attempt: old.attempt, failures: old.failures, createdAt: old.createdAt,
                endedAt: nil, lastError: nil)
            return true
        }
        entries.append(
            Entry(
                job: Job(
                    id: JobID(Int64(entries.count + 1)), request: job,
                    state: .ready(notBefore: job.notBefore), attempt: 0, failures: 0,
                    createdAt: now, endedAt: nil, lastError: nil)))
        return true
    }

    /// See `JobQueue`.
    public func claim(_ claim: Claim) throws(StoreError) -> [ClaimedJob] {
        var claimed: [ClaimedJob] = []
        while claimed.count < claim.limit, let index = nextClaimable(claim) {
            let old = entries[index].job
            let job = old.changed(
                state: .running(leaseUntil: claim.leaseUntil), attempt: old.attempt + 1)
            entries[index].job = job
            let run = Run(
                id: RunID(Int64(runList.count + 1)), job: job.id, kind: job.request.kind,
                assignment: job.request.slot.assignment, provider: job.request.provider,
                attempt: job.attempt,
                token: job.request.kind == .backup ? job.request.slot.token : nil,
                state: .running, startedAt: claim.now, endedAt: nil, errorKind: nil,
                message: nil, output: nil, isAdopted: false)
            runList.append(run)
            claimed.append(ClaimedJob(job: job, run: run.id))
        }
        return claimed
    }

    private func nextClaimable(_ claim: Claim) -> Int? {
        let running = entries.map(\.job).filter(\.isRunning)
        let drills = running.count {
            $0.request.kind == .verify && $0.request.provider == claim.provider
        }
        return entries.indices.filter { index in
            let entry = entries[index]
            guard case .ready(let notBefore) = entry.job.state, notBefore <= claim.now,
                entry.job.request.provider == claim.provider,
                entry.job.request.startBefore > claim.now || entry.isUncertain
            else { return false }
            guard entry.job.request.kind != .verify || drills < claim.drillMax,
                entry.job.request.kind != .prune || claim.takesPrunes
            else { return false }
            return !running.contains { entry.job.waits(for: $0) }
        }.min {
            (entries[$0].job.request.startBefore, entries[$0].job.id)
                < (entries[$1].job.request.startBefore, entries[$1].job.id)
        }
    }

    /// See `JobQueue`.
    public func record(_ outcome: AttemptOutcome) throws(StoreError) -> PointID? {
        let index = Int(outcome.claimed.job.id.number) - 1
        let old = entries[index].job
        guard old.isRunning, old.attempt == outcome.claimed.job.attempt else {
            throw StoreError(.corrupt, "job \(old.id) is not running that attempt any more")
        }
        entries[index].job = old.changed(
            state: outcome.next, failures: outcome.failures,
            endedAt: outcome.next.isEnd ? outcome.endedAt : nil,
            lastError: .some(outcome.ending.message), isUncertain: outcome.isUncertain)
        end(outcome)
        let point = outcome.point.map { insert($0, of: outcome) }
        for found in outcome.vendorPoints { _ = insert(found, of: outcome, origin: .vendor) }
        for found in outcome.adopted { _ = insert(found, of: outcome, origin: .adopted) }
        for gone in outcome.retired { _ = retire(gone, at: outcome.endedAt) }
        note(outcome.kernelLook)
        if let proven = outcome.proven { note(proven, at: outcome.endedAt) }
        notice(outcome)
        add(outcome.events)
        return point
    }

    private func end(_ outcome: AttemptOutcome) {
        let index = Int(outcome.claimed.run.number) - 1
        let run = runList[index]
        runList[index] = Run(
            id: run.id, job: run.job, kind: run.kind, assignment: run.assignment,
            provider: run.provider, attempt: run.attempt, token: run.token,
            state: outcome.ending.state, startedAt: run.startedAt, endedAt: outcome.endedAt,
            errorKind: outcome.ending.errorKind?.rawValue, message: outcome.ending.message,
            output: outcome.ending.output, isAdopted: outcome.ending.isAdopted)
    }

    private func retire(_ point: RetiredPoint, at now: Timestamp) -> Bool {
        let index = Int(point.id.number) - 1
        guard pointList[index].state == .available else { return false }
        pointList[index] = pointList[index].changed(
            state: point.state, deletedAt: point.state == .deleted ? now : nil)
        refusalList[point.id] = nil
        return true
    }

    private func insert(
        _ remote: RemotePoint, of outcome: AttemptOutcome, origin: PointOrigin = .managed
    ) -> PointID {
        if let index = pointList.firstIndex(where: { $0.remote.token == remote.token }) {
            pointList[index] = pointList[index].changed(
                state: .available, deletedAt: nil, mark: .some(nil), remote: remote)
            return pointList[index].id
        }
        let id = PointID(Int64(pointList.count + 1))
        let request = outcome.claimed.job.request
        passUnseen(
            request.slot.assignment, by: origin == .managed ? outcome.endedAt : remote.takenAt)
        if origin == .managed { credits[request.slot.assignment]? += 1 }
        pointList.append(
            RecoveryPoint(
                id: id, assignment: request.slot.assignment, provider: request.provider,
                origin: origin, run: outcome.claimed.run, remote: remote, state: .available,
                recordedAt: outcome.endedAt))
        return id
    }

    /// See `JobQueue`.
    public func close(_ closings: [JobClosing]) throws(StoreError) {
        for closing in closings {
            let index = Int(closing.job.number) - 1
            guard case .ready = entries[index].job.state else { continue }
            entries[index].job = entries[index].job.changed(
                state: closing.state, endedAt: closing.at, lastError: closing.reason)
            add([closing.event])
        }
    }

    /// See `JobQueue`.
    public func overdueJobs(at now: Timestamp, limit: Int) throws(StoreError) -> [Job] {
        let overdue = entries.filter { entry in
            guard case .ready = entry.job.state, !entry.isUncertain else { return false }
            return entry.job.request.startBefore <= now
        }.map(\.job)
        return Array(
            overdue.sorted {
                ($0.request.startBefore, $0.id) < ($1.request.startBefore, $1.id)
            }.prefix(limit))
    }

    /// See `JobQueue`.
    public func runningJobs() throws(StoreError) -> [ClaimedJob] {
        entries.map(\.job).filter(\.isRunning).compactMap { job in
            runList.last { $0.job == job.id }.map { ClaimedJob(job: job, run: $0.id) }
        }
    }

    /// See `JobQueue`.
    public func waitingJobs(of assignments: [Assignment]) throws(StoreError) -> [Job] {
        entries.map(\.job).filter { job in
            guard case .ready = job.state else { return false }
            return assignments.contains(job.request.slot.assignment)
        }
    }

    /// See `JobQueue`.
    public func nextInstants(after now: Timestamp) throws(StoreError) -> QueueInstants {
        var ready: [Timestamp] = []
        var closing: [Timestamp] = []
        for entry in entries {
            guard case .ready(let notBefore) = entry.job.state else { continue }
            if notBefore > now { ready.append(notBefore) }
            if !entry.isUncertain { closing.append(entry.job.request.startBefore) }
        }
        return QueueInstants(nextReady: ready.min(), nextClosing: closing.min())
    }

    /// See `JobQueue`.
    public func planningCursors() throws(StoreError) -> [PolicyID: Timestamp] { cursors }

    // MARK: History

    /// See `History`.
    public func assignmentsChanging(
        _ declared: [Assignment], digest: String
    ) throws(StoreError) -> AssignmentsChange {
        digest == assignmentsDigest
            ? AssignmentsChange() : AssignmentsChange(from: Set(starts.keys), to: declared)
    }

    /// See `History`.
    public func synchronise(
        _ declared: [Assignment], digest: String, at now: Timestamp
    ) throws(StoreError) {
        for assignment in try assignmentsChanging(declared, digest: digest).ended {
            ends[assignment] = max(now, starts[assignment] ?? now)
            starts[assignment] = nil
            credits[assignment] = nil
        }
        assignmentsDigest = digest
        for assignment in declared where starts[assignment] == nil {
            starts[assignment] = now
            credits[assignment] = 0
        }
    }

    /// See `History`.
    public func assignmentStarts(
        of policy: PolicyID
    ) throws(StoreError) -> [TargetID: Timestamp] {
        var found: [TargetID: Timestamp] = [:]
        for (assignment, since) in starts where assignment.policy == policy {
            found[assignment.target] = since
        }
        return found
    }

    /// See `History`.
    public func append(_ events: [NewEvent]) throws(StoreError) { add(events) }

    func add(_ events: [NewEvent]) {
        for event in events {
            let id = Int64(eventList.count + 1)
            eventList.append(
                Event(
                    id: id, at: event.at, kind: event.kind.rawValue,
                    actor: event.actor.description, policy: event.policy?.text,
                    target: event.target?.text, job: event.job, token: event.token?.text,
                    detail: CanonicalJSON.object(event.detail),
                    hash: String(repeating: "0", count: 64)))
        }
        if !events.isEmpty { onAppend() }
    }

    /// See `History`.
    public func availablePoints(
        of assignment: Assignment
    ) throws(StoreError) -> [RecoveryPoint] {
        available(of: assignment).filter { $0.origin != .vendor }
    }

    /// See `History`.
    public func vendorPoints(
        of assignment: Assignment
    ) throws(StoreError) -> [RecoveryPoint] {
        available(of: assignment).filter { $0.origin == .vendor }
    }

    private func available(of assignment: Assignment) -> [RecoveryPoint] {
        pointList.filter { $0.assignment == assignment && $0.state == .available }
            .sorted { ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id) }
    }

    /// See `History`.
    public func duePrunes(at now: Timestamp) throws(StoreError) -> DuePrunes {
        struct Key: Hashable {
            let assignment: Assignment
            let provider: ProviderID
        }
        var due: [Key: DuePrune] = [:]
        var next: Timestamp?
        for point in pointList where point.state == .available {
            guard let mark = point.mark else { continue }
            if mark.deleteAfter > now {
                next = min(next ?? mark.deleteAfter, mark.deleteAfter)
            } else {
                let key = Key(assignment: point.assignment, provider: point.provider)
                let known = due[key]?.since ?? mark.deleteAfter
                due[key] = DuePrune(
                    assignment: point.assignment, provider: point.provider,
                    since: max(known, mark.deleteAfter))
            }
        }
        return DuePrunes(
            due: due.values.sorted {
                ($0.assignment, $0.provider) < ($1.assignment, $1.provider)
            }, next: next)
    }

    /// See `History`.
    public func past(of job: Job) throws(StoreError) -> TargetPast {
        let points = pointList.filter {
            $0.state == .available && $0.provider == job.request.provider
                && $0.assignment.target == job.request.slot.assignment.target
        }.sorted { ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id) }
        return TargetPast(
            points: points.map(\.remote),
            intentAt: runList.filter { $0.job == job.id }.map(\.startedAt).min())
    }

    /// See `History`.
    public func assignments(
        at provider: ProviderID, withPointsBefore instant: Timestamp
    ) throws(StoreError) -> [Assignment] {
        let old = pointList.filter {
            $0.state == .available && $0.provider == provider && $0.origin != .vendor
                && $0.remote.takenAt < instant
        }
        return Set(old.map(\.assignment)).sorted()
    }

    /// See `History`.
    public func retire(
        _ point: PointID, as state: PointState, at now: Timestamp, event: NewEvent
    ) throws(StoreError) {
        if retire(RetiredPoint(point, as: state), at: now) { add([event]) }
    }

    /// See `History`.
    public func assignments(ofNewestPoints count: Int) throws(StoreError) -> Set<Assignment> {
        Set(pointList.suffix(count).map(\.assignment))
    }

    /// See `History`.
    public func point(_ token: BackupToken) throws(StoreError) -> RecoveryPoint? {
        pointList.first { $0.remote.token == token }
    }

    /// See `History`.
    public func summaries() throws(StoreError) -> [AssignmentSummary] {
        let known = Set(pointList.filter { $0.state == .available }.map(\.assignment))
            .union(
                starts.keys.filter { key in
                    entries.contains { $0.job.isEndedBackup && $0.job.assignment == key }
                })
        return known.sorted().map(summary)
    }

    private func summary(of key: Assignment) -> AssignmentSummary {
        let points = pointList.filter { $0.state == .available && $0.assignment == key }
        let ended = entries.map(\.job).filter {
            $0.isEndedBackup && $0.assignment == key && starts[key] != nil
        }.sorted { $0.request.slot.opens < $1.request.slot.opens }
        let newest = [
            ended.last { $0.request.closes != .distantFuture },
            ended.last { $0.request.closes == .distantFuture },
        ].compactMap(\.self)
        let last = newest.first { [.failed, .missed].contains($0.state) } ?? newest.first
        var summary = AssignmentSummary(
            assignment: key, newestPoint: points.map(\.remote.takenAt).max(),
            pointCount: points.count, markedCount: points.count { $0.mark != nil },
            storedBytes: points.compactMap(\.remote.storedBytes).reduce(ByteCount(0), +),
            lastState: last?.state.name, lastEndedAt: last?.endedAt, lastError: last?.lastError)
        summary.proofs = proofs(of: key)
        return summary
    }

    /// Every job, oldest first.
    var jobList: [Job] { entries.map(\.job) }

    /// See `History`.
    public func totals() throws(StoreError) -> HistoryTotals {
        let points = pointList.filter { $0.state == .available }
        return HistoryTotals(
            readyJobs: entries.count { $0.job.state.name == "ready" },
            runningJobs: entries.count { $0.job.isRunning }, points: points.count,
            storedBytes: points.compactMap(\.remote.storedBytes).reduce(ByteCount(0), +),
            lastEvent: eventList.last)
    }

    /// See `History`.
    public func reviewedRules(of policy: PolicyID) throws(StoreError) -> String? {
        reviewed[policy]
    }

    /// See `History`.
    public func setReviewedRules(_ digest: String, of policy: PolicyID) throws(StoreError) {
        reviewed[policy] = digest
    }

    /// See `History`.
    public func job(_ id: JobID) throws(StoreError) -> Job? {
        entries.first { $0.job.id == id }?.job
    }

    /// See `History`.
    public func jobs(_ page: PageRequest) throws(StoreError) -> Page<Job> {
        cut(entries.map(\.job), page, id: { $0.id.number }) {
            ($0.assignment.policy.text, $0.assignment.target.text, $0.state.name)
        }
    }

    /// See `History`.
    public func runs(_ page: PageRequest) throws(StoreError) -> Page<Run> {
        cut(runList, page, id: { $0.id.number }) {
            ($0.assignment.policy.text, $0.assignment.target.text, $0.state.rawValue)
        }
    }

    /// See `History`.
    public func points(_ page: PageRequest) throws(StoreError) -> Page<RecoveryPoint> {
        let listed = pointList.filter {
            !page.isMarked || ($0.state == .available && $0.mark != nil)
        }
        return cut(listed, page, id: { $0.id.number }) {
            ($0.assignment.policy.text, $0.assignment.target.text, $0.state.rawValue)
        }
    }

    /// See `History`.
    public func events(_ page: PageRequest) throws(StoreError) -> Page<Event> {
        cut(eventList, page, id: { $0.id }) { ($0.policy ?? "", $0.target ?? "", $0.kind) }
    }

    private func cut<Row>(
        _ rows: [Row], _ page: PageRequest, id: (Row) -> Int64,
        facts: (Row) -> (policy: String, target: String, state: String)
    ) -> Page<Row> {
        let found = rows.reversed().filter { row in
            let (policy, target, state) = facts(row)
            return (page.before.map { id(row) < $0 } ?? true)
                && (page.policy.map { $0 == policy } ?? true)
                && (page.target.map { $0 == target } ?? true)
                && (page.state.map { $0 == state } ?? true)
        }
        let shown = Array(found.prefix(page.limit))
        return Page(rows: shown, next: found.count > page.limit ? shown.last.map(id) : nil)
    }
}
