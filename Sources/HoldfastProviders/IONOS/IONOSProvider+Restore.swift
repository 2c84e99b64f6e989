public import HoldfastCore

extension IONOSProvider: RestoringProvider {
    /// Looks at the snapshot and at the volume that it would overwrite.
    ///
    /// - Throws: `permanent` when the snapshot can't be put back there.
    public func preview(_ request: RestoreRequest) async throws(ProviderError) -> RestorePreview {
        let source = try source(of: request.target)
        let snapshot = try await snapshot(checked(request.point))
        guard snapshot.life == .available else {
            throw ProviderError(
                .throttled,
                "snapshot \(snapshot.id) is \(snapshot.metadata.state) at IONOS and can't be put "
                    + "back now", retryAfter: wall.now + IONOSMapping.busyWait)
        }
        let volume = try await volume(source)
        if let needed = snapshot.properties.size, let there = volume.properties.size,
            needed.number > there.number
        {
            throw ProviderError(
                .permanent,
                "snapshot \(snapshot.id) has \(needed.text) GB and volume \(source.link.volume) "
                    + "has \(there.text) GB; make the volume larger first")
        }
        let name = volume.properties.name.map { " (\(BoundedText.cut($0, to: 100)))" } ?? ""
        return RestorePreview(
            dangers: [.overwritesTarget],
            overwrites: "volume \(source.link.volume)\(name) of data center "
                + "\(source.link.datacenter); shut its server down first")
    }

    /// Orders the volume to be overwritten.
    public func restore(_ request: RestoreRequest) async throws(ProviderError) -> RestoreProgress {
        let source = try source(of: request.target)
        let order = VendorRequest(
            .post, source.path + "/restore-snapshot",
            body: try VendorRequest.json(
                IONOSWire.Wrapped(
                    properties: IONOSWire.RestoreOrder(snapshotId: checked(request.point)))))
        let reply = try await client.exchange(order)
        do throws(ProviderError) {
            let restore = IONOSRestore(
                request: try requestPath(in: reply, of: order),
                datacenter: source.link.datacenter, volume: source.link.volume)
            return .running(restore.id, pollAfter: Self.firstLook)
        } catch {
            throw ProviderError(.ambiguous, error.message)
        }
    }

    /// Asks how a restore stands: first its request, then whether the volume can be used.
    public func pollRestore(
        _ operation: OperationID
    ) async throws(ProviderError) -> RestoreProgress {
        guard let known = IONOSRestore(operation) else {
            throw ProviderError(
                .notFound, "'\(operation.text)' is not a restore of provider \(id)")
        }
        // A restore that the vendor gave up is not begun again before somebody looked.
        let isDone = try await isDone(
            known.request, "the restore of volume \(known.volume)", failingAs: .permanent)
        guard isDone else { return .running(operation, pollAfter: Self.pollDistance) }
        let volume = try await volume(
            Source(link: IONOSLink(datacenter: known.datacenter, volume: known.volume)))
        return volume.metadata.state == "AVAILABLE"
            ? .finished : .running(operation, pollAfter: Self.settlingDistance)
    }

    private func volume(_ source: Source) async throws(ProviderError) -> IONOSWire.Volume {
        try await client.call(
            IONOSWire.Volume.self, VendorRequest(.get, source.path + "?depth=1")
        ).value
    }

    private func checked(_ point: RemotePoint) throws(ProviderError) -> String {
        guard IONOSRequestPath.isID(point.remoteID) else {
            throw ProviderError(
                .permanent, "'\(point.remoteID)' is no snapshot's id of IONOS; nothing was done")
        }
        return point.remoteID
    }
}

extension IONOSGigabytes {
    /// Without a fraction where there is none.
    fileprivate var text: String {
        number.magnitude < 1e15 && number == number.rounded() ? String(Int64(number)) : "\(number)"
    }
}
