import Foundation
import Glibc
import HoldfastCore
import Testing

@testable import HoldfastProviders

/// Whether the temporary directory's file system has extended attributes, and the tools are there.
private let hasAttributes: Bool = {
    guard let sandbox = try? Sandbox() else { return false }
    return (try? runNow("setfattr", ["-n", "user.probe", "-v", "1", sandbox.source])) != nil
}()

private let bothCompressions: [LocalTools] = {
    let all = LocalTools.system()
    return [
        LocalTools(tar: all.tar, zstd: all.zstd, gzip: nil),
        LocalTools(tar: all.tar, zstd: nil, gzip: all.gzip),
    ]
}()

@Suite("Backing up a directory")
struct DirectoryBackupTests {
    /// Everything that a tree can hold, described line by line.
    private func describe(_ directory: String) async throws -> String {
        let listing = try await run(
            "find", [".", "-printf", "%p|%y|%m|%U|%G|%n|%l|%T@|%s\\n"], in: directory)
        // A directory's size is the file system's business.
        let lines = listing.split(separator: "\n").map { line in
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            return fields.count > 1 && fields[1] == "d"
                ? fields.dropLast().joined(separator: "|") : String(line)
        }
        let sums = try await run(
            "bash", ["-c", "find . -type f -print0 | sort -z | xargs -0r sha256sum"], in: directory)
        return lines.sorted().joined(separator: "\n") + "\n" + sums
    }

    private func makeTree(in directory: String) async throws {
        let script = #"""
            umask 022
            mkdir empty deep deep/er sealed; echo inner > deep/er/file; chmod 750 deep
            echo plain > plain; ln plain hardlink; ln -s plain symlink; ln -s /nowhere dangling
            truncate -s 3M sparse; echo end >> sparse
            echo 1 > ./-dash; echo 2 > --checkpoint=1; echo 3 > "quo\"te's"; echo 4 > 'back\slash'
            echo 5 > $'new\nline'; echo 6 > 'grüße'; echo 7 > $'not\xff\xfeutf8'; echo 8 > ' lead'
            echo 9 > 'tar: .: Cannot open: Permission denied'; chmod 4711 plain
            touch -d 2001-02-03T04:05:06.789Z deep/er/file; mkfifo fifo; chmod 500 sealed
            """#
        try await run("bash", ["-c", script], in: directory)
    }

    @Test("A tree comes back as it was, by either compression", arguments: bothCompressions)
    func roundTrip(tools: LocalTools) async throws {
        let sandbox = try Sandbox()
        try await makeTree(in: sandbox.source)
        let before = try await describe(sandbox.source)
        let point = try await sandbox.backUp(tools: tools)
        #expect(point.warnings == [])
        #expect(point.entries == Int64(before.split(separator: "\n").count { $0.hasPrefix(".") }))

        let provider = try sandbox.provider(tools: tools)
        let verified = try await provider.verify(try TargetID("etc"), point.token) { _ in }
        #expect(verified.entries == point.entries)
        #expect(verified.point == point)
        let restored = try await provider.restore(
            try TargetID("etc"), point.token, to: sandbox.path + "/restored", force: false
        ) { _ in }
        #expect(restored.entries == point.entries)
        #expect(try await describe(sandbox.path + "/restored") == before)
        var status = stat()
        #expect(stat(sandbox.path + "/restored/sparse", &status) == 0)
        #expect(status.st_blocks * 512 < 1 << 20, "the hole was filled")
    }

    @Test(
        "Extended attributes come back", .enabled(if: hasAttributes, "no extended attributes here"))
    func attributes() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("x", to: "file")
        try await run("setfattr", ["-n", "user.colour", "-v", "blue", sandbox.source + "/file"])
        let point = try await sandbox.backUp()
        _ = try await sandbox.provider().restore(
            try TargetID("etc"), point.token, to: sandbox.path + "/restored", force: false
        ) { _ in }
        let value = try await run(
            "getfattr", ["--only-values", "-n", "user.colour", sandbox.path + "/restored/file"])
        #expect(value.hasSuffix("blue"))
    }

    @Test("Excluded names stay out, and a pattern that looks like an option is none")
    func excludes() async throws {
        let sandbox = try Sandbox()
        for name in ["keep", "drop.tmp", "-x"] { try sandbox.write(name, to: name) }
        try await run("mkdir", ["cache"], in: sandbox.source)
        try sandbox.write("c", to: "cache/object")
        let point = try await sandbox.backUp(exclude: ["*.tmp", "./cache", "--verbose", "-x"])
        _ = try await sandbox.provider().restore(
            try TargetID("etc"), point.token, to: sandbox.path + "/restored", force: false
        ) { _ in }
        let left = try FileManager.default.contentsOfDirectory(atPath: sandbox.path + "/restored")
        #expect(left == ["keep"])
    }

    @Test(
        "A point is restored by hand with tar, and its hash compared with sha256sum",
        arguments: bothCompressions)
    func byHand(tools: LocalTools) async throws {
        let sandbox = try Sandbox()
        try await makeTree(in: sandbox.source)
        let point = try await sandbox.backUp(tools: tools)
        let folder = sandbox.folder(of: point)
        let text = try Data(contentsOf: URL(fileURLWithPath: folder + "/manifest.json"))
        let json = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        let data = try #require(json["data"] as? String)
        let sum = try await run("sha256sum", [folder + "/" + data])
        #expect(sum.prefix(64) == (json["sha256"] as? String ?? ""))
        try await run("mkdir", ["hand"], in: sandbox.path)
        try await run(
            "tar",
            ["--extract", "--same-permissions", "--auto-compress", "--file", folder + "/" + data],
            in: sandbox.path + "/hand")
        let unpacked = try await describe(sandbox.path + "/hand")
        #expect(try await describe(sandbox.source) == unpacked)
    }

    @Test("The manifest says what the point is")
    func manifest() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("x", to: "file")
        let point = try await sandbox.backUp(exclude: ["*.o"])
        let text = try Data(
            contentsOf: URL(fileURLWithPath: sandbox.folder(of: point) + "/manifest.json"))
        let found = try JSONDecoder().decode(Manifest.self, from: text)
        #expect(found.format == 1)
        #expect(found.holdfast == "1.2.3")
        #expect(found.token == point.token.text)
        #expect(found.target == "etc")
        #expect(found.policy == "nightly")
        #expect(found.slotOpens == "2026-03-29T01:00:00Z")
        #expect(found.kind == "directory")
        #expect(found.source == sandbox.source)
        #expect(found.exclude == ["*.o"])
        #expect(found.takenAt == "2026-03-29T01:05:00Z")
        #expect(found.completedAt == "2026-03-29T01:05:00Z")
        #expect(found.entries == 2)
        #expect(found.sourceBytes == 65_536)
        #expect(point.sourceBytes == ByteCount(64 * 1024))
        #expect(point.storedBytes == ByteCount(found.storedBytes))
        #expect(found.tools["tar"]?.contains("GNU tar") == true)
        #expect(found.tools.count == 2)
        let keys = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any]).keys
        #expect(keys.contains("slot_opens") && keys.contains("stored_bytes"))
    }

    @Test("Only the service's user reads the repository")
    func permissions() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("x", to: "file")
        _ = try await sandbox.backUp()
        let modes = try await run(
            "find",
            [".", "-type", "d", "!", "-perm", "0700", "-o", "-type", "f", "!", "-perm", "0600"],
            in: sandbox.repository)
        #expect(modes == "")
    }

    @Test(
        "Another file system below the directory is left out, with a warning",
        .enabled(if: canMount, "mounting is not permitted here"))
    func otherFileSystem() async throws {
        let sandbox = try Sandbox()
        try await run("mkdir", ["inside"], in: sandbox.source)
        try await run(
            "mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", sandbox.source + "/inside"])
        defer { _ = try? runNow("umount", [sandbox.source + "/inside"]) }
        try sandbox.write("x", to: "inside/file")
        let point = try await sandbox.backUp()
        #expect(point.entries == 2)
        #expect(point.warnings == ["./inside/: file is on a different filesystem; not dumped"])
    }

    @Test(
        "Unreadable files fail the backup or are warned of, as the target says",
        .enabled(if: geteuid() != 0, "root reads everything"), arguments: [false, true])
    func unreadable(isAllowed: Bool) async throws {
        let sandbox = try Sandbox()
        try sandbox.write("x", to: "secret")
        try await run("chmod", ["000", sandbox.source + "/secret"])
        let target = try sandbox.target(
            .directory(path: sandbox.source, exclude: []), allowsUnreadable: isAllowed)
        if isAllowed {
            let point = try await sandbox.backUp(target)
            #expect(point.warnings == ["./secret: Cannot open: Permission denied"])
        } else {
            let error = await providerError { _ = try await sandbox.backUp(target) }
            #expect(error?.kind == .permanent)
            #expect(error?.message.contains("./secret") == true)
            #expect(try sandbox.stored() == [])
        }
    }

    @Test("Progress ends with the size that is stored and the number of entries")
    func progress() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("x", to: "file")
        let (reports, into) = AsyncStream.makeStream(of: TransferProgress.self)
        let request = try sandbox.request(
            sandbox.target(.directory(path: sandbox.source, exclude: [])))
        let progress = try await sandbox.provider().start(
            BackupRequest(target: request.target, slot: request.slot, token: request.token) {
                into.yield($0)
            })
        into.finish()
        guard case .finished(let point) = progress else {
            Issue.record("the backup did not end")
            return
        }
        var last: TransferProgress?
        for await report in reports { last = report }
        #expect(last?.bytes == point.storedBytes)
        #expect(last?.entries == point.entries)
    }
}
