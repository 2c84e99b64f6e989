import Foundation
import Glibc
import Testing

@Suite(
    "Files that the daemon can't read",
    .enabled("needs root and a binary that others can run", Nobody.isAvailable))
struct UnreadableTests {
    @Test("An unreadable file fails the backup and is named; nothing half-made stays")
    func refused() async throws {
        let estate = try estate(options: "")
        try await estate.withDaemon(launcher: Nobody.launcher) { _ in
            let ended = try await estate.holdfast("backup", "documents")
            #expect(ended.code == 1)
            #expect(ended.err.contains("secret"), "\(ended.err)")
            #expect(ended.err.contains("allow_unreadable: true"))
        }
        #expect(try estate.points().isEmpty)
        #expect(try estate.halfMade().isEmpty)
    }

    @Test("With allow_unreadable it is a success with warnings")
    func allowed() async throws {
        let estate = try estate(options: ", allow_unreadable: true")
        try await estate.withDaemon(launcher: Nobody.launcher) { _ in
            let ended = try await estate.holdfast("backup", "documents")
            #expect(ended.code == 0, "\(ended.err)")
            #expect(ended.err.contains("secret"))
            let point = try await estate.json(Listing<PointRow>.self, "points").items.first
            #expect(point?.warnings.contains { $0.contains("secret") } == true)
        }
        let restored = try await estate.holdfast(
            "restore", "documents@latest", "--to", estate.root + "/restored", "--repository",
            estate.repository)
        #expect(restored.code == 0, "\(restored.err)")
        #expect(try estate.read("restored/open") == "for everybody")
        #expect(!estate.exists("restored/secret"))
    }

    /// An estate that belongs to nobody but for one file.
    private func estate(options: String) throws -> Estate {
        let estate = try Estate()
        try estate.write("for everybody", to: "documents/open")
        try estate.write("for root", to: "documents/secret", mode: 0o600)
        try estate.configure(
            policy: TestPolicy.closed("retry: { attempts: 1 }"), documents: options)
        for path in [estate.root, estate.state] {
            chown(path, uid_t(Nobody.id), gid_t(Nobody.id))
        }
        return estate
    }
}
