import HoldfastCore

/// What a new simulated IONOS contract holds.
public struct IONOSEstate: Hashable, Sendable {
    /// Of a large estate; `nil`: the small one, with the volumes of the documents.
    private let counts: EstateCounts?

    /// Two data centers, four volumes, a snapshot and a backup unit.
    public static let small = IONOSEstate(counts: nil)

    private static let locations = ["de/txl", "de/fra"]
    private static let defaultGigabytes: Int64 = 10
    /// So many times what an estate uses may be used.
    private static let quotaFactor: Int64 = 10

    private init(counts: EstateCounts?) {
        self.counts = counts
    }

    /// Reads `datacenters=2,volumes=10000,snapshots=500,backupunits=1`; what is not named is 0, but
    /// volumes are in one data center at least, and snapshots are of volumes.
    ///
    /// - Throws: `InvalidEstate`.
    public init(_ text: String) throws(InvalidEstate) {
        let counts = try EstateCounts(
            text, of: ["datacenters", "volumes", "snapshots", "backupunits"])
        self.counts = counts
    }

    /// The contract as it begins.
    func state(at now: Timestamp) -> IONOSState {
        var state = IONOSState()
        state.logins = [
            IONOSLogin(
                username: "operator@example.com", password: "simulated-password",
                token: "ionos-simulated-full-access", id: SimulatedUUID.text("05e40001", 1),
                rights: IONOSRight.allCases),
            IONOSLogin(
                username: "reader@example.com", password: "simulated-reader",
                token: "ionos-simulated-read-only", id: SimulatedUUID.text("05e40001", 2),
                rights: []),
        ]
        // Everything has been there for a while.
        let created = Stamp(now.roundedDownToSecond - .days(90))
        let history = IONOSHistory(at: created, by: state.logins[0].username)
        if let counts {
            fill(&state, counts, history)
        } else {
            fillSmall(&state, history)
        }
        return state
    }

    private func fillSmall(_ state: inout IONOSState, _ history: IONOSHistory) {
        let production = add("production", &state, history)
        let staging = add("staging", &state, history)
        let unit = addUnit(named: "NightlyUnit", &state, history)
        let rows: [(name: String, type: String, gigabytes: Int64, datacenter: String)] = [
            ("web-01-system", "SSD Premium", 20, production),
            ("web-01-data", "HDD", 100, production),
            ("db-01-data", "HDD", 200, production), ("staging-01-system", "HDD", 10, staging),
        ]
        for row in rows {
            let id = addVolume(
                named: row.name, type: row.type, gigabytes: row.gigabytes, in: row.datacenter,
                &state, history)
            guard row.name == "db-01-data" else { continue }
            state.volumes.update(id) { $0.backupUnit = unit }
        }
        addSnapshot(named: "before-upgrade", gigabytes: 100, at: "de/txl", &state, history)
    }

    private func fill(_ state: inout IONOSState, _ counts: EstateCounts, _ history: IONOSHistory) {
        let needed = counts["volumes"] > 0 ? 1 : 0
        let ids = (0..<max(needed, counts["datacenters"])).map { index in
            add("datacenter-\(index + 1)", &state, history)
        }
        for index in 0..<counts["volumes"] {
            addVolume(
                named: "volume-\(index + 1)", type: "HDD", gigabytes: Self.defaultGigabytes,
                in: ids[index % ids.count], &state, history)
        }
        for index in 0..<counts["snapshots"] {
            addSnapshot(
                named: "snapshot-\(index + 1)", gigabytes: Self.defaultGigabytes,
                at: Self.locations[index % max(1, min(ids.count, Self.locations.count))], &state,
                history)
        }
        for index in 0..<counts["backupunits"] {
            _ = addUnit(named: "Unit\(index + 1)", &state, history)
        }
        let used = state.hddGigabytes
        let gigabytes = (used.volumes + used.snapshots) * Self.quotaFactor
        state.contract.hddGigabytes = max(state.contract.hddGigabytes, gigabytes)
    }

    private func add(
        _ name: String, _ state: inout IONOSState, _ history: IONOSHistory
    ) -> String {
        let count = state.datacenters.count
        let datacenter = IONOSDatacenter(
            id: SimulatedUUID.text("dcdc0001", Int64(count + 1)), name: name,
            location: Self.locations[count % Self.locations.count], history: history)
        state.datacenters[datacenter.id] = datacenter
        return datacenter.id
    }

    @discardableResult
    private func addVolume(
        named name: String, type: String, gigabytes: Int64, in datacenter: String,
        _ state: inout IONOSState, _ history: IONOSHistory
    ) -> String {
        let number = Int64(state.volumes.count + 1)
        let volume = IONOSVolume(
            id: SimulatedUUID.text("b10c0001", number), datacenter: datacenter, name: name,
            type: type, sizeGigabytes: gigabytes, server: SimulatedUUID.text("5e40e001", number),
            history: history)
        state.volumes[volume.id] = volume
        state.datacenters.update(datacenter) { $0.volumes.append(volume.id) }
        return volume.id
    }

    private func addSnapshot(
        named name: String, gigabytes: Int64, at location: String, _ state: inout IONOSState,
        _ history: IONOSHistory
    ) {
        let snapshot = IONOSSnapshot(
            id: SimulatedUUID.text("5a9500aa", state.takeNumber()), name: name,
            location: location, sizeGigabytes: gigabytes, licenceType: "LINUX", history: history)
        state.snapshots[snapshot.id] = snapshot
    }

    private func addUnit(
        named name: String, _ state: inout IONOSState, _ history: IONOSHistory
    ) -> String {
        let unit = IONOSBackupUnit(
            id: SimulatedUUID.text("bac00001", state.takeNumber()), name: name,
            email: "ops@example.com", history: history)
        state.backupUnits[unit.id] = unit
        return unit.id
    }
}
