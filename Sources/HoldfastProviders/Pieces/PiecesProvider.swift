import Foundation
public import HoldfastCore

/// Cloud backups of the local database of Pieces OS on this machine.
///
/// Its backups carry no name of ours. Those whose ids the history has recorded are ours; one whose
/// answer was lost is inferred from the list. The list shows all devices of the user: others than
/// the target's are never looked at.
public struct PiecesProvider: BackupProvider {
    /// The provider's name in the configuration.
    public let id: ProviderID
    let client: PiecesClient
    let orders: PiecesOrders
    let wall: any WallClock
    /// What a target's `device: this` means.
    let hostName: String

    /// Names an installation; nothing is asked yet.
    ///
    /// - Parameters:
    ///   - wall: Instants of the vendor are compared with it.
    ///   - hostName: This machine's name.
    ///   - version: This program's version, for the `User-Agent`.
    ///   - sleep: Rests for a time of that clock.
    public init(
        id: ProviderID, installation: PiecesInstallation, wall: any WallClock, hostName: String,
        version: String, log: @escaping VendorExchange.Log = { _ in },
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        let candidates =
            installation.endpoint.map { [$0] }
            ?? PiecesFinder.knownPorts.map { "http://localhost:\($0)" }
        self.init(
            id: id, candidates: candidates, applicationID: installation.applicationID, wall: wall,
            hostName: hostName, version: version, log: log, sleep: sleep)
    }

    init(
        id: ProviderID, candidates: [String], applicationID: String? = nil, wall: any WallClock,
        hostName: String, version: String, patience: Duration = PiecesFinder.usualPatience,
        log: @escaping VendorExchange.Log = { _ in },
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.id = id
        self.wall = wall
        self.hostName = hostName
        orders = PiecesOrders(wall: wall)
        // No limit is published; the gate keeps what a refusal asks for.
        let gate = RateGate(windows: [], wall: wall, sleep: sleep)
        client = PiecesClient(
            finder: PiecesFinder(candidates: candidates, patience: patience) { endpoint in
                HTTPTransport(
                    provider: id, endpoint: endpoint, gate: gate, version: version, log: log,
                    authorization: { () async throws(ProviderError) in nil })
            }, gate: gate, applicationID: applicationID, wall: wall)
    }

    /// What this version does with Pieces OS.
    public var capabilities: ProviderCapabilities { .pieces }

    /// Has nothing to poll: `start` returns when the backup is made.
    public func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress {
        throw ProviderError(
            .notFound, "'\(operation.text)' is not an operation of provider \(id), which has none")
    }

    /// Looks for the backup of a token.
    ///
    /// One that the history has recorded is found by its id. Else it is inferred: the oldest backup
    /// of the target's device that is not recorded and was begun after the first attempt. Its
    /// `warnings` say so.
    ///
    /// - Throws: `throttled` while it is not listed and may be under way.
    public func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint? {
        let device = try device(of: target)
        let (backups, _) = try await backups()
        let recorded = Set(past.points.map(\.remoteID))
        if let known = past.points.first(where: { $0.token == token }) {
            return backups.first { $0.id == known.remoteID }.map { point($0, token) }
        }
        // Nothing was begun, so what is new is somebody's own.
        if await orders.isAnswered(token) { return nil }
        let names = self.names(of: device, in: backups, recorded)
        // The server may write whole seconds.
        let earliest = past.intentAt?.roundedDownToSecond
        let candidates = backups.filter { backup in
            guard let earliest, names.contains(backup.deviceName) else { return false }
            return !recorded.contains(backup.id) && backup.created.value.instant >= earliest
        }
        guard
            let found = candidates.min(by: {
                ($0.created.value.instant, $0.id) < ($1.created.value.instant, $1.id)
            })
        else {
            try await orders.absent(token, intentAt: past.intentAt)
            return nil
        }
        await orders.over(token)
        return point(
            found, token,
            warnings: [
                "the vendor's answer was lost; that '\(found.id)' is this backup is inferred from "
                    + "its device and its time"
            ])
    }

    /// Lists the backups of a target: recorded ones as ours, others of its device as strangers,
    /// those of other devices not at all.
    ///
    /// - Throws: Whatever goes wrong; the vendor's 500 is an error and never an empty list.
    public func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing {
        let device = try device(of: target)
        let (backups, clock) = try await backups()
        let tokens = Dictionary(
            past.points.map { ($0.remoteID, $0.token) }, uniquingKeysWith: { first, _ in first })
        let names = self.names(of: device, in: backups, Set(tokens.keys))
        var points: [RemotePoint] = []
        var strangers: [StrangePoint] = []
        for backup in backups {
            if let token = tokens[backup.id] {
                points.append(point(backup, token))
            } else if names.contains(backup.deviceName) {
                strangers.append(
                    StrangePoint(
                        remoteID: backup.id, name: "\(backup.deviceName) \(backup.version)",
                        takenAt: backup.created.value.instant, origin: .foreign,
                        storedBytes: ByteCount(backup.bytes.number)))
            }
        }
        return PointListing(
            points: points, strangers: strangers, isComplete: true, providerClock: clock)
    }

    /// Deletes a backup by its id. The vendor does not say what it answers for one that is gone, so
    /// after a 500 the list tells.
    public func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer {
        let remote = permission.point.remote.remoteID
        do throws(ProviderError) {
            var request = VendorRequest(.post, "/backups/\(try segment(remote))/delete")
            request.isRepeatable = true  // by its id
            let answer = try await client.ask(request)
            try await client.expectSuccess(answer)
            return .deleted(answer.reply.words)
        } catch  where error.kind == .notFound {
            return .alreadyGone(error.message)
        } catch  where error.kind == .transient {
            let (backups, _) = try await backups()
            if backups.contains(where: { $0.id == remote }) { throw error }
            return .alreadyGone("not listed any more after: \(error.message)")
        }
    }

    /// Has nothing to sweep: what was not completed is in no list.
    public func sweep() async throws(ProviderError) -> [String] { [] }
}

extension PiecesProvider {
    /// Every backup of the user, of all devices.
    func backups() async throws(ProviderError) -> ([PiecesWire.Backup], clock: Timestamp?) {
        let (list, clock) = try await client.call(
            PiecesWire.Backups.self, VendorRequest(.get, "/backups"))
        var seen: Set<String> = []
        for backup in list.iterable where !seen.insert(backup.id).inserted {
            throw ProviderError(
                .transient, "Pieces OS lists the backup '\(backup.id)' twice; it can't be relied on"
            )
        }
        return (list.iterable, clock)
    }

    /// The name that a target's device should have.
    func device(of target: Target) throws(ProviderError) -> Device {
        guard case .device(let name) = target.subject else {
            throw ProviderError(
                .permanent,
                "provider \(id) can't back up a \(target.subject.kind); use a device")
        }
        return Device(name: name ?? hostName, isDeclared: name != nil)
    }

    /// A device as a target names it.
    struct Device {
        let name: String
        /// Whether the configuration has the name; else it is this machine's.
        let isDeclared: Bool
    }

    /// What Pieces OS calls a device. Where the configuration has no name, recorded backups tell
    /// it: Pieces OS need not use the machine's.
    func names(
        of device: Device, in backups: [PiecesWire.Backup], _ recorded: Set<String>
    ) -> Set<String> {
        guard !device.isDeclared else { return [device.name] }
        let newest = backups.filter { recorded.contains($0.id) }.max {
            $0.created.value.instant < $1.created.value.instant
        }
        return [newest?.deviceName ?? device.name]
    }

    func point(
        _ backup: PiecesWire.Backup, _ token: BackupToken, warnings: [String] = []
    ) -> RemotePoint {
        RemotePoint(
            token: token, remoteID: backup.id, takenAt: backup.created.value.instant,
            storedBytes: ByteCount(backup.bytes.number), warnings: warnings)
    }

    /// An id as a part of a path.
    func segment(_ id: String) throws(ProviderError) -> String {
        guard let text = id.addingPercentEncoding(withAllowedCharacters: Self.unreserved),
            !text.isEmpty, id != ".", id != ".."
        else {
            throw ProviderError(
                .permanent, "'\(id)' is no id of a backup of Pieces OS; nothing was sent")
        }
        return text
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}
