import HoldfastCore

extension ContaboProvider {
    /// The vendor takes descriptions of so many characters.
    static let descriptionMax = 255

    /// A snapshot; `nil` when it is not there, or not yet.
    func read(
        _ id: ContaboSnapshotID, trace: BackupToken? = nil
    ) async throws(ProviderError) -> ContaboWire.Snapshot? {
        do throws(ProviderError) {
            let found = try await client.call(
                ContaboWire.One<ContaboWire.Snapshot>.self, VendorRequest(.get, id.path),
                trace: trace
            ).value.item
            guard found.snapshotId.description == id.snapshot else {
                throw ProviderError(
                    .transient, "snapshot \(id.text) was asked for, and another one was answered")
            }
            return found
        } catch  where error.kind == .notFound {
            return nil
        }
    }

    /// Every snapshot of an instance, or those with a text in their names.
    func snapshots(
        of instance: Int64, named part: String? = nil
    ) async throws(ProviderError) -> ([ContaboWire.Snapshot], Timestamp?) {
        let path = ContaboSnapshotID.list(of: instance)
        return try await client.all(
            ContaboWire.Snapshot.self, part.map { "\(path)?name=\($0)" } ?? path
        ) { $0.snapshotId }
    }

    /// Those with a token's name, and the others.
    func sorted(
        _ snapshots: [ContaboWire.Snapshot], of instance: Int64
    ) throws(ProviderError) -> (points: [RemotePoint], strangers: [StrangePoint]) {
        var points: [RemotePoint] = []
        var strangers: [StrangePoint] = []
        for snapshot in snapshots {
            if let token = BackupToken(snapshot.name) {
                points.append(try point(snapshot, token, of: instance))
            } else {
                strangers.append(
                    StrangePoint(
                        remoteID: try id(of: snapshot, of: instance).text,
                        name: VendorDecoding.printable(snapshot.name),
                        takenAt: snapshot.createdDate.instant, origin: .foreign))
            }
        }
        return (points, strangers)
    }

    /// A snapshot as a point of ours.
    func point(
        _ snapshot: ContaboWire.Snapshot, _ token: BackupToken, of instance: Int64
    ) throws(ProviderError) -> RemotePoint {
        guard snapshot.name == token.text else {
            throw ProviderError(
                .transient,
                "a snapshot of instance \(instance) was to be named \(token) and is not")
        }
        return RemotePoint(
            token: token, remoteID: try id(of: snapshot, of: instance).text,
            takenAt: snapshot.createdDate.instant)
    }

    private func id(
        of snapshot: ContaboWire.Snapshot, of instance: Int64
    ) throws(ProviderError) -> ContaboSnapshotID {
        let text = snapshot.snapshotId.description
        guard snapshot.instanceId.description == String(instance),
            let id = ContaboSnapshotID(instance: instance, snapshot: text)
        else {
            throw ProviderError(
                .transient,
                "instance \(instance) was asked for, and a snapshot "
                    + "'\(VendorDecoding.shown(text))' of another "
                    + "one, or without a usable id, was answered")
        }
        return id
    }

    /// The instance that a target is.
    ///
    /// - Throws: `permanent` for anything else, which the configuration's check does not let through.
    func instance(of target: Target) throws(ProviderError) -> Int64 {
        guard case .instance(let instance) = target.subject else {
            throw ProviderError(
                .permanent,
                "provider \(id) can't back up a \(target.subject.kind); use an instance")
        }
        return instance
    }

    /// A text that the vendor takes as a description.
    static func description(_ text: String) -> String {
        var cut = ""
        cut.unicodeScalars.append(contentsOf: text.unicodeScalars.prefix(descriptionMax))
        return cut
    }
}
