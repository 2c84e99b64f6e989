import Foundation
import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// See `History`.
    public func summaries() async throws(StoreError) -> [AssignmentSummary] {
        try await inquire { database in
            let proofs = try ProofTable.summaries(database)
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT policy, target, count(*), count(marked_at), max(taken_at),
                           total(stored_bytes)
                    FROM recovery_point WHERE state = 'available' GROUP BY policy, target
                    """
            ).reduce(into: try lastJobs(database)) { summaries, row in
                let key = Assignment(
                    policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
                let last = summaries[key]
                summaries[key] = AssignmentSummary(
                    assignment: key, newestPoint: Timestamp(milliseconds: row[4]),
                    pointCount: row[2], markedCount: row[3],
                    storedBytes: ByteCount(Int64(row[5] as Double)), lastState: last?.lastState,
                    lastEndedAt: last?.lastEndedAt, lastError: last?.lastError)
            }.values.map { summary in
                var summary = summary
                summary.proofs = proofs[summary.assignment] ?? ProofSummary()
                return summary
            }.sorted { $0.assignment < $1.assignment }
        }
    }

    /// See `History`.
    public func totals() async throws(StoreError) -> HistoryTotals {
        try await inquire { database in
            let points = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*), total(stored_bytes) FROM recovery_point
                    WHERE state = 'available'
                    """)
            return HistoryTotals(
                readyJobs: try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM job WHERE state = 'ready'") ?? 0,
                runningJobs: try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM job WHERE state = 'running'") ?? 0,
                points: points?[0] ?? 0,
                storedBytes: ByteCount(Int64((points?[1] as Double?) ?? 0)),
                lastEvent: try Row.fetchOne(
                    database, sql: "\(eventSelect) ORDER BY id DESC LIMIT 1"
                ).map(Event.init))
        }
    }

    /// See `History`.
    public func job(_ id: JobID) async throws(StoreError) -> Job? {
        try await inquire { database in
            try Row.fetchOne(
                database, sql: "SELECT \(JobTable.columns) FROM job WHERE id = ?",
                arguments: [id.number]
            ).map(Job.init)
        }
    }

    /// See `History`.
    public func jobs(_ page: PageRequest) async throws(StoreError) -> Page<Job> {
        try await fetch(
            page, "SELECT \(JobTable.columns) FROM job", table: "job", stateColumn: "job.state",
            Job.init
        ) { $0.id.number }
    }

    /// See `History`.
    public func runs(_ page: PageRequest) async throws(StoreError) -> Page<Run> {
        try await fetch(
            page, "SELECT \(RunTable.columns) FROM run JOIN job ON job.id = run.job",
            table: "run", filterTable: "job", stateColumn: "run.state", Run.init
        ) { $0.id.number }
    }

    /// See `History`.
    public func points(_ page: PageRequest) async throws(StoreError) -> Page<RecoveryPoint> {
        let source = page.isMarked ? PointTable.markedSource : PointTable.source
        return try await fetch(
            page, "SELECT \(PointTable.columns) FROM \(source)",
            table: "recovery_point", stateColumn: "recovery_point.state", RecoveryPoint.init
        ) { $0.id.number }
    }

    /// See `History`.
    public func events(_ page: PageRequest) async throws(StoreError) -> Page<Event> {
        try await fetch(
            page, eventSelect, table: "event", stateColumn: "event.kind", Event.init
        ) { $0.id }
    }

    /// See `History`.
    public func events(after row: Int64, limit: Int) async throws(StoreError) -> [Event] {
        try await inquire { database in
            let statement = try database.cachedStatement(
                sql: eventSelect + " WHERE event.id > ? ORDER BY event.id LIMIT ?")
            return try Row.fetchAll(statement, arguments: [row, limit]).map(Event.init)
        }
    }

    private func fetch<Value: Sendable>(
        _ page: PageRequest, _ select: String, table: String, filterTable: String? = nil,
        stateColumn: String, _ make: @escaping @Sendable (Row) -> Value,
        id: @escaping @Sendable (Value) -> Int64
    ) async throws(StoreError) -> Page<Value> {
        try await inquire { database in
            var clauses: [String] = []
            var arguments: [(any DatabaseValueConvertible)?] = []
            let filters: [(String, (any DatabaseValueConvertible)?)] = [
                ("\(table).id < ?", page.before),
                ("\(filterTable ?? table).policy = ?", page.policy),
                ("\(filterTable ?? table).target = ?", page.target),
                ("\(stateColumn) = ?", page.state),
            ]
            for (clause, value) in filters {
                guard let value else { continue }
                clauses.append(clause)
                arguments.append(value)
            }
            if page.isMarked { clauses.append(PointTable.isMarked) }
            let filter = clauses.isEmpty ? "" : " WHERE " + clauses.joined(separator: " AND ")
            arguments.append(page.limit + 1)
            let rows = try Row.fetchAll(
                database, sql: "\(select)\(filter) ORDER BY \(table).id DESC LIMIT ?",
                arguments: StatementArguments(arguments))
            let values = rows.prefix(page.limit).map(make)
            return Page(
                rows: values, next: rows.count > page.limit ? values.last.map(id) : nil)
        }
    }
}

let eventSelect = """
    SELECT event.id, at, kind, actor, policy, target, job, token, detail, lower(hex(hash))
    FROM event
    """

/// The newest ended job of every assignment that makes its state: that of its newest window, or the
/// newest one that only mended, when that one failed and the window's did not.
private func lastJobs(_ database: Database) throws -> [Assignment: AssignmentSummary] {
    let rows = try Row.fetchAll(
        database,
        sql: """
            SELECT job.policy, job.target, job.state, job.ended_at, job.last_error
            FROM assignment JOIN job ON job.id = (
                SELECT id FROM (
                    SELECT * FROM (
                        SELECT last.id, last.state, 1 AS has_window FROM job AS last
                        WHERE last.kind IN ('backup', 'reconcile') AND last.survey IS NULL
                          AND last.policy = assignment.policy AND last.target = assignment.target
                          AND last.ended_at IS NOT NULL AND last.closes < ?1
                        ORDER BY last.opens DESC LIMIT 1)
                    UNION ALL
                    SELECT * FROM (
                        SELECT last.id, last.state, 0 AS has_window FROM job AS last
                        WHERE last.kind = 'reconcile' AND last.survey IS NULL
                          AND last.policy = assignment.policy AND last.target = assignment.target
                          AND last.ended_at IS NOT NULL AND last.closes = ?1
                        ORDER BY last.opens DESC LIMIT 1))
                ORDER BY state IN ('failed', 'missed') DESC, has_window DESC LIMIT 1)
            WHERE assignment.ended_at IS NULL
            """, arguments: [Timestamp.distantFuture.milliseconds])
    var summaries: [Assignment: AssignmentSummary] = [:]
    for row in rows {
        let key = Assignment(
            policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
        summaries[key] = AssignmentSummary(
            assignment: key, newestPoint: nil, pointCount: 0, markedCount: 0,
            storedBytes: ByteCount(0), lastState: row[2],
            lastEndedAt: Timestamp(milliseconds: row[3]), lastError: row[4])
    }
    return summaries
}

extension Event {
    /// Reads a row of `eventSelect`.
    init(row: Row) {
        self.init(
            id: row[0], at: Timestamp(milliseconds: row[1]), kind: row[2], actor: row[3],
            policy: row[4], target: row[5], job: (row[6] as Int64?).map { JobID($0) },
            token: row[7], detail: row[8], hash: row[9])
    }
}
