import Foundation
public import HoldfastCore

/// Snapshots of an IONOS Cloud contract's volumes, and its backup units.
///
/// A snapshot carries its backup's token as its name, and in its description the volume, which the
/// vendor does not tell. It is made by a request that the vendor works on and that is polled.
public struct IONOSProvider: BackupProvider {
    /// Until the first look at a request: a small volume's snapshot is quick.
    static let firstLook = Duration.seconds(2)
    /// Between two looks at a request.
    static let pollDistance = Duration.seconds(10)
    /// Between two looks at something that should be done soon.
    static let settlingDistance = Duration.seconds(5)
    /// So many of those looks, ten minutes in all; then the job comes again.
    static let settlingLookMax = 120

    /// The provider's name in the configuration.
    public let id: ProviderID
    let client: IONOSClient
    let wall: any WallClock
    let secret: @Sendable (SecretReference) throws(ProviderError) -> Secret
    let sleep: @Sendable (Duration) async throws -> Void

    /// Names a contract; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - account: Where and as whom to ask.
    ///   - wall: Instants of the vendor are compared with it.
    ///   - version: This program's version, for the `User-Agent`.
    ///   - secret: Reads a secret from where it is kept; asked for each request.
    ///   - sleep: Rests for a time of that clock.
    public init(
        id: ProviderID, account: IONOSAccount, wall: any WallClock, version: String,
        secret: @escaping @Sendable (SecretReference) throws(ProviderError) -> Secret,
        log: @escaping VendorExchange.Log = { _ in },
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.id = id
        self.wall = wall
        self.secret = secret
        self.sleep = sleep
        let login = account.login
        client = IONOSClient(
            transport: HTTPTransport(
                provider: id, endpoint: account.endpoint,
                gate: RateGate(windows: IONOSClient.allowance, wall: wall, sleep: sleep),
                version: version, log: log,
                authorization: { () async throws(ProviderError) in
                    switch login {
                    case .token(let reference):
                        return try secret(reference).reveal { Secret("Bearer \($0)") }
                    case .basic(let user, let reference):
                        return try secret(reference).reveal { password in
                            Secret(
                                "Basic " + Data("\(user):\(password)".utf8).base64EncodedString())
                        }
                    }
                }), wall: wall, contract: account.contract)
    }

    /// What this version does at IONOS Cloud.
    public var capabilities: ProviderCapabilities { .ionos }

    /// Orders a snapshot, which runs on at the vendor.
    ///
    /// - Throws: `quota` when the contract's HDD limit is reached; `throttled`, `authentication`,
    ///   `notFound`, `permanent` as the vendor refuses; `ambiguous` when the answer was lost, or
    ///   names another server as the place of the request's state.
    public func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        let source = try source(of: request.target)
        let order = VendorRequest(
            .post, source.path + "/create-snapshot",
            body: try VendorRequest.json(
                IONOSWire.Wrapped(
                    properties: IONOSWire.SnapshotOrder(
                        name: request.token.text, description: source.link.text))))
        let reply = try await client.exchange(order)
        do throws(ProviderError) {
            let snapshot = try client.decode(IONOSWire.Named.self, from: reply, order)
            try Self.checkID(snapshot.id)
            let operation = IONOSOperation(
                request: try requestPath(in: reply, of: order), snapshot: snapshot.id,
                token: request.token)
            return .running(operation.id, pollAfter: Self.firstLook)
        } catch {
            // It was accepted; only its answer is of no use.
            throw ProviderError(.ambiguous, error.message)
        }
    }

    /// Asks how a snapshot stands: first its request, then whether it can be used.
    ///
    /// - Throws: `ambiguous` when the vendor gave it up, because a question that is only repeated
    ///   would hear the same for ever: whoever looks for the token then finds what is left. `quota`
    ///   when that was for want of room.
    public func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress {
        guard let known = IONOSOperation(operation) else {
            throw ProviderError(
                .notFound, "'\(operation.text)' is not an operation of provider \(id)")
        }
        let isDone = try await isDone(
            known.request, "the request for snapshot \(known.snapshot)", failingAs: .ambiguous)
        guard isDone else { return .running(operation, pollAfter: Self.pollDistance) }
        let snapshot: IONOSWire.Snapshot
        do throws(ProviderError) {
            snapshot = try await self.snapshot(known.snapshot)
        } catch  where error.kind == .notFound {
            throw ProviderError(
                .ambiguous,
                "the snapshot's request has ended, and the snapshot is not there: "
                    + error.message)
        }
        switch snapshot.life {
        case .available: return .finished(try point(snapshot, known.token))
        case .gone:
            throw ProviderError(
                .ambiguous,
                "snapshot \(known.snapshot) became \(snapshot.metadata.state) at IONOS; look at it "
                    + "there and delete it")
        case .busy: return .running(operation, pollAfter: Self.settlingDistance)
        }
    }

    /// Whether an accepted write has been done. One that the vendor no longer knows has ended.
    ///
    /// - Parameters:
    ///   - kind: What a request that failed means for whoever waits.
    ///   - secret: Was sent with it, and must not be shown.
    func isDone(
        _ request: IONOSRequestPath, _ what: String,
        failingAs kind: ProviderError.Kind = .transient, hiding secret: Secret? = nil
    ) async throws(ProviderError) -> Bool {
        let state: IONOSWire.RequestStatus
        do throws(ProviderError) {
            (state, _) = try await client.call(
                IONOSWire.RequestStatus.self, VendorRequest(.get, request.text))
        } catch  where error.kind == .notFound {
            return true
        }
        switch state.metadata.status {
        case "DONE": return true
        case "FAILED":
            throw IONOSMapping.failure(
                state.metadata.message, of: "\(what) (request \(request.id))", as: kind,
                hiding: secret)
        default:
            // Also for words that this version does not know: nothing says that it has ended.
            return false
        }
    }

    /// Lists a volume's snapshots.
    ///
    /// The vendor does not tell the volume. A snapshot with a token whose description tells none
    /// either, because somebody changed it, is listed with every volume: it must not count as gone.
    public func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing {
        let link = try source(of: target).link
        let (snapshots, clock) = try await client.whole(
            IONOSWire.SnapshotList.self, "/snapshots")
        var points: [RemotePoint] = []
        var strangers: [StrangePoint] = []
        for snapshot in snapshots where snapshot.life != .gone {
            let told = IONOSLink(snapshot.properties.description)
            let name = snapshot.properties.name ?? ""
            if let token = BackupToken(name), told == nil || told == link {
                points.append(try point(snapshot, token))
            } else if told == link {
                strangers.append(
                    StrangePoint(
                        remoteID: snapshot.id, name: BoundedText.cut(name, to: 200),
                        takenAt: snapshot.metadata.createdDate.instant, origin: .foreign,
                        storedBytes: snapshot.properties.size?.bytes.map { ByteCount($0) }))
            }
        }
        return PointListing(
            points: points, strangers: strangers, isComplete: true, providerClock: clock)
    }

    /// Has nothing to sweep: what is half-made at the vendor ends by itself.
    public func sweep() async throws(ProviderError) -> [String] { [] }
}

extension IONOSProvider {
    /// A volume as requests name it.
    struct Source {
        let link: IONOSLink
        var path: String { "/datacenters/\(link.datacenter)/volumes/\(link.volume)" }
    }

    func source(of target: Target) throws(ProviderError) -> Source {
        // The configuration's check lets no other one through.
        guard case .datacenterVolume(let datacenter, let volume) = target.subject else {
            let why =
                target.subject.makesPoints
                ? "use a volume" : "its backups are made by the vendor's own software"
            throw ProviderError(
                .permanent, "provider \(id) can't back up a \(target.subject.kind); \(why)")
        }
        return Source(link: IONOSLink(datacenter: datacenter, volume: volume))
    }

    func snapshot(_ id: String) async throws(ProviderError) -> IONOSWire.Snapshot {
        try await client.call(
            IONOSWire.Snapshot.self, VendorRequest(.get, "/snapshots/\(id)?depth=1")
        ).value
    }

    func point(
        _ snapshot: IONOSWire.Snapshot, _ token: BackupToken
    ) throws(ProviderError) -> RemotePoint {
        try Self.checkID(snapshot.id)
        return RemotePoint(
            token: token, remoteID: snapshot.id,
            takenAt: snapshot.metadata.createdDate.instant,
            storedBytes: snapshot.properties.size?.bytes.map { ByteCount($0) })
    }

    /// Where the state of a write is asked for.
    func requestPath(
        in reply: VendorReply, of request: VendorRequest
    ) throws(ProviderError) -> IONOSRequestPath {
        let what = client.transport.name(of: request)
        guard let location = reply.headers["location"] else {
            throw ProviderError(
                .transient, "\(what) was answered with \(reply.status) and no Location")
        }
        guard
            let path = IONOSRequestPath(
                location: location, endpoint: client.transport.endpoint)
        else {
            throw ProviderError(
                .transient,
                "\(what) was answered with '\(BoundedText.cut(location, to: 200))' as the place of "
                    + "the request's state, which is not at \(client.transport.endpoint); it is "
                    + "not asked there")
        }
        return path
    }

    /// An id becomes a part of a path.
    static func checkID(_ id: String) throws(ProviderError) {
        guard IONOSRequestPath.isID(id) else {
            throw ProviderError(
                .transient,
                "IONOS answered with '\(BoundedText.cut(IONOSMapping.printable(id), to: 100))' as an id"
            )
        }
    }

    /// Looks until there is something, with a rest between two looks.
    ///
    /// - Throws: `throttled` when it takes too long, so that the job comes again.
    func waiting<Value>(
        until what: String, _ look: () async throws(ProviderError) -> Value?
    ) async throws(ProviderError) -> Value {
        for _ in 0..<Self.settlingLookMax {
            if let value = try await look() { return value }
            do {
                try await sleep(Self.settlingDistance)
            } catch {
                throw ProviderError(.transient, "stopped while waiting until \(what)")
            }
        }
        throw ProviderError(
            .throttled, "IONOS still works on it: waiting until \(what)",
            retryAfter: wall.now + Self.pollDistance)
    }
}

extension IONOSWire.Snapshot {
    /// What its state means; the vendor's list of words grows.
    enum Life { case available, busy, gone }

    var life: Life {
        switch metadata.state {
        case "AVAILABLE": .available
        case "INACTIVE": .gone
        default: .busy
        }
    }
}
