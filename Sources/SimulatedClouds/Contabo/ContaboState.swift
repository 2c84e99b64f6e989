import Foundation
import HoldfastCore

/// Everything that a simulated Contabo account holds. It is a value: what a request does to it is a
/// function of the request and the instant.
struct ContaboState: Codable, Sendable {
    var settings = ContaboSettings()
    /// `DE` or `INT`.
    var tenant = "INT"
    var customer = "54321"
    var clients: [ContaboClient] = []
    var users: [ContaboUser] = []
    var instances = SortedRows<ContaboInstance>()
    var audits = SortedRows<ContaboAudit>()
    var grants = SortedRows<ContaboGrant>()
    /// The next audit entry's id, and part of the next token.
    var nextNumber: Int64 = 1
    /// No snapshot is made or removed before this; `nil`: look.
    var nextVendorDeed: Stamp?
    /// The instant that the state was brought to last.
    var settledAt: Stamp?

    /// A number that nothing has had.
    mutating func takeNumber() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Brings the state to an instant: snapshots are made or fail, and the vendor deletes those whose
    /// time is over. A clock that was set back changes nothing.
    mutating func settle(at now: Timestamp) {
        defer { settledAt = Stamp(now) }
        if let next = nextVendorDeed, next.instant > now { return }
        var next = Timestamp.distantFuture
        for instance in instances.rows where instance.hasSomethingDue {
            next = min(next, settle(instance, at: now))
        }
        nextVendorDeed = Stamp(next)
    }

    /// - Returns: When the next thing happens to the instance.
    private mutating func settle(_ instance: ContaboInstance, at now: Timestamp) -> Timestamp {
        var kept: [ContaboSnapshot] = []
        var next = Timestamp.distantFuture
        for var snapshot in instance.snapshots {
            if let ready = snapshot.readyAt?.instant {
                if ready > now {
                    next = min(next, ready)
                } else if snapshot.willFail {
                    continue
                } else {
                    snapshot.readyAt = nil
                }
            }
            let end = snapshot.autoDeleteAt.instant
            guard end > now else {
                if settings.autoDeletionIsAudited {
                    note(.deleted, snapshot, of: instance.id, by: .vendor, at: end)
                }
                continue
            }
            next = min(next, end)
            kept.append(snapshot)
        }
        if let free = instance.busyUntil?.instant, free > now { next = min(next, free) }
        instances.update(instance.id) {
            $0.snapshots = kept
            if let free = $0.busyUntil?.instant, free <= now { $0.busyUntil = nil }
        }
        return next
    }

    /// Writes an audit entry.
    mutating func note(
        _ action: ContaboAudit.Action, _ snapshot: ContaboSnapshot, of instance: Int64,
        by author: ContaboAuthor, changes: [ContaboAudit.Change] = [], at now: Timestamp
    ) {
        let entry = ContaboAudit(
            id: takeNumber(), action: action, at: Stamp(now), author: author, instance: instance,
            snapshot: snapshot.id, changes: changes)
        audits[entry.id] = entry
    }

    /// Reads a saved state.
    ///
    /// - Throws: `DecodingError`, with the place.
    init(json bytes: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(ContaboState.self, from: Data(bytes))
    }

    init() {}

    /// The state as `init(json:)` reads it, with sorted keys.
    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }
}

extension ContaboInstance {
    fileprivate var hasSomethingDue: Bool { !snapshots.isEmpty || busyUntil != nil }
}
