import HoldfastCore

extension ContaboState {
    /// An instance, or a 404.
    func instance(_ id: Int64) throws(ContaboRefusal) -> ContaboInstance {
        guard let instance = instances[id] else { throw .notFound("Instance", String(id)) }
        return instance
    }

    /// The snapshots that can be read, oldest first.
    func visibleSnapshots(of instance: ContaboInstance) -> [ContaboSnapshot] {
        instance.snapshots.filter { $0.readyAt == nil || settings.pendingSnapshotsAreListed }
    }

    /// A snapshot that can be read, or a 404.
    func snapshot(
        _ id: String, of instance: ContaboInstance
    ) throws(ContaboRefusal) -> ContaboSnapshot {
        guard let snapshot = visibleSnapshots(of: instance).first(where: { $0.id == id }) else {
            throw .notFound("Snapshot", id)
        }
        return snapshot
    }

    /// The entries that show up by an instant, oldest first.
    func visibleAudits(at now: Timestamp) -> [ContaboAudit] {
        let newest = now - .seconds(settings.auditDelaySeconds)
        return audits.rows.filter { $0.at.instant <= newest }
    }

    /// Takes a snapshot.
    ///
    /// - Parameter willFail: It is accepted, and never there.
    /// - Returns: As it is shown at once, made or not.
    mutating func create(
        named name: String, description: String, on id: Int64, willFail: Bool,
        by author: ContaboAuthor, at now: Timestamp
    ) throws(ContaboRefusal) -> ContaboSnapshot {
        let instance = try instance(id)
        guard instance.snapshots.count < instance.slots else {
            throw .slotsAreFull(instance.slots)
        }
        try checkIsFree(instance)
        if settings.namesAreUnique, instance.snapshots.contains(where: { $0.name == name }) {
            throw ContaboRefusal(409, "A snapshot with the name \(name) already exists")
        }
        // Seconds are no ids when two are made in one, or when the clock was set back.
        let second = max(now.seconds, (instance.lastSnapshotSecond ?? 0) + 1)
        let snapshot = ContaboSnapshot(
            id: "snap\(second)", name: name, description: description, createdAt: Stamp(now),
            autoDeleteAt: Stamp(now + .days(Int(settings.snapshotLifetimeDays))),
            imageId: instance.imageId, imageName: instance.imageName,
            readyAt: Stamp(now + .seconds(settings.snapshotSeconds)), willFail: willFail)
        instances.update(id) {
            $0.snapshots.append(snapshot)
            $0.lastSnapshotSecond = second
        }
        begin(on: id, at: now)
        note(
            .created, snapshot, of: id, by: author,
            changes: [
                ContaboAudit.Change(member: "name", old: nil, new: name),
                ContaboAudit.Change(member: "description", old: nil, new: description),
            ], at: now)
        settle(at: now)
        return snapshot
    }

    /// Renames or describes a snapshot.
    ///
    /// - Parameters:
    ///   - name: `nil`: it keeps the one it has.
    ///   - description: Likewise.
    mutating func update(
        _ id: String, of instance: Int64, name: String?, description: String?,
        by author: ContaboAuthor, at now: Timestamp
    ) throws(ContaboRefusal) -> ContaboSnapshot {
        let row = try self.instance(instance)
        let old = try snapshot(id, of: row)
        if settings.namesAreUnique, let name,
            row.snapshots.contains(where: { $0.id != id && $0.name == name })
        {
            throw ContaboRefusal(409, "A snapshot with the name \(name) already exists")
        }
        var new = old
        new.name = name ?? old.name
        new.description = description ?? old.description
        instances.update(instance) { row in
            row.snapshots = row.snapshots.map { $0.id == id ? new : $0 }
        }
        let changes = [
            ContaboAudit.Change(member: "name", old: old.name, new: new.name),
            ContaboAudit.Change(member: "description", old: old.description, new: new.description),
        ].filter { $0.old != $0.new }
        if !changes.isEmpty {
            note(.updated, new, of: instance, by: author, changes: changes, at: now)
        }
        return new
    }

    /// Deletes a snapshot; its slot is free at once.
    mutating func delete(
        _ id: String, of instance: Int64, by author: ContaboAuthor, at now: Timestamp
    ) throws(ContaboRefusal) {
        let row = try self.instance(instance)
        let snapshot = try snapshot(id, of: row)
        try checkIsFree(row)
        instances.update(instance) { $0.snapshots.removeAll { $0.id == id } }
        note(.deleted, snapshot, of: instance, by: author, at: now)
    }

    /// Puts an instance back to a snapshot, and deletes every newer one of that instance.
    ///
    /// - Parameter willFail: It is accepted, and does nothing.
    mutating func rollback(
        _ id: String, of instance: Int64, willFail: Bool, by author: ContaboAuthor,
        at now: Timestamp
    ) throws(ContaboRefusal) {
        let row = try self.instance(instance)
        _ = try snapshot(id, of: row)
        try checkIsFree(row)
        begin(on: instance, at: now)
        guard !willFail, let place = row.snapshots.firstIndex(where: { $0.id == id }) else {
            return settle(at: now)
        }
        for newer in row.snapshots[(place + 1)...] {
            note(.deleted, newer, of: instance, by: author, at: now)
        }
        instances.update(instance) {
            $0.snapshots.removeSubrange((place + 1)...)
            $0.rolledBackTo = id
        }
        settle(at: now)
    }

    private func checkIsFree(_ instance: ContaboInstance) throws(ContaboRefusal) {
        guard instance.busyUntil == nil else { throw .isBusy }
    }

    /// The instance is busy for as long as an order takes.
    private mutating func begin(on id: Int64, at now: Timestamp) {
        instances.update(id) {
            $0.busyUntil = Stamp(now + .seconds(settings.snapshotSeconds))
        }
        nextVendorDeed = nil
    }
}
