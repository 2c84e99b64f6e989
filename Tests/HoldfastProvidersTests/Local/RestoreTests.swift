import Foundation
import Glibc
import HoldfastCore
import Testing

@testable import HoldfastProviders

@Suite("Verifying and restoring")
struct RestoreTests {
    private let etc = TargetID(trusted: "etc")

    private func data(of point: RemotePoint, in sandbox: Sandbox) -> String {
        sandbox.folder(of: point) + "/data.tar.zst"
    }

    @Test("A flipped bit is found by verifying, and nothing of the point is unpacked")
    func flippedBit() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        let path = data(of: point, in: sandbox)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: path))
        let provider = try sandbox.provider()
        let verified = await providerError {
            _ = try await provider.verify(etc, point.token) { _ in }
        }
        #expect(verified?.kind == .permanent)
        #expect(verified?.message.contains("is damaged: its SHA-256 is") == true)
        let restored = await providerError {
            _ = try await provider.restore(
                etc, point.token, to: sandbox.path + "/restored", force: false
            ) { _ in }
        }
        #expect(restored?.kind == .permanent)
        #expect(!FileManager.default.fileExists(atPath: sandbox.path + "/restored"))
    }

    @Test(
        "A wrong hash or number of entries in the manifest is found",
        arguments: [
            (#"s/"entries" : 2/"entries" : 3/"#, "its manifest says 3"),
            (#"s/"sha256" : "../"sha256" : "zz/"#, "is damaged"),
        ])
    func wrongManifest(edit: String, words: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        try await run("sed", ["-i", edit, sandbox.folder(of: point) + "/manifest.json"])
        let error = await providerError {
            _ = try await sandbox.provider().verify(etc, point.token) { _ in }
        }
        #expect(error?.kind == .permanent)
        #expect(error?.message.contains(words) == true)
    }

    @Test("An archive that is whole by its hash and broken inside is found")
    func brokenInside() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("content", to: "file")
        let point = try await sandbox.backUp()
        let path = data(of: point, in: sandbox)
        let manifest = sandbox.folder(of: point) + "/manifest.json"
        try await run("truncate", ["-s", "-9", path])
        let sum = try await run("sha256sum", [path]).prefix(64)
        let size = try await run("stat", ["-c", "%s", path]).dropLast()
        try await run(
            "sed",
            [
                "-i", "-E",
                #"s/("sha256" : ")[0-9a-f]*/\1\#(sum)/;s/("stored_bytes" : )[0-9]*/\1\#(size)/"#,
                manifest,
            ])
        let provider = try sandbox.provider()
        let verified = await providerError {
            _ = try await provider.verify(etc, point.token) { _ in }
        }
        #expect(verified?.message.contains("can't be read back: zstd failed") == true)
        let restored = await providerError {
            _ = try await provider.restore(
                etc, point.token, to: sandbox.path + "/restored", force: false
            ) { _ in }
        }
        #expect(restored?.message.contains("what is there must not be used") == true)
    }

    @Test("A point that is not there is not found")
    func missing() async throws {
        let sandbox = try Sandbox()
        _ = try await sandbox.backUp()
        let target = try sandbox.target(.directory(path: sandbox.source, exclude: []))
        let token = try sandbox.request(target, day: 5).token
        let error = await providerError {
            _ = try await sandbox.provider().verify(etc, token) { _ in }
        }
        #expect(error?.kind == .notFound)
    }

    @Test("A directory that is not empty is refused, and taken when forced; other files stay")
    func notEmpty() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("from the backup", to: "file")
        let point = try await sandbox.backUp()
        let place = sandbox.path + "/place"
        try await run("mkdir", [place])
        try "old".write(toFile: place + "/file", atomically: true, encoding: .utf8)
        try "mine".write(toFile: place + "/other", atomically: true, encoding: .utf8)
        let provider = try sandbox.provider()
        let error = await providerError {
            _ = try await provider.restore(etc, point.token, to: place, force: false) { _ in }
        }
        #expect(error?.kind == .permanent)
        #expect(try String(contentsOfFile: place + "/file", encoding: .utf8) == "old")
        _ = try await provider.restore(etc, point.token, to: place, force: true) { _ in }
        #expect(try String(contentsOfFile: place + "/file", encoding: .utf8) == "from the backup")
        #expect(try String(contentsOfFile: place + "/other", encoding: .utf8) == "mine")
    }

    @Test("A forced restore replaces a symbolic link and does not write through it")
    func trap() async throws {
        let sandbox = try Sandbox()
        try await run("mkdir", ["dir"], in: sandbox.source)
        try sandbox.write("new", to: "dir/file")
        let point = try await sandbox.backUp()
        try await run("mkdir", ["place", "outside"], in: sandbox.path)
        try await run("ln", ["-s", sandbox.path + "/outside", sandbox.path + "/place/dir"])
        _ = try await sandbox.provider().restore(
            etc, point.token, to: sandbox.path + "/place", force: true
        ) { _ in }
        let outside = try FileManager.default.contentsOfDirectory(atPath: sandbox.path + "/outside")
        #expect(outside == [])
    }

    @Test("Places that can't be unpacked into are refused")
    func places() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("x", to: "file")
        let point = try await sandbox.backUp()
        let cases: [(String, ProviderError.Kind)] = [
            (sandbox.source + "/file", .permanent), (sandbox.path + "/no/where", .notFound),
            (sandbox.repository + "/etc/new", .permanent),
        ]
        for (place, kind) in cases {
            let error = await providerError {
                _ = try await sandbox.provider().restore(
                    etc, point.token, to: place, force: true
                ) { _ in }
            }
            #expect(error?.kind == kind, "\(place)")
        }
    }

    @Test("Only the last component of the place is made; a missing parent is asked for")
    func missingParent() async throws {
        let sandbox = try Sandbox()
        let point = try await sandbox.backUp()
        let place = sandbox.path + "/missing/place"
        let error = await providerError {
            _ = try await sandbox.provider().restore(etc, point.token, to: place, force: false) {
                _ in
            }
        }
        #expect(error?.kind == .notFound)
        #expect(error?.message.contains("make that directory first") == true)
    }

    @Test("A tar that fails on the way is named as the cause, and the directory as not whole")
    func tarFails() async throws {
        let sandbox = try Sandbox()
        try await run("bash", ["-c", "head -c 3000000 /dev/urandom > big"], in: sandbox.source)
        let point = try await sandbox.backUp()
        let script = try await sandbox.program(
            "tar", "head -c 1000 > /dev/null; echo 'no room' >&2; exit 2")
        let tools = LocalTools(tar: script, zstd: LocalTools.system().zstd, gzip: nil)
        let error = await providerError {
            _ = try await sandbox.provider(tools: tools).restore(
                etc, point.token, to: sandbox.path + "/restored", force: false
            ) { _ in }
        }
        #expect(error?.message.contains("what is there must not be used") == true)
        #expect(error?.message.hasSuffix("tar failed with status 2: no room") == true)
    }
}
