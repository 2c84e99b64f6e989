import Glibc
import HoldfastCore

/// What a way of backing up made in the partial folder.
struct MadeData: Sendable {
    let form: DataForm
    let digest: DataDigest
    let sourceBytes: Int64?
    let entries: Int64?
    let warnings: [String]
    let tools: [String: String]
    let owner: Manifest.Ownership?
}

extension LocalProvider {
    /// The room that a first backup must find at least.
    static let roomMin: Int64 = 16 << 20

    func makePoint(_ request: BackupRequest) async throws(ProviderError) -> RemotePoint {
        let target = request.target
        let begun = try await blocking { () throws(ProviderError) in try begin(request) }
        let partial: PartialPoint
        var warnings: [String] = []
        switch begun {
        case .exists(let point): return point.remote
        case .partial(let new, let setAside):
            partial = new
            warnings = setAside
        }
        do throws(ProviderError) {
            let takenAt = wall.now
            let data = try await makeData(request, in: partial.folder)
            warnings += data.warnings
            let manifest = manifest(
                of: request, data: data, warnings: warnings, takenAt: takenAt)
            if Task.isCancelled { throw ProviderError.stopped("the backup of \(target.id)") }
            try await blocking { () throws(ProviderError) in
                try repository.publish(partial, manifest, as: request.token, of: target.id)
            }
            return manifest.remotePoint(request.token, takenAt: takenAt)
        } catch {
            await blockingCleanup { partial.abandon() }
            throw error
        }
    }

    private enum Begun: Sendable {
        case exists(StoredPoint)
        case partial(PartialPoint, warnings: [String])
    }

    /// Everything that is checked before a byte is read.
    private func begin(_ request: BackupRequest) throws(ProviderError) -> Begun {
        let target = request.target
        let folder = repository.folder(of: target.id, request.token)
        _ = try repository.presence()
        if case .complete(let point) = try readPoint(request.token, of: target.id, in: folder) {
            return .exists(point)
        }
        try checkSubject(target.subject)
        try repository.create()
        try checkApart(target.subject)
        try checkRoom(for: target)
        let partial = try repository.begin(request.token, of: target.id)
        do throws(ProviderError) {
            // Only now nobody else can complete it any more.
            switch try readPoint(request.token, of: target.id, in: folder) {
            case .absent: return .partial(partial, warnings: [])
            case .complete(let point):
                partial.abandon()
                return .exists(point)
            case .damaged(let reason):
                let warning = try repository.setAside(
                    request.token, of: target.id, because: reason)
                return .partial(partial, warnings: [warning])
            }
        } catch {
            partial.abandon()
            throw error
        }
    }

    private func makeData(
        _ request: BackupRequest, in folder: String
    ) async throws(ProviderError) -> MadeData {
        switch request.target.subject {
        case .directory(let path, let exclude):
            try await makeArchive(
                of: path, exclude: exclude, for: request, in: folder)
        case .sqlite(let path):
            try await copyDatabase(path, for: request, in: folder)
        case .droplet, .volume, .instance, .datacenterVolume, .backupUnit, .device:
            throw foreign(request.target.subject)
        }
    }

    private func manifest(
        of request: BackupRequest, data: MadeData, warnings: [String], takenAt: Timestamp
    ) -> Manifest {
        let subject = request.target.subject
        var exclude: [String] = []
        if case .directory(_, let patterns) = subject { exclude = patterns }
        return Manifest(
            holdfast: version, token: request.token.text, target: request.target.id.text,
            policy: request.slot.assignment.policy.text, slotOpens: request.slot.opens.rfc3339,
            kind: subject.kind, source: subject.source, exclude: exclude, takenAt: takenAt.rfc3339,
            completedAt: wall.now.rfc3339, data: data.form.fileName, sha256: data.digest.sha256,
            storedBytes: data.digest.bytes, sourceBytes: data.sourceBytes, entries: data.entries,
            warnings: Array(warnings.prefix(TarReport.kept)), tools: data.tools, owner: data.owner)
    }

    private func checkSubject(_ subject: Subject) throws(ProviderError) {
        let path = subject.source
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw ProviderError(.permanent, "'\(path)' is not an absolute path")
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR {
                throw ProviderError(
                    .notFound, "\(path) does not exist; correct the target, or mount it")
            }
            throw .system(errno, "can't examine \(path)")
        }
        switch (subject, status.st_mode & S_IFMT) {
        case (.directory, S_IFDIR):
            guard faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0 else {
                throw .system(errno, "can't read \(path)")
            }
        case (.directory, _):
            throw ProviderError(
                .permanent, "\(path) is not a directory; a target 'directory' needs one")
        case (.sqlite, S_IFREG):
            guard faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 else {
                throw .system(errno, "can't read \(path)")
            }
        case (.droplet, _), (.volume, _), (.instance, _), (.datacenterVolume, _), (.backupUnit, _),
            (.device, _):
            throw foreign(subject)
        case (.sqlite, _):
            throw ProviderError(
                .permanent, "\(path) is not a regular file; a target 'sqlite' needs a database")
        }
    }

    /// The configuration's check lets none of these through.
    private func foreign(_ subject: Subject) -> ProviderError {
        ProviderError(
            .permanent,
            "a \(subject.kind) is nothing of this machine; name the provider of its account")
    }

    /// A repository inside its target would back up itself, larger each time; a target inside the
    /// repository is a backup already.
    private func checkApart(_ subject: Subject) throws(ProviderError) {
        let path = subject.source
        guard let source = try resolved(path), let root = try resolved(repository.root) else {
            throw ProviderError(.notFound, "\(path) or \(repository.root) was just removed")
        }
        if isPath(source, within: root) {
            throw ProviderError(
                .permanent,
                "\(path) lies inside the repository \(repository.root); choose another target")
        }
        if case .directory = subject, isPath(root, within: source) {
            throw ProviderError(
                .permanent,
                "the repository \(repository.root) lies inside \(path), which would back up "
                    + "itself; move the repository elsewhere")
        }
    }

    /// Expects the size of the newest point and a fifth more; for a database also room for the
    /// uncompressed copy.
    private func checkRoom(for target: Target) throws(ProviderError) {
        let newest = try repository.points(of: target.id).max { $0.takenAt < $1.takenAt }
        let stored = newest?.manifest.storedBytes ?? 0
        var needed = max(Self.roomMin, stored + stored / 5)
        if case .sqlite(let path) = target.subject {
            var status = stat()
            if stat(path, &status) == 0 { needed += Int64(status.st_size) }
        }
        let free = try freeBytes(at: repository.root)
        guard free >= needed else {
            throw ProviderError(
                .quota,
                "the repository \(repository.root) has \(ByteCount(free)) free, and a backup of "
                    + "\(target.id) needs about \(ByteCount(needed)); free space, or keep fewer "
                    + "points")
        }
    }
}
