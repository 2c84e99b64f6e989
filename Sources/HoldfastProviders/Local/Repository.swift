import Glibc
import HoldfastCore

/// The directory that holds all points of one local provider, as `TARGET/TOKEN/`.
///
/// Names that begin with a dot are not points: `.TOKEN.partial` is being written, `.TOKEN.deleting`
/// is being removed, `.TOKEN.lock` keeps two writers apart, `.TOKEN.damaged` was set aside. Drills
/// unpack below `.drills`.
struct Repository: Sendable {
    /// The file whose presence says that this directory, and not an empty mount point, is the
    /// repository.
    static let markName = "HOLDFAST_REPOSITORY"

    let root: String

    func folder(of target: TargetID) -> String { "\(root)/\(target)" }

    func folder(of target: TargetID, _ token: BackupToken) -> String {
        "\(folder(of: target))/\(token)"
    }

    func hidden(_ target: TargetID, _ token: BackupToken, _ state: HiddenState) -> String {
        "\(folder(of: target))/.\(token).\(state.rawValue)"
    }

    /// What the name of something that is no point ends in.
    enum HiddenState: String, CaseIterable {
        case partial, deleting, lock, damaged
    }

    /// How much can be believed about what is missing here.
    enum Presence {
        /// A backup was made here, so what is not here is gone.
        case marked
        /// No backup was ever made here, or another file system is missing on top.
        case unmarked
    }

    /// Looks whether the repository is there.
    ///
    /// - Throws: `permanent` when not even its parent exists: its file system is not mounted.
    func presence() throws(ProviderError) -> Presence {
        try checkPath()
        var status = stat()
        if lstat("\(root)/\(Self.markName)", &status) == 0 { return .marked }
        guard errno == ENOENT || errno == ENOTDIR else { throw .unreadable(errno, root) }
        guard stat(root, &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw .unreadable(errno, root) }
            guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw missingParent
            }
            return .unmarked
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw ProviderError(.permanent, "the repository \(root) is not a directory")
        }
        return .unmarked
    }

    /// Makes the repository where there is none; of its path only the last component.
    func create() throws(ProviderError) {
        guard try presence() == .unmarked else { return }
        try makeDirectory(root, to: "can't make the repository")
        if try names(in: root)?.isEmpty == true, chmod(root, 0o700) != 0 {
            throw .system(errno, "can't set the permissions of \(root)")
        }
        let text = """
            Backups made by Holdfast's local provider, as TARGET/TOKEN/.
            Each holds its data and a manifest.json with the data's SHA-256.
            Restore by hand, for example: tar --extract --zstd --file data.tar.zst
            Keep this file: without it an unmounted disk could pass for an empty repository.

            """
        try writeDurably(Array(text.utf8), to: "\(root)/\(Self.markName)")
        try synchroniseDirectory(root)
        try synchroniseDirectory(parent)
    }

    /// Every complete point of a target, by token. Damaged ones are left out: they can't be
    /// restored from, so they count as gone, and the history reports them as missing.
    func points(of target: TargetID) throws(ProviderError) -> [StoredPoint] {
        var points: [StoredPoint] = []
        for name in try names(in: folder(of: target)) ?? [] {
            guard let token = BackupToken(name) else { continue }
            guard
                case .complete(let point) = try readPoint(
                    token, of: target, in: folder(of: target, token))
            else { continue }
            points.append(point)
        }
        return points
    }

    /// A point that must be there whole, for reading.
    func completePoint(
        _ token: BackupToken, of target: TargetID
    ) throws(ProviderError) -> StoredPoint {
        let folder = folder(of: target, token)
        switch try readPoint(token, of: target, in: folder) {
        case .complete(let point): return point
        case .damaged(let reason):
            throw ProviderError(
                .permanent, "the point \(folder) is damaged: \(reason)", isDamage: true)
        case .absent:
            throw ProviderError(
                .notFound,
                "there is no point \(folder); 'holdfast points' lists those that there are")
        }
    }

    /// The time of the file system that holds the repository; `nil` where nothing can be written.
    func fileSystemClock() -> Timestamp? {
        let path = "\(root)/.clock"
        let raw = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard raw >= 0 else { return nil }
        let file = Descriptor(owning: raw)
        let now = [timespec(tv_sec: 0, tv_nsec: utimeNow), timespec(tv_sec: 0, tv_nsec: utimeNow)]
        var status = stat()
        let isTold = withExtendedLifetime(file) {
            futimens(raw, now) == 0 && fstat(raw, &status) == 0
        }
        guard isTold else { return nil }
        return Timestamp(
            milliseconds: Int64(status.st_mtim.tv_sec) * 1000
                + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    /// `UTIME_NOW`, which is a macro that Swift does not see.
    private var utimeNow: Int { (1 << 30) - 1 }

    var parent: String {
        let path = String(root.prefix(upTo: root.lastIndex(of: "/") ?? root.startIndex))
        return path.isEmpty ? "/" : path
    }

    private var missingParent: ProviderError {
        ProviderError(
            .permanent,
            "the repository \(root) is not there, and neither is \(parent); mount its file "
                + "system, or make \(parent)")
    }

    private func checkPath() throws(ProviderError) {
        guard root.hasPrefix("/"), root != "/", !root.utf8.contains(0) else {
            throw ProviderError(
                .permanent,
                "the repository '\(root)' is not a usable path; give an absolute one below '/'")
        }
    }
}

/// Writes a small file so that after a crash it is there whole or not at all.
func writeDurably(_ bytes: [UInt8], to path: String) throws(ProviderError) {
    // A name of its own: two first backups into a new repository write the same file.
    let (file, temporary) = try Descriptor.makeUnique(beside: path)
    try file.setMode(0o600, of: temporary)
    let result: Result<Void, ProviderError> = bytes.withUnsafeBytes { buffer in
        do throws(ProviderError) {
            return .success(try file.write(buffer, to: temporary))
        } catch {
            return .failure(error)
        }
    }
    try result.get()
    try file.synchronise(temporary)
    guard rename(temporary, path) == 0 else { throw .system(errno, "can't create \(path)") }
}
