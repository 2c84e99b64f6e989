import Foundation
import HoldfastCore

/// Everything that a simulated IONOS contract holds. It is a value: what a request does to it is a
/// function of the request and the instant.
struct IONOSState: Codable, Sendable {
    var settings = IONOSSettings()
    var contract = IONOSContract()
    var logins: [IONOSLogin] = []
    var datacenters = SortedRows<IONOSDatacenter>()
    var volumes = SortedRows<IONOSVolume>()
    var snapshots = SortedRows<IONOSSnapshot>()
    var backupUnits = SortedRows<IONOSBackupUnit>()
    var requests = SortedRows<IONOSRequest>()
    /// Ids of the requests under way, the first to end at the end.
    var running: [String] = []
    /// Of the next snapshot, backup unit or request.
    var nextNumber: Int64 = 1
    /// The instant that the state was brought to last.
    var settledAt: Stamp?

    /// A number that nothing has had.
    mutating func takeNumber() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Brings the state to an instant: requests end, each when it is due. A clock that was set back
    /// changes nothing.
    mutating func settle(at now: Timestamp) {
        while let id = running.last, let request = requests[id], request.dueAt.instant <= now {
            running.removeLast()
            end(request)
        }
        settledAt = Stamp(now)
    }
}

extension IONOSState {
    /// A data center, or a 404.
    func datacenter(_ id: String) throws(IONOSRefusal) -> IONOSDatacenter {
        guard let datacenter = datacenters[id.lowercased()] else { throw .notFound }
        return datacenter
    }

    /// A volume of that data center, or a 404.
    func volume(_ id: String, in datacenter: String) throws(IONOSRefusal) -> IONOSVolume {
        guard let volume = volumes[id.lowercased()], volume.datacenter == datacenter.lowercased()
        else { throw .notFound }
        return volume
    }

    /// A snapshot that a login can see, or a 404.
    func snapshot(_ id: String, for login: IONOSLogin) throws(IONOSRefusal) -> IONOSSnapshot {
        guard let snapshot = snapshots[id.lowercased()], snapshot.isVisible(to: login) else {
            throw .notFound
        }
        return snapshot
    }

    /// A backup unit, or a 404.
    func backupUnit(_ id: String) throws(IONOSRefusal) -> IONOSBackupUnit {
        guard let unit = backupUnits[id.lowercased()] else { throw .notFound }
        return unit
    }

    /// Gigabytes of the HDD quota that volumes use, and those that snapshots use.
    var hddGigabytes: (volumes: Int64, snapshots: Int64) {
        let hdd = volumes.rows.reduce(0) { $0 + ($1.type == "HDD" ? $1.sizeGigabytes : 0) }
        return (hdd, snapshots.rows.reduce(0) { $0 + $1.sizeGigabytes })
    }

    /// Gigabytes of SSD volumes.
    var ssdGigabytes: Int64 {
        volumes.rows.reduce(0) { $0 + ($1.type.hasPrefix("SSD") ? $1.sizeGigabytes : 0) }
    }

    /// Reads a saved state.
    ///
    /// - Throws: `DecodingError`, with the place.
    init(json bytes: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(IONOSState.self, from: Data(bytes))
    }

    /// The state as `init(json:)` reads it, with sorted keys.
    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }
}

extension IONOSSnapshot {
    /// Whether a login can see it.
    func isVisible(to login: IONOSLogin) -> Bool {
        !secAuthProtection || login.hasTwoFactors
    }
}
