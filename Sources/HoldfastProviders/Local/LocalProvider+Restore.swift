import Glibc
public import HoldfastCore
import Synchronization

/// What a restore made.
public struct RestoredPoint: Hashable, Sendable {
    /// The point that it was made from.
    public let point: RemotePoint
    /// The directory that was unpacked into, or the database's file; absolute.
    public let path: String
    /// Entries that were unpacked; 1 for a database.
    public let entries: Int64
}

extension LocalProvider {
    /// Unpacks a point into a directory: an archive as its tree, a database as a file with its
    /// original name.
    ///
    /// All data is read and its hash compared first, so a damaged point changes nothing. It needs
    /// neither the daemon nor its history.
    ///
    /// - Parameters:
    ///   - directory: An empty or new directory; of its path the last component is made.
    ///   - force: Also unpack into a directory that is not empty; files of the same name are
    ///     replaced, others stay.
    ///   - report: Takes the bytes that were read, then the entries that were unpacked.
    /// - Throws: `notFound` when there is no such point; `permanent` for a damaged point or a
    ///   directory that is not empty; `quota` without room. When unpacking itself failed, the
    ///   message says that what is there is not whole.
    public func restore(
        _ target: TargetID, _ token: BackupToken, to directory: String, force: Bool,
        report: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(ProviderError) -> RestoredPoint {
        try await blocking { [repository] () throws(ProviderError) in
            let point = try repository.completePoint(token, of: target)
            try checkDestination(directory, for: point, force: force)
        }
        let (point, file) = try await openChecked(target, token, work: "restoring", report: report)
        let place = try await blocking { [repository] () throws(ProviderError) in
            try prepare(directory, apartFrom: repository, room: point.manifest.sourceBytes ?? 0)
        }
        switch point.form.content {
        case .archive:
            return try await restoreArchive(point, from: file, to: place, report: report)
        case .database:
            return try await restoreDatabase(point, from: file, to: place)
        }
    }

    /// How tar is told to unpack. Attributes other than `user.…` (file capabilities, for example)
    /// are only root's to set.
    static func extracting(to directory: String) -> [String] {
        [
            "--extract", "--file=-", recordSize, "--verbose", "--quoting-style=escape", "--acls",
            "--xattrs", "--same-permissions", "--delay-directory-restore",
        ] + (geteuid() == 0 ? ["--xattrs-include=*"] : []) + ["--directory=\(directory)"]
    }

    private func restoreArchive(
        _ point: StoredPoint, from file: Descriptor, to directory: String,
        report: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(ProviderError) -> RestoredPoint {
        let tar = Program(name: "tar", path: try tools.archiver())
        let bytes = point.manifest.storedBytes
        let meter = Mutex(ProgressMeter(report))
        let warning =
            "the restore into \(directory) is not whole, and what is there must not be used"
        let listing: TarReport
        do throws(ProviderError) {
            let (unpacked, words) = try await unpack(
                point, from: file, into: tar, arguments: Self.extracting(to: directory)
            ) { entries in
                meter.withLock {
                    $0.bytes = bytes
                    $0.entries = entries
                    $0.tick()
                }
            }
            try words.check("tar reported a failure")
            listing = unpacked
        } catch {
            throw ProviderError(error.kind, "\(warning): \(error.message)")
        }
        if let recorded = point.manifest.entries, recorded != listing.entries {
            throw ProviderError(
                .permanent,
                "\(warning): \(listing.entries) entries were unpacked, and the manifest says "
                    + "\(recorded)")
        }
        return RestoredPoint(point: point.remote, path: directory, entries: listing.entries)
    }

    private func restoreDatabase(
        _ point: StoredPoint, from file: Descriptor, to directory: String
    ) async throws(ProviderError) -> RestoredPoint {
        let path = "\(directory)/\(databaseName(of: point))"
        let temporary = path + ".restoring"
        do throws(ProviderError) {
            try await decompress(point, from: file, into: temporary)
            try await withStopFlag { stop throws(ProviderError) in
                try await blocking { () throws(ProviderError) in
                    _ = try checkIntegrity(of: temporary, name: temporary, stop: stop)
                    try giveBack(point.manifest.owner, to: temporary)
                    guard rename(temporary, path) == 0 else {
                        throw .system(errno, "can't create \(path)")
                    }
                    try synchroniseDirectory(directory)
                }
            }
        } catch {
            await blockingCleanup { _ = unlink(temporary) }
            throw error
        }
        return RestoredPoint(point: point.remote, path: path, entries: 1)
    }
}

/// The last component of the path that was backed up.
func databaseName(of point: StoredPoint) -> String {
    let source = point.manifest.source
    let name = source.split(separator: "/").last.map(String.init) ?? ""
    return name.isEmpty || name == "." || name == ".." ? "database.sqlite" : name
}

/// Refuses a directory that holds something, and whatever would harm a restored database.
private func checkDestination(
    _ directory: String, for point: StoredPoint, force: Bool
) throws(ProviderError) {
    var status = stat()
    guard stat(directory, &status) == 0 else {
        if errno == ENOENT { return }
        throw .system(errno, "can't examine \(directory)")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
        throw ProviderError(.permanent, "\(directory) is not a directory; choose another place")
    }
    let present = try names(in: directory) ?? []
    guard present.isEmpty || force else {
        throw ProviderError(
            .permanent,
            "\(directory) is not empty; choose an empty or a new directory, or add --force, which "
                + "replaces files of the same name and leaves the others")
    }
    guard point.form.content == .database else { return }
    // SQLite would take the old database's journal for the new one's and destroy it.
    let name = databaseName(of: point)
    for suffix in ["-wal", "-journal", "-shm"] where present.contains(name + suffix) {
        throw ProviderError(
            .permanent,
            "\(directory) holds \(name + suffix), which belongs to another state of the database; "
                + "stop what uses it and move \(name) and its \(suffix) file away first")
    }
    guard !present.contains(name + ".restoring") else {
        throw ProviderError(
            .permanent,
            "\(directory)/\(name).restoring is left from a restore that was cut short; remove it")
    }
}

/// Makes the directory where it is missing.
///
/// - Returns: Its absolute path without symbolic links.
private func prepare(
    _ directory: String, apartFrom repository: Repository, room: Int64
) throws(ProviderError) -> String {
    do throws(ProviderError) {
        try makeDirectory(directory, to: "can't make")
    } catch  where error.kind == .notFound {
        throw ProviderError(
            .notFound,
            "can't make \(directory), because what should hold it is not there; make that "
                + "directory first")
    }
    guard let place = try resolved(directory), let root = try resolved(repository.root) else {
        throw ProviderError(.notFound, "\(directory) was just removed")
    }
    guard !isPath(place, within: root) else {
        throw ProviderError(
            .permanent,
            "\(directory) lies inside the repository \(repository.root); choose another place")
    }
    try requireRoom(room, at: place)
    return place
}

/// Gives a restored database the permissions of the original, and to root also its owner.
private func giveBack(_ owner: Manifest.Ownership?, to path: String) throws(ProviderError) {
    guard let owner, let mode = UInt32(owner.mode, radix: 8) else { return }
    if geteuid() == 0, chown(path, owner.uid, owner.gid) != 0 {
        throw .system(errno, "can't give \(path) to its owner")
    }
    guard chmod(path, mode_t(mode & 0o777)) == 0 else {
        throw .system(errno, "can't set the permissions of \(path)")
    }
}
