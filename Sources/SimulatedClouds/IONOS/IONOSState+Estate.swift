import HoldfastCore

extension IONOSCloud {
    /// Changes servers, volumes and data centers. A server comes with its volume; a volume is made
    /// in the first data center unless one is named.
    public func change(
        _ change: EstateChange
    ) async throws(InvalidEstateChange) -> String {
        // Were it not `async`, an asynchronous caller would be given the protocol's own one.
        state.settle(at: clock.now)
        return try state.change(change, at: clock.now)
    }
}

/// A server, as far as its volumes tell.
struct IONOSServer: Sendable {
    let id: String
    let datacenter: String
    let name: String
    let isRunning: Bool
    let history: IONOSHistory
}

extension IONOSState {
    /// The servers that a data center's volumes are attached to, in the order of the volumes.
    func servers(of datacenter: IONOSDatacenter) -> [IONOSServer] {
        var seen: Set<String> = []
        return datacenter.volumes.compactMap { volumes[$0] }.compactMap { volume in
            guard let server = volume.server, seen.insert(server).inserted else { return nil }
            return IONOSServer(
                id: server, datacenter: datacenter.id, name: "server of \(volume.name)",
                isRunning: volume.serverIsRunning, history: volume.history)
        }
    }

    fileprivate mutating func change(
        _ change: EstateChange, at now: Timestamp
    ) throws(InvalidEstateChange) -> String {
        switch change {
        case .create(.machine, _, _):
            throw InvalidEstateChange(
                "a server at IONOS Cloud comes with its volume; create a volume")
        case .create(.volume, let name, let place): return try addVolume(name, in: place, now)
        case .rename(let id, let name):
            if volumes[id] != nil {
                volumes.update(id) { $0.name = name }
            } else if datacenters[id] != nil {
                datacenters.update(id) { $0.name = name }
            } else {
                throw .unknown(id)
            }
            return id
        case .stop(let id): return try setServer(id, isRunning: false)
        case .start(let id): return try setServer(id, isRunning: true)
        case .cancel: throw .uncancellable("IONOS Cloud")
        case .remove(let id): return try remove(id)
        }
    }

    private mutating func addVolume(
        _ name: String, in place: String?, _ now: Timestamp
    ) throws(InvalidEstateChange) -> String {
        guard let datacenter = place ?? datacenters.rows.first?.id, datacenters[datacenter] != nil
        else { throw .unknown(place ?? "") }
        let number = takeNumber()
        let volume = IONOSVolume(
            id: SimulatedUUID.text("b10c0002", number), datacenter: datacenter, name: name,
            type: "HDD", sizeGigabytes: 10, server: SimulatedUUID.text("5e40e002", number),
            history: IONOSHistory(
                at: Stamp(now.roundedDownToSecond), by: logins.first?.username ?? ""))
        volumes[volume.id] = volume
        datacenters.update(datacenter) { $0.volumes.append(volume.id) }
        return volume.id
    }

    private mutating func setServer(
        _ id: String, isRunning: Bool
    ) throws(InvalidEstateChange) -> String {
        let attached = volumes.rows.filter { $0.server == id }.map(\.id)
        guard !attached.isEmpty else { throw .unknown(id) }
        for volume in attached { volumes.update(volume) { $0.serverIsRunning = isRunning } }
        return id
    }

    private mutating func remove(_ id: String) throws(InvalidEstateChange) -> String {
        if let volume = volumes[id] {
            volumes[id] = nil
            datacenters.update(volume.datacenter) { $0.volumes.removeAll { $0 == id } }
        } else if let datacenter = datacenters[id] {
            datacenters[id] = nil
            for volume in datacenter.volumes { volumes[volume] = nil }
        } else {
            throw .unknown(id)
        }
        return id
    }
}
