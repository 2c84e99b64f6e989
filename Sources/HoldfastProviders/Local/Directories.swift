import Glibc
import HoldfastCore

/// Makes a directory with the permissions 0700 whatever the umask; one that is there already stays
/// as it is.
///
/// - Returns: Whether it was made now.
@discardableResult
func makeDirectory(_ path: String, to purpose: String) throws(ProviderError) -> Bool {
    guard mkdir(path, 0o700) == 0 else {
        if errno == EEXIST { return false }
        throw .system(errno, "\(purpose) \(path)")
    }
    // The umask may have taken the owner's own rights.
    guard chmod(path, 0o700) == 0 else { throw .system(errno, "\(purpose) \(path)") }
    return true
}

/// Makes the names in a directory durable.
func synchroniseDirectory(_ path: String) throws(ProviderError) {
    let directory = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY, to: "can't open")
    try directory.synchronise(path)
}

/// The names in a directory, ascending, without `.` and `..`; `nil` when there is no such
/// directory.
func names(in path: String) throws(ProviderError) -> [String]? {
    guard let stream = opendir(path) else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw .unreadable(errno, path)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
        errno = 0
        guard let entry = readdir(stream) else { break }
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw .unreadable(errno, path) }
    return names.sorted()
}

/// Removes a point's folder: its files, then itself. One that is gone is fine.
///
/// It never goes deeper: no folder of a point has folders in it, and what is not ours stays.
func removeFolder(_ path: String) throws(ProviderError) {
    guard let names = try names(in: path) else { return }
    for name in names {
        guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
            throw .system(errno, "can't remove \(path)/\(name)")
        }
    }
    guard rmdir(path) == 0 || errno == ENOENT else {
        throw .system(errno, "can't remove \(path)")
    }
}

/// The path without symbolic links, `.` and `..`; `nil` when it does not exist.
func resolved(_ path: String) throws(ProviderError) -> String? {
    guard let real = realpath(path, nil) else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw .system(errno, "can't resolve \(path)")
    }
    defer { free(real) }
    return String(cString: real)
}

/// Whether a resolved path is another one or lies below it.
func isPath(_ path: String, within directory: String) -> Bool {
    path == directory || directory == "/" || path.hasPrefix(directory + "/")
}

/// Bytes that this process may still write to the file system of a path.
func freeBytes(at path: String) throws(ProviderError) -> Int64 {
    var status = statvfs()
    guard retrying({ statvfs(path, &status) }) == 0 else {
        throw .system(errno, "can't tell the free space at \(path)")
    }
    let (bytes, overflow) = Int64(clamping: status.f_bavail).multipliedReportingOverflow(
        by: Int64(clamping: status.f_frsize))
    return overflow ? .max : bytes
}
