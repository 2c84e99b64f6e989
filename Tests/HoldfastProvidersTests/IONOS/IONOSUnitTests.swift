import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("Backup units of IONOS Cloud")
struct IONOSUnitTests {
    private let kind = ProviderUnderTest.ionosVolume

    private func failure(_ body: () async throws -> Void) async -> ProviderError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ProviderError
        }
    }

    @Test("A unit that is missing is made once, and is available afterwards")
    func missing() async throws {
        try await kind.withIONOS { world in
            let unit = world.unit("Second")
            let request = world.request(unit)
            let before = try await world.provider.drifted([request])
            #expect(before.map(\.target.subject) == [.backupUnit(unit)])
            let report = try await world.provider.reconcile(request)
            #expect(report.repairs == ["backup unit Second was missing and is made"])
            let after = try await world.provider.drifted([request])
            #expect(after.isEmpty)
            let again = try await world.provider.reconcile(request)
            #expect(again == ReconcileReport())
            let posts = await world.desk.requestCount(of: "POST /cloudapi/v6/backupunits")
            #expect(posts == 1)
        }
    }

    @Test("Many units are looked at with one request, and volumes are not asked about")
    func many() async throws {
        try await kind.withIONOS { world in
            let good = world.request(world.unit())
            let moved = world.request(world.unit(email: "new@example.com"))
            let volume = ReconcileRequest(world.otherTarget, good.policy)
            let drifted = try await world.provider.drifted([good, moved, volume])
            #expect(drifted.map(\.target.subject) == [moved.target.subject])
            let lists = await world.desk.requestCount(of: "GET /cloudapi/v6/backupunits")
            #expect(lists == 1)
            let none = try await world.provider.drifted([volume])
            #expect(none.isEmpty)
        }
    }

    @Test("Another e-mail address is mended, with the unit's password left alone")
    func email() async throws {
        try await kind.withIONOS { world in
            let request = world.request(world.unit(email: "new@example.com"))
            let report = try await world.provider.reconcile(request)
            #expect(
                report.repairs == [
                    "the e-mail address of backup unit NightlyUnit was ops@example.com and is "
                        + "new@example.com"
                ])
            let drifted = try await world.provider.drifted([request])
            #expect(drifted.isEmpty)
            let log = try await world.ask("GET", "/requests?depth=1")
            let text = String(decoding: log.body, as: UTF8.self)
            #expect(text.contains(#"\"email\":\"new@example.com\""#))
            #expect(!text.contains("password"))
        }
    }

    @Test(
        "A lost answer makes no second unit", arguments: ["lost_reply", "cut_after", "truncate"])
    func lostAnswer(fault: String) async throws {
        let fault = #"{"fault": "\#(fault)", "method": "POST", "path": "*/backupunits"}"#
        try await kind.withIONOS(faults: [fault]) { world in
            _ = try await world.provider.reconcile(world.request(world.unit("Second")))
            let posts = await world.desk.requestCount(of: "POST /cloudapi/v6/backupunits")
            #expect(posts == 1)
        }
    }

    @Test("A unit that the vendor fails to make or to change is told with the vendor's words")
    func failed() async throws {
        let faults = ["POST", "PATCH"].map { #"{"fault": "action_errored", "method": "\#($0)"}"# }
        try await kind.withIONOS(faults: faults) { world in
            for request in [
                world.request(world.unit("Second")),
                world.request(world.unit(email: "new@example.com")),
            ] {
                let error = await failure { _ = try await world.provider.reconcile(request) }
                #expect(error?.kind == .transient)
                #expect(error?.message.contains("VDC-5-0") == true)
                _ = try await world.provider.reconcile(request)
            }
        }
    }

    @Test("The password is read when a unit is made and when it is rotated, and is never told")
    func password() async throws {
        try await kind.withIONOS { world in
            try await world.provider.rotatePassword(of: world.unit())
            let requests = try await world.ask("GET", "/requests?depth=1")
            #expect(String(decoding: requests.body, as: UTF8.self).contains("password"))
            let missing = await failure {
                try await world.provider.rotatePassword(of: world.unit("Nobody"))
            }
            #expect(missing?.kind == .notFound)
        }
        let unreadable = BackupUnit(
            name: "NightlyUnit", email: "ops@example.com", password: .file("/nowhere"))
        try await kind.withIONOS { world in
            // It is there as declared, so nobody asks for its password.
            let report = try await world.provider.reconcile(world.request(unreadable))
            #expect(report.repairs.isEmpty)
            let error = await failure {
                try await world.provider.rotatePassword(of: unreadable)
            }
            #expect(error?.kind == .authentication)
        }
    }

    @Test("A vendor that repeats the password in its refusal is not quoted with it")
    func echoed() async throws {
        let unit = #"{"id":"u-1","metadata":{"state":"AVAILABLE"},"properties":{"name":"A"}}"#
        let desk = CloudDesk(
            ScriptedVendor([
                "GET /cloudapi/v6/backupunits": ScriptedVendor.json(#"{"items":[\#(unit)]}"#),
                "PATCH /cloudapi/v6/backupunits/u-1": ScriptedVendor.json(
                    #"{"messages":[{"message":"'unit-password' is too short"}]}"#, status: 422),
                "GET /cloudapi/v6/backupunits/u-1/ssourl": ScriptedVendor.json(
                    #"{"ssoURL":"https://x/?jwt=unit-password"}"#),
            ]), clock: SimulatedClock(standingAt: Bench.noon))
        try await kind.serving(desk) { url in
            let provider = ProviderUnderTest.ionosProvider(
                at: url, SimulatedClock(standingAt: Bench.noon))
            let declared = BackupUnit(
                name: "A", email: "a@example.com", password: .credential("unit-password"))
            let refused = await failure { try await provider.rotatePassword(of: declared) }
            #expect(refused?.kind == .permanent)
            #expect(refused?.message.contains("is too short") == true)
            #expect(refused?.message.contains("unit-password") == false)
            let unread = await failure { _ = try await provider.signOnURL(ofUnit: declared.name) }
            #expect(unread?.kind == .transient)
            #expect(unread?.message.contains("unit-password") == false)
        }
    }

    @Test("The URL to sign on is a secret")
    func signOn() async throws {
        try await kind.withIONOS { world in
            let url = try await world.provider.signOnURL(ofUnit: world.unit().name)
            #expect(url.reveal { $0.hasPrefix("https://backup.simulated.invalid/") })
            #expect("\(url)" == "<redacted>")
        }
    }

    @Test("A unit is destroyed with four things, once and twice with the same result")
    func destroyed() async throws {
        try await kind.withIONOS(contract: "31960000") { world in
            let lines = try await world.provider.deletionPreview(ofUnit: world.unit().name)
            #expect(lines.count == 4)
            #expect(lines.last?.contains("31960000-NightlyUnit") == true)
            try await world.provider.destroy(unit: world.unit().name)
            try await world.provider.destroy(unit: world.unit().name)
            let drifted = try await world.provider.drifted([world.request(world.unit())])
            #expect(drifted.count == 1)
            let gone = await failure {
                _ = try await world.provider.deletionPreview(ofUnit: world.unit().name)
            }
            #expect(gone?.kind == .notFound)
        }
    }

    @Test("A unit is no volume: it has no backups to make, to find or to list")
    func noPoints() async throws {
        try await kind.withIONOS { world in
            let target = world.request(world.unit()).target
            let listed = await failure {
                _ = try await world.provider.list(target, knowing: .unknown)
            }
            #expect(listed?.kind == .permanent)
            let kept = await failure {
                let volume = ReconcileRequest(
                    world.otherTarget, world.request(world.unit()).policy)
                _ = try await world.provider.reconcile(volume)
            }
            #expect(kept?.kind == .permanent)
        }
    }
}

@Suite("Restoring volumes of IONOS Cloud, and looking at its account")
struct IONOSRestoreTests {
    private let kind = ProviderUnderTest.ionosVolume

    private func failure(_ body: () async throws -> Void) async -> ProviderError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ProviderError
        }
    }

    private func finish(_ progress: RestoreProgress, in world: IONOSBench) async throws {
        var progress = progress
        for _ in 0..<100 {
            guard case .running(let operation, let pollAfter) = progress else { return }
            world.clock.advance(by: pollAfter)
            progress = try await world.provider.pollRestore(operation)
        }
        throw BenchError(words: "the restore does not end")
    }

    @Test("A volume is overwritten with its point, after a preview that says so")
    func restore() async throws {
        try await kind.withIONOS { world in
            let point = try await world.bench.finish(try await world.bench.start())
            let request = RestoreRequest(point, to: world.bench.target)
            let preview = try await world.provider.preview(request)
            #expect(preview.dangers == [.overwritesTarget])
            #expect(preview.overwrites.contains("web-01-data"))
            #expect(preview.destroyedPoints.isEmpty && preview.destroyedStrangers.isEmpty)
            try await finish(try await world.provider.restore(request), in: world)
            let requests = try await world.ask(
                "GET", "/requests?depth=1&filter.url=restore-snapshot&filter.status=DONE")
            #expect(String(decoding: requests.body, as: UTF8.self).contains(point.remoteID))
        }
    }

    @Test("A restore that can't be is refused before anything is done")
    func impossible() async throws {
        try await kind.withIONOS { world in
            let point = try await world.bench.finish(try await world.bench.start())
            let small = Target(
                id: TargetID(trusted: "small"), provider: world.provider.id,
                subject: .datacenterVolume(
                    datacenter: ProviderUnderTest.ionosDatacenter,
                    volume: "b10c0001-0000-4000-8000-000000000001"),
                policies: [PolicyID(trusted: "nightly")])
            let tooSmall = await failure {
                _ = try await world.provider.preview(RestoreRequest(point, to: small))
            }
            #expect(tooSmall?.kind == .permanent)
            #expect(tooSmall?.message.contains("100 GB") == true)
            let gone = RemotePoint(token: point.token, remoteID: "5a95", takenAt: point.takenAt)
            let missing = await failure {
                _ = try await world.provider.preview(
                    RestoreRequest(gone, to: world.bench.target))
            }
            #expect(missing?.kind == .notFound)
            let writes = await world.desk.requestCount(
                of:
                    "POST /cloudapi/v6/datacenters/{datacenterId}/volumes/{volumeId}/restore-snapshot"
            )
            #expect(writes == 0)
        }
    }

    @Test("A lost answer to a restore is ambiguous, and a restore that fails is told")
    func failed() async throws {
        let path = #""method": "POST", "path": "*/restore-snapshot""#
        let faults = [
            #"{"fault": "cut_after", \#(path)}"#,
            #"{"fault": "action_errored", "skip": 1, \#(path)}"#,
        ]
        try await kind.withIONOS(faults: faults) { world in
            let point = try await world.bench.finish(try await world.bench.start())
            let request = RestoreRequest(point, to: world.bench.target)
            let lost = await failure { _ = try await world.provider.restore(request) }
            #expect(lost?.kind == .ambiguous)
            world.clock.advance(by: .minutes(2))
            let failed = await failure {
                try await finish(try await world.provider.restore(request), in: world)
            }
            #expect(failed?.kind == .permanent)
            #expect(failed?.message.contains("FAILED") == true)
        }
    }

    @Test("A check looks at everything, and at nothing more once the way is closed")
    func check() async throws {
        try await kind.withIONOS { world in
            let findings = await world.provider.check()
            #expect(
                findings.map(\.aspect) == [
                    .reachability, .credentials, .account, .clock, .rights, .rights, .rights,
                    .rights, .rights, .room,
                ])
            #expect(findings.allSatisfy { $0.verdict == .good }, "\(findings)")
            #expect(findings[2].text.contains("31960000"))
            #expect(findings.last?.text.hasPrefix("4 % ") == true)
        }
        try await kind.withIONOS(secret: .wrong) { world in
            let findings = await world.provider.check()
            #expect(findings.map(\.aspect) == [.credentials] && findings[0].verdict == .bad)
        }
        try await kind.withIONOS(secret: .powerless) { world in
            let bad = await world.provider.check().filter { $0.verdict == .bad }
            #expect(bad.map(\.aspect) == [.rights, .rights], "to make and to delete snapshots")
        }
        let skew = #"{"fault": "clock_skew", "seconds": 7200, "every": 1}"#
        try await kind.withIONOS(faults: [skew]) { world in
            let findings = await world.provider.check()
            #expect(findings.first { $0.aspect == .clock }?.verdict == .bad)
        }
        let nobody = ProviderUnderTest.ionosProvider(
            at: "http://127.0.0.1:9", SimulatedClock(standingAt: Bench.noon))
        let closed = await nobody.check()
        #expect(closed.map(\.aspect) == [.reachability] && closed.first?.verdict == .bad)
    }
}
