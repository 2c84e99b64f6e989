import Foundation
import HoldfastCore

/// Everything that a simulated Pieces OS and its cloud hold. It is a value: what a request does to
/// it is a function of the request and the instant.
struct PiecesState: Codable, Sendable {
    var settings = PiecesSettings()
    /// Of the Pieces OS that runs.
    var version = "12.4.1"
    var deviceName = "workstation"
    var platform = "LINUX"
    /// What `X-Application-ID` must say, where it must say something.
    var application = SimulatedUUID.text("5c1f7a30", 1)
    var user = SimulatedUser(
        id: "2b6d0c11-0000-4000-8000-000000000001", email: "dev@example.com", name: "Dev",
        username: "dev")
    var database: SimulatedDatabase
    /// How often a backup was restored over the database.
    var restores: Int64 = 0
    /// The backup that the database was restored from last.
    var restoredFrom: String?
    var backups = SortedRows<SimulatedBackup>()
    /// The one that is being made.
    var creation: SimulatedCreation?
    /// The last ones that came to an end, oldest first.
    var ended: [SimulatedCreation] = []
    /// The instant that the state was brought to last.
    var settledAt: Stamp?

    /// So many ended creations are remembered.
    private static let endedMax = 100

    init(database: SimulatedDatabase) {
        self.database = database
    }

    /// Brings the state to an instant: a creation ends when it is due. A clock that was set back
    /// changes nothing.
    mutating func settle(at now: Timestamp) {
        if let creation, creation.endsAt <= now {
            end(creation, as: creation.willFail ? .failed : .completed, at: creation.endsAt)
        }
        database.grow(until: now, bytesPerMinute: settings.growthPerMinute)
        settledAt = Stamp(now)
    }

    /// Starts to make a backup.
    ///
    /// - Parameter willFail: It fails halfway.
    mutating func create(
        willFail: Bool, at now: Timestamp
    ) throws(PiecesRefusal) -> SimulatedCreation {
        settle(at: now)
        guard creation == nil else { throw .failed("A backup is being made already.") }
        var number = now.seconds
        while backups[id(number)] != nil || creation(of: id(number)) != nil { number += 1 }
        let backup = SimulatedBackup(
            id: id(number), version: version, timestamp: String(number), bytes: database.bytes,
            createdAt: Stamp(now), deviceName: deviceName, platform: platform, database: database)
        let begun = SimulatedCreation(
            backup: backup, startedAt: Stamp(now), seconds: settings.backupSeconds,
            willFail: willFail)
        creation = begun
        settle(at: now)
        return begun
    }

    private func id(_ number: Int64) -> String { "\(version)_\(number)" }

    /// Stops the creation of a backup.
    mutating func cancel(_ id: String, at now: Timestamp) throws(PiecesRefusal) {
        settle(at: now)
        guard let creation, creation.backup.id == id else {
            throw .failed("No creation of the backup '\(id)' is running.")
        }
        end(creation, as: .canceled, at: now)
    }

    private mutating func end(
        _ creation: SimulatedCreation, as outcome: SimulatedCreation.Outcome, at now: Timestamp
    ) {
        var creation = creation
        creation.outcome = outcome
        creation.endedAt = Stamp(now)
        if outcome == .completed { backups[creation.backup.id] = creation.backup }
        ended = (ended + [creation]).suffix(Self.endedMax)
        self.creation = nil
    }
}

extension PiecesState {
    /// The creation of a backup that runs or came to an end; `nil`: none is remembered.
    func creation(of id: String) -> SimulatedCreation? {
        if let creation, creation.backup.id == id { return creation }
        return ended.last { $0.backup.id == id }
    }

    /// A backup in the cloud.
    func backup(_ id: String) throws(PiecesRefusal) -> SimulatedBackup {
        guard let backup = backups[id] else {
            throw PiecesRefusal(settings.unknownBackupStatus, "There is no backup '\(id)'.")
        }
        return backup
    }

    /// Takes a backup out of the cloud.
    mutating func delete(_ id: String) throws(PiecesRefusal) {
        backups[try backup(id).id] = nil
    }

    /// Puts a backup in place of the local database, which is lost.
    mutating func restore(
        _ id: String, willFail: Bool, at now: Timestamp
    ) throws(PiecesRefusal) -> SimulatedBackup {
        let backup = try backup(id)
        guard !PiecesVersion(version).isOlder(than: PiecesVersion(backup.version)) else {
            throw .tooOld
        }
        guard creation == nil else { throw .failed("A backup is being made.") }
        guard !willFail else { throw .failed("The backup could not be restored.") }
        restores += 1
        restoredFrom = id
        database = backup.database
        database.identity = SimulatedUUID.text("da7aba5e", restores + 1)
        database.asOf = Stamp(now)
        return backup
    }

    /// Reads a saved state.
    ///
    /// - Throws: `DecodingError`, with the place.
    init(json bytes: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(PiecesState.self, from: Data(bytes))
    }

    /// The state as `init(json:)` reads it, with sorted keys.
    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }
}

/// Numbers between dots, compared one by one.
struct PiecesVersion {
    private let numbers: [Int]

    /// What is no number counts as 0.
    init(_ text: String) {
        numbers = text.split(separator: ".").map { Int($0) ?? 0 }
    }

    /// `9.0` is older than `12.0`, and `12.4` as old as `12.4.0`.
    func isOlder(than other: PiecesVersion) -> Bool {
        for index in 0..<max(numbers.count, other.numbers.count) {
            let mine = index < numbers.count ? numbers[index] : 0
            let theirs = index < other.numbers.count ? other.numbers[index] : 0
            if mine != theirs { return mine < theirs }
        }
        return false
    }
}
