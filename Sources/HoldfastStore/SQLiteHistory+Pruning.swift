import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// See `PruneHistory`.
    public func pruneStandings(
        at provider: ProviderID?, orphansUnder policies: Set<PolicyID>
    ) async throws(StoreError) -> PruneStandings {
        try await read {
            try PruneTable.standings(at: provider, orphansUnder: policies, $0)
        }
    }

    /// See `PruneHistory`.
    public func markedPoints(
        at provider: ProviderID, orphansUnder policies: Set<PolicyID>
    ) async throws(StoreError) -> [RecoveryPoint] {
        try await read { try PruneTable.marked(at: provider, orphansUnder: policies, $0) }
    }

    /// See `PruneHistory`.
    public func retentionBasis(
        of assignment: Assignment
    ) async throws(StoreError) -> RetentionBasis {
        try await read { database in
            RetentionBasis(
                points: try PointTable.available(of: assignment, isVendors: false, database),
                credit: try AssignmentTable.credit(of: assignment, database))
        }
    }

    /// See `PruneHistory`.
    public func change(
        _ change: RetentionChange, events: [NewEvent]
    ) async throws(StoreError) -> Bool {
        try await writer.commit { context in
            for point in change.marks.keys {
                guard
                    try PointTable.isMarked(
                        point, since: change.seen[point], context.database)
                else { return false }
            }
            for (point, mark) in change.marks.sorted(by: { $0.key < $1.key }) {
                try PointTable.change(mark, of: point, in: context)
            }
            if let credit = change.credit { try AssignmentTable.change(credit, in: context) }
            try EventChain.append(events, in: context)
            return true
        }
    }

    /// See `PruneHistory`.
    public func change(
        holds: [PointID: GuardHold], lifted: [PointID]
    ) async throws(StoreError) {
        try await writer.commit { context in
            for point in lifted { try PointTable.lift(point, in: context) }
            for (point, hold) in holds.sorted(by: { $0.key < $1.key }) {
                try PointTable.hold(point, hold, in: context)
            }
        }
    }

    /// See `PruneHistory`.
    public func unmarkedCounts(
        of assignments: [Assignment], at provider: ProviderID
    ) async throws(StoreError) -> [Assignment: Int] {
        try await read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT count(*) FROM recovery_point
                    WHERE policy = ? AND target = ? AND provider = ? AND state = 'available'
                      AND origin <> 'vendor' AND marked_at IS NULL
                    """)
            return try assignments.reduce(into: [:]) { counts, assignment in
                counts[assignment] = try Int.fetchOne(
                    statement,
                    arguments: [
                        assignment.policy.text, assignment.target.text, provider.text,
                    ])
            }
        }
    }

    /// See `PruneHistory`.
    public func confirm(
        _ plan: PrunePlan, jobs: [NewJob], event: NewEvent, at now: Timestamp,
        orphansUnder policies: Set<PolicyID>
    ) async throws(StoreError) -> Bool {
        try await writer.commit { context in
            let names = Set(plan.points.map(\.id))
            let waiting = try PruneTable.marked(
                at: plan.provider, orphansUnder: policies, context.database
            ).filter {
                names.contains($0.id) && $0.mark?.confirmedPlan == nil
            }
            guard PrunePlan.hash(of: waiting) == plan.hash else { return false }
            for point in waiting {
                try context.run(
                    "UPDATE recovery_point SET confirmed_plan = ?2 WHERE id = ?1",
                    [point.id.number, plan.hash])
            }
            for job in jobs { _ = try JobTable.insert(job, at: now, in: context) }
            try EventChain.append([event], in: context)
            return true
        }
    }

    /// See `PruneHistory`.
    public func refusals(of points: [PointID]) async throws(StoreError) -> [PointRefusal] {
        try await read { try RefusalTable.all(of: points, $0) }
    }

    /// See `PruneHistory`.
    public func refusalCounts() async throws(StoreError) -> [String: Int] {
        try await inquire { try RefusalTable.counts($0) }
    }
}

/// The questions about marked points of several assignments.
enum PruneTable {
    /// A mark of a point that may go: it is there, and its target is declared under its policy, or
    /// that prunes orphans; ?2 the names of the policies that do, in JSON.
    private static let isMarked = """
        recovery_point.state = 'available' AND marked_at IS NOT NULL AND (EXISTS (
            SELECT 1 FROM assignment
            WHERE assignment.policy = recovery_point.policy
              AND assignment.target = recovery_point.target AND ended_at IS NULL)
            OR recovery_point.policy IN (SELECT value FROM json_each(?2)))
        """
    /// The same, counting against the guard: ?1 the provider.
    private static let counts = """
        \(isMarked) AND confirmed_plan IS NULL
        AND (?1 IS NULL OR recovery_point.provider = ?1)
        """
    private static func list(_ policies: Set<PolicyID>) -> String {
        // Names have nothing that JSON would escape.
        "[" + policies.sorted().map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }

    static func marked(
        at provider: ProviderID, orphansUnder policies: Set<PolicyID>, _ database: Database
    ) throws -> [RecoveryPoint] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT \(PointTable.columns) FROM \(PointTable.source)
                WHERE \(isMarked) AND recovery_point.provider = ?1
                ORDER BY recovery_point.id
                """, arguments: [provider.text, list(policies)]
        ).map(RecoveryPoint.init)
    }

    static func standings(
        at provider: ProviderID?, orphansUnder policies: Set<PolicyID>, _ database: Database
    ) throws -> PruneStandings {
        let marks = try Row.fetchAll(
            database,
            sql: """
                SELECT policy, target, provider, count(*) FILTER (WHERE turns_over = 0),
                       count(held_since)
                FROM recovery_point INDEXED BY recovery_point_due
                WHERE \(counts) GROUP BY policy, target, provider
                ORDER BY policy, target, provider
                """, arguments: [provider?.text, list(policies)])
        let unmarked = try Row.fetchAll(
            database,
            sql: """
                SELECT provider, count(*) FROM recovery_point INDEXED BY recovery_point_unmarked
                WHERE state = 'available' AND origin <> 'vendor' AND marked_at IS NULL
                  AND (?1 IS NULL OR provider = ?1)
                GROUP BY provider
                """, arguments: [provider?.text])
        return PruneStandings(
            standings: marks.map { row in
                PruneStanding(
                    assignment: Assignment(
                        policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1])),
                    provider: ProviderID(trusted: row[2]), excess: row[3], held: row[4])
            },
            unmarked: Dictionary(
                unmarked.map { (ProviderID(trusted: $0[0]), $0[1] as Int) },
                uniquingKeysWith: { first, _ in first }))
    }
}

extension GuardHold {
    /// Reads the columns `held_since`, `held_by` and `held_of`; `nil` where there is none.
    init?(row: Row, at index: Int) {
        guard let since = row[index] as Int64? else { return nil }
        let scope: String = row[index + 1]
        self.init(
            since: Timestamp(milliseconds: since),
            scope: GuardScope(rawValue: scope) ?? .assignment, total: row[index + 2])
    }
}
