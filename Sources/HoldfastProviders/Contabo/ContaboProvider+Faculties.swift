public import HoldfastCore

extension ContaboProvider: DiscoveringProvider {
    /// The instances whose name in the control panel, or else the vendor's own name, fits.
    ///
    /// - Throws: `permanent` for a selector by tag.
    public func discover(
        _ selector: TargetSelector
    ) async throws(ProviderError) -> [DiscoveredSubject] {
        guard case .name(let text) = selector else {
            throw ProviderError(
                .permanent, "provider \(id) (contabo) selects by 'name' only; use a pattern")
        }
        let pattern = NamePattern(text)
        return try await instances().filter { pattern.fits($0.1.title) }.map { number, instance in
            DiscoveredSubject(
                .instance(id: number), title: VendorDecoding.printable(instance.title))
        }
    }
}

extension ContaboProvider: AnnotatingProvider {
    /// Writes the note into the snapshot's description.
    ///
    /// - Throws: `permanent` for a note of more than 255 characters, and when the snapshot no longer
    ///   carries the point's token.
    public func annotate(
        _ point: RemotePoint, of target: Target, with note: String
    ) async throws(ProviderError) {
        guard (1...Self.descriptionMax).contains(note.unicodeScalars.count) else {
            throw ProviderError(
                .permanent,
                "a note at Contabo has 1 to \(Self.descriptionMax) characters, and this one has "
                    + "\(note.unicodeScalars.count)")
        }
        let snapshot = try snapshot(of: point.remoteID, target)
        guard let found = try await read(snapshot, trace: point.token),
            found.name == point.token.text
        else { throw missing(snapshot, named: point.token.text) }
        _ = try await change(snapshot, ContaboWire.SnapshotChange(description: note), point.token)
    }

    /// Renames the snapshot to the token; the name that it had goes before its description.
    public func adopt(
        _ stranger: StrangePoint, of target: Target, as token: BackupToken
    ) async throws(ProviderError) -> RemotePoint {
        let snapshot = try snapshot(of: stranger.remoteID, target)
        guard let found = try await read(snapshot, trace: token) else {
            throw missing(snapshot, named: stranger.name)
        }
        if found.name != token.text {
            guard BackupToken(found.name) == nil else {
                throw ProviderError(
                    .permanent,
                    "snapshot \(snapshot.text) is the backup \(found.name) already; it can't be "
                        + "adopted as another one")
            }
            let words = [found.name, found.description ?? ""].filter { !$0.isEmpty }
            _ = try await change(
                snapshot,
                ContaboWire.SnapshotChange(
                    name: token.text,
                    description: Self.description("was: " + words.joined(separator: "; "))),
                token)
        }
        guard let adopted = try await read(snapshot, trace: token) else {
            throw missing(snapshot, named: token.text)
        }
        return try point(adopted, token, of: snapshot.instance)
    }

    private func change(
        _ snapshot: ContaboSnapshotID, _ change: ContaboWire.SnapshotChange, _ trace: BackupToken
    ) async throws(ProviderError) -> ContaboWire.Snapshot {
        try await client.call(
            ContaboWire.One<ContaboWire.Snapshot>.self,
            try .json(.patch, snapshot.path, change), trace: trace
        ).value.item
    }

    private func missing(_ snapshot: ContaboSnapshotID, named name: String) -> ProviderError {
        ProviderError(
            .notFound, "there is no snapshot \(snapshot.text) named '\(name)' any more")
    }
}

extension ContaboProvider: RestoringProvider {
    /// Tells what a rollback overwrites, and which newer snapshots it deletes with it.
    public func preview(
        _ request: RestoreRequest
    ) async throws(ProviderError) -> RestorePreview {
        let (_, newer) = try await newerSnapshots(than: request)
        let instance = try instance(of: request.target)
        let name = try await client.call(
            ContaboWire.One<ContaboWire.Instance>.self,
            VendorRequest(.get, "/v1/compute/instances/\(instance)"), trace: request.point.token
        ).value.item.title
        let sorted = try sorted(newer, of: instance)
        return RestorePreview(
            dangers: newer.isEmpty
                ? [.overwritesTarget] : [.overwritesTarget, .destroysNewerPoints],
            overwrites: "the disk of instance \(instance) (\(VendorDecoding.printable(name)))",
            destroyedPoints: sorted.points, destroyedStrangers: sorted.strangers)
    }

    /// Rolls the instance back.
    ///
    /// The vendor publishes no sign of a rollback's end; it counts as done when the newer snapshots,
    /// which it deletes, are gone.
    public func restore(
        _ request: RestoreRequest
    ) async throws(ProviderError) -> RestoreProgress {
        let (snapshot, newer) = try await newerSnapshots(than: request)
        let orderedAt = wall.now
        _ = try await client.call(
            ContaboWire.Done.self,
            try .json(.post, snapshot.path + "/rollback", ContaboWire.Nothing()),
            trace: request.point.token)
        guard !newer.isEmpty else { return .finished }
        let rollback = ContaboRollback(
            snapshot, orderedAt: orderedAt, newer: newer.map(\.snapshotId.description))
        do throws(ProviderError) {
            return try await poll(rollback)
        } catch {
            // It was accepted, whatever became of the first look at it.
            return .running(rollback.id, pollAfter: Self.lookDistance)
        }
    }

    /// Looks whether the snapshots that a rollback deletes are gone.
    ///
    /// - Throws: `ambiguous` when they should long be and are not.
    public func pollRestore(
        _ operation: OperationID
    ) async throws(ProviderError) -> RestoreProgress {
        guard let rollback = ContaboRollback(operation) else {
            throw ProviderError(
                .notFound, "'\(operation.text)' is not a restore of provider \(id)")
        }
        return try await poll(rollback)
    }

    private func poll(_ rollback: ContaboRollback) async throws(ProviderError) -> RestoreProgress {
        let (snapshots, _) = try await snapshots(of: rollback.snapshot.instance)
        let left = snapshots.filter { rollback.newer.contains($0.snapshotId.description) }
        guard !left.isEmpty else { return .finished }
        guard wall.now - rollback.orderedAt < Self.appearanceMax else {
            throw ProviderError(
                .ambiguous,
                "Contabo accepted the rollback to \(rollback.snapshot.text) at "
                    + "\(rollback.orderedAt), and \(left.count) newer snapshots are still there; "
                    + "look at the instance")
        }
        return .running(rollback.id, pollAfter: Self.lookDistance)
    }

    /// The snapshot that is put back, and those that are not older: which of two of one instant the
    /// vendor takes for newer is not known.
    private func newerSnapshots(
        than request: RestoreRequest
    ) async throws(ProviderError) -> (ContaboSnapshotID, [ContaboWire.Snapshot]) {
        let id = try snapshot(of: request.point.remoteID, request.target)
        let (snapshots, _) = try await snapshots(of: id.instance)
        guard
            let wanted = snapshots.first(where: {
                $0.snapshotId.description == id.snapshot && $0.name == request.point.token.text
            })
        else { throw missing(id, named: request.point.token.text) }
        let newer = snapshots.filter {
            $0.snapshotId != wanted.snapshotId
                && $0.createdDate.instant >= wanted.createdDate.instant
        }
        return (id, newer)
    }

    /// A snapshot's id, which has to be one of the target's.
    private func snapshot(
        of remoteID: String, _ target: Target
    ) throws(ProviderError) -> ContaboSnapshotID {
        let instance = try instance(of: target)
        guard let id = ContaboSnapshotID(remoteID), id.instance == instance else {
            throw ProviderError(
                .permanent,
                "'\(VendorDecoding.shown(remoteID))' is no snapshot of instance \(instance)")
        }
        return id
    }
}
