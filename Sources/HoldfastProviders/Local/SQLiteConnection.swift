import GRDBSQLite
import Glibc
import HoldfastCore

/// SQLite's own words about a failure.
struct SQLiteFailure: Error {
    /// The primary result code.
    let code: Int32
    let words: String

    var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }
}

/// An open database file. It is used by one thread, and closed when nobody has it any longer.
final class SQLiteConnection {
    let handle: OpaquePointer

    /// Opens a file that is there; none is ever made.
    init(_ path: String, flags: Int32) throws(SQLiteFailure) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard let opened else { throw SQLiteFailure(code: code, words: "memory is short") }
        guard code == SQLITE_OK else {
            defer { sqlite3_close_v2(opened) }
            throw SQLiteFailure(
                code: code & 0xFF, words: String(cString: sqlite3_errmsg(opened)))
        }
        handle = opened
    }

    deinit { sqlite3_close_v2(handle) }

    /// Opens a file that nobody changes, and leaves nothing beside it.
    convenience init(immutable path: String) throws(SQLiteFailure) {
        var uri = "file:"
        for byte in path.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F:
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                uri += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        try self.init(uri + "?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    }

    /// The failure that was last noted.
    func failure(_ code: Int32) -> SQLiteFailure {
        SQLiteFailure(code: code & 0xFF, words: String(cString: sqlite3_errmsg(handle)))
    }

    /// Runs one statement and gives the first column of its first rows as text.
    @discardableResult
    func firstColumn(of sql: String, rowsMax: Int = 1) throws(SQLiteFailure) -> [String] {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, sql, -1, &prepared, nil)
        guard code == SQLITE_OK else { throw failure(code) }
        defer { sqlite3_finalize(prepared) }
        var rows: [String] = []
        while true {
            switch sqlite3_step(prepared) {
            case SQLITE_ROW:
                guard rows.count < rowsMax else { continue }
                rows.append(sqlite3_column_text(prepared, 0).map { String(cString: $0) } ?? "")
            case SQLITE_DONE: return rows
            case let code: throw failure(code)
            }
        }
    }

    /// Makes long statements end with an error soon after the flag goes up.
    func interrupt(by stop: StopFlag) {
        let everyInstructions: Int32 = 100_000
        sqlite3_progress_handler(
            handle, everyInstructions,
            { context in
                guard let context else { return 0 }
                let stop = Unmanaged<StopFlag>.fromOpaque(context).takeUnretainedValue()
                return stop.isStopped ? 1 : 0
            }, Unmanaged.passUnretained(stop).toOpaque())
    }
}

/// Reads every page of a database and checks that they hold together.
///
/// - Parameter name: The database, for the message.
/// - Returns: A warning when only the smaller of SQLite's two checks can be run.
func checkIntegrity(
    of path: String, name: String, stop: StopFlag
) throws(ProviderError) -> [String] {
    do throws(SQLiteFailure) {
        let connection = try SQLiteConnection(immutable: path)
        defer { withExtendedLifetime(stop) {} }
        connection.interrupt(by: stop)
        var warnings: [String] = []
        var findings: [String]
        do throws(SQLiteFailure) {
            findings = try connection.firstColumn(of: "PRAGMA integrity_check(20)", rowsMax: 20)
        } catch  where error.code == SQLITE_ERROR {
            // A collation or function of the application's own, which only the application has.
            findings = try connection.firstColumn(of: "PRAGMA quick_check(20)", rowsMax: 20)
            warnings = ["integrity_check can't be run (\(error.words)); quick_check was run"]
        }
        if findings == ["ok"] { return warnings }
        throw SQLiteFailure(code: SQLITE_CORRUPT, words: findings.joined(separator: "; "))
    } catch {
        if stop.isStopped { throw .stopped("checking \(name)") }
        guard error.code == SQLITE_CORRUPT || error.code == SQLITE_NOTADB else {
            throw ProviderError(.transient, "\(name) can't be checked: \(error.words)")
        }
        throw ProviderError(
            .permanent,
            "\(name) is damaged: SQLite's integrity check says: "
                + BoundedText.cut(error.words, to: 2048)
                + "; repair it with sqlite3's .recover, or restore an older point",
            isDamage: true)
    }
}
