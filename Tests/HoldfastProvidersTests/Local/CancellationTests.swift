import Foundation
import Glibc
import HoldfastCore
import Testing

@testable import HoldfastProviders

@Suite("Stopping a backup")
struct CancellationTests {
    /// A tar that says through a named pipe that it has begun, and then never ends by itself.
    private func stuckTar(in sandbox: Sandbox) async throws -> (tools: LocalTools, started: String)
    {
        let started = sandbox.path + "/started"
        try await run("mkfifo", [started])
        let script = try await sandbox.program(
            "tar",
            """
            [ "$1" = --version ] && echo 'tar (GNU tar) 1.34' && exit 0
            echo ./; echo begun; echo $$ > \(started); exec sleep 3600
            """)
        let system = LocalTools.system()
        return (LocalTools(tar: script, zstd: system.zstd, gzip: system.gzip), started)
    }

    /// Waits until the stuck tar runs.
    ///
    /// - Returns: Its process.
    private func process(from started: String) async throws -> Int32 {
        let text = try await blocking { () throws(ProviderError) in
            let pipe = try Descriptor(opening: started, O_RDONLY, to: "can't open")
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = read(pipe.raw, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
        let process = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        try #require(process > 1)  // 0 would be this process's own group
        return process
    }

    @Test("Cancelling ends the programs and leaves nothing of the point")
    func cancel() async throws {
        let sandbox = try Sandbox()
        let (tools, started) = try await stuckTar(in: sandbox)
        let error = try await withThrowingTaskGroup(of: ProviderError?.self) { group in
            group.addTask {
                await providerError { _ = try await sandbox.backUp(tools: tools) }
            }
            let process = try await process(from: started)
            #expect(kill(process, 0) == 0)
            group.cancelAll()
            let error = try await group.next()
            #expect(kill(process, 0) == -1, "tar still runs")
            return error ?? nil
        }
        #expect(error?.kind == .transient)
        #expect(error?.message == "the backup of etc was stopped before it was complete")
        #expect(try sandbox.stored() == [])
    }

    @Test("A second start of the same token fails while the first runs, and sweeping spares it")
    func twoAtOnce() async throws {
        let sandbox = try Sandbox()
        let (tools, started) = try await stuckTar(in: sandbox)
        try await withThrowingTaskGroup(of: ProviderError?.self) { group in
            group.addTask {
                await providerError { _ = try await sandbox.backUp(tools: tools) }
            }
            _ = try await process(from: started)
            let second = await providerError { _ = try await sandbox.backUp() }
            #expect(second?.kind == .transient)
            #expect(second?.message.contains("another process is making the backup") == true)
            #expect(try await sandbox.provider().sweep() == [])
            #expect(try sandbox.stored().contains { $0.hasSuffix(".partial") })
            group.cancelAll()
            _ = try await group.next()
        }
        #expect(try sandbox.stored() == [])
        _ = try await sandbox.backUp()
    }

    @Test("A tar that is killed is worth another attempt")
    func killed() async throws {
        let sandbox = try Sandbox()
        let (tools, started) = try await stuckTar(in: sandbox)
        let error = try await withThrowingTaskGroup(of: ProviderError?.self) { group in
            group.addTask {
                await providerError { _ = try await sandbox.backUp(tools: tools) }
            }
            kill(try await process(from: started), SIGKILL)
            return try await group.next() ?? nil
        }
        #expect(error?.kind == .transient)
        #expect(error?.message.contains("killed by signal 9") == true)
        #expect(try sandbox.stored() == [])
    }

    @Test("Work on a database stops at the flag")
    func database() async throws {
        let sandbox = try Sandbox()
        let path = sandbox.source + "/app.db"
        try TestDatabase(path).execute("CREATE TABLE t(x)")
        let stop = StopFlag()
        stop.stop()
        try await run("touch", [sandbox.path + "/copy"])
        let error = await providerError {
            try SQLiteCopy(source: path, stop: stop, progress: { _ in })
                .copy(to: sandbox.path + "/copy")
        }
        #expect(error?.kind == .transient)
        #expect(error?.message.contains("was stopped") == true)
    }
}
