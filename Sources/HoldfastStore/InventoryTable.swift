import GRDB
import HoldfastCore

/// The statements on the table `inventory`.
enum InventoryTable {
    static func present(_ database: Database) throws -> [InventoryRecord] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT provider, subject, source, title, is_stopped, created_at, first_seen,
                       uncovered_since, former_title, ends_at
                FROM inventory WHERE gone_at IS NULL ORDER BY provider, name
                """
        ).compactMap { row in
            // A kind that a newer version listed is nothing that this one knows.
            guard let subject = Subject(discovered: row[1], source: row[2]) else { return nil }
            return InventoryRecord(
                provider: ProviderID(trusted: row[0]),
                item: InventoryItem(
                    subject, title: row[3], isStopped: row[4],
                    createdAt: (row[5] as Int64?).map(Timestamp.init(milliseconds:)),
                    endsAt: (row[9] as Int64?).map(Timestamp.init(milliseconds:))),
                firstSeen: Timestamp(milliseconds: row[6]),
                uncoveredSince: (row[7] as Int64?).map(Timestamp.init(milliseconds:)),
                formerTitle: row[8])
        }
    }

    static func put(_ record: InventoryRecord, in context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO inventory (provider, subject, source, name, title, is_stopped, created_at,
                                   first_seen, uncovered_since, former_title, gone_at, ends_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            ON CONFLICT (provider, subject, source) DO UPDATE SET
                title = excluded.title, is_stopped = excluded.is_stopped,
                created_at = excluded.created_at, ends_at = excluded.ends_at,
                -- What was away was not uncovered meanwhile.
                uncovered_since = iif(
                    gone_at IS NULL, excluded.uncovered_since,
                    max(excluded.uncovered_since, gone_at)),
                former_title = excluded.former_title, gone_at = excluded.gone_at
            """,
            [
                record.provider.text, record.item.subject.kind, record.item.subject.source,
                record.name.text, record.item.title, record.item.isStopped,
                record.item.createdAt?.milliseconds, record.firstSeen.milliseconds,
                record.uncoveredSince?.milliseconds, record.formerTitle,
                record.goneAt?.milliseconds, record.item.endsAt?.milliseconds,
            ])
    }

    /// What is gone for so long is forgotten.
    private static let goneFor = Duration.days(400)

    static func forget(at now: Timestamp, in context: WriteContext) throws {
        try context.run(
            "DELETE FROM inventory WHERE gone_at < ?", [(now - goneFor).milliseconds])
    }
}
