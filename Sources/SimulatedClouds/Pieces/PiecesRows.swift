import HoldfastCore

/// A backup in the user's cloud.
struct SimulatedBackup: SimulatedRow, Hashable {
    /// `VERSION_TIMESTAMP`.
    let id: String
    /// Of the Pieces OS that made it.
    let version: String
    /// Seconds since 1970.
    let timestamp: String
    let bytes: Int64
    let createdAt: Stamp
    let deviceName: String
    let platform: String
    /// The local database that is in it.
    let database: SimulatedDatabase
}

/// The database on the machine of the simulated Pieces OS: what its user works on.
struct SimulatedDatabase: Codable, Hashable, Sendable {
    /// Another one after each restore.
    var identity: String
    /// Counts the minutes of work in it.
    var revision: Int64
    var bytes: Int64
    /// How it stood then; it goes on growing.
    var asOf: Stamp

    /// Lets it grow until an instant, by whole minutes.
    mutating func grow(until now: Timestamp, bytesPerMinute: Int64) {
        let minutes = (now - asOf.instant).wholeSeconds / 60
        guard minutes > 0 else { return }
        revision += minutes
        bytes = min(Self.bytesMax, bytes + minutes * bytesPerMinute)
        asOf = Stamp(asOf.instant + .seconds(minutes * 60))
    }

    /// As large as a number in JSON can be for all readers.
    private static let bytesMax: Int64 = 1 << 53
}

/// A backup that is being made, or was to be made.
struct SimulatedCreation: Codable, Hashable, Sendable {
    /// How it ended, in the vendor's words.
    enum Outcome: String, Codable, Sendable {
        case completed = "COMPLETED"
        case failed = "FAILED"
        case canceled = "CANCELED"
    }

    let backup: SimulatedBackup
    let startedAt: Stamp
    /// From the start to the completion.
    let seconds: Int64
    /// It fails on the way.
    let willFail: Bool
    var outcome: Outcome?
    var endedAt: Stamp?

    /// When it ends unless it is cancelled; a failure comes halfway.
    var endsAt: Timestamp {
        startedAt.instant + .milliseconds(willFail ? seconds * 500 : seconds * 1000)
    }

    /// The instant at which a part of the work is done.
    func instant(percent: Double) -> Timestamp {
        startedAt.instant + .milliseconds(Int64(Double(seconds) * 10 * percent))
    }

    /// How much is done at an instant, from 0 to 100, by tenths.
    func percent(at now: Timestamp) -> Double {
        if outcome == .completed { return 100 }
        let elapsed = ((endedAt?.instant ?? now) - startedAt.instant).wholeMilliseconds
        guard seconds > 0 else { return 0 }
        return Double(min(1000, max(0, elapsed / seconds))) / 10
    }
}

/// Whoever is signed in.
struct SimulatedUser: Codable, Hashable, Sendable {
    var id: String
    var email: String
    var name: String
    var username: String
}
