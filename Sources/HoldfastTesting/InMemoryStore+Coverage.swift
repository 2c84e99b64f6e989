public import HoldfastCore

/// The objectives and breaches of `InMemoryStore`.
struct InMemoryObjectives {
    struct Kept {
        var objective: Duration
        var inForce: Timestamp
        let since: Timestamp
        var unseen: UnseenBreach?
    }

    struct KeptWaiver {
        let waiver: Waiver
        let since: Timestamp
        var withdrawnAt: Timestamp?
    }

    var kept: [Assignment: Kept] = [:]
    var waivers: [KeptWaiver] = []
    var breaches: [Breach] = []
    var digest: String?
    var pauses: [PolicyID: Pause] = [:]
    var resumptions: [PolicyID: Timestamp] = [:]
}

extension InMemoryStore {
    /// See `CoverageHistory`.
    public func synchroniseObjectives(
        _ wanted: [PolicyID: Duration], exempt: Set<TargetID>, digest: String, at now: Timestamp
    ) throws(StoreError) {
        guard objectives.digest != digest else { return }
        let isFirst = objectives.digest == nil
        objectives.digest = digest
        for assignment in objectives.kept.keys.sorted() {
            let isAssigned = starts[assignment] != nil
            guard
                !isAssigned || wanted[assignment.policy] == nil
                    || exempt.contains(assignment.target)
            else { continue }
            objectives.kept[assignment] = nil
            guard let open = openBreach(of: assignment) else { continue }
            let cause: BreachEnd = isAssigned ? .objective : .unassigned
            end(open.id, at: now, by: cause)
            add([.objectiveRestored(assignment, at: now, by: cause)])
        }
        for (assignment, since) in starts where !exempt.contains(assignment.target) {
            guard let objective = wanted[assignment.policy] else { continue }
            if objectives.kept[assignment] == nil {
                objectives.kept[assignment] = .init(
                    objective: objective, inForce: isFirst ? since : now, since: since)
            } else if objectives.kept[assignment]?.objective != objective {
                passUnseen(assignment, by: now)
                objectives.kept[assignment]?.objective = objective
                objectives.kept[assignment]?.inForce = now
            }
        }
    }

    private func openBreach(of assignment: Assignment) -> Breach? {
        objectives.breaches.last { $0.assignment == assignment && $0.endedAt == nil }
    }

    /// Whether it was open.
    @discardableResult
    private func end(_ id: BreachID, at now: Timestamp, by cause: BreachEnd) -> Bool {
        let index = Int(id.number) - 1
        let old = objectives.breaches[index]
        guard old.endedAt == nil else { return false }
        objectives.breaches[index] = Breach(
            id: id, assignment: old.assignment, beganAt: old.beganAt,
            endedAt: max(old.beganAt, now), objective: old.objective, reason: old.reason,
            endedBy: cause)
        return true
    }

    private func standing(of assignment: Assignment) -> ObjectiveStanding? {
        guard let kept = objectives.kept[assignment] else { return nil }
        let points = pointList.filter { $0.assignment == assignment }
        let newest = newestGood(of: assignment)
        let isLost = points.contains { point in
            point.state != .available && (newest.map { point.remote.takenAt >= $0 } ?? true)
        }
        return ObjectiveStanding(
            assignment: assignment, objective: kept.objective, since: kept.since,
            inForceSince: kept.inForce, newestPoint: newest, isLost: isLost,
            breach: openBreach(of: assignment), unseen: kept.unseen,
            lastEndedAt: objectives.breaches.filter { $0.assignment == assignment }
                .compactMap(\.endedAt).max())
    }

    private func newestGood(of assignment: Assignment) -> Timestamp? {
        pointList.filter { $0.assignment == assignment && $0.state == .available }
            .map(\.remote.takenAt).max()
    }

    /// See `CoverageHistory`.
    public func objectivesDue(
        at now: Timestamp, limit: Int
    ) throws(StoreError) -> ObjectivesDue {
        let all = objectives.kept.keys.compactMap { standing(of: $0) }.sorted {
            ($0.deadline, $0.assignment) < ($1.deadline, $1.assignment)
        }
        let unseen = all.filter { $0.unseen != nil }.prefix(limit)
        let mended = all.filter { $0.breach != nil && $0.deadline > now }.prefix(limit)
        let broken = all.filter { $0.breach == nil && $0.deadline <= now }.prefix(limit)
            .filter { $0.unseen == nil }
        return ObjectivesDue(
            items: (unseen + mended + broken).map {
                .init(standing: $0, points: goodPoints(of: $0))
            },
            next: all.filter { $0.breach == nil && $0.deadline > now }.map(\.deadline).min())
    }

    /// Notes a deadline that a change of what is good, or of the objective, found passed.
    func passUnseen(_ assignment: Assignment, by instant: Timestamp) {
        guard let standing = standing(of: assignment), standing.breach == nil,
            standing.unseen == nil, standing.deadline < instant
        else { return }
        objectives.kept[assignment]?.unseen = UnseenBreach(
            since: standing.deadline, reason: standing.reason, objective: standing.objective)
    }

    private func goodPoints(of standing: ObjectiveStanding) -> [GoodPoint] {
        guard let after = standing.pointsNeededAfter else { return [] }
        return pointList.filter {
            $0.assignment == standing.assignment && $0.state == .available
                && $0.remote.takenAt > after
        }.map {
            GoodPoint(takenAt: $0.remote.takenAt, recordedAt: $0.recordedAt, origin: $0.origin)
        }.sorted { $0.takenAt < $1.takenAt }
    }

    /// See `CoverageHistory`.
    public func note(_ notes: [BreachNote], at now: Timestamp) throws(StoreError) {
        for note in notes {
            var isNew = true
            let id = BreachID(Int64(objectives.breaches.count + 1))
            switch note.change {
            case .began(let began, let reason):
                let standing = standing(of: note.assignment)
                isNew = standing.map { $0.breach == nil && $0.deadline <= now } ?? false
                guard isNew else { continue }
                objectives.breaches.append(
                    Breach(
                        id: id, assignment: note.assignment, beganAt: began,
                        objective: note.objective, reason: reason))
            case .ended(let breach, let ended, let cause):
                isNew = end(breach, at: ended, by: cause)
            case .was(let began, let ended, let reason, let cause):
                objectives.breaches.append(
                    Breach(
                        id: id, assignment: note.assignment, beganAt: began, endedAt: ended,
                        objective: note.objective, reason: reason, endedBy: cause))
            case .settled: objectives.kept[note.assignment]?.unseen = nil
            }
            if isNew { add(note.events) }
        }
    }

    /// See `CoverageHistory`.
    public func breaches(from: Timestamp, to: Timestamp) throws(StoreError) -> [Breach] {
        objectives.breaches.filter { breach in
            breach.beganAt < to && (breach.endedAt.map { $0 > from } ?? true)
        }.sorted { ($0.beganAt, $0.id) < ($1.beganAt, $1.id) }
    }

    /// See `CoverageHistory`.
    public func deadlines() throws(StoreError) -> [Assignment: Timestamp] {
        starts.reduce(into: [:]) { found, start in
            found[start.key] = standing(of: start.key)?.deadline
        }
    }

    /// See `CoverageHistory`.
    public func coverage() throws(StoreError) -> [CoverageRecord] {
        starts.map { assignment, since in
            CoverageRecord(
                assignment: assignment, since: since, newestPoint: newestGood(of: assignment),
                standing: standing(of: assignment))
        }.sorted {
            ($0.assignment.target, $0.assignment.policy)
                < ($1.assignment.target, $1.assignment.policy)
        }
    }

    /// See `CoverageHistory`.
    public func recordsBegan() throws(StoreError) -> Timestamp? { eventList.first?.at }
}
