import HoldfastCore
import Testing

@testable import HoldfastProviders
@testable import SimulatedClouds

@Suite("Looking for Pieces OS, and at it")
struct PiecesFinderTests {
    private static func text(_ text: String, _ status: Int = 200) -> CloudReply {
        CloudReply(status: status, contentType: "text/plain", body: Array(text.utf8))
    }

    private func provider(
        _ candidates: [String], _ clock: SimulatedClock
    ) -> PiecesProvider {
        PiecesProvider(
            id: PiecesBench.id, candidates: candidates, wall: clock, hostName: PiecesBench.host,
            version: "test",
            // A busy machine may take longer than an operator's patience.
            patience: .seconds(60), sleep: { clock.advance(by: $0) })
    }

    @Test("The known ports are tried in the vendor's order")
    func ports() {
        #expect(PiecesFinder.knownPorts.count == 36)
        #expect(PiecesFinder.knownPorts.first == 39_300 && PiecesFinder.knownPorts[33] == 39_333)
        #expect(PiecesFinder.knownPorts.suffix(2) == [5323, 1000])
    }

    @Test("Who does not say that it is well is passed over; the first that does is kept")
    func probing() async throws {
        let bad: @Sendable (CloudRequest) -> CloudReply = { _ in Self.text("nothing here", 404) }
        let other: @Sendable (CloudRequest) -> CloudReply = { _ in Self.text("<html>") }
        let good: @Sendable (CloudRequest) -> CloudReply = { request in
            request.path == "/.well-known/health"
                ? Self.text("ok:1")
                : CloudReply(
                    status: 200, contentType: "application/json",
                    body: Array(#"{"iterable":[]}"#.utf8))
        }
        try await CannedCloud.run([bad, other, good, good]) { provider, desks in
            for _ in 0..<3 {
                let listing = try await provider.list(PiecesBench.target(), knowing: .unknown)
                #expect(listing.isComplete && listing.strangers.isEmpty)
            }
            var counts: [Int64] = []
            for desk in desks { counts.append(await desk.requestCount(of: "GET elsewhere")) }
            #expect(counts == [1, 1, 4, 0])
        }
    }

    @Test("One that came up elsewhere is found again after one failure")
    func moved() async throws {
        try await PiecesBench.run { second in
            let clock = second.clock
            let (providers, told) = AsyncStream.makeStream(of: PiecesProvider.self)
            try await PiecesBench.run { first in
                let provider = provider([first.url, second.url], clock)
                _ = try await provider.list(PiecesBench.target(), knowing: .unknown)
                #expect(await first.desk.requestCount(of: "GET /backups") == 1)
                told.yield(provider)
                told.finish()
            }
            for await provider in providers {
                let gone = await providerFailure {
                    _ = try await provider.list(PiecesBench.target(), knowing: .unknown)
                }
                #expect(gone?.kind == .transient)
                _ = try await provider.list(PiecesBench.target(), knowing: .unknown)
            }
            #expect(await second.desk.requestCount(of: "GET /backups") == 1)
        }
    }

    @Test("Where it does not run, the way out is told, and nothing was done")
    func absent() async throws {
        let provider = provider(
            ["http://127.0.0.1:9", "http://127.0.0.1:10"],
            SimulatedClock(standingAt: Bench.noon))
        let error = await providerFailure { _ = try await provider.start(PiecesBench.request()) }
        #expect(error?.kind == .transient)
        #expect(error?.message.contains("start it, or set 'endpoint'") == true)
        let findings = await provider.check()
        #expect(findings.map(\.aspect) == [.reachability])
        #expect(findings.map(\.verdict) == [.bad])
    }

    @Test("A check tells what is there, in order")
    func check() async throws {
        try await PiecesBench.run { bench in
            let findings = await bench.provider.check()
            #expect(
                findings.map(\.aspect) == [
                    .reachability, .account, .credentials, .rights, .room, .clock,
                ])
            #expect(findings.allSatisfy { $0.verdict == .good })
            #expect(findings[1].text.contains("12.4.1"))
            #expect(findings[2].text.contains("dev@example.com"))
            #expect(findings[4].text.hasPrefix("6 backups in the cloud, 3 of 'workstation'"))
        }
    }

    @Test(
        "A check stops where nothing more can be told",
        arguments: [
            ("signed_in=false", ProviderFinding.Aspect.credentials, "sign in"),
            ("cloud_status=NONE", .rights, "no cloud space"),
            ("cloud_status=FAILED", .credentials, "connect it to your cloud"),
            ("needs_update=true", .account, "update Pieces OS"),
            ("cloud_health=lists_fail", .account, "refused with 500"),
        ])
    func badCheck(setting: String, aspect: ProviderFinding.Aspect, words: String) async throws {
        try await PiecesBench.run {
            do {
                try $0.set(setting)
            } catch {
                Issue.record("\(error)")
            }
        } _: { bench in
            let last = try #require(await bench.provider.check().last)
            #expect(last.aspect == aspect && last.verdict == .bad)
            #expect(last.text.contains(words), "\(last.text)")
        }
    }

    @Test("A clock that is far off is told")
    func clock() async throws {
        let fault = #"{"fault": "clock_skew", "seconds": -300, "path": "/backups"}"#
        try await PiecesBench.run(faults: [fault]) { bench in
            let last = try #require(await bench.provider.check().last)
            #expect(last.aspect == .clock && last.verdict == .warning)
            #expect(last.text.contains("300 s"))
        }
    }
}

@Suite("Restoring Pieces OS")
struct PiecesRestoreTests {
    @Test("A preview tells what is overwritten and changes nothing; a restore overwrites it")
    func restore() async throws {
        try await PiecesBench.run(isJudged: false) { bench in
            let point = try await bench.backUp()
            bench.clock.advance(by: .hours(1))
            let before = await bench.cloud.state.database
            let request = RestoreRequest(point, to: PiecesBench.target())
            let preview = try await bench.provider.preview(request)
            #expect(preview.dangers == [.overwritesTarget])
            #expect(preview.overwrites.contains("'workstation' as of 2026-03-28T12:00:00Z"))
            #expect(preview.destroyedPoints.isEmpty && preview.destroyedStrangers.isEmpty)
            #expect(await bench.cloud.state.restores == 0)
            let progress = try await bench.provider.restore(request)
            #expect(progress == .finished)
            let after = await bench.cloud.state
            #expect(after.restores == 1 && after.restoredFrom == point.remoteID)
            #expect(after.database.identity != before.identity)
        }
    }

    @Test(
        "What is gone is not previewed; a newer Pieces OS's backup is refused; a lost answer tells")
    func refused() async throws {
        try await PiecesBench.run(isJudged: false) { bench in
            let gone = RemotePoint(
                token: PiecesBench.token(), remoteID: "1_../2", takenAt: Bench.noon)
            let preview = await providerFailure {
                _ = try await bench.provider.preview(
                    RestoreRequest(gone, to: PiecesBench.target()))
            }
            #expect(preview?.kind == .notFound)
            let backups = await bench.cloud.state.backups.rows
            let newer = try #require(backups.first { $0.version == "13.0.0" })
            let point = RemotePoint(
                token: PiecesBench.token(), remoteID: newer.id, takenAt: Bench.noon)
            let request = RestoreRequest(point, to: PiecesBench.target())
            let old = await providerFailure { _ = try await bench.provider.restore(request) }
            #expect(old?.kind == .permanent)
            try await bench.order(#"{"fault": "cut_before", "path": "*/restore"}"#)
            let lost = await providerFailure { _ = try await bench.provider.restore(request) }
            #expect(lost?.kind == .ambiguous)
        }
    }
}
