import GRDBSQLite
import Glibc
import HoldfastCore

/// Copies a database that others write to, by SQLite's online backup.
///
/// A database in WAL mode is copied as it is at one instant and never holds up its writers. In
/// the other modes the copy goes in steps between which writers come through; SQLite begins again
/// after each change by them, so after `restartsMax` changes the rest is copied under one read
/// lock, during which writers wait.
struct SQLiteCopy {
    private static let pagesPerStep: Int32 = 1024
    private static let restartsMax = 4
    /// How long a locked source is waited for before the attempt is given up.
    private static let patienceSeconds: Int32 = 30
    /// `sqlite3_backup_step` does not wait by itself; so long between two tries.
    private static let retryMilliseconds: Int32 = 20
    private static let retriesMax = patienceSeconds * 1000 / retryMilliseconds

    let source: String
    let stop: StopFlag
    let progress: (ByteCount) -> Void

    /// - Parameter destination: An empty file that nobody else uses.
    func copy(to destination: String) throws(ProviderError) {
        let target: SQLiteConnection
        do throws(SQLiteFailure) {
            target = try SQLiteConnection(destination, flags: SQLITE_OPEN_READWRITE)
            // A copy that a crash cuts short is thrown away, so nothing protects it.
            try target.firstColumn(of: "PRAGMA journal_mode = OFF")
            try target.firstColumn(of: "PRAGMA synchronous = OFF")
        } catch {
            throw ProviderError(.transient, "can't make the copy \(destination): \(error.words)")
        }
        do throws(SQLiteFailure) {
            let origin = try SQLiteConnection(source, flags: SQLITE_OPEN_READONLY)
            sqlite3_busy_timeout(origin.handle, 1000)  // `waiting` repeats it
            let mode = try waiting { () throws(SQLiteFailure) in
                try origin.firstColumn(of: "PRAGMA journal_mode")
            }
            let isHeld = mode == ["wal"]
            if isHeld { try hold(origin) }
            try step(from: origin, to: target, isHeld: isHeld)
        } catch {
            throw refusal(error)
        }
    }

    /// Keeps what is read from now on as it is at this instant.
    private func hold(_ origin: SQLiteConnection) throws(SQLiteFailure) {
        try origin.firstColumn(of: "BEGIN")
        try waiting { () throws(SQLiteFailure) in
            try origin.firstColumn(of: "SELECT count(*) FROM sqlite_master")
        }
    }

    private func step(
        from origin: SQLiteConnection, to target: SQLiteConnection, isHeld: Bool
    ) throws(SQLiteFailure) {
        guard let backup = sqlite3_backup_init(target.handle, "main", origin.handle, "main") else {
            throw target.failure(sqlite3_errcode(target.handle))
        }
        var isFinished = false
        defer { if !isFinished { sqlite3_backup_finish(backup) } }
        let pageSize = Int64(try origin.firstColumn(of: "PRAGMA page_size").first ?? "") ?? 4096
        var isHeld = isHeld
        var restarts = 0
        var copied: Int32 = 0
        var waits = 0
        while true {
            if stop.isStopped { throw SQLiteFailure(code: SQLITE_INTERRUPT, words: "stopped") }
            let code = sqlite3_backup_step(backup, Self.pagesPerStep)
            let now = sqlite3_backup_pagecount(backup) - sqlite3_backup_remaining(backup)
            switch code & 0xFF {
            case SQLITE_DONE:
                isFinished = true
                let code = sqlite3_backup_finish(backup)
                guard code == SQLITE_OK else { throw target.failure(code) }
                return
            case SQLITE_OK:
                waits = 0
                if now <= copied { restarts += 1 }
                copied = now
                progress(ByteCount(Int64(copied) * pageSize))
                if isHeld { continue }
                if restarts >= Self.restartsMax {
                    try hold(origin)
                    isHeld = true
                } else {
                    sqlite3_sleep(1)  // lets a waiting writer in
                }
            case SQLITE_BUSY, SQLITE_LOCKED:
                waits += 1
                guard waits < Self.retriesMax else { throw failure(code) }
                sqlite3_sleep(Self.retryMilliseconds)
            default:
                throw failure(code)
            }
        }
    }

    /// `sqlite3_backup_step` notes no message, so SQLite's words for the code are taken.
    private func failure(_ code: Int32) -> SQLiteFailure {
        SQLiteFailure(code: code & 0xFF, words: String(cString: sqlite3_errstr(code)))
    }

    @discardableResult
    private func waiting<Value>(
        _ work: () throws(SQLiteFailure) -> Value
    ) throws(SQLiteFailure) -> Value {
        for _ in 1..<Self.patienceSeconds where !stop.isStopped {
            do throws(SQLiteFailure) {
                return try work()
            } catch {
                guard error.isBusy else { throw error }
            }
        }
        if stop.isStopped { throw SQLiteFailure(code: SQLITE_INTERRUPT, words: "stopped") }
        return try work()
    }

    static func noDatabase(_ path: String) -> ProviderError {
        ProviderError(
            .permanent,
            "\(path) is not a SQLite database (or it is encrypted); correct the target, or back "
                + "up its directory")
    }

    private func refusal(_ failure: SQLiteFailure) -> ProviderError {
        if stop.isStopped { return .stopped("copying \(source)") }
        return switch failure.code {
        case SQLITE_NOTADB:
            Self.noDatabase(source)
        case SQLITE_CORRUPT:
            ProviderError(
                .permanent,
                "\(source) is damaged: \(failure.words); repair it with sqlite3's .recover, or "
                    + "restore an older point")
        case SQLITE_BUSY, SQLITE_LOCKED:
            ProviderError(
                .transient,
                "\(source) has been locked by another process for \(Self.patienceSeconds) s; end "
                    + "its long transaction, or choose a quieter hour")
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            ProviderError(
                .permanent,
                "\(source) can't be read: \(failure.words). A database in WAL mode needs its "
                    + "-wal and -shm files: give the service's user the right to read and write "
                    + "these and, while no application has it open, to make them in its directory")
        case SQLITE_FULL:
            ProviderError(
                .quota,
                "the repository has no room for the copy of \(source); free space, or keep fewer "
                    + "points")
        default:
            ProviderError(.transient, "copying \(source) failed: \(failure.words)")
        }
    }
}
