import Glibc
import HoldfastCore

/// Makes sure that one daemon at a time uses a state directory; the kernel lets go of the lock
/// when the process ends, however it ends.
final class DaemonLock: Sendable {
    private let descriptor: Int32

    init(directory: String) throws(StoreError) {
        let path = "\(directory)/daemon.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw StoreError(
                .permission,
                "can't open \(path): \(reason); check that the state directory exists and that "
                    + "you may write there")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(
                .busy,
                "another daemon uses the state directory \(directory); stop it first, or choose "
                    + "another one with --state-directory")
        }
    }

    deinit {
        close(descriptor)
    }
}
