import HoldfastCore

extension DigitalOceanState {
    /// Makes a snapshot of a volume; it is there at once.
    mutating func snapshot(
        volume id: String, named name: String, tags: [String], at now: Timestamp
    ) throws(DigitalOceanRefusal) -> SimulatedVolumeSnapshot {
        let volume = try volume(id)
        guard !name.isEmpty else { throw .unprocessable("name is required") }
        let isTaken = volume.snapshots.contains { volumeSnapshots[$0]?.name == name }
        guard !isTaken else {
            throw DigitalOceanRefusal(
                .conflict, "a snapshot with the name '\(name)' already exists")
        }
        let interval = Duration.seconds(settings.volumeSnapshotIntervalSeconds)
        if let last = volume.lastSnapshotAt, last.instant + interval > now {
            throw DigitalOceanRefusal(
                .tooManyRequests,
                "failed to create snapshot: this operation is rate-limited - one request per "
                    + Self.goDuration(interval))
        }
        guard volume.snapshots.count < settings.volumeSnapshotMax else {
            throw .unprocessable(
                "volume has reached its limit of \(settings.volumeSnapshotMax) snapshots")
        }
        let snapshot = SimulatedVolumeSnapshot(
            id: SimulatedUUID.text("8fa70202", takeNumber()), volume: volume.id, name: name,
            createdAt: Stamp(now.roundedDownToSecond), region: volume.region,
            sizeGigabytes: volume.sizeGigabytes, tags: tags)
        volumeSnapshots[snapshot.id] = snapshot
        volumes.update(volume.id) {
            $0.snapshots.append(snapshot.id)
            $0.lastSnapshotAt = snapshot.createdAt
        }
        return snapshot
    }

    /// Deletes a snapshot of a Droplet (digits) or of a volume (a UUID).
    mutating func delete(snapshot id: String) throws(DigitalOceanRefusal) {
        if let number = Int64(id) {
            let image = try image(number)
            guard !image.isBackup else { throw Self.noSnapshot }
            return remove(image)
        }
        guard let snapshot = volumeSnapshots[id.lowercased()] else { throw .notFound }
        volumeSnapshots[snapshot.id] = nil
        volumes.update(snapshot.volume) { $0.snapshots.removeAll { $0 == snapshot.id } }
    }

    static let noSnapshot = DigitalOceanRefusal(
        .badRequest, "the resource is not a snapshot")

    /// `10m0s`: the vendor's messages write times so.
    private static func goDuration(_ time: Duration) -> String {
        let seconds = time.wholeSeconds
        return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
    }
}
