import Glibc
import HoldfastCore
import Synchronization
import SystemPackage

/// A file descriptor that a child never inherits; closed by `close`, or when nobody has it any
/// longer.
final class Descriptor: Sendable {
    let raw: Int32
    private let isOpen = Atomic<Bool>(true)

    /// Takes over a descriptor that is open.
    init(owning raw: Int32) { self.raw = raw }

    deinit { close() }

    /// Opens a file; the error says what was tried, then names the path.
    convenience init(
        opening path: String, _ flags: Int32, mode: mode_t = 0o600, to purpose: String
    ) throws(ProviderError) {
        let raw = retrying { open(path, flags | O_CLOEXEC, mode) }
        guard raw >= 0 else { throw .system(errno, "\(purpose) \(path)") }
        self.init(owning: raw)
    }

    /// Closes it; every call after the first does nothing.
    func close() {
        if isOpen.exchange(false, ordering: .acquiringAndReleasing) { _ = Glibc.close(raw) }
    }

    /// What the file system says of the open file.
    func status(of path: String) throws(ProviderError) -> stat {
        try withExtendedLifetime(self) { () throws(ProviderError) in
            var status = stat()
            guard fstat(raw, &status) == 0 else { throw .system(errno, "can't examine \(path)") }
            return status
        }
    }

    /// Makes what was written durable.
    func synchronise(_ path: String) throws(ProviderError) {
        let result = withExtendedLifetime(self) { retrying { fsync(raw) } }
        guard result == 0 else { throw .system(errno, "can't flush \(path)") }
    }

    /// Sets the permissions whatever the process's umask says.
    func setMode(_ mode: mode_t, of path: String) throws(ProviderError) {
        let result = withExtendedLifetime(self) { fchmod(raw, mode) }
        guard result == 0 else {
            throw .system(errno, "can't set the permissions of \(path)")
        }
    }

    /// Reads up to the buffer's size; 0 at the end.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, from name: String
    ) throws(ProviderError) -> Int {
        let count = withExtendedLifetime(self) {
            retrying { Glibc.read(raw, buffer.baseAddress, buffer.count) }
        }
        guard count >= 0 else { throw .system(errno, "can't read \(name)") }
        return count
    }

    /// Writes all of it.
    func write(_ bytes: UnsafeRawBufferPointer, to name: String) throws(ProviderError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = withExtendedLifetime(self) {
                retrying { Glibc.write(raw, rest.baseAddress, rest.count) }
            }
            guard count >= 0 else { throw .system(errno, "can't write \(name)") }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Goes back to the first byte.
    func rewind(_ path: String) throws(ProviderError) {
        let position = withExtendedLifetime(self) { lseek(raw, 0, SEEK_SET) }
        guard position == 0 else { throw .system(errno, "can't read \(path)") }
    }
}

/// Both ends of a pipe.
struct Pipe: Sendable {
    let reading: Descriptor
    let writing: Descriptor

    /// How much the kernel holds for a slow reader; with the default of 64 KiB tar and the
    /// compressor wait for each other far more often.
    private static let capacity: Int32 = 1 << 20
    /// `F_SETPIPE_SZ`, which the C headers give only to GNU's own sources.
    private static let setPipeSize: Int32 = 1031

    init() throws(ProviderError) {
        let ends: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
        do {
            ends = try FileDescriptor.pipe(options: .closeOnExec)
        } catch {
            throw .system(error.rawValue, "can't make a pipe")
        }
        reading = Descriptor(owning: ends.readEnd.rawValue)
        writing = Descriptor(owning: ends.writeEnd.rawValue)
        // Refused above the user's limit for pipes; the default size works as well, only slower.
        _ = fcntl(writing.raw, Self.setPipeSize, Self.capacity)
    }
}

/// Repeats a system call that a signal interrupted.
func retrying<Number: FixedWidthInteger>(_ call: () -> Number) -> Number {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}

extension ProviderError {
    /// A system call's failure: `what`, a colon, the system's words, and what to do.
    static func system(_ code: Int32, _ what: String) -> ProviderError {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT:
            return ProviderError(
                .quota, "\(what): \(reason); free space or prune older points, then try again")
        case ENOENT, ENOTDIR:
            return ProviderError(.notFound, "\(what): \(reason)")
        case EACCES, EPERM:
            return ProviderError(
                .permanent, "\(what): \(reason); give the service's user the right to do this")
        case EROFS:
            return ProviderError(
                .permanent, "\(what): \(reason); mount the file system for writing")
        case EINTR, EAGAIN, EBUSY, EMFILE, ENFILE, ENOMEM, EIO, ESTALE, ETIMEDOUT:
            return ProviderError(.transient, "\(what): \(reason)")
        default:
            return ProviderError(.permanent, "\(what): \(reason)")
        }
    }
}

extension Descriptor {
    /// Makes a file that was not there, 0600, with a name of its own beside another path.
    static func makeUnique(
        beside path: String
    ) throws(ProviderError) -> (file: Descriptor, path: String) {
        var template = Array("\(path).new-\(String(repeating: "X", count: 6))".utf8CString)
        let raw = retrying { mkstemp(&template) }
        guard raw >= 0, fcntl(raw, F_SETFD, FD_CLOEXEC) == 0 else {
            throw .system(errno, "can't create a file beside \(path)")
        }
        let name = template.dropLast().map { UInt8(bitPattern: $0) }
        return (Descriptor(owning: raw), String(decoding: name, as: UTF8.self))
    }
}
