import HoldfastCore

/// What a new simulated Pieces OS finds in its user's cloud.
public struct PiecesEstate: Hashable, Sendable {
    /// Backups of a large estate; `nil`: the small one of the documents.
    private let counts: EstateCounts?

    /// Three backups of this machine and three of two others.
    public static let small = PiecesEstate(counts: nil)

    private init(counts: EstateCounts?) {
        self.counts = counts
    }

    /// Reads `backups=1000,others=50`; what is not named is 0. Both kinds have one backup an hour,
    /// the newest an hour ago; the others are made by three devices in turn.
    ///
    /// - Throws: `InvalidEstate`.
    public init(_ text: String) throws(InvalidEstate) {
        counts = try EstateCounts(text, of: ["backups", "others"])
    }

    /// The state as it begins.
    func state(at now: Timestamp) -> PiecesState {
        let database = SimulatedDatabase(
            identity: SimulatedUUID.text("da7aba5e", 1), revision: 100_000,
            bytes: 48 << 20, asOf: Stamp(now.roundedDownToSecond))
        var state = PiecesState(database: database)
        if let counts {
            fill(&state, counts, now.roundedDownToSecond)
        } else {
            fillSmall(&state, now.roundedDownToSecond)
        }
        return state
    }

    private func fillSmall(_ state: inout PiecesState, _ now: Timestamp) {
        for (days, version) in [(30, "12.3.2"), (7, "12.4.1"), (1, "12.4.1")] {
            add(version, of: state.deviceName, "LINUX", to: &state, at: now - .days(days))
        }
        add("12.3.0", of: "Müllers MacBook", "MACOS", to: &state, at: now - .days(20))
        add("13.0.0", of: "Müllers MacBook", "MACOS", to: &state, at: now - .hours(5))
        add("9.0.0", of: "old-desktop", "WINDOWS", to: &state, at: now - .days(400))
    }

    private func fill(_ state: inout PiecesState, _ counts: EstateCounts, _ now: Timestamp) {
        for index in 0..<counts["backups"] {
            add(
                state.version, of: state.deviceName, "LINUX", to: &state,
                at: now - .hours(counts["backups"] - index))
        }
        for index in 0..<counts["others"] {
            add(
                "12.3.0", of: "device-\(index % 3 + 1)", "MACOS", to: &state,
                at: now - .hours(counts["others"] - index))
        }
    }

    private func add(
        _ version: String, of device: String, _ platform: String, to state: inout PiecesState,
        at created: Timestamp
    ) {
        // Younger ones are larger, as the database grows by and by.
        let minutes = max(0, (state.database.asOf.instant - created).wholeSeconds / 60)
        let database = SimulatedDatabase(
            identity: device == state.deviceName
                ? state.database.identity
                : SimulatedUUID.text("0de71ce5", Int64(device.utf8.count)),
            revision: max(1, state.database.revision - minutes),
            bytes: max(1 << 20, state.database.bytes - minutes * 64), asOf: Stamp(created))
        let backup = SimulatedBackup(
            id: "\(version)_\(created.seconds)", version: version,
            timestamp: String(created.seconds), bytes: database.bytes, createdAt: Stamp(created),
            deviceName: device, platform: platform, database: database)
        state.backups[backup.id] = backup
    }
}
