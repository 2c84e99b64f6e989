import Foundation
import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("What an IONOS contract has")
struct IONOSInventoryTests {
    private static let base = "/cloudapi/v6"
    private static let production = ProviderUnderTest.ionosDatacenter
    private static let staging = "dcdc0001-0000-4000-8000-000000000002"
    private static let servers = "GET /cloudapi/v6/datacenters/{datacenterId}/servers"
    private static let madeAt = Bench.noon - .days(90)

    private static func volume(_ number: Int) -> String {
        "b10c0001-0000-4000-8000-00000000000\(number)"
    }

    private static func server(_ number: Int) -> String {
        "5e40e001-0000-4000-8000-00000000000\(number)"
    }

    @Test("Volumes of all data centers are listed with their names and when they were made")
    func whole() async throws {
        try await InventoryUnderTest.ionos.withBench { bench in
            let items = try await bench.provider.inventory()
            let expected = [
                (Self.production, 1, "web-01-system"), (Self.production, 2, "web-01-data"),
                (Self.production, 3, "db-01-data"), (Self.staging, 4, "staging-01-system"),
            ]
            #expect(
                items
                    == expected.map { datacenter, number, name in
                        InventoryItem(
                            .datacenterVolume(
                                datacenter: datacenter, volume: Self.volume(number)),
                            title: name, createdAt: Self.madeAt)
                    })
            #expect(await bench.desk.requestCount(of: Self.servers) == 2)
        }
    }

    /// The small contract, saved, with its volumes changed.
    private func state(
        _ change: (inout [[String: Any]]) -> Void
    ) async throws -> [UInt8] {
        let cloud = try IONOSCloud(clock: SimulatedClock(standingAt: Bench.noon))
        let saved = try JSONSerialization.jsonObject(with: Data(try await cloud.savedState()))
        var state = try #require(saved as? [String: Any])
        var volumes = try #require(state["volumes"] as? [[String: Any]])
        change(&volumes)
        state["volumes"] = volumes
        return Array(try JSONSerialization.data(withJSONObject: state))
    }

    @Test("Where no volume is attached, nobody asks for servers")
    func detached() async throws {
        let state = try await state { volumes in
            for index in volumes.indices { volumes[index]["server"] = nil }
            volumes[0]["server_is_running"] = false
        }
        let clock = SimulatedClock(standingAt: Bench.noon)
        let desk = CloudDesk(
            try IONOSCloud(savedState: state, clock: clock) { $0.datesWithoutZone = true },
            clock: clock)
        try await ProviderUnderTest.ionosVolume.serving(desk) { url in
            let items = try await ProviderUnderTest.ionosProvider(at: url, clock).inventory()
            #expect(items.count == 4)
            #expect(items.allSatisfy { !$0.isStopped && $0.createdAt == Self.madeAt })
            #expect(await desk.requestCount(of: Self.servers) == 0)
        }
    }

    @Test("All volumes of a stopped server are stopped, and nobody else's")
    func severalVolumes() async throws {
        let state = try await state { $0[1]["server"] = Self.server(1) }
        let clock = SimulatedClock(standingAt: Bench.noon)
        let cloud = try IONOSCloud(savedState: state, clock: clock)
        let desk = CloudDesk(cloud, clock: clock)
        try await ProviderUnderTest.ionosVolume.serving(desk, isJudged: false) { url in
            _ = try await cloud.change(.stop(id: Self.server(1)))
            let items = try await ProviderUnderTest.ionosProvider(at: url, clock).inventory()
            #expect(items.map(\.isStopped) == [true, true, false, false])
        }
    }

    @Test(
        "A data center that goes while it is read makes the list fail for now, not shorter",
        arguments: ["volumes", "servers"])
    func gone(list: String) async throws {
        try await InventoryUnderTest.ionos.withBench { bench in
            try await bench.order([
                #""fault": "status", "status": 404, "path": "*\#(Self.staging)/\#(list)""#
            ])
            let error = await bench.failure()
            #expect(error?.kind == .transient)
            #expect(error?.message.contains(Self.staging) == true)
            _ = try await bench.cloud.change(.remove(id: Self.staging))
            let items = try await bench.items()
            #expect(items.count == 3)
        }
    }

    private func ask(
        datacenters: String = #"{"id":"\#(production)"}"#, volumes: String = "",
        servers: String = "", _ body: @Sendable (IONOSProvider) async throws -> Void
    ) async throws {
        func list(_ items: String) -> CloudReply { ScriptedVendor.json(#"{"items":[\#(items)]}"#) }
        let place = "GET \(Self.base)/datacenters/\(Self.production)"
        let vendor = ScriptedVendor([
            "GET \(Self.base)/datacenters": list(datacenters),
            place + "/volumes": list(volumes), place + "/servers": list(servers),
        ])
        let clock = SimulatedClock(standingAt: Bench.noon)
        try await ProviderUnderTest.ionosVolume.serving(CloudDesk(vendor, clock: clock)) { url in
            try await body(ProviderUnderTest.ionosProvider(at: url, clock))
        }
    }

    private static func item(_ id: String, server: String? = nil, date: String = "") -> String {
        let server = server.map { #""\#($0)""# } ?? "null"
        return #"{"id":\#(id),"metadata":{"state":"AVAILABLE","createdDate":"\#(date)"},"#
            + #""properties":{"name":null,"bootServer":\#(server)}}"#
    }

    @Test(
        "A volume is stopped when the vendor says that its server does not run",
        arguments: [
            (#""SHUTOFF""#, true), (#""PAUSED""#, true), (#""CRASHED""#, true),
            (#""RUNNING""#, false), ("null", false),
        ])
    func serverStates(word: String, isStopped: Bool) async throws {
        let upper = Self.server(1).uppercased()
        try await ask(
            volumes: Self.item(#""\#(Self.volume(1).uppercased())""#, server: upper) + ","
                + Self.item(#""\#(Self.volume(2))""#, server: Self.server(9)),
            servers: #"{"id":"\#(Self.server(1))","properties":{"vmState":\#(word)}}"#
        ) { provider in
            let items = try await provider.inventory()
            let expected = [(1, isStopped), (2, false)].map { number, isStopped in
                InventoryItem(
                    .datacenterVolume(datacenter: Self.production, volume: Self.volume(number)),
                    title: "", isStopped: isStopped)
            }
            #expect(items == expected)
        }
    }

    @Test(
        "An id that can't be one is an error and never left out",
        arguments: ["7", #""""#, #""5a95""#, #""../volumes/1""#, "null"])
    func nonsense(id: String) async throws {
        try await ask(volumes: Self.item(id)) { provider in
            let error = await providerFailure { _ = try await provider.inventory() }
            #expect(error?.kind == .transient, "\(error?.message ?? "no error")")
        }
        try await ask(datacenters: #"{"id":\#(id)}"#) { provider in
            let error = await providerFailure { _ = try await provider.inventory() }
            #expect(error?.kind == .transient, "\(error?.message ?? "no error")")
        }
    }

    @Test("A volume or data center that comes twice is listed once")
    func once() async throws {
        let volume = Self.item(#""\#(Self.volume(1))""#, date: "2026-03-28T12:00:00")
        try await ask(
            datacenters: #"{"id":"\#(Self.production)"},{"id":"\#(Self.production.uppercased())"}"#,
            volumes: "\(volume),\(volume)"
        ) { provider in
            let items = try await provider.inventory()
            #expect(items.count == 1)
            #expect(items.first?.createdAt == Bench.noon)
        }
    }

    @Test("A list whose depth the vendor did not keep to is an error")
    func depth() async throws {
        try await ask(volumes: #"{"id":"\#(Self.volume(1))"}"#) { provider in
            let error = await providerFailure { _ = try await provider.inventory() }
            #expect(error?.kind == .transient)
        }
    }
}
