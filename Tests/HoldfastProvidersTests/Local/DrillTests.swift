import Foundation
import Glibc
import HoldfastCore
import Synchronization
import Testing

@testable import HoldfastProviders

@Suite("Drills of local points")
struct DrillTests {
    private let etc = TargetID(trusted: "etc")

    /// A clock that is read twice, once before unpacking and once after it.
    private final class Readings: Sendable {
        private let count = Mutex(0)
        var next: Duration {
            count.withLock { count in
                defer { count += 1 }
                return .seconds(100) + .milliseconds(1500) * count
            }
        }
    }

    private func request(
        _ point: RemotePoint,
        inspect: @escaping @Sendable (DrillRequest.Place) async throws(ProviderError) -> Void = {
            _ in
        }
    ) -> DrillRequest {
        let readings = Readings()
        return DrillRequest(point, of: etc, clock: { readings.next }, inspect: inspect)
    }

    private func drill(
        _ point: RemotePoint, in sandbox: Sandbox, tools: LocalTools? = nil
    ) async -> ProviderError? {
        await providerError {
            _ = try await sandbox.provider(tools: tools).drill(request(point))
        }
    }

    /// What drills left in the repository.
    private func left(in sandbox: Sandbox) throws -> [String] {
        let path = sandbox.repository + "/.drills"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path)
    }

    private func flip(_ path: String, at offset: Int? = nil) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[offset ?? bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// Makes the manifest agree with a data file that a test changed.
    private func reseal(_ point: RemotePoint, data name: String, in sandbox: Sandbox) async throws {
        let folder = sandbox.folder(of: point)
        let sum = try await run("sha256sum", [folder + "/" + name]).prefix(64)
        let size = try await run("stat", ["-c", "%s", folder + "/" + name]).dropLast()
        try await run(
            "sed",
            [
                "-i", "-E",
                #"s/("sha256" : ")[0-9a-f]*/\1\#(sum)/;s/("stored_bytes" : )[0-9]*/\1\#(size)/"#,
                folder + "/manifest.json",
            ])
    }

    @Test("A tree is unpacked for the service's user alone, looked at, and removed")
    func tree() async throws {
        let sandbox = try Sandbox()
        try FileManager.default.createDirectory(
            atPath: sandbox.source + "/deep/er", withIntermediateDirectories: true)
        try sandbox.write("content", to: "deep/er/file")
        try await run("ln", ["-s", "/etc", sandbox.source + "/link"])
        chmod(sandbox.source + "/deep", 0o500)
        defer { chmod(sandbox.source + "/deep", 0o700) }
        let point = try await sandbox.backUp()
        let seen = Mutex<(names: [String], mode: mode_t)?>(nil)
        let report = try await sandbox.provider().drill(
            request(point) { place in
                var status = stat()
                _ = stat(sandbox.repository + "/.drills", &status)
                let text = try? String(
                    contentsOfFile: place.restored + "/deep/er/file", encoding: .utf8)
                seen.withLock {
                    $0 = ([text ?? "", place.directory, place.restored], status.st_mode & 0o777)
                }
            })
        #expect(report.restoreTime == .milliseconds(1500))
        #expect(report.entries == 5)
        #expect(report.storedBytes == point.storedBytes)
        let found = try #require(seen.withLock { $0 })
        let place = "\(sandbox.repository)/.drills/\(point.token)/restored"
        #expect(found.names == ["content", place, place])
        #expect(found.mode == 0o700)
        #expect(try left(in: sandbox) == [])
        #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
        #expect(try await sandbox.provider().list(of: etc).points == [point])
    }

    @Test("A database is unpacked under its own name and checked")
    func database() async throws {
        let sandbox = try Sandbox()
        let path = sandbox.path + "/orders.db"
        let database = try TestDatabase(path, mode: "WAL")
        try database.execute("CREATE TABLE a (b)")
        try database.execute("INSERT INTO a VALUES (42)")
        let point = try await sandbox.backUp(try sandbox.target(.sqlite(path: path)))
        let seen = Mutex<String?>(nil)
        let report = try await sandbox.provider().drill(
            request(point) { place in
                let value = try? TestDatabase(place.restored).execute("SELECT b FROM a")
                seen.withLock { $0 = "\(place.restored.suffix(10)) \(value ?? nil ?? "")" }
            })
        #expect(seen.withLock { $0 } == "/orders.db 42")
        #expect(report.entries > 0)
        #expect(try left(in: sandbox) == [])
    }

    @Test(
        "Data or a manifest that is not what was written is damage",
        arguments: ["flip", "cut", "manifest", "entries", "gone"])
    func damage(what: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        let data = sandbox.folder(of: point) + "/data.tar.zst"
        let manifest = sandbox.folder(of: point) + "/manifest.json"
        switch what {
        case "flip": try flip(data)
        case "cut": try await run("truncate", ["-s", "-3", data])
        case "manifest": try Data("{".utf8).write(to: URL(fileURLWithPath: manifest))
        case "entries":
            try await run("sed", ["-i", #"s/"entries" : 2/"entries" : 3/"#, manifest])
        default: unlink(data)
        }
        let error = try #require(await drill(point, in: sandbox))
        #expect(error.isDamage, "\(error)")
        #expect(error.kind == .permanent)
        #expect(try left(in: sandbox) == [])
    }

    @Test("A database whose pages do not hold together is damage, whatever its hash says")
    func brokenDatabase() async throws {
        let sandbox = try Sandbox()
        let path = sandbox.path + "/orders.db"
        let database = try TestDatabase(path)
        try database.execute("CREATE TABLE a (b)")
        for _ in 1...200 {
            try database.execute("INSERT INTO a VALUES (hex(randomblob(400)))")
        }
        let point = try await sandbox.backUp(try sandbox.target(.sqlite(path: path)))
        let folder = sandbox.folder(of: point)
        try await run("zstd", ["-q", "-d", folder + "/data.sqlite.zst", "-o", folder + "/plain"])
        try await run(
            "dd",
            [
                "if=/dev/zero", "of=\(folder)/plain", "bs=4096", "seek=2", "count=3",
                "conv=notrunc",
            ])
        try await run(
            "zstd", ["-q", "-f", folder + "/plain", "-o", folder + "/data.sqlite.zst"])
        unlink(folder + "/plain")
        try await reseal(point, data: "data.sqlite.zst", in: sandbox)
        let error = try #require(await drill(point, in: sandbox))
        #expect(error.isDamage, "\(error)")
        #expect(error.message.contains("integrity check"))
        #expect(try left(in: sandbox) == [])
    }

    @Test("A missing program, a missing point or a repository that is away is no damage")
    func unable() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        for tools in [
            LocalTools(tar: nil, zstd: "/usr/bin/zstd", gzip: nil),
            LocalTools(tar: "/usr/bin/tar", zstd: nil, gzip: nil),
            LocalTools(tar: "/usr/bin/tar", zstd: "/bin/false", gzip: nil),
            LocalTools(tar: "/bin/false", zstd: "/usr/bin/zstd", gzip: nil),
        ] {
            let error = try #require(await drill(point, in: sandbox, tools: tools))
            #expect(!error.isDamage, "\(error)")
            #expect(try left(in: sandbox) == [])
        }
        try await run("mv", [sandbox.repository, sandbox.repository + ".away"])
        let away = try #require(await drill(point, in: sandbox))
        #expect(away.kind == .notFound)
        #expect(!away.isDamage)
    }

    @Test("Without room nothing is unpacked, and the point is not called damaged")
    func room() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        try await run(
            "sed",
            [
                "-i", "-E", #"s/("source_bytes" : )[0-9]*/\14611686018427387904/"#,
                sandbox.folder(of: point) + "/manifest.json",
            ])
        let error = try #require(await drill(point, in: sandbox))
        #expect(error.kind == .quota)
        #expect(!error.isDamage)
        #expect(error.message.contains("are needed; free space"))
        #expect(try left(in: sandbox) == [])
    }

    @Test(
        "A disk that fills up while it is unpacked is no damage",
        .enabled(if: getuid() == 0, "only root can mount a small disk"))
    func fullDisk() async throws {
        let sandbox = try Sandbox()
        try await run("mkdir", [sandbox.repository])
        do {
            try await run(
                "mount", ["-t", "tmpfs", "-o", "size=20m,mode=0700", "tmpfs", sandbox.repository])
        } catch {
            return  // not allowed here, as in a container
        }
        let size = 40 << 20
        try Data(count: size).write(to: URL(fileURLWithPath: sandbox.source + "/zeros"))
        let point: RemotePoint
        let error: ProviderError?
        do {
            point = try await sandbox.backUp()
            try await run(
                "sed",
                [
                    "-i", "-E", #"s/("source_bytes" : )[0-9]*/\110/"#,
                    sandbox.folder(of: point) + "/manifest.json",
                ])
            error = await drill(point, in: sandbox)
        } catch {
            try await run("umount", [sandbox.repository])
            throw error
        }
        let leftovers = try left(in: sandbox)
        let listed = try await sandbox.provider().list(of: etc).points.count
        try await run("umount", [sandbox.repository])
        #expect(error != nil)
        #expect(error?.isDamage == false, "\(String(describing: error))")
        #expect(leftovers == [])
        #expect(listed == 1)
    }

    @Test(
        "What only root may make is passed over, and is no failure",
        arguments: [
            (
                [("zstd", ChildEnd.exited(0), "")],
                "tar: ./null: Cannot mknod: Operation not permitted", true
            ),
            ([("zstd", .exited(0), "")], "tar: ./f: Cannot write: No space left on device", false),
            (
                [("zstd", .exited(1), "bad")], "tar: ./null: Cannot mknod: Operation not permitted",
                false
            ),
            (
                [("zstd", .exited(0), "")],
                String(repeating: "x", count: 3000) + ": Cannot mknod: Operation not permitted",
                false
            ),
        ] as [([(name: String, end: ChildEnd, words: String)], String, Bool)])
    func devices(
        before: [(name: String, end: ChildEnd, words: String)], line: String, isFine: Bool
    ) {
        let words = UnpackingWords(
            ends: before + [
                (
                    "tar", .exited(2),
                    line + "; tar: Exiting with failure status due to previous errors"
                )
            ])
        #expect(words.onlyMissDevices == isFine)
        let other = UnpackingWords(ends: before + [("tar", .signalled(9), line)])
        #expect(!other.onlyMissDevices)
    }

    @Test("What the caller finds fails the drill, and the copy is removed all the same")
    func inspection() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        let provider = try sandbox.provider()
        let error = await providerError {
            _ = try await provider.drill(
                request(point) { (place) throws(ProviderError) in
                    _ = try? Data("more".utf8).write(
                        to: URL(fileURLWithPath: place.directory + "/made by the command"))
                    throw ProviderError(.transient, "no such table")
                })
        }
        #expect(error == ProviderError(.transient, "no such table"))
        #expect(try left(in: sandbox) == [])
    }

    @Test("A drill that is cancelled removes its copy before it ends")
    func cancelled() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        let provider = try sandbox.provider()
        let (unpacked, isUnpacked) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                let error = await providerError {
                    _ = try await provider.drill(
                        request(point) { (_) throws(ProviderError) in
                            isUnpacked.finish()
                            do {
                                try await Task.sleep(for: .seconds(3600))
                            } catch {
                                throw ProviderError(.transient, "stopped")
                            }
                        })
                }
                #expect(error?.message == "stopped")
            }
            for await _ in unpacked {}
            group.cancelAll()
        }
        #expect(try left(in: sandbox) == [])
    }

    @Test("What a crash left is removed by the sweep, and by the next drill")
    func leftovers() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        func crash() async throws {
            let place = "\(sandbox.repository)/.drills/\(point.token)/restored/a/b"
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true)
            try Data("half".utf8).write(to: URL(fileURLWithPath: place + "/file"))
            try await run("ln", ["-s", sandbox.source, place + "/link"])
            try Data().write(
                to: URL(fileURLWithPath: "\(sandbox.repository)/.drills/\(point.token).lock"))
            chmod(place, 0)
        }
        try await crash()
        let swept = try await sandbox.provider().sweep()
        #expect(swept == ["\(sandbox.repository)/.drills/\(point.token)"])
        #expect(try left(in: sandbox) == [])
        try await crash()
        #expect(await drill(point, in: sandbox) == nil)
        #expect(try left(in: sandbox) == [])
        // Links were not followed.
        #expect(FileManager.default.fileExists(atPath: sandbox.source + "/file"))
    }

    @Test("A drill under way is left alone by the sweep and keeps a second one out")
    func locked() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        let provider = try sandbox.provider()
        let second = Mutex<ProviderError?>(nil)
        let swept = Mutex<[String]?>(nil)
        _ = try await provider.drill(
            request(point) { (place) throws(ProviderError) in
                swept.withLock { $0 = nil }
                let removed = try await provider.sweep()
                swept.withLock { $0 = removed }
                let other = await providerError { _ = try await provider.drill(request(point)) }
                second.withLock { $0 = other }
                let isThere = FileManager.default.fileExists(atPath: place.restored + "/file")
                #expect(isThere)
            })
        #expect(swept.withLock { $0 } == [])
        #expect(second.withLock { $0 }?.kind == .transient)
        #expect(second.withLock { $0 }?.message.contains("wait for it") == true)
    }

    @Test("A tree is removed however deep it is and whatever its names and rights are")
    func removal() async throws {
        let sandbox = try Sandbox()
        let root = sandbox.path + "/tree"
        mkdir(root, 0o700)
        // Longer than any path may be, so it is made from inside.
        let name = String(repeating: "d", count: 200)
        var directory = open(root, O_RDONLY | O_DIRECTORY)
        for _ in 1...120 {
            try #require(mkdirat(directory, name, 0o700) == 0)
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY)
            close(directory)
            directory = next
        }
        for file: [CChar] in [[0x66, 0], [0x66, -1, -2, 0]] {
            let made = openat(directory, file, O_CREAT | O_WRONLY, 0o600)
            try #require(made >= 0)
            close(made)
        }
        close(directory)
        try await run("mkdir", [root + "/closed"])
        try await run("touch", [root + "/closed/file"])
        chmod(root + "/closed", 0)
        try removeTree(root)
        #expect(!FileManager.default.fileExists(atPath: root))
        try removeTree(root)
    }
}
