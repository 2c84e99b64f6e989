import Foundation
import Glibc
import HoldfastCore
import Testing

@testable import HoldfastProviders

/// Whether this process may mount a file system, which the tests of a full disk need.
let canMount: Bool = {
    guard geteuid() == 0, let sandbox = try? Sandbox(),
        (try? runNow("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", sandbox.source])) != nil
    else { return false }
    return (try? runNow("umount", [sandbox.source])) != nil
}()

@Suite("What the local provider refuses")
struct RefusalTests {
    private func refusal(_ sandbox: Sandbox, _ subject: Subject, tools: LocalTools? = nil)
        async throws -> ProviderError?
    {
        let target = try sandbox.target(subject)
        return await providerError { _ = try await sandbox.backUp(target, tools: tools) }
    }

    @Test("A path that is missing or of the wrong kind")
    func paths() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("x", to: "file")
        let cases: [(Subject, ProviderError.Kind, String)] = [
            (.directory(path: sandbox.path + "/gone", exclude: []), .notFound, "does not exist"),
            (.sqlite(path: sandbox.path + "/gone"), .notFound, "does not exist"),
            (
                .directory(path: sandbox.source + "/file", exclude: []), .permanent,
                "is not a directory"
            ),
            (.sqlite(path: sandbox.source), .permanent, "is not a regular file"),
            (.directory(path: "relative", exclude: []), .permanent, "is not an absolute path"),
        ]
        for (subject, kind, words) in cases {
            let error = try await refusal(sandbox, subject)
            #expect(error?.kind == kind)
            #expect(error?.message.contains(words) == true, "\(subject)")
        }
        #expect(!FileManager.default.fileExists(atPath: sandbox.repository))
        #expect(!FileManager.default.fileExists(atPath: sandbox.path + "/gone"))
    }

    @Test("A target and a repository that lie inside one another, also through a symbolic link")
    func nested() async throws {
        let sandbox = try Sandbox()
        _ = try await sandbox.backUp()
        try await run("mkdir", [sandbox.repository + "/inner"])
        try await run("touch", [sandbox.repository + "/file.sqlite"])
        try await run("ln", ["-s", sandbox.repository + "/inner", sandbox.path + "/alias"])
        try await run("ln", ["-s", sandbox.path, sandbox.source + "/up"])
        let subjects: [Subject] = [
            .directory(path: sandbox.repository, exclude: []),
            .directory(path: sandbox.repository + "/inner", exclude: []),
            .directory(path: sandbox.path + "/alias", exclude: []),
            .directory(path: sandbox.path, exclude: []),
            .directory(path: sandbox.source + "/up", exclude: []),
            .directory(path: "/", exclude: []),
            .sqlite(path: sandbox.repository + "/file.sqlite"),
        ]
        for subject in subjects {
            let target = try sandbox.target(subject)
            let error = await providerError { _ = try await sandbox.backUp(target, day: 1) }
            #expect(error?.kind == .permanent, "\(subject)")
            #expect(error?.message.contains("lies inside") == true, "\(subject)")
        }
        let sibling = sandbox.repository + "-not"
        try await run("mkdir", [sibling])
        let target = try sandbox.target(.directory(path: sibling, exclude: []))
        _ = try await sandbox.backUp(target, day: 1)
    }

    @Test("Missing programs are named with their package")
    func tools() async throws {
        let sandbox = try Sandbox()
        let system = LocalTools.system()
        let directory = Subject.directory(path: sandbox.source, exclude: [])
        let noTar = try await refusal(
            sandbox, directory, tools: LocalTools(tar: nil, zstd: system.zstd, gzip: system.gzip))
        #expect(noTar?.kind == .permanent)
        #expect(noTar?.message == "tar is not installed; install the package tar")
        let noCompressor = try await refusal(
            sandbox, directory, tools: LocalTools(tar: system.tar, zstd: nil, gzip: nil))
        #expect(noCompressor?.message.contains("install the package zstd") == true)
        let noProgram = try await refusal(
            sandbox, directory,
            tools: LocalTools(tar: "/nonexistent/tar", zstd: system.zstd, gzip: nil))
        #expect(noProgram?.kind == .permanent)
        #expect(noProgram?.message.contains("can't be started") == true)
        let otherTar = try await refusal(
            sandbox, directory, tools: LocalTools(tar: "/bin/echo", zstd: system.zstd, gzip: nil))
        #expect(otherTar?.message.contains("is not GNU tar") == true)
        #expect(try sandbox.stored() == [])
    }

    @Test("A compressor that fails leaves no point, and its words are told")
    func compressorFails() async throws {
        let sandbox = try Sandbox()
        try await run("bash", ["-c", "head -c 3000000 /dev/urandom > big"], in: sandbox.source)
        let script = try await sandbox.program(
            "zstd",
            """
            [ "$1" = --version ] && echo 'zstd 0' && exit 0
            head -c 100000; echo 'out of luck' >&2; exit 3
            """)
        let error = try await refusal(
            sandbox, .directory(path: sandbox.source, exclude: []),
            tools: LocalTools(tar: LocalTools.system().tar, zstd: script, gzip: nil))
        #expect(error?.kind == .transient)
        #expect(error?.message == "zstd failed with status 3: out of luck")
        #expect(try sandbox.stored() == [])
    }

    @Test(
        "A disk without room is noticed before a byte is written",
        .enabled(if: canMount, "mounting is not permitted here"))
    func noRoom() async throws {
        let sandbox = try Sandbox()
        try await run("mkdir", [sandbox.repository])
        try await run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", sandbox.repository])
        defer { _ = try? runNow("umount", [sandbox.repository]) }
        let error = try await refusal(sandbox, .directory(path: sandbox.source, exclude: []))
        #expect(error?.kind == .quota)
        #expect(error?.message.contains("16.0 MiB") == true)
        #expect(!FileManager.default.fileExists(atPath: sandbox.repository + "/etc"))
    }

    @Test(
        "A disk that fills up during the backup: nothing half-made stays",
        .enabled(if: canMount, "mounting is not permitted here"),
        arguments: ["directory", "sqlite"])
    func diskFillsUp(kind: String) async throws {
        let sandbox = try Sandbox()
        try await run("mkdir", [sandbox.repository])
        try await run("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", sandbox.repository])
        defer { _ = try? runNow("umount", [sandbox.repository]) }
        let subject: Subject
        var writer: TestDatabase?
        defer { withExtendedLifetime(writer) {} }  // closing it would empty the WAL
        if kind == "directory" {
            try await run(
                "bash", ["-c", "head -c 40000000 /dev/urandom > big"], in: sandbox.source)
            subject = .directory(path: sandbox.source, exclude: [])
        } else {
            // The file is small before it is copied and large after: all of it is in the WAL.
            let database = try TestDatabase(sandbox.source + "/app.db", mode: "wal")
            try database.execute("CREATE TABLE noise(bytes BLOB)")
            try database.execute("PRAGMA wal_autocheckpoint = 0")
            for _ in 0..<24 {
                try database.execute("INSERT INTO noise VALUES (randomblob(524288))")
            }
            writer = database
            subject = .sqlite(path: sandbox.source + "/app.db")
        }
        let error = try await refusal(sandbox, subject)
        #expect(error?.kind == .quota)
        #expect(error?.message.contains("free space") == true)
        #expect(FileManager.default.fileExists(atPath: sandbox.repository + "/etc"))
        #expect(try sandbox.stored() == [])
    }

    @Test("Polling, which a synchronous provider never asks for")
    func poll() async throws {
        let provider = try Sandbox().provider()
        let error = await providerError { _ = try await provider.poll(OperationID("7")) }
        #expect(error?.kind == .notFound)
    }
}
