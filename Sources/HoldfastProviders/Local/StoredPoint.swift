import Foundation
import Glibc
import HoldfastCore

/// A point's folder with a manifest that holds together.
struct StoredPoint: Sendable {
    let token: BackupToken
    let folder: String
    let manifest: Manifest
    let form: DataForm
    let takenAt: Timestamp

    var dataPath: String { "\(folder)/\(manifest.data)" }
    var remote: RemotePoint { manifest.remotePoint(token, takenAt: takenAt) }
}

/// What stands where a point should be.
enum PointFolder: Sendable {
    case absent
    case complete(StoredPoint)
    /// With the reason, as a clause.
    case damaged(String)
}

/// Reads a point's folder.
///
/// - Throws: only when the file system fails; a manifest that says nonsense is `damaged`.
func readPoint(
    _ token: BackupToken, of target: TargetID, in folder: String
) throws(ProviderError) -> PointFolder {
    var status = stat()
    guard lstat(folder, &status) == 0 else {
        if errno == ENOENT || errno == ENOTDIR { return .absent }
        throw .unreadable(errno, folder)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return .damaged("it is not a directory") }
    let path = "\(folder)/\(Manifest.fileName)"
    let raw = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
    guard raw >= 0 else {
        if errno == ENOENT { return .damaged("it has no \(Manifest.fileName)") }
        if errno == ELOOP { return .damaged("its \(Manifest.fileName) is a symbolic link") }
        throw .unreadable(errno, path)
    }
    let file = Descriptor(owning: raw)
    guard try file.status(of: path).st_mode & S_IFMT == S_IFREG else {
        return .damaged("its \(Manifest.fileName) is not a file")
    }
    guard let bytes = try readBounded(file, path) else {
        return .damaged(
            "its \(Manifest.fileName) is larger than \(ByteCount(Int64(Manifest.bytesMax)))")
    }
    let manifest: Manifest
    do {
        manifest = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
    } catch {
        return .damaged("its \(Manifest.fileName) can't be understood")
    }
    return try check(manifest, of: token, target, in: folder)
}

/// The bytes of a small file; `nil` when it is not small.
private func readBounded(_ file: Descriptor, _ path: String) throws(ProviderError) -> [UInt8]? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    defer { buffer.deallocate() }
    var bytes: [UInt8] = []
    while true {
        let count = try file.read(into: buffer, from: path)
        if count == 0 { return bytes }
        guard bytes.count + count <= Manifest.bytesMax else { return nil }
        bytes.append(contentsOf: buffer[..<count])
    }
}

private func check(
    _ manifest: Manifest, of token: BackupToken, _ target: TargetID, in folder: String
) throws(ProviderError) -> PointFolder {
    guard manifest.format == Manifest.currentFormat else {
        return .damaged("its format \(manifest.format) is not one that this version reads")
    }
    guard manifest.token == token.text else {
        return .damaged("its \(Manifest.fileName) names the token '\(manifest.token)'")
    }
    guard manifest.target == target.text else {
        return .damaged("its \(Manifest.fileName) names the target '\(manifest.target)'")
    }
    guard let form = manifest.form else {
        return .damaged("its \(Manifest.fileName) names no data file of ours")
    }
    guard let takenAt = Timestamp(rfc3339: manifest.takenAt), manifest.storedBytes >= 0 else {
        return .damaged("its \(Manifest.fileName) has an impossible value")
    }
    var status = stat()
    guard lstat("\(folder)/\(form.fileName)", &status) == 0 else {
        if errno == ENOENT { return .damaged("its data file \(form.fileName) is missing") }
        throw .unreadable(errno, "\(folder)/\(form.fileName)")
    }
    guard status.st_mode & S_IFMT == S_IFREG, Int64(status.st_size) == manifest.storedBytes else {
        return .damaged(
            "its data file \(form.fileName) has \(status.st_size) bytes and not the "
                + "\(manifest.storedBytes) that were written")
    }
    return .complete(
        StoredPoint(token: token, folder: folder, manifest: manifest, form: form, takenAt: takenAt))
}

extension ProviderError {
    /// A folder of the repository that can't be read at all.
    static func unreadable(_ code: Int32, _ path: String) -> ProviderError {
        ProviderError(
            .permanent,
            "can't read \(path): \(String(cString: strerror(code))); check the file system and "
                + "the directory's owner (the service's user) and permissions (0700)")
    }
}
