import Dispatch
import GRDB
import HoldfastCore
import Synchronization

/// The one writer of the history: changes that arrive while a commit is under way wait and share
/// the next one. Each caller is answered only after the commit that holds its change.
///
/// Commits block on the disk, so they run on a queue of their own and not on the tasks' threads.
final class GroupCommit: Sendable {
    private struct Pending: Sendable {
        /// Makes the change; returns what answers the caller once it is durable.
        let perform: @Sendable (WriteContext) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    /// So many changes share a commit at most; more wait for the next.
    private static let batchMax = 512

    private struct Waiting {
        var changes: [Pending] = []
        /// Whether a drain is on its way that will take whatever waits when it begins.
        var isDrainComing = false
    }

    private let database: DatabasePool
    private let waiting = Mutex(Waiting())
    private let queue = DispatchQueue(label: "holdfast.history.writer")

    private let onAppend: @Sendable () -> Void

    /// - Parameter onAppend: Called after each commit that added to the audit log.
    init(_ database: DatabasePool, onAppend: @escaping @Sendable () -> Void) {
        self.database = database
        self.onAppend = onAppend
    }

    /// Makes a change durable, alone or together with others.
    ///
    /// The change may be made twice, the first time being rolled back, when another change of the
    /// same group fails; so it touches nothing but the database.
    func commit<Value: Sendable>(
        _ change: @escaping @Sendable (WriteContext) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            let entry = Pending(
                perform: { context in
                    let value = try change(context)
                    return { continuation.resume(returning: .success(value)) }
                },
                fail: { continuation.resume(returning: .failure($0)) })
            let isDrainComing = waiting.withLock { waiting in
                defer { waiting.isDrainComing = true }
                waiting.changes.append(entry)
                return waiting.isDrainComing
            }
            if !isDrainComing { queue.async { self.drain() } }
        }
        do {
            return try result.get()
        } catch {
            throw StoreError(mapping: error, doing: "writing to the history")
        }
    }

    private func drain() {
        let (group, hasMore) = waiting.withLock { waiting in
            let taken = Array(waiting.changes.prefix(Self.batchMax))
            waiting.changes.removeFirst(taken.count)
            waiting.isDrainComing = !waiting.changes.isEmpty
            return (taken, waiting.isDrainComing)
        }
        if hasMore { queue.async { self.drain() } }
        guard !group.isEmpty else { return }
        do {
            let answers = try write { context in try group.map { try $0.perform(context) } }
            for answer in answers { answer() }
        } catch {
            // When it is not the disk or a lock, one of them fails, and each alone shows which.
            let isShared = group.count == 1 || Self.concernsAll(error)
            group.forEach { isShared ? $0.fail(error) : commitAlone($0) }
        }
    }

    /// Trying each change alone would wait for the same lock, or the same disk, once a change.
    private static func concernsAll(_ error: any Error) -> Bool {
        guard let code = (error as? DatabaseError)?.resultCode.primaryResultCode else {
            return false
        }
        return [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR].contains(code)
    }

    private func commitAlone(_ entry: Pending) {
        do {
            let answer = try write { context in try entry.perform(context) }
            answer()
        } catch {
            entry.fail(error)
        }
    }

    private func write<Value>(_ body: (WriteContext) throws -> Value) throws -> Value {
        try database.writeWithoutTransaction { database in
            var value: Value?
            let context = WriteContext(database)
            try database.inTransaction(.immediate) {
                value = try body(context)
                return .commit
            }
            guard let value else { preconditionFailure("a transaction was skipped") }
            if context.chainHead != nil { onAppend() }
            return value
        }
    }
}

/// A transaction under way, with the head of the audit chain once it was needed.
final class WriteContext {
    let database: Database
    var chainHead: EventChain.Head?

    init(_ database: Database) {
        self.database = database
    }

    /// Runs one cached statement.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        let statement = try database.cachedStatement(sql: sql)
        try statement.execute(arguments: arguments)
    }
}
