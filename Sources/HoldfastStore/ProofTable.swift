import GRDB
public import HoldfastCore

/// The statements about what is proved of points, and about drills.
enum ProofTable {
    /// Notes a proof of a point that is still there; a weaker one than the known moves its date
    /// alone.
    static func note(
        _ proven: ProvenPoint, at now: Timestamp, in context: WriteContext
    ) throws {
        let row = try Row.fetchOne(
            context.database.cachedStatement(
                sql: """
                    SELECT verified_at, proof, restore_ms FROM recovery_point
                    WHERE id = ? AND state = 'available'
                    """), arguments: [proven.id.number])
        guard let row else { return }
        let known = PointProof(row: row, isVerified: row[0] != nil)
        let proof = proven.proof.joined(to: known)
        try context.run(
            """
            UPDATE recovery_point SET verified_at = ?2, proof = ?3, restore_ms = ?4 WHERE id = ?1
            """,
            [
                proven.id.number, now.milliseconds, proof.kind.rawValue,
                proof.restoreTime?.wholeMilliseconds,
            ])
    }

    /// What is proved of every assignment that has anything of it.
    static func summaries(_ database: Database) throws -> [Assignment: ProofSummary] {
        var found: [Assignment: ProofSummary] = [:]
        // SQLite gives the other columns of the row that has the maximum.
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT policy, target, max(taken_at), verified_at, proof, restore_ms
                FROM recovery_point INDEXED BY recovery_point_verified
                WHERE state = 'available' AND verified_at IS NOT NULL GROUP BY policy, target
                """)
        {
            guard let proof = PointProof(row: row, isVerified: true) else { continue }
            found[assignment(row), default: ProofSummary()].newest = ProofSummary.Proven(
                takenAt: Timestamp(milliseconds: row[2]),
                provenAt: Timestamp(milliseconds: row[3]), proof: proof)
        }
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT policy, target, max(taken_at)
                FROM recovery_point INDEXED BY recovery_point_damaged
                WHERE state = 'damaged' GROUP BY policy, target
                """)
        {
            found[assignment(row), default: ProofSummary()].newestDamaged = Timestamp(
                milliseconds: row[2])
        }
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT policy, target, max(opens), state, last_error FROM job
                WHERE kind = 'verify' AND state IN ('succeeded', 'failed')
                GROUP BY policy, target
                """)
        {
            let state: String = row[3]
            found[assignment(row), default: ProofSummary()].lastDrill = state
            found[assignment(row), default: ProofSummary()].lastDrillError = row[4]
        }
        return found
    }

    private static func assignment(_ row: Row) -> Assignment {
        Assignment(policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
    }

    static func records(
        of policy: PolicyID, target: TargetID?, _ database: Database
    ) throws -> [TargetID: DrillRecord] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT one.target,
                    (SELECT ended_at FROM job
                     WHERE kind = 'verify' AND policy = one.policy AND target = one.target
                       AND state IN ('succeeded', 'failed') ORDER BY opens DESC LIMIT 1),
                    (SELECT ended_at FROM job
                     WHERE kind = 'backup' AND policy = one.policy AND target = one.target
                       AND state = 'succeeded' ORDER BY opens LIMIT 1),
                    EXISTS (SELECT 1 FROM recovery_point
                     WHERE policy = one.policy AND target = one.target AND state = 'available'
                       AND origin <> 'vendor'),
                    EXISTS (SELECT 1 FROM job
                     WHERE kind = 'verify' AND policy = one.policy AND target = one.target
                       AND state IN ('ready', 'running'))
                FROM assignment AS one
                WHERE one.ended_at IS NULL AND one.policy = ?1
                  AND (?2 IS NULL OR one.target = ?2)
                """, arguments: [policy.text, target?.text])
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    TargetID(trusted: row[0]),
                    DrillRecord(
                        lastEndedAt: (row[1] as Int64?).map(Timestamp.init(milliseconds:)),
                        firstGoodAt: (row[2] as Int64?).map(Timestamp.init(milliseconds:)),
                        hasPoint: row[3], isOpen: row[4])
                )
            })
    }
}

extension SQLiteHistory {
    /// See `DrillHistory`.
    public func drillRecords(
        of policy: PolicyID, target: TargetID?
    ) async throws(StoreError) -> [TargetID: DrillRecord] {
        try await read { try ProofTable.records(of: policy, target: target, $0) }
    }

    /// See `DrillHistory`.
    public func drillsDeclared(
        under policy: PolicyID, at now: Timestamp
    ) async throws(StoreError) -> Timestamp {
        let key = MetaTable.drillsPrefix + policy.text
        let known = try await read { try MetaTable.get(key, $0).flatMap { Int64($0) } }
        if let known { return Timestamp(milliseconds: known) }
        try await writer.commit { context in
            try MetaTable.set(key, to: String(now.milliseconds), in: context)
        }
        return now
    }

    /// See `DrillHistory`.
    public func markVerified(
        _ point: PointID, as proof: PointProof, at now: Timestamp, event: NewEvent
    ) async throws(StoreError) {
        try await writer.commit { context in
            try ProofTable.note(ProvenPoint(point, proof), at: now, in: context)
            try EventChain.append([event], in: context)
        }
    }
}

extension PointProof {
    /// Reads the columns `proof` and `restore_ms`. What was verified before there were such columns
    /// had all of its data read.
    init?(row: Row, isVerified: Bool) {
        guard isVerified else { return nil }
        guard let word = row["proof"] as String? else {
            self.init(.read)
            return
        }
        guard let kind = ProofKind(rawValue: word) else {
            preconditionFailure("the schema let a proof \(word) in")
        }
        self.init(
            kind, restoreTime: (row["restore_ms"] as Int64?).map { .milliseconds($0) })
    }
}
