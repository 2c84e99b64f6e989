import Foundation
import HoldfastCore
import Testing

@testable import HoldfastProviders

@Suite("Checking a repository")
struct LocalCheckTests {
    @Test("A repository is told with its room and its programs")
    func good() async throws {
        let sandbox = try Sandbox()
        let provider = try sandbox.provider()
        let before = await provider.check()
        #expect(before.map(\.aspect) == [.reachability, .room, .account])
        #expect(before.first?.verdict == .warning)
        #expect(before.first?.text.contains("no backup was made in \(sandbox.repository)") == true)
        _ = try await sandbox.backUp()
        let after = await provider.check()
        #expect(
            after.first
                == ProviderFinding(
                    .reachability, .good, "the repository \(sandbox.repository) is there"))
        let programs = try #require(after.last)
        #expect(programs.text.contains("/tar (tar (GNU tar)"), "\(programs.text)")
        #expect(try sandbox.stored().count == 1, "nothing was made by looking")
    }

    @Test("What makes backups impossible is told with what to do")
    func bad() async throws {
        let sandbox = try Sandbox()
        let bare = LocalTools(tar: nil, zstd: nil, gzip: nil)
        let missing = await (try sandbox.provider(tools: bare)).check()
        #expect(missing.last?.verdict == .bad)
        #expect(missing.last?.text.contains("install the package 'tar'") == true)
        let elsewhere = LocalProvider(
            id: try ProviderID("disk"), repository: sandbox.path + "/not/there",
            wall: FixedClock(now: Sandbox.opens))
        let away = await elsewhere.check()
        #expect(away.map(\.verdict) == [.bad])
        #expect(away.map(\.aspect) == [.reachability])
        try Data().write(to: URL(filePath: sandbox.path + "/file"))
        let file = LocalProvider(
            id: try ProviderID("disk"), repository: sandbox.path + "/file",
            wall: FixedClock(now: Sandbox.opens))
        let wrong = await file.check()
        #expect(wrong.map(\.text) == ["the repository \(sandbox.path)/file is not a directory"])
    }
}
