import Crypto
import Glibc
import HoldfastCore

/// What is known of a data file once every byte of it went by.
struct DataDigest: Hashable, Sendable {
    /// 64 hexadecimal digits.
    let sha256: String
    let bytes: Int64
}

/// Writes a point's data and hashes it on the way.
struct DataFileWriter {
    /// After so many bytes the kernel is asked to begin writing them out, so that the flush at the
    /// end has little left to do.
    private static let writebackStep: Int64 = 16 << 20

    private let file: Descriptor
    private let path: String
    private var hash = SHA256()
    private(set) var bytes: Int64 = 0
    private var handedOver: Int64 = 0

    /// Makes the file; it must not be there.
    init(creating path: String) throws(ProviderError) {
        file = try Descriptor(
            opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, to: "can't create")
        try file.setMode(0o600, of: path)
        self.path = path
    }

    mutating func append(_ piece: UnsafeRawBufferPointer) throws(ProviderError) {
        hash.update(bufferPointer: piece)
        try file.write(piece, to: path)
        bytes += Int64(piece.count)
        guard bytes - handedOver >= Self.writebackStep else { return }
        // A hint, without effect on some file systems: begins to write out what is new, and drops
        // from memory what is on the disk, so that a backup does not push out what others read.
        let from = off_t(max(0, handedOver - Self.writebackStep))
        _ = posix_fadvise(file.raw, from, 0, POSIX_FADV_DONTNEED)
        handedOver = bytes
    }

    /// Makes the file durable and closes it.
    consuming func finish() throws(ProviderError) -> DataDigest {
        try file.synchronise(path)
        file.close()
        return DataDigest(sha256: hash.finalize().hexadecimal, bytes: bytes)
    }
}

/// Reads a whole file from where it stands and hashes it.
func digest(
    of file: Descriptor, path: String, stop: StopFlag, work: String,
    progress: (Int64) -> Void
) throws(ProviderError) -> DataDigest {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
    defer { buffer.deallocate() }
    var hash = SHA256()
    var bytes: Int64 = 0
    while true {
        try stop.check(work)
        let count = try file.read(into: buffer, from: path)
        if count == 0 { break }
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        bytes += Int64(count)
        progress(bytes)
    }
    return DataDigest(sha256: hash.finalize().hexadecimal, bytes: bytes)
}

extension SHA256Digest {
    /// In lower case, as `sha256sum` prints it.
    var hexadecimal: String {
        var text = ""
        for byte in self {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }
}
