import GRDB
import Glibc
public import HoldfastCore
import HoldfastMigrations

/// The history's file, opened to be looked at only: beside the daemon, or while none runs. Nothing
/// is made, migrated or changed.
public final class HistoryReader: Sendable {
    /// Where the file is.
    public let path: String
    let database: DatabasePool

    /// Readers side by side.
    private static let readerMax = 4
    /// Pages of 4 KiB that each reader keeps. What one assignment has lies all over the file, but beside
    /// what the next one by name has, because windows are planned in the order of the names.
    private static let cachePages = 4000

    /// Opens a file that is there.
    ///
    /// - Throws: `StoreError` of kind `permission` when it can't be read, `newer` when another
    ///   version wrote it, `corrupt` when it is no history, `io` otherwise.
    public init(path: String) throws(StoreError) {
        self.path = path
        do {
            try Self.checkReadable(path)
            var configuration = GRDB.Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(10)
            configuration.maximumReaderCount = Self.readerMax
            configuration.label = "holdfast.reader"
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA cache_size = \(Self.cachePages)")
            }
            database = try DatabasePool(path: path, configuration: configuration)
            try database.read { try Self.checkVersion($0, path: path) }
        } catch {
            throw StoreError(mapping: error, doing: "opening the history \(path)")
        }
    }

    /// Closes the file.
    public func close() throws(StoreError) {
        do {
            try database.close()
        } catch {
            throw StoreError(mapping: error, doing: "closing the history \(path)")
        }
    }

    private static func checkReadable(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StoreError(
                errno == EACCES || errno == EPERM ? .permission : .io,
                "can't open the history \(path): \(reason); "
                    + (errno == ENOENT
                        ? "name the file of a daemon that has run, with --history"
                        : "run as root, or as the user of the daemon"))
        }
        defer { _ = Glibc.close(descriptor) }
        // SQLite would tell of damage and disk errors.
        var beginning = [UInt8](repeating: 0, count: header.utf8.count)
        guard Glibc.read(descriptor, &beginning, beginning.count) == beginning.count,
            beginning.elementsEqual(header.utf8)
        else {
            throw StoreError(
                .corrupt,
                "\(path) is no history; name history.sqlite of the daemon's state directory with "
                    + "--history")
        }
    }

    /// What each SQLite file begins with, and a zero byte.
    private static let header = "SQLite format 3"

    private static func checkVersion(_ database: Database, path: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let newest = Migrations.all.last?.version ?? 0
        guard found != newest else { return }
        guard found > 0 else {
            throw StoreError(
                .corrupt, "\(path) is a SQLite database, but not a history of this program")
        }
        throw StoreError(
            .newer,
            "the history \(path) has version \(found) and this program knows \(newest); "
                + (found < newest
                    ? "start this version's daemon once, which brings the file up to date"
                    : "use the program of the daemon that wrote it"))
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await database.read(body)
        } catch {
            throw StoreError(mapping: error, doing: "reading the history \(path)")
        }
    }
}
