/// One step of the history's schema: plain SQL that is applied once.
public struct Migration: Sendable {
    /// Counts from 1 without gaps; what `PRAGMA user_version` says afterwards.
    public let version: Int
    /// The statements.
    public let sql: String
}

/// The SQL files of this folder, embedded in the binary.
public enum Migrations {
    /// All steps, ascending.
    public static let all: [Migration] = [
        Migration(
            version: 1, sql: String(decoding: PackageResources.v0001_initial_sql, as: UTF8.self)),
        Migration(
            version: 2,
            sql: String(decoding: PackageResources.v0002_vendor_points_sql, as: UTF8.self)),
        Migration(
            version: 3, sql: String(decoding: PackageResources.v0003_assurance_sql, as: UTF8.self)),
        Migration(
            version: 4,
            sql: String(decoding: PackageResources.v0004_holds_and_inventory_sql, as: UTF8.self)),
        Migration(
            version: 5,
            sql: String(decoding: PackageResources.v0005_turnover_and_ends_sql, as: UTF8.self)),
        Migration(
            version: 6,
            sql: String(decoding: PackageResources.v0006_unmarked_points_sql, as: UTF8.self)),
    ]
}
