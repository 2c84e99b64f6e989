import GRDB
import HoldfastCore

/// The statements on the table `discovered_target`.
enum DiscoveryTable {
    static func all(_ database: Database) throws -> [Discovery] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT provider, subject, source, title, policies, first_seen, gone_at
                FROM discovered_target ORDER BY provider, target
                """
        ).compactMap { row in
            // A kind that a newer version found is nothing that this one can back up.
            guard let subject = Subject(discovered: row[1], source: row[2]) else { return nil }
            let policies: String = row[4]
            return Discovery(
                target: DiscoveredTarget(
                    provider: ProviderID(trusted: row[0]), subject: subject, title: row[3],
                    policies: policies.split(separator: " ").map {
                        PolicyID(trusted: String($0))
                    }),
                firstSeen: Timestamp(milliseconds: row[5]),
                goneAt: (row[6] as Int64?).map(Timestamp.init(milliseconds:)))
        }
    }

    static func replace(
        _ found: [DiscoveredTarget], at provider: ProviderID, now: Timestamp,
        in context: WriteContext
    ) throws {
        for target in found {
            try context.run(
                """
                INSERT INTO discovered_target (provider, target, subject, source, title, policies,
                                               first_seen)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (provider, target) DO UPDATE SET
                    title = excluded.title, policies = excluded.policies,
                    gone_at = NULL
                """,
                [
                    provider.text, target.id.text, target.subject.kind, target.subject.source,
                    target.title, target.policies.map(\.text).joined(separator: " "),
                    now.milliseconds,
                ])
        }
        let known = try String.fetchAll(
            context.database,
            sql: "SELECT target FROM discovered_target WHERE provider = ? AND gone_at IS NULL",
            arguments: [provider.text])
        for name in Set(known).subtracting(found.map(\.id.text)).sorted() {
            try context.run(
                """
                UPDATE discovered_target SET gone_at = max(first_seen, ?3)
                WHERE provider = ?1 AND target = ?2
                """,
                [provider.text, name, now.milliseconds])
        }
    }
}
