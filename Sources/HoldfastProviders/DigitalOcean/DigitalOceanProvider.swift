import Foundation
public import HoldfastCore

/// Snapshots of a DigitalOcean account's Droplets and volumes.
///
/// A snapshot carries its backup's token as its name. A Droplet's is made by an action that runs on
/// at the vendor and is polled; a volume's is there when the request is answered.
public struct DigitalOceanProvider: BackupProvider, RestoringProvider {
    /// Between two looks at an action at least and at most: the vendor needs about two minutes for
    /// each used gigabyte.
    private static let pollDistance = Duration.seconds(15)
    private static let pollDistanceMax = Duration.minutes(2)
    /// Between two looks at a snapshot whose action has completed and which is not listed yet.
    private static let listingDistance = Duration.seconds(5)
    /// What volume snapshots are tagged with, for people who look at the vendor's pages.
    private static let tag = "holdfast"

    /// The provider's name in the configuration.
    public let id: ProviderID
    let client: DigitalOceanClient
    let wall: any WallClock
    private let census: SnapshotCensus

    /// Names an account; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - token: Gives the personal access token; asked for each request.
    ///   - wall: Instants of the vendor are compared with it.
    ///   - sleep: Rests for a time of that clock.
    ///   - version: This program's version, for the `User-Agent`.
    public init(
        id: ProviderID, endpoint: String, wall: any WallClock, version: String,
        token: @escaping @Sendable () throws(ProviderError) -> Secret,
        log: @escaping VendorExchange.Log = { _ in },
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.id = id
        self.wall = wall
        let client = DigitalOceanClient(
            transport: HTTPTransport(
                provider: id, endpoint: endpoint,
                gate: RateGate(
                    windows: DigitalOceanClient.allowance, wall: wall, sleep: sleep),
                version: version, log: log,
                authorization: { () async throws(ProviderError) in
                    let secret = try token()
                    return secret.reveal { Secret("Bearer \($0)") }
                }), wall: wall)
        self.client = client
        census = SnapshotCensus(client: client, wall: wall, sleep: sleep)
    }

    /// What this version does at DigitalOcean.
    public var capabilities: ProviderCapabilities { .digitalOcean }

    /// Orders a snapshot; a volume's is finished then, a Droplet's runs on.
    ///
    /// - Throws: `throttled` while another action runs on the Droplet, or within ten minutes of a
    ///   volume's last snapshot; `quota`, `authentication`, `notFound`, `permanent` as the vendor
    ///   refuses; `ambiguous` when the answer was lost.
    public func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        switch request.target.subject {
        case .droplet(let droplet): try await snapshot(droplet: droplet, request.token)
        case .volume(let volume):
            .finished(try await snapshot(volume: volume, request.token, request.target))
        default: throw foreign(request.target.subject)
        }
    }

    private func snapshot(
        droplet: Int64, _ token: BackupToken
    ) async throws(ProviderError) -> BackupProgress {
        let order = DigitalOceanWire.SnapshotOrder(name: token.text)
        let (body, _) = try await client.call(
            DigitalOceanWire.ActionBody.self,
            VendorRequest(
                .post, "/v2/droplets/\(droplet)/actions", body: try VendorRequest.json(order)))
        let operation = DigitalOceanOperation(
            droplet: droplet, action: body.action.id.description, token: token)
        do throws(ProviderError) {
            return try await progress(of: body.action, operation)
        } catch  where error.kind == .throttled || error.kind == .transient {
            // The order stands: only what came of it could not be seen yet.
            return .running(
                operation.id,
                pollAfter: max(Self.pollDistance, (error.retryAfter ?? wall.now) - wall.now))
        }
    }

    private func snapshot(
        volume: String, _ token: BackupToken, _ target: Target
    ) async throws(ProviderError) -> RemotePoint {
        let order = DigitalOceanWire.VolumeSnapshotOrder(name: token.text, tags: [Self.tag])
        let request = VendorRequest(
            .post, "/v2/volumes/\(volume)/snapshots", body: try VendorRequest.json(order))
        do throws(ProviderError) {
            let (body, _) = try await client.call(DigitalOceanWire.SnapshotBody.self, request)
            return try point(body.snapshot, token)
        } catch  where error.kind == .permanent && error.message.contains("refused with 409") {
            // The name is taken: by this very backup, whose answer was lost, or the list tells.
            guard let point = try await find(token, on: target, knowing: .unknown) else {
                throw error
            }
            return point
        }
    }

    /// Asks how a Droplet's snapshot stands.
    ///
    /// - Throws: `ambiguous` when the vendor's action ended in an error.
    public func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress {
        guard let known = DigitalOceanOperation(operation) else {
            throw ProviderError(
                .notFound, "'\(operation.text)' is not an operation of provider \(id)")
        }
        switch await census.look(for: known) {
        case .listed(let snapshot): return .finished(try point(snapshot, known.token))
        case .notYet:
            return .running(
                known.id, pollAfter: pollDistance(since: await census.beginning(of: known)))
        case .unknown: break
        }
        let (body, _) = try await client.call(
            DigitalOceanWire.ActionBody.self,
            VendorRequest(.get, "/v2/droplets/\(known.droplet)/actions/\(known.action)"))
        let progress = try await progress(of: body.action, known)
        if case .finished = progress { await census.forget(known) }
        return progress
    }

    /// What takes long is looked at seldom.
    private func pollDistance(since beginning: Timestamp) -> Duration {
        min(max((wall.now - beginning) / 3, Self.pollDistance), Self.pollDistanceMax)
    }

    private func progress(
        of action: DigitalOceanWire.Action, _ operation: DigitalOceanOperation
    ) async throws(ProviderError) -> BackupProgress {
        switch action.status {
        case "completed":
            let (snapshots, _) = try await snapshots(of: operation.droplet)
            guard let found = snapshots.first(where: { $0.name == operation.token.text }) else {
                return .running(operation.id, pollAfter: Self.listingDistance)
            }
            return .finished(try point(found, operation.token))
        case "errored":
            await census.forget(operation)
            // Looked for before it is ordered again: nothing says what the vendor left of it.
            throw ProviderError(
                .ambiguous,
                "DigitalOcean's action \(operation.action) on Droplet \(operation.droplet) ended "
                    + "'errored'; its control panel may tell why")
        default:
            // Also for words that this version does not know: nothing says that it has ended.
            let beginning = action.startedAt?.instant ?? wall.now
            return .running(operation.id, pollAfter: pollDistance(since: beginning))
        }
    }

    /// Looks for the snapshot with a token's name.
    ///
    /// - Throws: `throttled` while a snapshot of the Droplet is under way, because it may be the
    ///   one that is looked for: the vendor does not tell the name before it is complete.
    public func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint? {
        // In this order: an action that completes in between is in the list that comes after.
        if case .droplet(let droplet) = target.subject {
            let (actions, _) = try await client.all(
                DigitalOceanWire.ActionPage.self, "/v2/droplets/\(droplet)/actions")
            let isUnderWay = actions.contains {
                $0.type == "snapshot" && $0.status == "in-progress"
            }
            if isUnderWay {
                throw ProviderError(
                    .throttled,
                    "a snapshot of Droplet \(droplet) is under way, which may be the one that is "
                        + "looked for; looking again when it has ended",
                    retryAfter: wall.now + Self.pollDistance)
            }
        }
        let (snapshots, _) = try await snapshots(of: target)
        guard let found = snapshots.first(where: { $0.name == token.text }) else { return nil }
        return try point(found, token)
    }

    /// Lists a target's snapshots over all pages: those with a token's name as ours, the others as
    /// strangers. The vendor's own backups of a Droplet are in another list.
    public func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing {
        let (snapshots, clock) = try await snapshots(of: target)
        var points: [RemotePoint] = []
        var strangers: [StrangePoint] = []
        for snapshot in snapshots {
            if let token = BackupToken(snapshot.name) {
                points.append(try point(snapshot, token))
            } else {
                strangers.append(
                    StrangePoint(
                        remoteID: snapshot.id.description,
                        name: VendorDecoding.printable(snapshot.name),
                        takenAt: snapshot.createdAt.instant, origin: .foreign,
                        storedBytes: Self.bytes(of: snapshot)))
            }
        }
        return PointListing(
            points: points, strangers: strangers, isComplete: true, providerClock: clock)
    }

    /// Deletes a snapshot.
    public func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer {
        let remote = permission.point.remote.remoteID
        let isID = remote.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D
        }
        guard isID, !remote.isEmpty else {
            throw ProviderError(
                .permanent, "'\(remote)' is no snapshot's id of DigitalOcean; nothing was deleted")
        }
        do throws(ProviderError) {
            let order = VendorRequest(.delete, "/v2/snapshots/\(remote)")
            return .deleted(try await client.exchange(order).words)
        } catch  where error.kind == .notFound {
            return .alreadyGone(error.message)
        }
    }

    /// Has nothing to sweep: what is half-made at the vendor ends by itself.
    public func sweep() async throws(ProviderError) -> [String] { [] }

    private func snapshots(
        of target: Target
    ) async throws(ProviderError) -> ([DigitalOceanWire.Snapshot], Timestamp?) {
        switch target.subject {
        case .droplet(let droplet): try await snapshots(of: droplet)
        case .volume(let volume):
            try await client.all(
                DigitalOceanWire.SnapshotPage.self, "/v2/volumes/\(volume)/snapshots")
        default: throw foreign(target.subject)
        }
    }

    private func snapshots(
        of droplet: Int64
    ) async throws(ProviderError) -> ([DigitalOceanWire.Snapshot], Timestamp?) {
        try await client.all(
            DigitalOceanWire.SnapshotPage.self, "/v2/droplets/\(droplet)/snapshots")
    }

    private func point(
        _ snapshot: DigitalOceanWire.Snapshot, _ token: BackupToken
    ) throws(ProviderError) -> RemotePoint {
        return RemotePoint(
            token: token, remoteID: snapshot.id.description,
            takenAt: snapshot.createdAt.instant, storedBytes: Self.bytes(of: snapshot))
    }

    private static func bytes(of snapshot: DigitalOceanWire.Snapshot) -> ByteCount? {
        let gigabytes = snapshot.sizeGigabytes ?? 0
        return gigabytes > 0 && gigabytes < 1e9
            ? ByteCount(Int64(gigabytes * 1_000_000_000)) : nil
    }

    /// The configuration's check lets none of these through.
    func foreign(_ subject: Subject) -> ProviderError {
        ProviderError(
            .permanent, "provider \(id) can't back up a \(subject.kind); use a droplet or a volume")
    }
}

/// A Droplet's snapshot under way, as the engine keeps it: `DROPLET/ACTION/TOKEN`.
struct DigitalOceanOperation {
    let droplet: Int64
    let action: String
    let token: BackupToken

    init(droplet: Int64, action: String, token: BackupToken) {
        self.droplet = droplet
        self.action = action
        self.token = token
    }

    init?(_ operation: OperationID) {
        let parts = operation.text.split(separator: "/")
        guard parts.count == 3, let droplet = Int64(parts[0]), Int64(parts[1]) != nil,
            let token = BackupToken(parts[2])
        else { return nil }
        self.init(droplet: droplet, action: String(parts[1]), token: token)
    }

    var id: OperationID { OperationID("\(droplet)/\(action)/\(token)") }
}
