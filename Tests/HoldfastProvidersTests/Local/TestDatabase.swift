import GRDBSQLite

/// A database that a test writes to while it is backed up.
final class TestDatabase {
    private let handle: OpaquePointer

    init(_ path: String, mode: String? = nil) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else { throw SandboxError(words: "open: \(code)") }
        handle = opened
        sqlite3_busy_timeout(handle, 60_000)
        if let mode { try execute("PRAGMA journal_mode = \(mode)") }
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs one statement and gives its first row's first column.
    @discardableResult
    func execute(_ sql: String) throws -> String? {
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &prepared, nil) == SQLITE_OK else {
            throw SandboxError(words: String(cString: sqlite3_errmsg(handle)))
        }
        defer { sqlite3_finalize(prepared) }
        var first: String?
        while true {
            switch sqlite3_step(prepared) {
            case SQLITE_ROW:
                if first == nil, let text = sqlite3_column_text(prepared, 0) {
                    first = String(cString: text)
                }
            case SQLITE_DONE: return first
            default: throw SandboxError(words: String(cString: sqlite3_errmsg(handle)))
            }
        }
    }
}
