public import HoldfastCore

extension IONOSProvider {
    /// Looks for the snapshot with a token's name, among the snapshots and among the requests.
    ///
    /// - Throws: `throttled` while it is under way.
    public func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint? {
        let source = try source(of: target)
        // In this order: what is made in between is in the list that comes after.
        let orders = try await orders(of: token, source)
        let (snapshots, _) = try await client.whole(
            IONOSWire.SnapshotList.self, "/snapshots")
        let named = snapshots.filter {
            $0.properties.name == token.text && $0.life != .gone
        }
        if let ready = named.first(where: { $0.life == .available }) {
            return try point(ready, token)
        }
        guard named.isEmpty, !orders.isUnderWay else {
            throw ProviderError(
                .throttled,
                "a snapshot with the name \(token) is under way; looking again when it has ended",
                retryAfter: wall.now + Self.pollDistance)
        }
        // Somebody may have given it another name.
        for id in orders.made {
            do throws(ProviderError) {
                let snapshot = try await snapshot(id)
                guard snapshot.life != .gone else { continue }
                return try point(snapshot, token)
            } catch  where error.kind == .notFound {
                continue
            }
        }
        return nil
    }

    /// What became of the orders with a token's name.
    private struct Orders {
        var isUnderWay = false
        /// Ids of snapshots that were made.
        var made: [String] = []
    }

    private func orders(
        of token: BackupToken, _ source: Source
    ) async throws(ProviderError) -> Orders {
        let suffix = source.path + "/create-snapshot"
        let listed = try await client.all(
            IONOSWire.RequestList.self, "/requests",
            query: "&filter.method=POST&filter.url=create-snapshot" + Self.since(token))
        var orders = Orders()
        for request in listed {
            // The vendor's own filters are not relied on.
            guard request.properties.method?.uppercased() == "POST",
                request.properties.url?.lowercased().contains(suffix) == true,
                request.properties.body?.contains(token.text) == true
            else { continue }
            let state = try await state(of: request)
            switch state.status {
            case "FAILED": break
            case "DONE":
                let targets = (state.targets ?? []).map(\.target)
                orders.made += targets.filter {
                    $0.type == "snapshot" && IONOSRequestPath.isID($0.id)
                }.map(\.id)
            default: orders.isUnderWay = true
            }
        }
        return orders
    }

    private func state(
        of request: IONOSWire.Request
    ) async throws(ProviderError) -> IONOSWire.RequestStatus.Metadata {
        if let told = request.metadata.requestStatus?.metadata { return told }
        try Self.checkID(request.id)
        return try await client.call(
            IONOSWire.RequestStatus.self, VendorRequest(.get, "/requests/\(request.id)/status")
        ).value.metadata
    }

    /// A day before the slot opened, because nobody tells the zone of this filter.
    private static func since(_ token: BackupToken) -> String {
        guard let opens = token.opens else { return "" }
        let text = (opens - .days(1)).roundedDownToSecond.rfc3339
        return "&filter.createdAfter=\(text.prefix(10))%20\(text.dropFirst(11).prefix(8))"
    }
}

extension BackupToken {
    /// When its slot opened: `20260329T010000Z` at its end.
    fileprivate var opens: Timestamp? {
        let digits = Array(text.suffix(16))
        guard digits.count == 16 else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return Timestamp(
            rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T"
                + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }
}

extension IONOSProvider {
    /// Deletes a snapshot, and returns when it is gone.
    ///
    /// - Throws: `throttled` when the vendor has not done it in ten minutes.
    public func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer {
        let remote = permission.point.remote.remoteID
        guard IONOSRequestPath.isID(remote) else {
            throw ProviderError(
                .permanent, "'\(remote)' is no snapshot's id of IONOS; nothing was deleted")
        }
        return try await delete("/snapshots/\(remote)", "snapshot \(remote)")
    }

    /// Deletes what a path names. "Already gone" is success.
    @discardableResult
    func delete(
        _ path: String, _ what: String
    ) async throws(ProviderError) -> DeletionAnswer {
        let order = VendorRequest(.delete, path)
        var request: IONOSRequestPath?
        var words = "an earlier deletion was under way"
        do throws(ProviderError) {
            let reply = try await client.exchange(order)
            words = reply.words
            request = try requestPath(in: reply, of: order)
        } catch  where error.kind == .notFound {
            return .alreadyGone(error.message)
        } catch  where IONOSMapping.isDeletion(error) {
            // An earlier deletion is under way.
        }
        let question = VendorRequest(.get, path)
        try await waiting(until: "\(what) is gone") { () throws(ProviderError) -> Void? in
            do throws(ProviderError) {
                _ = try await client.exchange(question)
            } catch  where error.kind == .notFound {
                return ()
            }
            // A request that failed ends the waiting; one that is done may be ahead of the list.
            if let request { _ = try await isDone(request, "the deletion of \(what)") }
            return nil
        }
        return .deleted("\(words), then gone")
    }
}
