import GRDB
import HoldfastCore

/// The statements on the table `known_target`.
enum KnownTargetTable {
    static func all(_ database: Database) throws -> [KnownTarget] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT target, provider, subject, source FROM known_target
                ORDER BY target, provider
                """
        ).compactMap { row in
            // A kind that a newer version declared is nothing that this one knows.
            Subject(recorded: row[2], source: row[3]).map {
                KnownTarget(
                    id: TargetID(trusted: row[0]), provider: ProviderID(trusted: row[1]),
                    subject: $0)
            }
        }
    }

    static func put(_ target: KnownTarget, in context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO known_target (target, provider, subject, source) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (target, provider) DO UPDATE SET
                subject = excluded.subject, source = excluded.source
            """,
            [
                target.id.text, target.provider.text, target.subject.kind, target.subject.source,
            ])
    }
}
