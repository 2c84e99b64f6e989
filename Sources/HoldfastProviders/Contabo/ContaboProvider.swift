import Foundation
public import HoldfastCore

/// Snapshots of a Contabo account's instances.
///
/// A snapshot carries its backup's token as its name. The vendor answers an order with the snapshot
/// and publishes no sign of its end, so a snapshot counts as made when it can be read.
public struct ContaboProvider: BackupProvider {
    /// Between two looks at a snapshot, or a rollback, that is not there yet.
    static let lookDistance = Duration.seconds(15)
    /// What was accepted so long ago and does not show will never do.
    static let appearanceMax = Duration.minutes(30)

    /// The provider's name in the configuration.
    public let id: ProviderID
    let client: ContaboClient
    let wall: any WallClock

    /// Names an account; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - wall: Instants of the vendor are compared with it.
    ///   - version: This program's version, for the `User-Agent`.
    ///   - requestID: Gives a new UUID of version 4 each time.
    ///   - secret: Reads a secret of the account; asked whenever a token is fetched.
    ///   - sleep: Rests for a time of that clock.
    public init(
        id: ProviderID, account: ContaboAccount, wall: any WallClock, version: String,
        requestID: @escaping @Sendable () -> String,
        secret: @escaping @Sendable (SecretReference) throws(ProviderError) -> Secret,
        log: @escaping VendorExchange.Log = { _ in },
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.id = id
        self.wall = wall
        let (server, path) = Self.split(account.tokenURL)
        let tokens = ContaboTokens(
            ContaboTokens.Credentials(
                clientID: account.clientID, user: account.user,
                clientSecret: { () throws(ProviderError) in try secret(account.clientSecret) },
                password: { () throws(ProviderError) in try secret(account.password) }),
            transport: HTTPTransport(
                provider: id, endpoint: server,
                gate: RateGate(windows: [], wall: wall, sleep: sleep), version: version,
                log: log,
                authorization: { () async throws(ProviderError) in nil }),
            path: path, wall: wall)
        // The vendor publishes no rate: a 429 closes the gate for a while.
        client = ContaboClient(
            provider: id, endpoint: account.endpoint, version: version,
            gate: RateGate(windows: [], wall: wall, sleep: sleep), tokens: tokens, wall: wall,
            log: log, requestID: requestID)
    }

    /// The server of a URL, and what comes after it.
    private static func split(_ url: String) -> (server: String, path: String) {
        guard let scheme = url.range(of: "://"),
            let slash = url[scheme.upperBound...].firstIndex(of: "/")
        else { return (url, "/") }
        return (String(url[..<slash]), String(url[slash...]))
    }

    /// What this version does at Contabo.
    public var capabilities: ProviderCapabilities { .contabo }

    /// Orders a snapshot.
    ///
    /// - Throws: `quota` when no slot is free, `throttled` while something else runs on the
    ///   instance, `authentication`, `notFound`, `permanent` as the vendor refuses; `ambiguous` when
    ///   the answer was lost.
    public func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        let instance = try instance(of: request.target)
        let token = request.token
        let order = ContaboWire.SnapshotOrder(
            name: token.text,
            description: Self.description(
                "Holdfast: \(request.target.id) by policy \(request.slot.assignment.policy)"))
        let orderedAt = wall.now
        let made: ContaboWire.Snapshot
        do throws(ProviderError) {
            made = try await client.call(
                ContaboWire.One<ContaboWire.Snapshot>.self,
                try .json(.post, ContaboSnapshotID.list(of: instance), order), trace: token
            ).value.item
        } catch  where error.kind == .throttled && error.message.contains("refused with 409") {
            // The name may be taken: by this very backup, whose answer was lost.
            guard let point = try await find(token, on: request.target, knowing: .unknown) else {
                throw error
            }
            return .finished(point)
        }
        guard let snapshot = ContaboSnapshotID(instance: instance, snapshot: "\(made.snapshotId)")
        else {
            throw ProviderError(
                .ambiguous,
                "the new snapshot of instance \(instance) has the id "
                    + "'\(VendorDecoding.shown("\(made.snapshotId)"))', which can't be asked for")
        }
        let operation = ContaboOperation(snapshot, token, orderedAt: orderedAt)
        do throws(ProviderError) {
            return try await poll(operation)
        } catch {
            // It was accepted, whatever became of the first look at it.
            return .running(operation.id, pollAfter: Self.lookDistance)
        }
    }

    /// Looks whether a snapshot can be read by now.
    ///
    /// - Throws: `ambiguous` when it should long be there and is not.
    public func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress {
        guard let known = ContaboOperation(operation) else {
            throw ProviderError(
                .notFound, "'\(operation.text)' is not an operation of provider \(id)")
        }
        return try await poll(known)
    }

    private func poll(
        _ operation: ContaboOperation
    ) async throws(ProviderError) -> BackupProgress {
        guard let found = try await read(operation.snapshot, trace: operation.token) else {
            guard wall.now - operation.orderedAt < Self.appearanceMax else {
                throw ProviderError(
                    .ambiguous,
                    "Contabo accepted snapshot \(operation.snapshot.text) at "
                        + "\(operation.orderedAt) and does not show it; its control panel may "
                        + "tell why")
            }
            return .running(operation.id, pollAfter: Self.lookDistance)
        }
        return .finished(try point(found, operation.token, of: operation.snapshot.instance))
    }

    /// Looks for the snapshot with a token's name.
    ///
    /// - Throws: `throttled` while the vendor's audit list has an order with the token whose snapshot
    ///   does not show: it may be in the making.
    public func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint? {
        let instance = try instance(of: target)
        // In this order: one that appears in between is in the list that comes after.
        let orders = try await orders(of: token, on: instance)
        let (snapshots, _) = try await snapshots(of: instance, named: token.text)
        if let found = snapshots.first(where: { $0.name == token.text }) {
            return try point(found, token, of: instance)
        }
        let now = wall.now
        if let order = orders.first(where: { now - $0 < Self.appearanceMax }) {
            throw ProviderError(
                .throttled,
                "Contabo accepted a snapshot of instance \(instance) with this backup's token at "
                    + "\(order) and does not show it yet; looking again",
                retryAfter: now + Self.lookDistance)
        }
        return nil
    }

    /// When snapshots with a token were ordered that nobody has deleted since, by the audit list.
    private func orders(
        of token: BackupToken, on instance: Int64
    ) async throws(ProviderError) -> [Timestamp] {
        // Its zone is not published, so a day more is looked at.
        let day = (wall.now - Self.appearanceMax - .days(1)).rfc3339.prefix(10)
        let entries: [ContaboWire.Audit]
        do throws(ProviderError) {
            (entries, _) = try await client.all(
                ContaboWire.Audit.self,
                "/v1/compute/snapshots/audits?instanceId=\(instance)&startDate=\(day)"
            ) { $0.id }
        } catch  where error.message.contains("refused with 403") {
            return []  // a user without this right is left with the names
        }
        let deleted = Set(entries.filter { $0.action == "DELETED" }.map(\.snapshotId))
        return entries.filter {
            $0.action == "CREATED" && $0.traceId == token.text && !deleted.contains($0.snapshotId)
                && $0.instanceId.description == String(instance)
        }.map(\.timestamp.instant)
    }

    /// Lists an instance's snapshots over all pages: those with a token's name as ours, the others
    /// as strangers.
    public func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing {
        let instance = try instance(of: target)
        let (snapshots, clock) = try await snapshots(of: instance)
        let sorted = try sorted(snapshots, of: instance)
        return PointListing(
            points: sorted.points, strangers: sorted.strangers, isComplete: true,
            providerClock: clock)
    }

    /// Deletes a snapshot, after a look whether it still is the one that is meant.
    public func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer {
        let remote = permission.point.remote
        guard let snapshot = ContaboSnapshotID(remote.remoteID) else {
            throw ProviderError(
                .permanent,
                "'\(remote.remoteID)' is no snapshot's id of Contabo; nothing was deleted")
        }
        guard let found = try await read(snapshot, trace: remote.token) else {
            return .alreadyGone("there is no snapshot \(snapshot.text)")
        }
        guard found.name == remote.token.text else {
            throw ProviderError(
                .permanent,
                "snapshot \(snapshot.text) is no longer named \(remote.token); it was not deleted")
        }
        do throws(ProviderError) {
            let reply = try await client.exchange(
                VendorRequest(.delete, snapshot.path), trace: remote.token)
            return .deleted(reply.words)
        } catch  where error.kind == .notFound {
            return .alreadyGone(error.message)
        }
    }

    /// Has nothing to sweep: what is half-made at the vendor ends by itself.
    public func sweep() async throws(ProviderError) -> [String] { [] }
}
