public import HoldfastCore

/// Backs up directories and SQLite databases of this machine into a directory, its repository.
///
/// Every point is a folder with one compressed file and a `manifest.json`, which `tar`, `zstd` and
/// `sha256sum` read without this program; `docs/local-provider.md` shows how. A backup works
/// synchronously: `start` returns when the point is on the disk, and never leaves one half-made in
/// a listing.
public struct LocalProvider: BackupProvider {
    /// The provider's name in the configuration.
    public let id: ProviderID
    let repository: Repository
    let wall: any WallClock
    let tellsClock: Bool
    let installedTools: LocalTools?
    let version: String

    /// Names a repository; nothing is read or made yet.
    ///
    /// - Parameters:
    ///   - repository: An absolute path. The first backup makes the last component where that is
    ///     missing.
    ///   - wall: Stamps the points.
    ///   - tellsClock: Whether listings carry the time of the repository's file system; `false`
    ///     where `wall` is not the system's clock.
    ///   - tools: The programs to start; `nil`: those that are installed when a backup starts.
    ///   - version: This program's version, for manifests.
    public init(
        id: ProviderID, repository: String, wall: any WallClock, tellsClock: Bool = true,
        tools: LocalTools? = nil, version: String = "unreleased"
    ) {
        self.id = id
        var root = repository
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.repository = Repository(root: root)
        self.wall = wall
        self.tellsClock = tellsClock
        self.installedTools = tools
        self.version = version
    }

    var tools: LocalTools { installedTools ?? .system() }

    /// What every local provider can do.
    public var capabilities: ProviderCapabilities { .local }

    /// Makes a point, and returns once it is durable. A token that has one already gives that one.
    ///
    /// - Throws: `quota` when there is no room, before or during the backup; `notFound` when the
    ///   path is missing; `transient` when another process makes the same point, or the task was
    ///   cancelled; `permanent` for what an operator must mend.
    public func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        .finished(try await makePoint(request))
    }

    /// Never has anything to wait for.
    ///
    /// - Throws: Always `notFound`: `start` works synchronously, so it names no operation.
    public func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress {
        throw ProviderError(
            .notFound,
            "the local provider \(id) has no operation '\(operation.text)'; its backups end "
                + "before 'start' returns")
    }

    /// Looks for a token's folder; a damaged or half-made one is not it.
    public func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint? {
        try await blocking { [repository] () throws(ProviderError) in
            // A repository that was never made holds nothing; one whose parent is missing throws.
            _ = try repository.presence()
            guard
                case .complete(let point) = try readPoint(
                    token, of: target.id, in: repository.folder(of: target.id, token))
            else { return nil }
            return point.remote
        }
    }

    /// See `list(of:)`.
    public func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing {
        try await list(of: target.id)
    }

    /// Lists the complete points of a target, which may be declared no longer. Damaged ones are left out, so they count as gone.
    ///
    /// The listing is not complete while the repository lacks its mark, which the first backup
    /// makes: an empty mount point must not pass for a repository whose points are gone.
    public func list(of target: TargetID) async throws(ProviderError) -> PointListing {
        try await blocking { [repository, tellsClock] () throws(ProviderError) in
            let presence = try repository.presence()
            let points = try repository.points(of: target)
            let isThere = presence == .marked
            return PointListing(
                points: points.map(\.remote), isComplete: isThere,
                providerClock: tellsClock && isThere ? repository.fileSystemClock() : nil)
        }
    }

    /// Deletes a point's folder. It refuses one whose manifest is damaged or names another token.
    public func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer {
        let point = permission.point
        return try await blocking { [repository] () throws(ProviderError) in
            try repository.delete(point.remote.token, of: point.assignment.target)
        }
    }

    /// Removes half-made and half-deleted points that no process works on.
    public func sweep() async throws(ProviderError) -> [String] {
        try await blocking { [repository] () throws(ProviderError) in try repository.sweep() }
    }
}
