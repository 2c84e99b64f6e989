import Dispatch
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

    /// The actor for the audit log; without a name when the user database does not tell it.
    func actor() async -> Actor {
        let uid = self.uid
        return await withCheckedContinuation { continuation in
            UserDatabase.queue.async {
                var name: String?
                do throws(UserDatabaseError) {
                    name = try UserDatabase.name(of: uid)
                } catch {
                    name = nil  // the number is the identity, the name a courtesy
                }
                continuation.resume(returning: .user(uid: uid, name: name ?? ""))
            }
        }
    }

    /// Whether this peer may change things: root may, and members of the group that the
    /// configuration names.
    ///
    /// Asks the machine's user database, which may be a slow server, so not on a task's thread.
    func permission(adminGroup: String?) async -> ChangePermission {
        if uid == 0 { return .granted }
        guard let adminGroup else { return .refused }
        return await withCheckedContinuation { continuation in
            UserDatabase.queue.async { continuation.resume(returning: look(up: adminGroup)) }
        }
    }

    private func look(up adminGroup: String) -> ChangePermission {
        do throws(UserDatabaseError) {
            guard let wanted = try UserDatabase.groupID(of: adminGroup) else {
                return .unknown(
                    "the group '\(adminGroup)' of control.admin_group does not exist; make it, or "
                        + "correct the configuration")
            }
            if gid == wanted { return .granted }
            let groups = try UserDatabase.groups(of: uid, primary: gid)
            return groups.contains(wanted) ? .granted : .refused
        } catch {
            return .unknown(
                "the machine's user database can't be asked (\(error.reason)); try again")
        }
    }
}

/// Whether somebody may change things.
enum ChangePermission: Equatable {
    case granted
    case refused
    /// It could not be found out; the clause says why and what to do.
    case unknown(String)
}

/// The machine's user database could not be asked.
struct UserDatabaseError: Error {
    let reason: String

    init(_ code: Int32) { reason = String(cString: strerror(code)) }
}

/// The machine's users and groups.
enum UserDatabase {
    /// Where the questions wait; each may take as long as a directory server does.
    static let queue = DispatchQueue(label: "holdfast.users")

    private static let bufferMin = 16 * 1024
    private static let bufferMax = 1024 * 1024
    private static let groupMax = 65_536

    static func name(of uid: UInt32) throws(UserDatabaseError) -> String? {
        try ask { buffer, size in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = getpwuid_r(uid, &entry, buffer, size, &found)
            return (code, found.map { String(cString: $0.pointee.pw_name) })
        }
    }

    static func groupID(of name: String) throws(UserDatabaseError) -> UInt32? {
        try ask { buffer, size in
            var entry = group()
            var found: UnsafeMutablePointer<group>?
            let code = getgrnam_r(name, &entry, buffer, size, &found)
            return (code, found.map(\.pointee.gr_gid))
        }
    }

    static func groups(of uid: UInt32, primary: UInt32) throws(UserDatabaseError) -> [UInt32] {
        guard let name = try name(of: uid) else { return [] }
        var count: Int32 = 256
        while true {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let room = count
            if getgrouplist(name, primary, &groups, &count) >= 0 {
                return Array(groups.prefix(Int(count)))
            }
            guard count > room, count <= groupMax else { throw UserDatabaseError(ERANGE) }
        }
    }

    /// Asks with ever more room; a group with thousands of members needs a lot.
    private static func ask<Answer>(
        _ question: (UnsafeMutablePointer<CChar>, Int) -> (code: Int32, answer: Answer?)
    ) throws(UserDatabaseError) -> Answer? {
        var size = bufferMin
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            let (code, answer) = buffer.withUnsafeMutableBufferPointer { pointer in
                pointer.baseAddress.map { question($0, size) } ?? (ENOMEM, nil)
            }
            switch code {
            case 0: return answer
            case ERANGE where size < bufferMax: size *= 2
            case ENOENT, ESRCH: return nil
            default: throw UserDatabaseError(code)
            }
        }
    }
}
