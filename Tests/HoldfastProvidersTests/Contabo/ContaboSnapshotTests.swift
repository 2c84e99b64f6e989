import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("Snapshots at Contabo")
struct ContaboSnapshotTests {
    private let order = ProviderUnderTest.instance.order

    @Test(
        "A full instance is a matter of quota, told with the number of its slots",
        arguments: [
            (Int64(100_101), 3, "all 3 of the instance's slots"),
            (100_104, 1, "all 1 of the instance's slots"),
            (100_105, 0, "this product has no snapshots"),
        ])
    func slots(instance: Int64, count: Int, words: String) async throws {
        try await ProviderUnderTest.withContabo(instance: instance) { contabo in
            let bench = contabo.bench
            let points = try await bench.backUp(count)
            let full = await contabo.failure { _ = try await bench.start(count) }
            #expect(full?.kind == .quota)
            #expect(full?.message.contains(words) == true, "\(full?.message ?? "")")
            #expect(full?.message.contains("max limit of \(count) snapshots") == true)
            guard count > 1 else { return }
            _ = try await bench.provider.delete(try bench.permission(points))
            _ = try await bench.finish(try await bench.start(count))
        }
    }

    @Test("A snapshot made by hand is a stranger, and takes its slot")
    func stranger() async throws {
        try await ProviderUnderTest.withContabo(instance: 100_102) { contabo in
            let point = try await contabo.bench.finish(try await contabo.bench.start())
            let listing = try await contabo.bench.list()
            #expect(listing.points == [point])
            #expect(
                listing.strangers == [
                    StrangePoint(
                        remoteID: "100102/snap1773835200",
                        name: "before the upgrade (2.0_rc1), made by hand",
                        takenAt: Bench.noon - .days(10), origin: .foreign)
                ])
            #expect(listing.providerClock == contabo.clock.now)
        }
    }

    @Test("A backup is finished when its snapshot can be read")
    func inTheMaking() async throws {
        try await ProviderUnderTest.withContabo(adjusting: { $0.snapshotSeconds = 100 }) {
            contabo in
            let bench = contabo.bench
            let progress = try await bench.start()
            guard case .running(let operation, let pollAfter) = progress else {
                Issue.record("finished at once: \(progress)")
                return
            }
            contabo.clock.advance(by: .seconds(99))
            let early = try await bench.provider.poll(operation)
            #expect(early == .running(operation, pollAfter: pollAfter))
            let busy = await contabo.failure { _ = try await bench.start(1) }
            #expect(busy?.kind == .throttled)
            contabo.clock.advance(by: .seconds(1))
            let point = try await bench.finish(try await bench.provider.poll(operation))
            #expect(point.takenAt == Bench.noon)
            let found = try await bench.find(point.token)
            #expect(found == point)
        }
    }

    @Test("A snapshot that is seen early, or is one of two instances with its id, is the right one")
    func sameID() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let first = try await contabo.bench.finish(try await contabo.bench.start())
            let other = Target(
                id: TargetID(trusted: "cache"), provider: contabo.target.provider,
                subject: .instance(id: 100_103), policies: contabo.target.policies)
            let slot = SlotKey(
                assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: other.id),
                opens: Bench.noon)
            let second = try await contabo.bench.finish(
                try await contabo.provider.start(
                    BackupRequest(
                        target: other, slot: slot, token: slot.token, report: { _ in })))
            #expect(first.remoteID == "100101/snap1774699200")
            #expect(second.remoteID == "100103/snap1774699200")
            let gone = try await contabo.provider.find(first.token, on: other, knowing: .unknown)
            #expect(gone == nil)
        }
    }

    @Test("What was accepted and never shows is told after half an hour, and then made again")
    func neverShows() async throws {
        let fault = #"{"fault": "action_errored", \#(order)}"#
        try await ProviderUnderTest.withContabo(faults: [fault]) { contabo in
            let bench = contabo.bench
            let token = bench.slot(0).token
            guard case .running(let operation, _) = try await bench.start() else {
                Issue.record("finished without a snapshot")
                return
            }
            // A daemon that was restarted looks for it: it may still come.
            let waiting = await contabo.failure { _ = try await bench.find(token) }
            #expect(waiting?.kind == .throttled)
            contabo.clock.advance(by: .minutes(30))
            let lost = await contabo.failure { _ = try await bench.provider.poll(operation) }
            #expect(lost?.kind == .ambiguous)
            let found = try await bench.find(token)
            #expect(found == nil)
            _ = try await bench.finish(try await bench.start())
            let listed = try await bench.list()
            #expect(listed.points.count == 1)
        }
    }

    @Test("An order whose answer was lost is looked for while the vendor makes it")
    func lostInTheMaking() async throws {
        let fault = #"{"fault": "lost_reply", \#(order)}"#
        try await ProviderUnderTest.withContabo(
            faults: [fault], adjusting: { $0.snapshotSeconds = 60 }
        ) { contabo in
            let bench = contabo.bench
            let lost = await contabo.failure { _ = try await bench.start() }
            #expect(lost?.kind == .ambiguous)
            let early = await contabo.failure { _ = try await bench.find(bench.slot(0).token) }
            #expect(early?.kind == .throttled)
            #expect(early?.retryAfter == contabo.clock.now + .seconds(15))
            contabo.clock.advance(by: .seconds(60))
            let found = try await bench.find(bench.slot(0).token)
            #expect(found?.takenAt == Bench.noon)
        }
    }

    @Test("Without the right to read the audit list an order is looked for by its name")
    func noAudits() async throws {
        let faults = [
            #"{"fault": "lost_reply", \#(order)}"#,
            #"{"fault": "status", "status": 403, "path": "/v1/compute/snapshots/audits", "every": 1}"#,
        ]
        try await ProviderUnderTest.withContabo(faults: faults) { contabo in
            _ = await contabo.failure { _ = try await contabo.bench.start() }
            let found = try await contabo.bench.find(contabo.bench.slot(0).token)
            #expect(found != nil)
        }
    }

    @Test("A snapshot that was deleted is not looked for, whatever the audit list has")
    func deleted() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let points = [
                try await contabo.bench.finish(try await contabo.bench.start(0)),
                try await contabo.bench.finish(try await contabo.bench.start(1)),
            ]
            _ = try await contabo.provider.delete(try contabo.bench.permission(points))
            let found = try await contabo.bench.find(points[0].token)
            #expect(found == nil)
        }
    }

    @Test("Where names are unique, a name that is taken is this backup, whose answer was lost")
    func conflict() async throws {
        try await ProviderUnderTest.withContabo(adjusting: { $0.namesAreUnique = true }) {
            contabo in
            let first = try await contabo.bench.finish(try await contabo.bench.start())
            let again = try await contabo.bench.finish(try await contabo.bench.start())
            #expect(again == first)
        }
    }

    @Test("A snapshot that was renamed is not deleted")
    func renamed() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let points = try await contabo.bench.backUp(2)
            let id = try #require(ContaboSnapshotID(points[0].remoteID))
            _ = try await contabo.provider.client.exchange(
                try .json(.patch, id.path, ContaboWire.SnapshotChange(name: "keep me")))
            let error = await contabo.failure {
                _ = try await contabo.provider.delete(try contabo.bench.permission(points))
            }
            #expect(error?.kind == .permanent)
            let listing = try await contabo.bench.list()
            #expect(listing.strangers.map(\.name) == ["keep me"])
        }
    }

    @Test(
        "Lists of many pages are read whole, whatever size the vendor makes of a page",
        arguments: [1, 2, 5])
    func pages(size: Int) async throws {
        try await ProviderUnderTest.withContabo(
            instance: 100_102,
            adjusting: {
                $0.pageSizeMax = size
                $0.largePagesAreCut = true
                $0.lastPageHasEmptyNext = true
            }
        ) { contabo in
            let points = try await contabo.bench.backUp(4)
            let listing = try await contabo.bench.list()
            #expect(Set(listing.points) == Set(points))
            #expect(listing.strangers.count == 1)
            guard size < 5 else { return }
            try await contabo.order(
                #"{"fault": "status", "status": 502, "path": "*snapshots?*page=2*"}"#)
            let broken = await contabo.failure { _ = try await contabo.bench.list() }
            #expect(broken?.kind == .transient)
        }
    }

    @Test("What the vendor ends after 30 days is gone from the list")
    func lifetime() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            _ = try await contabo.bench.backUp(1)
            contabo.clock.advance(by: .days(30))
            let listing = try await contabo.bench.list()
            #expect(listing.points.isEmpty && listing.isComplete)
            #expect(contabo.provider.capabilities.pointLifetime == .days(30))
        }
    }

    @Test("An operation of somebody else is none, and a target of another kind is refused")
    func foreign() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let poll = await contabo.failure {
                _ = try await contabo.provider.poll(OperationID("3164444/1/x"))
            }
            #expect(poll?.kind == .notFound)
            let directory = Target(
                id: TargetID(trusted: "etc"), provider: contabo.target.provider,
                subject: .directory(path: "/etc", exclude: []), policies: contabo.target.policies)
            let list = await contabo.failure {
                _ = try await contabo.provider.list(directory, knowing: .unknown)
            }
            #expect(list?.kind == .permanent)
            let missing = Target(
                id: TargetID(trusted: "gone"), provider: contabo.target.provider,
                subject: .instance(id: 99), policies: contabo.target.policies)
            let gone = await contabo.failure {
                _ = try await contabo.provider.list(missing, knowing: .unknown)
            }
            #expect(gone?.kind == .notFound)
        }
    }
}
