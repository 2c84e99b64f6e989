import Foundation
import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// A reading of what no public source tells.
struct VendorReading: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let adjust: @Sendable (inout IONOSSettings) -> Void

    static let all: [VendorReading] = [
        VendorReading(testDescription: "at once") { $0.requestSeconds = 0 },
        VendorReading(testDescription: "busy after done") { $0.settlingSeconds = 40 },
        VendorReading(testDescription: "instants without a zone") { $0.datesWithoutZone = true },
        VendorReading(testDescription: "relative Location") { $0.locationIsRelative = true },
        VendorReading(testDescription: "filters far in the east") { $0.filterZoneMinutes = 840 },
        VendorReading(testDescription: "filters far in the west") { $0.filterZoneMinutes = -720 },
        VendorReading(testDescription: "oldest request first") { $0.requestsNewestFirst = false },
        VendorReading(testDescription: "state told deeper") { $0.requestStatusDepth = 2 },
        VendorReading(testDescription: "second deletion fails") {
            $0.secondDeletionIsRefused = false
        },
        VendorReading(testDescription: "failed snapshots stay") { $0.failedSnapshotStays = true },
    ]
}

@Suite("Snapshots of IONOS Cloud")
struct IONOSSnapshotTests {
    private let kind = ProviderUnderTest.ionosVolume

    private func failure(_ body: () async throws -> Void) async -> ProviderError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ProviderError
        }
    }

    @Test(
        "Whatever the vendor does where nobody tells: a lost order is found, and deleted once",
        arguments: VendorReading.all)
    func unconfirmed(reading: VendorReading) async throws {
        let fault = #"{"fault": "lost_reply", \#(kind.order)}"#
        try await kind.withIONOS(faults: [fault], adjusting: reading.adjust) { world in
            let bench = world.bench
            let lost = await failure { _ = try await bench.start() }
            #expect(lost?.kind == .ambiguous)
            var found: RemotePoint?
            for _ in 0..<30 where found == nil {
                do throws(ProviderError) {
                    found = try await bench.find(bench.slot(0).token)
                } catch {
                    #expect(error.kind == .throttled)
                    bench.clock.advance(by: .seconds(10))
                }
            }
            let first = try #require(found)
            #expect(first.takenAt >= Bench.noon && first.takenAt <= bench.clock.now)
            let second = try await bench.finish(try await bench.start(1))
            let both = try await bench.list()
            #expect(both.points.count == 2)
            let permission = try bench.permission([first, second])
            // Somebody else's deletion is under way.
            _ = try await world.ask("DELETE", "/snapshots/\(first.remoteID)")
            _ = try await bench.provider.delete(permission)
            let left = try await bench.list()
            #expect(left.points == [second])
            #expect(left.providerClock == bench.clock.now.roundedDownToSecond)
        }
    }

    @Test(
        "A request that fails is looked for, leaves no point, and may be tried again",
        arguments: [false, true])
    func failed(stays: Bool) async throws {
        let fault = #"{"fault": "action_errored", \#(kind.order)}"#
        try await kind.withIONOS(
            faults: [fault], adjusting: { $0.failedSnapshotStays = stays }
        ) { world in
            let bench = world.bench
            let error = await failure { _ = try await bench.finish(try await bench.start()) }
            #expect(error?.kind == .ambiguous)
            #expect(error?.message.contains("VDC-5-0") == true)
            #expect(error?.message.contains("4e900001-") == true, "the request's id is told")
            let found = try await bench.find(bench.slot(0).token)
            #expect(found == nil)
            let early = try await bench.list()
            #expect(early.points.isEmpty)
            let point = try await bench.finish(try await bench.start())
            let listed = try await bench.list()
            #expect(listed.points == [point])
            let again = try await bench.find(bench.slot(0).token)
            #expect(again == point)
        }
    }

    @Test("A contract that is full is told as such, and nothing is made")
    func quota() async throws {
        try await kind.withIONOS(adjusting: { $0.requestSeconds = 0 }) { world in
            // 410 GB are in use of 10,240; each backup takes 100.
            for number in 0..<98 { _ = try await world.bench.start(number) }
            let full = await failure { _ = try await world.bench.start(98) }
            #expect(full?.kind == .quota)
            #expect(full?.message.contains("HDD limit") == true)
            let all = try await world.bench.list()
            #expect(all.points.count == 98)
        }
    }

    @Test("A volume's list has its own snapshots, and those that may be its own")
    func links() async throws {
        try await kind.withIONOS(adjusting: { $0.requestSeconds = 0 }) { world in
            let bench = world.bench
            let points = try await bench.backUp(2)
            let other = try await world.provider.list(world.otherTarget, knowing: .unknown)
            #expect(other.points.isEmpty && other.strangers.isEmpty)
            // A description that was changed by hand must not make a point disappear.
            _ = try await world.ask(
                "PATCH", "/snapshots/\(points[0].remoteID)", #"{"description":"keep me"}"#)
            // A name that was changed by hand makes it somebody else's.
            _ = try await world.ask(
                "PATCH", "/snapshots/\(points[1].remoteID)", #"{"name":"before the upgrade"}"#)
            let listing = try await bench.list()
            #expect(listing.points == [points[0]])
            #expect(listing.strangers.map(\.name) == ["before the upgrade"])
            #expect(listing.strangers.map(\.origin) == [.foreign])
            // The list of requests still knows it, so it is not made again.
            let found = try await bench.find(points[1].token)
            #expect(found == points[1])
            _ = try await world.ask("DELETE", "/snapshots/\(points[1].remoteID)")
            let gone = try await bench.find(points[1].token)
            #expect(gone == nil)
        }
    }

    @Test("A snapshot that something else works on still counts as there")
    func busy() async throws {
        try await kind.withIONOS { world in
            let bench = world.bench
            let point = try await bench.finish(try await bench.start())
            _ = try await world.ask(
                "PATCH", "/snapshots/\(point.remoteID)", #"{"exposeSerial":true}"#)
            let listed = try await bench.list()
            #expect(listed.points == [point])
            let looked = await failure { _ = try await bench.find(point.token) }
            #expect(looked?.kind == .throttled)
        }
    }

    @Test("A list of requests that has no end is an error, and so is one that breaks off")
    func requestPages() async throws {
        let path = #""method": "GET", "path": "/cloudapi/v6/requests""#
        let faults = [
            #"{"fault": "endless_pages", \#(path)}"#,
            #"{"fault": "truncate", "skip": 1, \#(path)}"#,
            #"{"fault": "status", "skip": 2, "status": 502, "body": "html", \#(path)}"#,
        ]
        try await kind.withIONOS(faults: faults) { world in
            for _ in faults {
                let error = await failure {
                    _ = try await world.bench.find(world.bench.slot(0).token)
                }
                #expect(error?.kind == .transient, "\(error?.message ?? "no error")")
                #expect(error?.message.contains("/cloudapi/v6/requests") == true)
            }
            let nothing = try await world.bench.find(world.bench.slot(0).token)
            #expect(nothing == nil)
        }
    }

    @Test("A thousand requests are read over all their pages")
    func manyRequests() async throws {
        try await kind.withIONOS(adjusting: {
            $0.requestSeconds = 0; $0.rateMinute = 1_000_000; $0.rateBurst = 1_000_000
        }) { world in
            let bench = world.bench
            let point = try await bench.finish(try await bench.start())
            _ = try await world.ask("PATCH", "/snapshots/\(point.remoteID)", #"{"name":"renamed"}"#)
            for number in 0..<1100 {
                let volume = "b10c0001-0000-4000-8000-000000000001"
                _ = try await world.ask(
                    "POST",
                    "/datacenters/\(ProviderUnderTest.ionosDatacenter)/volumes/\(volume)/create-snapshot",
                    #"{"properties":{"name":"n\#(number)"}}"#)
                guard number % 200 == 199 else { continue }
                // Room for the next ones.
                for id in try await allSnapshots(of: world) where id != point.remoteID {
                    _ = try await world.ask("DELETE", "/snapshots/\(id)")
                }
            }
            let old = try await bench.find(point.token)
            #expect(old == point)
        }
    }

    private func allSnapshots(of world: IONOSBench) async throws -> [String] {
        let reply = try await world.ask("GET", "/snapshots")
        struct List: Decodable {
            struct Item: Decodable { let id: String }
            let items: [Item]
        }
        return try JSONDecoder().decode(List.self, from: Data(reply.body)).items.map(\.id)
    }

    @Test("User and password let in as a token does, with the contract's number where one is set")
    func basic() async throws {
        let login = IONOSAccount.Login.basic(
            user: "operator@example.com", password: .credential("simulated-password"))
        try await kind.withIONOS(login: login, contract: "31960000") { world in
            _ = try await world.bench.finish(try await world.bench.start())
        }
        try await kind.withIONOS(login: login, contract: "1") { world in
            let error = await failure { _ = try await world.bench.start() }
            #expect(error?.kind == .authentication)
            #expect(error?.message.contains("'contract'") == true)
        }
        let wrong = IONOSAccount.Login.basic(
            user: "operator@example.com", password: .credential("not-the-password"))
        try await kind.withIONOS(login: wrong) { world in
            let error = await failure { _ = try await world.bench.list() }
            #expect(error?.kind == .authentication)
            #expect(error?.message.contains("not-the-password") == false)
        }
    }

    @Test("The vendor's allowance is learned and kept to, and used")
    func pace() async throws {
        try await kind.withIONOS(
            adjusting: {
                $0.rateMinute = 20
                $0.rateBurst = 5
            }
        ) { world in
            for _ in 0..<100 { _ = try await world.bench.list() }
            let refused = await world.desk.requestCount(
                of: "GET /cloudapi/v6/snapshots", status: 429)
            #expect(refused == 0)
            let taken = world.clock.now - Bench.noon
            #expect(taken >= .seconds(285) && taken <= .seconds(320), "\(taken)")
        }
    }
}
