import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// So many good points of one assignment are looked at for one decision.
    private static let pointMax = 1000

    /// See `CoverageHistory`.
    public func synchroniseObjectives(
        _ objectives: [PolicyID: Duration], exempt: Set<TargetID>, digest: String,
        at now: Timestamp
    ) async throws(StoreError) {
        try await writer.commit { context in
            let last = try MetaTable.get(MetaTable.objectivesKey, context.database)
            guard last != digest else { return }
            let starts = try AssignmentTable.allStarts(context.database)
            let kept = try ObjectiveTable.all(context.database)
            for (assignment, old) in kept.sorted(by: { $0.key < $1.key }) {
                let isWanted =
                    starts[assignment] != nil && objectives[assignment.policy] != nil
                    && !exempt.contains(assignment.target)
                guard !isWanted else { continue }
                try ObjectiveTable.delete(assignment, in: context)
                guard let breach = old.breach else { continue }
                let cause: BreachEnd = starts[assignment] == nil ? .unassigned : .objective
                guard try BreachTable.end(breach, at: now, by: cause, in: context) else { continue }
                try EventChain.append(
                    [.objectiveRestored(assignment, at: now, by: cause)], in: context)
            }
            for (assignment, since) in starts.sorted(by: { $0.key < $1.key }) {
                guard let objective = objectives[assignment.policy],
                    !exempt.contains(assignment.target)
                else { continue }
                if let old = kept[assignment] {
                    guard old.objective != objective else { continue }
                    try ObjectiveTable.change(
                        assignment, to: objective, inForce: now, in: context)
                } else {
                    // At the first time nobody knows since when the objectives have been there.
                    try ObjectiveTable.insert(
                        assignment, since: since, objective: objective,
                        inForce: last == nil ? since : now, in: context)
                }
            }
            try MetaTable.set(MetaTable.objectivesKey, to: digest, in: context)
        }
    }

    /// See `CoverageHistory`.
    public func objectivesDue(
        at now: Timestamp, limit: Int
    ) async throws(StoreError) -> ObjectivesDue {
        try await read { database in
            // What passed unseen first: another breach may have begun since.
            var items: [ObjectivesDue.Item] = []
            for difference in [ObjectiveTable.Difference.unseen, .mended, .due] {
                for standing in try ObjectiveTable.all(
                    difference, at: now, limit: limit, database)
                where difference != .due || standing.unseen == nil {
                    let points = try standing.pointsNeededAfter.map {
                        try ObjectiveTable.points(
                            of: standing.assignment, after: $0, limit: Self.pointMax, database)
                    }
                    items.append(.init(standing: standing, points: points ?? []))
                }
            }
            return ObjectivesDue(
                items: items, next: try ObjectiveTable.nextDeadline(after: now, database))
        }
    }

    /// See `CoverageHistory`.
    public func note(_ notes: [BreachNote], at now: Timestamp) async throws(StoreError) {
        guard !notes.isEmpty else { return }
        try await writer.commit { context in
            for note in notes {
                var isNew = true
                switch note.change {
                case .began(let began, let reason):
                    isNew = try BreachTable.begin(
                        note.assignment, at: began, objective: note.objective, reason: reason,
                        now: now, in: context)
                case .ended(let breach, let ended, let cause):
                    isNew = try BreachTable.end(breach, at: ended, by: cause, in: context)
                case .was(let began, let ended, let reason, let cause):
                    try BreachTable.insert(
                        note.assignment, from: began, until: ended, objective: note.objective,
                        reason: reason, by: cause, in: context)
                case .settled: try BreachTable.settle(note.assignment, in: context)
                }
                if isNew { try EventChain.append(note.events, in: context) }
            }
        }
    }

    /// See `CoverageHistory`.
    public func breaches(
        from: Timestamp, to: Timestamp
    ) async throws(StoreError) -> [Breach] {
        try await inquire { try BreachTable.all(from: from, to: to, $0) }
    }

    /// See `CoverageHistory`.
    public func deadlines() async throws(StoreError) -> [Assignment: Timestamp] {
        try await inquire { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT policy, target, deadline FROM objective")
            var found: [Assignment: Timestamp] = [:]
            while let row = try rows.next() {
                let assignment = Assignment(
                    policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
                found[assignment] = Timestamp(milliseconds: row[2])
            }
            return found
        }
    }

    /// See `CoverageHistory`.
    public func coverage() async throws(StoreError) -> [CoverageRecord] {
        try await inquire { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT assignment.policy, assignment.target, assignment.since,
                           coalesce(objective.newest, (
                               SELECT max(taken_at) FROM recovery_point
                               WHERE recovery_point.policy = assignment.policy
                                 AND recovery_point.target = assignment.target
                                 AND state = 'available')),
                           \(ObjectiveTable.columns)
                    FROM assignment
                    LEFT JOIN objective ON objective.policy = assignment.policy
                                       AND objective.target = assignment.target
                    LEFT JOIN breach ON breach.id = objective.breach
                    WHERE assignment.ended_at IS NULL
                    ORDER BY assignment.target, assignment.policy
                    """
            ).map { row in
                CoverageRecord(
                    assignment: Assignment(
                        policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1])),
                    since: Timestamp(milliseconds: row[2]),
                    newestPoint: (row[3] as Int64?).map(Timestamp.init(milliseconds:)),
                    standing: (row[4] as String?).map { _ in ObjectiveStanding(row: row, at: 4) })
            }
        }
    }

    /// See `CoverageHistory`.
    public func recordsBegan() async throws(StoreError) -> Timestamp? {
        try await inquire { database in
            try Int64.fetchOne(database, sql: "SELECT at FROM event ORDER BY id LIMIT 1")
                .map(Timestamp.init(milliseconds:))
        }
    }
}
