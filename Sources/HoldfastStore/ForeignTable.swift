import GRDB
import HoldfastCore

/// The statements on the table `foreign_point`.
enum ForeignTable {
    static let columns = """
        foreign_point.id, provider, target, remote_id, title, taken_at, stored_bytes, first_seen,
        gone_at
        """

    /// Those of a target that are there, newest first.
    static func current(
        of target: TargetID, at provider: ProviderID, _ database: Database
    ) throws -> [ForeignPoint] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT \(columns) FROM foreign_point
                    WHERE target = ? AND provider = ? AND gone_at IS NULL
                    ORDER BY taken_at DESC, id DESC
                    """),
            arguments: [target.text, provider.text]
        ).map(ForeignPoint.init)
    }

    /// Makes the rows of a target equal to what a complete listing shows.
    static func replace(
        _ strangers: [StrangePoint], of target: TargetID, at provider: ProviderID,
        now: Timestamp, in context: WriteContext
    ) throws {
        let known = try current(of: target, at: provider, context.database)
        let listed = Set(strangers.map(\.remoteID))
        for row in known where !listed.contains(row.remoteID) {
            try context.run(
                "UPDATE foreign_point SET gone_at = max(first_seen, ?2) WHERE id = ?1",
                [row.id, now.milliseconds])
        }
        for stranger in strangers {
            try context.run(
                """
                INSERT INTO foreign_point (provider, target, remote_id, title, taken_at,
                                           stored_bytes, first_seen)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (provider, remote_id) DO UPDATE SET
                    target = excluded.target, title = excluded.title, taken_at = excluded.taken_at,
                    stored_bytes = excluded.stored_bytes, gone_at = NULL
                WHERE foreign_point.target = excluded.target OR gone_at IS NOT NULL
                """,
                [
                    provider.text, target.text, stranger.remoteID, stranger.name,
                    stranger.takenAt.milliseconds, stranger.storedBytes?.bytes,
                    now.milliseconds,
                ])
        }
    }
}

extension ForeignPoint {
    /// Reads a row with `ForeignTable.columns`.
    init(row: Row) {
        self.init(
            id: row[0], provider: ProviderID(trusted: row[1]), target: TargetID(trusted: row[2]),
            remoteID: row[3], title: row[4], takenAt: Timestamp(milliseconds: row[5]),
            storedBytes: (row[6] as Int64?).map { ByteCount($0) },
            firstSeen: Timestamp(milliseconds: row[7]),
            goneAt: (row[8] as Int64?).map(Timestamp.init(milliseconds:)))
    }
}
