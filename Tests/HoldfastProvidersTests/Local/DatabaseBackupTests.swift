import Foundation
import Glibc
import HoldfastCore
import Testing

@testable import HoldfastProviders

@Suite("Backing up a SQLite database")
struct DatabaseBackupTests {
    private let etc = TargetID(trusted: "etc")

    private func makeAccounts(_ path: String, mode: String) throws {
        let database = try TestDatabase(path, mode: mode)
        try database.execute("CREATE TABLE account(id INTEGER PRIMARY KEY, amount INT, pad BLOB)")
        try database.execute("BEGIN")
        for _ in 0..<3000 {
            try database.execute("INSERT INTO account(amount, pad) VALUES (100, randomblob(3000))")
        }
        try database.execute("COMMIT")
    }

    @Test(
        "A database that is written to all the time is copied as it was at one instant",
        arguments: ["wal", "delete"])
    func concurrentWrites(mode: String) async throws {
        let sandbox = try Sandbox()
        let path = sandbox.source + "/app.db"
        try makeAccounts(path, mode: mode)
        let target = try sandbox.target(.sqlite(path: path))
        let stop = StopFlag()
        // Each transfer touches pages far apart, so that a torn copy has another sum.
        async let transfers = blocking { () throws(ProviderError) -> Int in
            do {
                let database = try TestDatabase(path)
                try database.execute("PRAGMA synchronous = OFF")  // leaves the copy a chance
                var count = 0
                while !stop.isStopped {
                    let (from, to) = (1 + count % 1500, 3000 - count % 1500)
                    try database.execute("BEGIN IMMEDIATE")
                    try database.execute(
                        "UPDATE account SET amount = amount - 1 WHERE id = \(from)")
                    try database.execute("UPDATE account SET amount = amount + 1 WHERE id = \(to)")
                    try database.execute("COMMIT")
                    count += 1
                }
                return count
            } catch {
                throw ProviderError(.permanent, "\(error)")
            }
        }
        defer { stop.stop() }  // also when an expectation throws: the scope waits for the writer
        var points: [RemotePoint] = []
        for day in 0..<2 { points.append(try await sandbox.backUp(target, day: day)) }
        stop.stop()
        #expect(try await transfers > 0)

        let provider = try sandbox.provider()
        for (index, point) in points.enumerated() {
            let verified = try await provider.verify(etc, point.token) { _ in }
            #expect(verified.entries == point.entries)
            let restored = try await provider.restore(
                etc, point.token, to: sandbox.path + "/restored\(index)", force: false
            ) { _ in }
            #expect(restored.path.hasSuffix("/restored\(index)/app.db"))
            let copy = try TestDatabase(restored.path)
            #expect(try copy.execute("SELECT sum(amount) FROM account") == "300000")
            #expect(try copy.execute("PRAGMA integrity_check") == "ok")
            #expect(try copy.execute("PRAGMA journal_mode") == mode)
        }
    }

    @Test("The point holds one file besides its manifest, and gives back name and permissions")
    func folder() async throws {
        let sandbox = try Sandbox()
        let path = sandbox.source + "/app 100%?#.db"
        let database = try TestDatabase(path, mode: "wal")
        try database.execute("CREATE TABLE t(x)")
        try await run("chmod", ["640", path])
        let point = try await sandbox.backUp(try sandbox.target(.sqlite(path: path)))
        #expect(point.entries == 2)
        #expect(point.sourceBytes == ByteCount(8192))
        let names = try FileManager.default.contentsOfDirectory(
            atPath: sandbox.folder(of: point)
        ).sorted()
        #expect(names == ["data.sqlite.zst", "manifest.json"])
        let restored = try await sandbox.provider().restore(
            etc, point.token, to: sandbox.path + "/restored", force: false
        ) { _ in }
        #expect(restored.path.hasSuffix("/restored/app 100%?#.db"))
        #expect(try await run("stat", ["-c", "%a", restored.path]) == "640\n")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: sandbox.path + "/restored").count
                == 1)
    }

    @Test(
        "A database without a reader or writer is not changed by its backup",
        arguments: ["wal", "delete"])
    func untouched(mode: String) async throws {
        let sandbox = try Sandbox()
        let path = sandbox.source + "/app.db"
        try makeAccounts(path, mode: mode)
        let before = try await run("sha256sum", [path])
        _ = try await sandbox.backUp(try sandbox.target(.sqlite(path: path)))
        #expect(try await run("sha256sum", [path]) == before)
    }

    @Test("An empty file is an empty database, and warned of")
    func empty() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("", to: "app.db")
        let point = try await sandbox.backUp(
            try sandbox.target(.sqlite(path: sandbox.source + "/app.db")))
        #expect(point.entries == 1)
        #expect(point.warnings.count == 1)
        #expect(try await sandbox.provider().verify(etc, point.token) { _ in }.entries == 1)
    }

    @Test(
        "A file that is no database is refused",
        arguments: ["x", String(repeating: "no ", count: 9000)])
    func noDatabase(content: String) async throws {
        let sandbox = try Sandbox()
        try sandbox.write(content, to: "app.db")
        let target = try sandbox.target(.sqlite(path: sandbox.source + "/app.db"))
        let error = await providerError { _ = try await sandbox.backUp(target) }
        #expect(error?.kind == .permanent)
        #expect(error?.message.contains("is not a SQLite database") == true)
        #expect(try sandbox.stored() == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.source) == ["app.db"])
    }

    @Test("A damaged database is not taken for a good backup")
    func damaged() async throws {
        let sandbox = try Sandbox()
        let path = sandbox.source + "/app.db"
        try makeAccounts(path, mode: "delete")
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 4096 * 40)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4096 * 3))
        try file.close()
        let target = try sandbox.target(.sqlite(path: path))
        let error = await providerError { _ = try await sandbox.backUp(target) }
        #expect(error?.kind == .permanent)
        #expect(error?.message.contains("is damaged") == true)
        #expect(try sandbox.stored() == [])
    }

    @Test(
        "A restore beside another state's journal is refused, forced or not",
        arguments: ["-wal", "-journal"])
    func staleJournal(suffix: String) async throws {
        let sandbox = try Sandbox()
        let path = sandbox.source + "/app.db"
        try makeAccounts(path, mode: "delete")
        let point = try await sandbox.backUp(try sandbox.target(.sqlite(path: path)))
        try sandbox.write("old", to: "app.db" + suffix)
        let error = await providerError {
            _ = try await sandbox.provider().restore(
                etc, point.token, to: sandbox.source, force: true
            ) { _ in }
        }
        #expect(error?.kind == .permanent)
        #expect(error?.message.contains("app.db\(suffix)") == true)
    }
}
