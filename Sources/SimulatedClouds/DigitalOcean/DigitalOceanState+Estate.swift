import HoldfastCore

extension DigitalOceanCloud {
    /// Changes Droplets and volumes; a volume is made at no Droplet unless one is named.
    public func change(
        _ change: EstateChange
    ) async throws(InvalidEstateChange) -> String {
        // Were it not `async`, an asynchronous caller would be given the protocol's own one.
        state.settle(at: clock.now)
        return try state.change(change, at: clock.now)
    }
}

extension DigitalOceanState {
    fileprivate mutating func change(
        _ change: EstateChange, at now: Timestamp
    ) throws(InvalidEstateChange) -> String {
        switch change {
        case .create(.machine, let name, _):
            let droplet = SimulatedDroplet(
                id: takeNumber(), name: name, createdAt: Stamp(now.roundedDownToSecond), tags: [])
            droplets[droplet.id] = droplet
            return String(droplet.id)
        case .create(.volume, let name, let place): return try addVolume(name, at: place, now)
        case .rename(let id, let name):
            if let droplet = Int64(id), droplets[droplet] != nil {
                droplets.update(droplet) { $0.name = name }
            } else if volumes[id] != nil {
                volumes.update(id) { $0.name = name }
            } else {
                throw .unknown(id)
            }
            return id
        case .stop(let id): return try setStatus("off", of: id)
        case .start(let id): return try setStatus("active", of: id)
        case .cancel: throw .uncancellable("DigitalOcean")
        case .remove(let id): return try remove(id)
        }
    }

    private mutating func addVolume(
        _ name: String, at place: String?, _ now: Timestamp
    ) throws(InvalidEstateChange) -> String {
        var volume = SimulatedVolume(
            id: SimulatedUUID.text("506f78a4", takeNumber()), name: name, sizeGigabytes: 10,
            createdAt: Stamp(now.roundedDownToSecond))
        if let place {
            guard let droplet = Int64(place), droplets[droplet] != nil else {
                throw .unknown(place)
            }
            volume.droplets = [droplet]
            droplets.update(droplet) { $0.volumes.append(volume.id) }
        }
        volumes[volume.id] = volume
        return volume.id
    }

    private mutating func setStatus(
        _ status: String, of id: String
    ) throws(InvalidEstateChange) -> String {
        guard let droplet = Int64(id), droplets[droplet] != nil else { throw .unknown(id) }
        droplets.update(droplet) { $0.status = status }
        return id
    }

    private mutating func remove(_ id: String) throws(InvalidEstateChange) -> String {
        if let number = Int64(id), let droplet = droplets[number] {
            droplets[number] = nil
            for volume in droplet.volumes {
                volumes.update(volume) { $0.droplets.removeAll { $0 == number } }
            }
        } else if let volume = volumes[id] {
            volumes[id] = nil
            for droplet in volume.droplets {
                droplets.update(droplet) { $0.volumes.removeAll { $0 == id } }
            }
        } else {
            throw .unknown(id)
        }
        return id
    }
}
