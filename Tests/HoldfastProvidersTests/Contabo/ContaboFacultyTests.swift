import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("What else a Contabo adapter does")
struct ContaboFacultyTests {
    private func request(_ point: RemotePoint, _ contabo: ContaboBench) -> RestoreRequest {
        RestoreRequest(point, to: contabo.target)
    }

    @Test("The newest point's restore overwrites the instance and destroys nothing else")
    func newest() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let points = try await contabo.bench.backUp(2)
            let preview = try await contabo.provider.preview(request(points[1], contabo))
            #expect(preview.dangers == [.overwritesTarget])
            #expect(preview.overwrites == "the disk of instance 100101 (web)")
            #expect(preview.destroyedPoints.isEmpty && preview.destroyedStrangers.isEmpty)
            let progress = try await contabo.provider.restore(request(points[1], contabo))
            #expect(progress == .finished)
            let listing = try await contabo.bench.list()
            #expect(listing.points == points)
        }
    }

    @Test(
        "An older point's restore names the newer ones first, ours and others', and destroys them")
    func older() async throws {
        try await ProviderUnderTest.withContabo(instance: 100_102) { contabo in
            let points = try await contabo.bench.backUp(3)
            let listing = try await contabo.bench.list()
            let byHand = try #require(listing.strangers.first)
            let preview = try await contabo.provider.preview(request(points[0], contabo))
            #expect(preview.dangers == [.overwritesTarget, .destroysNewerPoints])
            #expect(preview.destroyedPoints == [points[1], points[2]])
            #expect(preview.destroyedStrangers.isEmpty)
            let unchanged = try await contabo.bench.list()
            #expect(unchanged.points == points)
            let progress = try await contabo.provider.restore(request(points[0], contabo))
            #expect(progress == .finished)
            let left = try await contabo.bench.list()
            #expect(left.points == [points[0]] && left.strangers == [byHand])
        }
    }

    @Test("A newer snapshot made by hand is shown as a stranger that would go")
    func strangerGoes() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let points = try await contabo.bench.backUp(2)
            let id = try #require(ContaboSnapshotID(points[1].remoteID))
            try await contabo.provider.client.exchange(
                try .json(.patch, id.path, ContaboWire.SnapshotChange(name: "by hand")))
            let preview = try await contabo.provider.preview(request(points[0], contabo))
            #expect(preview.destroyedPoints.isEmpty)
            #expect(preview.destroyedStrangers.map(\.name) == ["by hand"])
        }
    }

    @Test("A rollback counts as done when the newer snapshots are gone; one that fails is told")
    func rollbackFails() async throws {
        let fault = #"{"fault": "action_errored", "path": "*/rollback"}"#
        try await ProviderUnderTest.withContabo(faults: [fault]) { contabo in
            let points = try await contabo.bench.backUp(2)
            let progress = try await contabo.provider.restore(request(points[0], contabo))
            guard case .running(let operation, _) = progress else {
                Issue.record("done without being done: \(progress)")
                return
            }
            contabo.clock.advance(by: .minutes(29))
            let still = try await contabo.provider.pollRestore(operation)
            #expect(still != .finished)
            contabo.clock.advance(by: .minutes(1))
            let error = await contabo.failure {
                _ = try await contabo.provider.pollRestore(operation)
            }
            #expect(error?.kind == .ambiguous)
            // What is made afterwards is not what the rollback deletes.
            try await contabo.order()
            _ = try await contabo.provider.restore(request(points[0], contabo))
            _ = try await contabo.bench.finish(try await contabo.bench.start(5))
            let later = try await contabo.provider.pollRestore(operation)
            #expect(later == .finished)
        }
    }

    @Test("A restore whose answer was lost may have begun; a point that is gone is not found")
    func lostRestore() async throws {
        let fault = #"{"fault": "cut_after", "path": "*/rollback"}"#
        try await ProviderUnderTest.withContabo(faults: [fault]) { contabo in
            let points = try await contabo.bench.backUp(2)
            let lost = await contabo.failure {
                _ = try await contabo.provider.restore(request(points[0], contabo))
            }
            #expect(lost?.kind == .ambiguous)
            let gone = await contabo.failure {
                _ = try await contabo.provider.preview(request(points[1], contabo))
            }
            #expect(gone?.kind == .notFound)
            let elsewhere = RemotePoint(
                token: points[0].token, remoteID: "100103/snap1", takenAt: Bench.noon)
            let foreign = await contabo.failure {
                _ = try await contabo.provider.restore(request(elsewhere, contabo))
            }
            #expect(foreign?.kind == .permanent)
        }
    }

    @Test(
        "Instances are found by their names",
        arguments: [
            ("web", [Int64(100_101)]), ("*", Array(100_101...100_105)), ("?b", [100_102]),
            ("*a*", [100_103, 100_104]), ("WEB", []), ("we", []), ("vmd*", []),
        ])
    func discovery(pattern: String, ids: [Int64]) async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let found = try await contabo.provider.discover(.name(pattern))
            #expect(found.map(\.subject) == ids.map { .instance(id: $0) })
        }
    }

    @Test("A search over many pages is whole or fails, and a tag is refused")
    func discoveryPages() async throws {
        try await ProviderUnderTest.withContabo(estate: ContaboEstate("instances=1050")) {
            contabo in
            let found = try await contabo.provider.discover(.name("vps-1*"))
            #expect(found.count == 162)
            #expect(found.first?.title == "vps-1")
            try await contabo.order(
                #"{"fault": "status", "status": 500, "path": "*instances?page=7*"}"#)
            let broken = await contabo.failure {
                _ = try await contabo.provider.discover(.name("*"))
            }
            #expect(broken?.kind == .transient)
            let tag = await contabo.failure {
                _ = try await contabo.provider.discover(.tag("production"))
            }
            #expect(tag?.kind == .permanent)
        }
    }

    @Test("A note becomes the snapshot's description; one that is too long is refused")
    func notes() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let points = try await contabo.bench.backUp(1)
            try await contabo.provider.annotate(
                points[0], of: contabo.target, with: "before the März upgrade")
            let id = try #require(ContaboSnapshotID(points[0].remoteID))
            let read = try await contabo.provider.read(id)
            #expect(read?.description == "before the März upgrade")
            #expect(read?.name == points[0].token.text)
            for note in ["", String(repeating: "x", count: 256)] {
                let error = await contabo.failure {
                    try await contabo.provider.annotate(points[0], of: contabo.target, with: note)
                }
                #expect(error?.kind == .permanent)
            }
        }
    }

    @Test("A stranger that is adopted carries the token and keeps its name in its description")
    func adoption() async throws {
        try await ProviderUnderTest.withContabo(instance: 100_102) { contabo in
            let listing = try await contabo.bench.list()
            let stranger = try #require(listing.strangers.first)
            let token = contabo.bench.slot(0).token
            let point = try await contabo.provider.adopt(
                stranger, of: contabo.target, as: token)
            #expect(point.token == token && point.takenAt == stranger.takenAt)
            #expect(point.remoteID == stranger.remoteID)
            let after = try await contabo.bench.list()
            #expect(after.points == [point] && after.strangers.isEmpty)
            let id = try #require(ContaboSnapshotID(point.remoteID))
            let read = try await contabo.provider.read(id)
            #expect(read?.description == "was: before the upgrade (2.0_rc1), made by hand")
            // Once more is no harm; as another backup it is refused.
            let again = try await contabo.provider.adopt(
                stranger, of: contabo.target, as: token)
            #expect(again == point)
            let other = await contabo.failure {
                _ = try await contabo.provider.adopt(
                    stranger, of: contabo.target, as: contabo.bench.slot(1).token)
            }
            #expect(other?.kind == .permanent)
        }
    }

    private func verdicts(_ findings: [ProviderFinding]) -> [String] {
        findings.map { "\($0.aspect.rawValue) \($0.verdict.rawValue)" }
    }

    @Test("A check of a good account finds everything good, and changes nothing")
    func check() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let findings = await contabo.provider.check()
            #expect(
                verdicts(findings) == [
                    "reachability good", "credentials good", "account good", "clock good",
                    "rights good", "rights good", "rights good", "rights good",
                ])
            #expect(findings[2].text == "the account has 5 instances")
            let listing = try await contabo.bench.list()
            #expect(listing.points.isEmpty)
        }
    }

    @Test("A check of a user who may only read tells what it may not do")
    func powerless() async throws {
        try await ProviderUnderTest.withContabo(secret: .powerless) { contabo in
            let findings = await contabo.provider.check()
            #expect(
                verdicts(findings).suffix(4) == [
                    "rights good", "rights bad", "rights bad", "rights good",
                ])
            #expect(findings[5].text.hasPrefix("the user may not make snapshots: "))
        }
    }

    @Test(
        "A check tells what is wrong, and leaves out what it can't tell then",
        arguments: [
            (#"{"fault": "status", "status": 401, "path": "/auth/*"}"#, "credentials bad", 1),
            (#"{"fault": "cut_before", "path": "/auth/*"}"#, "reachability bad", 1),
            (
                #"{"fault": "status", "status": 403, "path": "/v1/compute/instances"}"#,
                "rights bad", 3
            ),
            (
                #"{"fault": "status", "status": 502, "path": "/v1/compute/instances"}"#,
                "reachability bad", 2
            ),
            (
                #"{"fault": "status", "status": 403, "path": "/v1/compute/snapshots/audits"}"#,
                "rights warning", 8
            ),
            (
                #"{"fault": "status", "status": 500, "method": "DELETE", "path": "*"}"#,
                "rights warning", 8
            ),
            (#"{"fault": "clock_skew", "seconds": -7200, "every": 1}"#, "clock bad", 8),
        ])
    func troubles(fault: String, expected: String, count: Int) async throws {
        try await ProviderUnderTest.withContabo(faults: [fault]) { contabo in
            let findings = await contabo.provider.check()
            let found = verdicts(findings)
            #expect(found.contains(expected), "\(found)")
            #expect(found.count == count)
            #expect(found.count { !$0.hasSuffix("good") } == 1)
        }
    }

    @Test("An account without instances deserves a look")
    func empty() async throws {
        try await ProviderUnderTest.withContabo(estate: ContaboEstate("instances=0")) { contabo in
            let findings = await contabo.provider.check()
            #expect(verdicts(findings).contains("account warning"))
        }
    }
}
