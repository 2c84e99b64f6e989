import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// See `History`.
    public func traceablePoints(
        of target: TargetID, at provider: ProviderID
    ) async throws(StoreError) -> [RecoveryPoint] {
        try await read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT \(PointTable.columns) FROM \(PointTable.source)
                        WHERE target = ? AND provider = ? AND origin <> 'vendor'
                          AND (recovery_point.state IN
                                   ('available', 'missing', 'expired', 'destroyed')
                               OR origin = 'adopted')
                        ORDER BY taken_at DESC, recovery_point.id DESC
                        """),
                arguments: [target.text, provider.text]
            ).map(RecoveryPoint.init)
        }
    }

    /// See `History`.
    public func foreignPoints(
        of target: TargetID, at provider: ProviderID
    ) async throws(StoreError) -> [ForeignPoint] {
        try await read { try ForeignTable.current(of: target, at: provider, $0) }
    }

    /// See `History`.
    public func orphans() async throws(StoreError) -> [Orphan] {
        try await inquire { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT policy, target, provider, count(*), count(marked_at), max(taken_at),
                           total(stored_bytes),
                           (SELECT max(assignment.ended_at) FROM assignment
                            WHERE assignment.policy = recovery_point.policy
                              AND assignment.target = recovery_point.target) AS ended
                    FROM recovery_point
                    WHERE state = 'available' AND origin <> 'vendor' AND NOT EXISTS (
                        SELECT 1 FROM assignment
                        WHERE assignment.policy = recovery_point.policy
                          AND assignment.target = recovery_point.target AND ended_at IS NULL)
                    GROUP BY policy, target, provider ORDER BY policy, target, provider
                    """
            ).compactMap { row in
                (row[7] as Int64?).map { ended in
                    Orphan(
                        assignment: Assignment(
                            policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1])),
                        provider: ProviderID(trusted: row[2]),
                        endedAt: Timestamp(milliseconds: ended), pointCount: row[3],
                        markedCount: row[4], newestPoint: Timestamp(milliseconds: row[5]),
                        storedBytes: ByteCount(Int64(row[6] as Double)))
                }
            }
        }
    }

    /// See `History`.
    public func foreignPoints(
        _ page: PageRequest
    ) async throws(StoreError) -> Page<ForeignPoint> {
        try await inquire { database in
            var clauses = ["gone_at IS NULL"]
            var arguments: [(any DatabaseValueConvertible)?] = []
            if let before = page.before {
                clauses.append("id < ?")
                arguments.append(before)
            }
            if let target = page.target {
                clauses.append("target = ?")
                arguments.append(target)
            }
            arguments.append(page.limit + 1)
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT \(ForeignTable.columns) FROM foreign_point
                    WHERE \(clauses.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?
                    """, arguments: StatementArguments(arguments))
            let found = rows.prefix(page.limit).map(ForeignPoint.init)
            return Page(rows: found, next: rows.count > page.limit ? found.last?.id : nil)
        }
    }
}

extension Survey {
    /// The text in the column `survey`.
    var column: String {
        switch self {
        case .look: name
        case .adopt(let adoption):
            CanonicalJSON.object([
                "reason": .text(adoption.reason), "remote_ids": .list(adoption.remoteIDs),
                "uid": .number(Int64(adoption.uid)), "user": .text(adoption.user),
            ])
        }
    }
}
