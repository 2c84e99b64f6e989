import Glibc
import HoldfastCore

/// A directory that a point is unpacked into to prove it: `.drills/TOKEN` in the repository, with
/// its lock beside it.
struct Scratch: Sendable {
    let folder: String
    fileprivate let lock: TokenLock

    /// What is unpacked goes here: the rights that an archive gives its root are not the folder's.
    var place: String { "\(folder)/restored" }

    /// Removes everything; the lock last.
    ///
    /// - Throws: When something stays; `sweep` tries again.
    func remove() throws(ProviderError) {
        defer { lock.release() }
        try removeTree(folder)
    }
}

extension Repository {
    private var drills: String { "\(root)/.drills" }

    /// Makes a scratch directory, on the file system of the repository itself: what fits there as a
    /// backup's copy may fit there as its source.
    func openScratch(for point: StoredPoint) throws(ProviderError) -> Scratch {
        try requireRoom(point.manifest.sourceBytes ?? 0, at: root)
        try makeDirectory(drills, to: "can't make")
        let folder = "\(drills)/\(point.token)"
        guard let lock = try TokenLock(folder + ".lock") else {
            throw ProviderError(
                .transient, "another process unpacks \(point.token) just now; wait for it")
        }
        let scratch = Scratch(folder: folder, lock: lock)
        do throws(ProviderError) {
            try removeTree(folder)
            try makeDirectory(folder, to: "can't make")
            try makeDirectory(scratch.place, to: "can't make")
        } catch {
            // What went wrong first is told; what stays is removed by `sweep`.
            try? scratch.remove()
            throw error
        }
        return scratch
    }

    /// Removes what drills left that a crash cut short.
    ///
    /// - Returns: The folders that are gone now.
    func sweepDrills() throws(ProviderError) -> [String] {
        var removed: [String] = []
        for name in try names(in: drills) ?? [] {
            let isLock = name.hasSuffix(".lock")
            guard let token = BackupToken(isLock ? name.dropLast(5) : name[...]),
                let lock = try TokenLock("\(drills)/\(token).lock")
            else { continue }
            let scratch = Scratch(folder: "\(drills)/\(token)", lock: lock)
            try scratch.remove()
            if !isLock { removed.append(scratch.folder) }
        }
        return removed
    }
}

/// Removes a directory with all that is in it; one that is gone is fine. Links are removed and not
/// followed.
///
/// Directories are moved up before they are emptied, so neither a deep tree nor long paths need
/// more than a few open files; what their rights forbid is allowed first.
func removeTree(_ path: String) throws(ProviderError) {
    var moved = 0
    for _ in 0..<removalPassMax {
        guard chmod(path, 0o700) == 0 else {
            if errno == ENOENT { return }
            throw .system(errno, "can't remove \(path)")
        }
        for name in try names(in: path) ?? [] {
            let entry = "\(path)/\(name)"
            if unlink(entry) == 0 || errno == ENOENT { continue }
            guard errno == EISDIR else { throw .system(errno, "can't remove \(entry)") }
            try emptyDirectory(entry, into: path, &moved)
            guard rmdir(entry) == 0 || errno == ENOTEMPTY || errno == EEXIST else {
                throw .system(errno, "can't remove \(entry)")
            }
        }
        if rmdir(path) == 0 || errno == ENOENT { return }
        guard errno == ENOTEMPTY || errno == EEXIST else {
            throw .system(errno, "can't remove \(path)")
        }
    }
    throw ProviderError(.permanent, "\(path) can't be emptied: something makes files in it")
}

/// More levels than a path can have.
private let removalPassMax = 10_000

/// Removes the files of a directory and moves its directories to another place, under numbers.
private func emptyDirectory(
    _ path: String, into place: String, _ moved: inout Int
) throws(ProviderError) {
    guard chmod(path, 0o700) == 0, let stream = opendir(path) else {
        throw .system(errno, "can't remove \(path)")
    }
    defer { closedir(stream) }
    let directory = dirfd(stream)
    while true {
        errno = 0
        guard let entry = readdir(stream) else { break }
        // The name as it is: one that is no UTF-8 would not survive a string.
        let code = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name -> Int32 in
                if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return 0 }
                if unlinkat(directory, name, 0) == 0 { return 0 }
                guard errno == EISDIR else { return errno }
                moved += 1
                let isMoved =
                    fchmodat(directory, name, 0o700, 0) == 0
                    && renameat(directory, name, AT_FDCWD, "\(place)/\(moved)") == 0
                return isMoved ? 0 : errno
            }
        }
        guard code == 0 || code == ENOENT else {
            throw .system(code, "can't remove what is in \(path)")
        }
    }
    guard errno == 0 else { throw .unreadable(errno, path) }
}
