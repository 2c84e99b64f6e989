import Glibc
import HoldfastCore

/// Keeps two writers of one token apart, in this process and in others.
///
/// The lock is a file beside the point; the kernel lets it go when its holder dies. A lock file
/// that was removed meanwhile is recognised by its inode, so nobody holds a lock on nothing.
struct TokenLock: Sendable {
    private let file: Descriptor
    private let path: String

    /// - Returns: `nil` when somebody else holds the lock.
    init?(_ path: String) throws(ProviderError) {
        while true {
            let file = try Descriptor(
                opening: path, O_RDWR | O_CREAT | O_NOFOLLOW, to: "can't make the lock")
            guard retrying({ flock(file.raw, LOCK_EX | LOCK_NB) }) == 0 else {
                if errno == EWOULDBLOCK { return nil }
                throw .system(errno, "can't lock \(path)")
            }
            let held = try file.status(of: path)
            var named = stat()
            guard lstat(path, &named) == 0 else {
                guard errno == ENOENT else { throw .system(errno, "can't examine \(path)") }
                continue
            }
            if held.st_ino == named.st_ino, held.st_dev == named.st_dev {
                self.file = file
                self.path = path
                return
            }
        }
    }

    /// Removes the lock file, then lets go.
    func release() {
        // A lock file that stays is only a file: the next holder or `sweep` removes it.
        _ = unlink(path)
        file.close()
    }
}

/// A point that is being written: `.TOKEN.partial`, with its lock.
struct PartialPoint: Sendable {
    let folder: String
    fileprivate let lock: TokenLock

    /// Removes everything; the lock last.
    func abandon() {
        // What can't be removed now is half-made and never listed; `sweep` tries again.
        try? removeFolder(folder)
        lock.release()
    }
}

extension Repository {
    /// Begins a point: takes its lock and makes an empty folder for it.
    func begin(_ token: BackupToken, of target: TargetID) throws(ProviderError) -> PartialPoint {
        if try makeDirectory(folder(of: target), to: "can't make") {
            try synchroniseDirectory(root)
        }
        guard let lock = try TokenLock(hidden(target, token, .lock)) else {
            throw ProviderError(
                .transient,
                "another process is making the backup \(token) of \(target) just now; wait for it")
        }
        let partial = PartialPoint(folder: hidden(target, token, .partial), lock: lock)
        do throws(ProviderError) {
            try removeFolder(partial.folder)
            try makeDirectory(partial.folder, to: "can't make")
        } catch {
            partial.abandon()
            throw error
        }
        return partial
    }

    /// Gives a point that is complete its name. After a crash at any instant it is there whole or
    /// not at all.
    func publish(
        _ partial: PartialPoint, _ manifest: Manifest, as token: BackupToken, of target: TargetID
    ) throws(ProviderError) {
        try writeDurably(manifest.text(), to: "\(partial.folder)/\(Manifest.fileName)")
        try synchroniseDirectory(partial.folder)
        let folder = folder(of: target, token)
        guard rename(partial.folder, folder) == 0 else {
            throw .system(errno, "can't give \(partial.folder) its name")
        }
        try synchroniseDirectory(self.folder(of: target))
        partial.lock.release()
    }

    /// Moves what stands damaged in a new point's place out of its way; nothing of it is deleted.
    ///
    /// - Returns: A warning for the new point.
    func setAside(
        _ token: BackupToken, of target: TargetID, because reason: String
    ) throws(ProviderError) -> String {
        let folder = folder(of: target, token)
        let aside = hidden(target, token, .damaged)
        guard rename(folder, aside) == 0 else {
            throw ProviderError(
                .permanent,
                "\(folder) is damaged (\(reason)) and can't be moved to \(aside): "
                    + "\(String(cString: strerror(errno))); move both elsewhere by hand")
        }
        return "a damaged point of this token was set aside as \(aside): \(reason)"
    }

    /// Deletes a point by its token. One that is gone already is fine.
    func delete(
        _ token: BackupToken, of target: TargetID
    ) throws(ProviderError) -> DeletionAnswer {
        guard try presence() == .marked else {
            throw ProviderError(
                .permanent,
                "the repository \(root) has no file \(Self.markName), so nothing is deleted in "
                    + "it; is its file system mounted?")
        }
        let folder = folder(of: target, token)
        let doomed = hidden(target, token, .deleting)
        switch try readPoint(token, of: target, in: folder) {
        case .absent:
            try removeFolder(doomed)
            return .alreadyGone("there is no folder \(folder)")
        case .damaged(let reason):
            throw ProviderError(
                .permanent,
                "\(folder) is not deleted, because it can't be proved to be the point \(token): "
                    + "\(reason); look at it and remove it by hand")
        case .complete:
            try removeFolder(doomed)
            guard rename(folder, doomed) == 0 else {
                throw .system(errno, "can't delete \(folder)")
            }
            try synchroniseDirectory(self.folder(of: target))
        }
        try removeFolder(doomed)
        return .deleted("the folder \(folder) was removed")
    }

    /// Removes what a crash left: half-made points that nobody is writing, half-deleted ones, and
    /// locks that nobody holds.
    ///
    /// - Returns: The folders that are gone now.
    func sweep() throws(ProviderError) -> [String] {
        guard try presence() == .marked else { return [] }
        var removed = try sweepDrills()
        for name in try names(in: root) ?? [] {
            guard let target = try? TargetID(name) else { continue }  // not a folder of ours
            for entry in try names(in: folder(of: target)) ?? [] {
                guard let (token, state) = Self.hiddenName(entry) else { continue }
                let path = "\(folder(of: target))/\(entry)"
                switch state {
                case .damaged: continue
                case .deleting:
                    try removeFolder(path)
                    removed.append(path)
                case .partial, .lock:
                    guard let lock = try TokenLock(hidden(target, token, .lock)) else { continue }
                    if state == .partial {
                        try removeFolder(path)
                        removed.append(path)
                    }
                    lock.release()
                }
            }
        }
        return removed
    }

    private static func hiddenName(_ name: String) -> (BackupToken, HiddenState)? {
        guard name.hasPrefix("."), let dot = name.lastIndex(of: "."),
            let state = HiddenState(rawValue: String(name[name.index(after: dot)...])),
            let token = BackupToken(name[..<dot].dropFirst())
        else { return nil }
        return (token, state)
    }
}
