import Glibc
import HoldfastCore
import NIOCore

/// Who is at the other end of the socket, by the kernel's word.
struct Peer: Sendable, Equatable {
    /// The kernel's `struct ucred`, which the C library declares only for GNU sources.
    private struct KernelCredentials: Sendable {
        let pid: Int32
        let uid: UInt32
        let gid: UInt32
    }

    let uid: UInt32
    let gid: UInt32

    /// Asks the kernel; `nil` when it can't tell.
    static func of(_ channel: any Channel) async -> Peer? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let option: EventLoopFuture<KernelCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        guard let credentials = try? await option.get() else {
            return nil  // the peer is gone, and with it the question
        }
        return Peer(uid: credentials.uid, gid: credentials.gid)
    }

    /// The actor for the audit log.
    var actor: Actor {
        .user(uid: uid, name: UserDatabase.name(of: uid) ?? "")
    }

    /// Root may change things, and members of the group that the configuration names.
    func mayChange(adminGroup: String?) -> Bool {
        if uid == 0 { return true }
        guard let adminGroup, let wanted = UserDatabase.groupID(of: adminGroup) else {
            return false
        }
        return gid == wanted || UserDatabase.groups(of: uid, primary: gid).contains(wanted)
    }
}

/// The machine's users and groups.
enum UserDatabase {
    private static let bufferSize = 16 * 1024
    private static let groupMax = 256

    static func name(of uid: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: bufferSize)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            return nil
        }
        return String(cString: entry.pw_name)
    }

    static func groupID(of name: String) -> UInt32? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: bufferSize)
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            return nil
        }
        return entry.gr_gid
    }

    static func groups(of uid: UInt32, primary: UInt32) -> [UInt32] {
        guard let name = name(of: uid) else { return [] }
        var groups = [gid_t](repeating: 0, count: groupMax)
        var count = Int32(groupMax)
        guard getgrouplist(name, primary, &groups, &count) >= 0 else { return [] }
        return Array(groups.prefix(Int(count)))
    }
}
