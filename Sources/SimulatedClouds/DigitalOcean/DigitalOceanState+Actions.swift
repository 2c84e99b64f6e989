import HoldfastCore

extension DigitalOceanState {
    /// Starts an action on a Droplet.
    ///
    /// - Parameter willFail: It ends `errored`, having done nothing.
    /// - Returns: The action; ended already when actions take no time.
    mutating func start(
        _ deed: SimulatedDeed, on id: Int64, willFail: Bool = false, at now: Timestamp
    ) throws(DigitalOceanRefusal) -> SimulatedAction {
        settle(at: now)
        let droplet = try droplet(id)
        guard droplet.pendingAction == nil else { throw .pendingEvent }
        guard !droplet.isLocked else {
            throw .unprocessable("Droplet is locked and can't be changed.")
        }
        switch deed {
        case .restore(let image): try checkRestore(of: droplet, from: image)
        case .changeBackupPolicy:
            guard droplet.policy != nil else {
                throw .unprocessable("Backups are not enabled for this Droplet.")
            }
        default: break
        }
        let action = begin(
            deed, on: .droplet(id: id), region: droplet.region, willFail: willFail, at: now)
        droplets.update(id) {
            $0.actions.append(action.id)
            $0.pendingAction = action.id
        }
        settle(at: now)
        return actions[action.id] ?? action
    }

    /// Starts to turn an automatic backup into a snapshot that is kept.
    mutating func convert(
        image id: Int64, willFail: Bool = false, at now: Timestamp
    ) throws(DigitalOceanRefusal) -> SimulatedAction {
        settle(at: now)
        let image = try image(id)
        guard image.isBackup else {
            throw .unprocessable("Only a backup image can be converted to a snapshot.")
        }
        let action = begin(
            .convert, on: .image(id: id), region: image.region, willFail: willFail, at: now)
        settle(at: now)
        return actions[action.id] ?? action
    }

    private func checkRestore(
        of droplet: SimulatedDroplet, from id: Int64
    ) throws(DigitalOceanRefusal) {
        guard let image = images[id], image.droplet == droplet.id,
            image.isBackup || settings.restoreTakesSnapshots
        else {
            throw .unprocessable("The image is not a backup of this Droplet.")
        }
    }

    private mutating func begin(
        _ deed: SimulatedDeed, on resource: SimulatedAction.Resource, region: String,
        willFail: Bool, at now: Timestamp
    ) -> SimulatedAction {
        let start = now.roundedDownToSecond
        let action = SimulatedAction(
            id: takeNumber(), deed: deed, resource: resource, region: region,
            startedAt: Stamp(start),
            dueAt: Stamp(start + .seconds(max(0, settings.actionSeconds))), willFail: willFail)
        actions[action.id] = action
        // The first to end is last; a new one mostly ends after all others.
        let later = running.firstIndex {
            (actions[$0]?.dueAt ?? action.dueAt) <= action.dueAt
        }
        running.insert(action.id, at: later ?? running.endIndex)
        return action
    }

    /// Ends an action that is due, and does what it is for.
    mutating func end(_ action: SimulatedAction) {
        precondition(action.status == .inProgress, "action \(action.id) ended twice")
        actions.update(action.id) {
            $0.status = action.willFail ? .errored : .completed
            $0.completedAt = action.dueAt
        }
        switch action.resource {
        case .droplet(let id):
            droplets.update(id) { $0.pendingAction = nil }
            if !action.willFail { perform(action, on: id) }
        case .image(let id):
            if !action.willFail { keep(backup: id) }
        }
    }

    private mutating func perform(_ action: SimulatedAction, on id: Int64) {
        switch action.deed {
        case .snapshot(let name):
            addImage(
                of: id, named: name, isBackup: false, createdAt: action.startedAt, expiresAt: nil)
        case .restore(let image): droplets.update(id) { $0.restoredFrom = image }
        case .enableBackups(let policy), .changeBackupPolicy(let policy):
            setPolicy(policy, of: id, at: action.dueAt.instant)
        case .disableBackups: disableBackups(of: id)
        case .shutdown, .powerOff: droplets.update(id) { $0.status = "off" }
        case .powerOn: droplets.update(id) { $0.status = "active" }
        case .convert: preconditionFailure("convert works on images")
        }
    }

    /// Adds a snapshot or backup to its Droplet.
    mutating func addImage(
        of id: Int64, named name: String, isBackup: Bool, createdAt: Stamp, expiresAt: Stamp?
    ) {
        guard let droplet = droplets[id] else { return }
        let image = SimulatedImage(
            id: takeNumber(), droplet: id, name: name, isBackup: isBackup, createdAt: createdAt,
            expiresAt: expiresAt, region: droplet.region, minDiskSize: droplet.disk,
            sizeGigabytes: Double(droplet.disk * 9 + id % 10) / 100)
        images[image.id] = image
        droplets.update(id) {
            if isBackup { $0.backups.append(image.id) } else { $0.snapshots.append(image.id) }
        }
    }

    /// Makes a backup a snapshot, under the same id.
    private mutating func keep(backup id: Int64) {
        guard let image = images[id], image.isBackup else { return }
        images.update(id) {
            $0.isBackup = false
            $0.expiresAt = nil
        }
        droplets.update(image.droplet) {
            $0.backups.removeAll { $0 == id }
            $0.snapshots.append(id)
        }
    }
}

extension DigitalOceanState {
    /// Deletes a Droplet's snapshot. A backup stays, and nobody is told: so does the vendor.
    mutating func delete(image id: Int64) throws(DigitalOceanRefusal) {
        let image = try image(id)
        guard !image.isBackup else { return }
        remove(image)
    }

    /// Takes an image away from its Droplet.
    mutating func remove(_ image: SimulatedImage) {
        images[image.id] = nil
        droplets.update(image.droplet) {
            $0.snapshots.removeAll { $0 == image.id }
            $0.backups.removeAll { $0 == image.id }
        }
    }
}
