import GRDB
import HoldfastCore

extension StoreError {
    /// Turns the database library's error into ours, with the way out.
    init(mapping error: any Error, doing what: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        guard let failure = error as? DatabaseError else {
            self.init(.io, "\(what) failed: \(error)")
            return
        }
        let words = failure.message ?? "SQLite error \(failure.resultCode.rawValue)"
        switch failure.resultCode.primaryResultCode {
        case .SQLITE_FULL:
            self.init(.io, "\(what) failed: the disk is full; make room and try again")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy, "\(what) failed: another program has held the history locked for too long")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .corrupt,
                "\(what) failed: \(words); the history is damaged: keep the file, and put back a "
                    + "copy or move it away to begin a new one")
        case .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
            self.init(.permission, "\(what) failed: \(words); run as the history's owner or root")
        case .SQLITE_CANTOPEN:
            self.init(
                .permission,
                "\(what) failed: \(words); check that its directory exists and is yours")
        case .SQLITE_CONSTRAINT:
            self.init(
                .corrupt,
                "\(what) failed: \(words); what is to be written contradicts what is there, so "
                    + "this is an error of the program: please report it")
        default:
            self.init(.io, "\(what) failed: \(words)")
        }
    }
}
