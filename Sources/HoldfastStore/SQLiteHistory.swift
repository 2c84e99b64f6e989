import Foundation
import GRDB
import Glibc
public import HoldfastCore
import HoldfastMigrations

/// The history and the queue in one SQLite file: WAL, `synchronous=FULL`, one writer with group
/// commit, readers beside it.
///
/// Several processes may have the file open: the daemon, and the command line's `verify` and
/// `restore`, which add their own entries.
public final class SQLiteHistory: JobQueue, History {
    /// Where the file is.
    public let path: String
    let database: DatabasePool
    /// Connections of their own for what people ask, so that many long questions never keep the
    /// scheduler waiting for a reader.
    let inquiries: DatabasePool
    let writer: GroupCommit

    /// How long a write waits for another process before it fails as busy.
    private static let busyTimeout = 10.0
    /// The `-wal` file's length, in pages of 4 KiB, from which it is brought into the file. Four
    /// times SQLite's own: a page that changes with every job is then copied a quarter as often.
    private static let checkpointPages = 4000
    /// Readers beside the writer; each has a page cache of its own.
    private static let readerMax = 2

    /// Opens the file, makes it when it does not exist, and brings its schema up to date.
    ///
    /// A copy `FILE.before-vN` is made before a migration changes an existing file.
    ///
    /// - Parameters:
    ///   - path: In a directory that exists. A new file is 0600.
    ///   - onAppend: Called when entries of the audit log are durable; cheap, never blocks.
    /// - Throws: `StoreError` of kind `newer` when the file was written by a newer version,
    ///   `corrupt` when it is no history, `permission` or `io` otherwise.
    public init(
        path: String, onAppend: @escaping @Sendable () -> Void = {}
    ) throws(StoreError) {
        self.path = path
        do {
            try Self.createPrivately(path)
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(Self.busyTimeout)
            configuration.maximumReaderCount = Self.readerMax
            configuration.label = "holdfast.history"
            configuration.foreignKeysEnabled = true
            database = try DatabasePool(path: path, configuration: configuration)
            try database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
                try Self.migrate(database, path: path)
            }
            configuration.readonly = true
            configuration.label = "holdfast.inquiries"
            inquiries = try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw StoreError(mapping: error, doing: "opening the history \(path)")
        }
        writer = GroupCommit(database, onAppend: onAppend)
    }

    /// Closes the file; a last checkpoint brings everything from the `-wal` file into it.
    public func close() throws(StoreError) {
        do {
            try inquiries.close()
            // The library closes its readers last, and those may not checkpoint.
            _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try database.close()
        } catch {
            throw StoreError(mapping: error, doing: "closing the history \(path)")
        }
    }

    /// SQLite makes files by the umask; this one names machines and paths, so it is 0600.
    private static func createPrivately(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StoreError(
                errno == EACCES || errno == EPERM ? .permission : .io,
                "can't open the history \(path): \(reason); check that its directory exists and "
                    + "that you may write there")
        }
        _ = Glibc.close(descriptor)
    }

    private static func migrate(_ database: Database, path: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let newest = Migrations.all.last?.version ?? 0
        guard found <= newest else {
            throw StoreError(
                .newer,
                "the history \(path) has version \(found) and this program knows up to "
                    + "\(newest); install the newer program again, or put back the copy that it "
                    + "made before its migration")
        }
        let isForeign =
            try found == 0 && Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") != 0
        guard !isForeign else {
            throw StoreError(
                .corrupt, "\(path) is a SQLite database, but not a history of this program")
        }
        for migration in Migrations.all where migration.version > found {
            if found > 0 {
                let copy = "\(path).before-v\(migration.version)"
                if !FileManager.default.fileExists(atPath: copy) {
                    // Under its name only when it is whole, whatever ends this process.
                    let partial = copy + ".partial"
                    unlink(partial)
                    try database.execute(sql: "VACUUM INTO ?", arguments: [partial])
                    chmod(partial, 0o600)
                    try FileManager.default.moveItem(atPath: partial, toPath: copy)
                }
            }
            // A table that is made anew under its old name would take its references along.
            try database.execute(sql: "PRAGMA foreign_keys = OFF")
            try database.inTransaction(.immediate) {
                try database.execute(sql: migration.sql)
                try database.checkForeignKeys()
                try database.execute(sql: "PRAGMA user_version = \(migration.version)")
                return .commit
            }
            try database.execute(sql: "PRAGMA foreign_keys = ON")
        }
    }

    /// Reads for the engine, without holding up the writer.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(from: database, body)
    }

    /// Reads for people: listings and sums, which may take long.
    func inquire<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(from: inquiries, body)
    }

    private func read<Value: Sendable>(
        from pool: DatabasePool, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError(mapping: error, doing: "reading the history \(path)")
        }
    }
}
