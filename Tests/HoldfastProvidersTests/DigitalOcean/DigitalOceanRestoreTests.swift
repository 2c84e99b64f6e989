import HoldfastCore
import HoldfastTesting
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("Restoring at DigitalOcean")
struct DigitalOceanRestoreTests {
    private static let orders = "POST /v2/droplets/{droplet_id}/actions"

    private func point(_ id: String, takenAt: Timestamp = Bench.noon) -> RemotePoint {
        let slot = SlotKey(assignment: Fixture.assignment(), opens: takenAt)
        return RemotePoint(
            token: BackupToken(of: slot, remoteID: id), remoteID: id, takenAt: takenAt)
    }

    /// The vendor's newest backup of web-01.
    private func backup(_ bench: DigitalOceanBench) async throws -> RestoreRequest {
        let report = try await bench.provider.reconcile(
            bench.request(DigitalOceanBench.web, Fixture.nativePolicy(hour: 4)))
        let newest = try #require(report.points?.max { $0.takenAt < $1.takenAt })
        return RestoreRequest(
            point(newest.remoteID, takenAt: newest.takenAt), to: bench.target())
    }

    /// A snapshot of web-01 that was ordered by us.
    private func snapshot(_ bench: DigitalOceanBench) async throws -> RestoreRequest {
        let slot = SlotKey(assignment: Fixture.assignment(), opens: bench.clock.now)
        var progress = try await bench.provider.start(
            BackupRequest(
                target: bench.target(), slot: slot, token: slot.token, report: { _ in }))
        while case .running(let operation, let pollAfter) = progress {
            bench.clock.advance(by: pollAfter)
            progress = try await bench.provider.poll(operation)
        }
        guard case .finished(let point) = progress else { throw BenchError(words: "no end") }
        return RestoreRequest(point, to: bench.target())
    }

    /// Polls a restore to its end.
    private func finish(
        _ progress: RestoreProgress, _ bench: DigitalOceanBench
    ) async throws -> Int {
        var progress = progress
        var polls = 0
        while case .running(let operation, let pollAfter) = progress {
            bench.clock.advance(by: pollAfter)
            progress = try await bench.provider.pollRestore(operation)
            polls += 1
            try #require(polls < 100)
        }
        return polls
    }

    @Test("A preview names what is overwritten, and orders nothing")
    func preview() async throws {
        try await DigitalOceanBench.run { bench in
            let preview = try await bench.provider.preview(try await backup(bench))
            #expect(preview.dangers == [.overwritesTarget])
            #expect(preview.overwrites == "the disk of Droplet 3164444 (web-01)")
            #expect(preview.destroyedPoints.isEmpty)
            #expect(preview.destroyedStrangers.isEmpty)
            #expect(await bench.count(Self.orders) == 0)
        }
    }

    @Test("A backup is put back, while the vendor's action is polled to its end")
    func ofBackup() async throws {
        try await DigitalOceanBench.run { bench in
            let request = try await backup(bench)
            let polls = try await finish(try await bench.provider.restore(request), bench)
            #expect(polls == 6)
            #expect(await bench.count(Self.orders) == 1)
            let isRestored = try await bench.savedState().contains(
                #""restored_from":\#(request.point.remoteID),"#)
            #expect(isRestored)
        }
    }

    @Test("A snapshot that the vendor does not put back is refused with another way")
    func ofSnapshot() async throws {
        try await DigitalOceanBench.run { bench in
            let request = try await snapshot(bench)
            let error = await providerFailure { _ = try await bench.provider.restore(request) }
            #expect(error?.kind == .permanent)
            #expect(
                error?.message.contains(
                    "doctl compute droplet create NAME --image \(request.point.remoteID)") == true)
        }
    }

    @Test("A snapshot is put back where the vendor does it")
    func ofSnapshotWhereTaken() async throws {
        try await DigitalOceanBench.run(adjusting: { $0.restoreTakesSnapshots = true }) { bench in
            let request = try await snapshot(bench)
            _ = try await finish(try await bench.provider.restore(request), bench)
            let isRestored = try await bench.savedState().contains(
                #""restored_from":\#(request.point.remoteID),"#)
            #expect(isRestored)
        }
    }

    @Test("A volume's snapshot, and what is no image, are refused before anything is asked")
    func impossible() async throws {
        try await DigitalOceanBench.run { bench in
            let volume = Target(
                id: TargetID(trusted: "data"), provider: bench.provider.id,
                subject: .volume(id: DigitalOceanBench.volume), policies: [])
            let cases = [
                (RestoreRequest(point("8fa70202-1"), to: volume), "--snapshot 8fa70202-1"),
                (RestoreRequest(point("8fa70202-1"), to: bench.target()), "no image"),
            ]
            for (request, words) in cases {
                for body in [
                    { () async throws -> Void in _ = try await bench.provider.preview(request) },
                    { () async throws -> Void in _ = try await bench.provider.restore(request) },
                ] {
                    let error = await providerFailure(body)
                    #expect(error?.kind == .permanent)
                    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
                }
            }
            #expect(await bench.count(Self.orders) == 0)
            #expect(await bench.count("GET /v2/droplets/{droplet_id}") == 0)
        }
    }

    @Test(
        "An order that broke off may have been done",
        arguments: ["lost_reply", "cut_before", "cut_after", "truncate", "empty_200"])
    func lostAnswer(fault: String) async throws {
        try await DigitalOceanBench.run { bench in
            let request = try await backup(bench)
            try await bench.order(#""fault": "\#(fault)", \#(DigitalOceanBench.order)"#)
            let error = await providerFailure { _ = try await bench.provider.restore(request) }
            #expect(error?.kind == .ambiguous, "\(error?.message ?? "no error")")
            #expect(await bench.count(Self.orders) == 1)
        }
    }

    @Test(
        "An order that is refused was certainly not done",
        arguments: [
            (#""fault": "status", "status": 429, "retry_after": 9"#, ProviderError.Kind.throttled),
            (#""fault": "status", "status": 403"#, .authentication),
            (#""fault": "status", "status": 404"#, .notFound),
            (#""fault": "status", "status": 422"#, .permanent),
        ])
    func refusedOrder(fault: String, kind: ProviderError.Kind) async throws {
        try await DigitalOceanBench.run { bench in
            let request = try await backup(bench)
            try await bench.order(#"\#(fault), \#(DigitalOceanBench.order)"#)
            let error = await providerFailure { _ = try await bench.provider.restore(request) }
            #expect(error?.kind == kind, "\(error?.message ?? "no error")")
        }
    }

    @Test("While another action runs on the Droplet nothing is restored")
    func pending() async throws {
        try await DigitalOceanBench.run { bench in
            let request = try await backup(bench)
            _ = try await bench.provider.restore(request)
            let error = await providerFailure { _ = try await bench.provider.restore(request) }
            #expect(error?.kind == .throttled)
        }
    }

    @Test("An action that the vendor gives up is its last word; a look that fails is not")
    func errored() async throws {
        try await DigitalOceanBench.run { bench in
            let request = try await backup(bench)
            try await bench.order(
                #""fault": "action_errored", \#(DigitalOceanBench.order)"#,
                #""fault": "status", "status": 503, "method": "GET", "path": "/v2/droplets/*/actions/*""#
            )
            let progress = try await bench.provider.restore(request)
            let look = await providerFailure { _ = try await finish(progress, bench) }
            #expect(look?.kind == .transient)
            let end = await providerFailure { _ = try await finish(progress, bench) }
            #expect(end?.kind == .permanent)
            #expect(end?.message.contains("errored") == true)
        }
    }

    @Test(
        "Only its own operations are polled", arguments: ["", "1", "x/2", "1/2/3", "1/x", "1//2"])
    func operations(text: String) async throws {
        try await DigitalOceanBench.run { bench in
            let error = await providerFailure {
                _ = try await bench.provider.pollRestore(OperationID(text))
            }
            #expect(error?.kind == .notFound)
            #expect(await bench.count("GET /v2/droplets/{droplet_id}/actions/{action_id}") == 0)
        }
    }
}
