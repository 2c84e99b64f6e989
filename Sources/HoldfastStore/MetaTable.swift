import GRDB
import HoldfastCore

/// The statements on the table `meta`: small facts that the daemon keeps about itself.
enum MetaTable {
    /// `planned/POLICY`: the newest opening whose slots are planned, in milliseconds.
    static let cursorPrefix = "planned/"
    /// `reviewed/POLICY`: digest of the retention rules at the last review.
    static let reviewedPrefix = "reviewed/"
    /// `drills/POLICY`: since when drills are declared under it, in milliseconds.
    static let drillsPrefix = "drills/"
    /// `listed/PROVIDER`: when its inventory was noted last, in milliseconds.
    static let inventoryPrefix = "listed/"
    /// Digest of the configuration whose assignments are recorded.
    static let assignmentsKey = "assignments"
    /// Digest of the configuration whose objectives are kept.
    static let objectivesKey = "objectives"

    static func get(_ key: String, _ database: Database) throws -> String? {
        try String.fetchOne(
            database.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"),
            arguments: [key])
    }

    static func set(_ key: String, to value: String, in context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO meta (key, value) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """, [key, value])
    }

    /// Every key with a prefix, without it, and its value.
    static func all(prefix: String, _ database: Database) throws -> [(String, String)] {
        try Row.fetchAll(
            database, sql: "SELECT key, value FROM meta WHERE key >= ? AND key < ? ORDER BY key",
            arguments: [prefix, prefix + "\u{10FFFF}"]
        ).map { row in
            let key: String = row["key"]
            return (String(key.dropFirst(prefix.count)), row["value"])
        }
    }
}
