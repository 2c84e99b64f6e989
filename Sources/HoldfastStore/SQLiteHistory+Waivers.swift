import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// See `CoverageHistory`.
    public func synchroniseWaivers(
        _ declared: [Waiver], at now: Timestamp
    ) async throws(StoreError) {
        let known = try await read { database in
            try Self.waivers("withdrawn_at IS NULL", [], database)
        }
        let wanted = Set(declared)
        guard wanted != Set(known.map(\.waiver)) else { return }
        try await writer.commit { context in
            for row in known where !wanted.contains(row.waiver) {
                try context.run(
                    "UPDATE waiver SET withdrawn_at = max(since, ?2) WHERE id = ?1",
                    [row.id, now.milliseconds])
            }
            for waiver in declared where !known.contains(where: { $0.waiver == waiver }) {
                try context.run(
                    """
                    INSERT INTO waiver (target, policy, owner, reason, since, until)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                    [
                        waiver.target.text, waiver.policy?.text, waiver.owner, waiver.reason,
                        now.milliseconds, waiver.until.milliseconds,
                    ])
            }
        }
    }

    /// See `CoverageHistory`.
    public func waivers(
        from: Timestamp, to: Timestamp
    ) async throws(StoreError) -> [RecordedWaiver] {
        try await inquire { database in
            try Self.waivers(
                "since < ?2 AND min(until, coalesce(withdrawn_at, until)) > max(since, ?1)",
                [from.milliseconds, to.milliseconds], database
            ).map { row in
                let old = row.waiver
                return RecordedWaiver(
                    Waiver(
                        target: old.target, policy: old.policy, owner: old.owner,
                        reason: old.reason, until: row.end), since: row.since)
            }
        }
    }

    private struct WaiverRow {
        let id: Int64
        let waiver: Waiver
        let since: Timestamp
        let end: Timestamp
    }

    private static func waivers(
        _ filter: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> [WaiverRow] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, target, policy, owner, reason, since, until,
                       min(until, coalesce(withdrawn_at, until))
                FROM waiver WHERE \(filter) ORDER BY id
                """, arguments: arguments
        ).map { row in
            WaiverRow(
                id: row[0],
                waiver: Waiver(
                    target: TargetID(trusted: row[1]),
                    policy: (row[2] as String?).map { PolicyID(trusted: $0) }, owner: row[3],
                    reason: row[4], until: Timestamp(milliseconds: row[6])),
                since: Timestamp(milliseconds: row[5]), end: Timestamp(milliseconds: row[7]))
        }
    }
}
