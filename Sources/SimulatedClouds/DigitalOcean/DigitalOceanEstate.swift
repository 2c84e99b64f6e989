import HoldfastCore

/// What a new simulated DigitalOcean account holds.
public struct DigitalOceanEstate: Hashable, Sendable {
    /// Droplets of a large estate; `nil`: the small one, with the Droplets of the documents.
    private let counts: EstateCounts?

    /// Three Droplets and two volumes.
    public static let small = DigitalOceanEstate(counts: nil)

    /// The token that opens every new account.
    static let token = "dop_v1_simulated_full_access"
    /// A second token that may only read.
    static let readingToken = "dop_v1_simulated_read_only"
    private static let readingScopes = [
        "account:read", "actions:read", "droplet:read", "image:read", "snapshot:read",
        "block_storage:read", "block_storage_snapshot:read", "tag:read",
    ]
    /// The first Droplet's id; the others follow.
    private static let firstDroplet: Int64 = 3_164_444

    private init(counts: EstateCounts?) {
        self.counts = counts
    }

    /// Reads `droplets=10000,volumes=200,backups=50`; what is not named is 0. The first Droplets
    /// have the daily automatic backups.
    ///
    /// - Throws: `InvalidEstate`.
    public init(_ text: String) throws(InvalidEstate) {
        let counts = try EstateCounts(text, of: ["droplets", "volumes", "backups"])
        self.counts = counts
    }

    /// The account as it begins.
    func state(at now: Timestamp) -> DigitalOceanState {
        var state = DigitalOceanState()
        state.tokens = [
            SimulatedToken(token: Self.token, scopes: ["*"]),
            SimulatedToken(token: Self.readingToken, scopes: Self.readingScopes),
        ]
        // Everything has been there for a while, and so has the vendor's timetable.
        let created = Stamp(now.roundedDownToSecond - .days(90))
        if let counts {
            fill(&state, counts, created)
        } else {
            fillSmall(&state, created)
        }
        return state
    }

    private func fillSmall(_ state: inout DigitalOceanState, _ created: Stamp) {
        let rows: [(name: String, tags: [String], disk: Int64)] = [
            ("web-01", ["production", "web"], 25), ("web-02", ["production", "web"], 25),
            ("db-01", ["production", "db"], 80),
        ]
        for (index, row) in rows.enumerated() {
            var droplet = SimulatedDroplet(
                id: Self.firstDroplet + Int64(index), name: row.name, createdAt: created,
                tags: row.tags)
            droplet.disk = row.disk
            state.droplets[droplet.id] = droplet
        }
        addVolume(named: "web-assets", gigabytes: 10, at: Self.firstDroplet, &state, created)
        addVolume(named: "db-data", gigabytes: 100, at: Self.firstDroplet + 2, &state, created)
        enableBackups(of: Self.firstDroplet, plan: "daily", hour: 4, &state)
        enableBackups(of: Self.firstDroplet + 2, plan: "weekly", hour: 20, &state)
    }

    private func fill(_ state: inout DigitalOceanState, _ counts: EstateCounts, _ created: Stamp) {
        for index in 0..<counts["droplets"] {
            let droplet = SimulatedDroplet(
                id: Self.firstDroplet + Int64(index), name: "droplet-\(index + 1)",
                createdAt: created, tags: ["production", index % 2 == 0 ? "web" : "db"])
            state.droplets[droplet.id] = droplet
            if index < counts["backups"] {
                enableBackups(of: droplet.id, plan: "daily", hour: 4, &state)
            }
        }
        for index in 0..<counts["volumes"] {
            let droplet =
                counts["droplets"] == 0
                ? nil : Self.firstDroplet + Int64(index % counts["droplets"])
            addVolume(named: "volume-\(index + 1)", gigabytes: 10, at: droplet, &state, created)
        }
    }

    private func enableBackups(
        of id: Int64, plan name: String, hour: Int64, _ state: inout DigitalOceanState
    ) {
        guard let plan = state.supportedPolicies.first(where: { $0.name == name }),
            let droplet = state.droplets[id]
        else { return }
        state.setPolicy(
            SimulatedBackupPolicy(
                plan: plan.name, weekday: plan.possibleDays.first, hour: hour,
                windowLengthHours: plan.windowLengthHours,
                retentionPeriodDays: plan.retentionPeriodDays),
            of: id, at: droplet.createdAt.instant)
    }

    private func addVolume(
        named name: String, gigabytes: Int64, at droplet: Int64?,
        _ state: inout DigitalOceanState, _ created: Stamp
    ) {
        var volume = SimulatedVolume(
            id: SimulatedUUID.text("506f78a4", Int64(state.volumes.count + 1)), name: name,
            sizeGigabytes: gigabytes, createdAt: created)
        if let droplet {
            volume.droplets = [droplet]
            state.droplets.update(droplet) { $0.volumes.append(volume.id) }
        }
        state.volumes[volume.id] = volume
    }
}
