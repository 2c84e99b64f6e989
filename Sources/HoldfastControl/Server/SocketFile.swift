import Foundation
import Glibc

/// The file of a Unix domain socket.
enum SocketFile {
    /// Removes a socket file that nobody listens on; anything else in its place is left alone.
    static func makeRoom(at path: String) throws(ControlServerError) {
        guard path.utf8.count <= 107 else {
            throw ControlServerError(
                description: "the socket path \(path) has \(path.utf8.count) bytes; the kernel "
                    + "takes at most 107, so choose a shorter one")
        }
        let type: FileAttributeType?
        do {
            let found = try FileManager.default.attributesOfItem(atPath: path)
            type = found[.type] as? FileAttributeType
        } catch {
            return  // nothing is there, or binding will tell better why not
        }
        guard type == .typeSocket else {
            throw ControlServerError(
                description: "\(path) exists and is not a socket; move it away or choose another "
                    + "path with --socket")
        }
        guard connectError(to: path) == ECONNREFUSED else {
            throw ControlServerError(
                description: "another daemon answers on \(path); stop it first, or choose another "
                    + "path with --socket")
        }
        unlink(path)
    }

    /// 0 when somebody accepts connections, else the error number.
    static func connectError(to path: String) -> Int32 {
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? 0 : errno
    }
}
