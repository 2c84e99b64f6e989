import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("What a Contabo account has")
struct ContaboInventoryTests {
    private static let madeAt = Bench.noon - .days(90)

    /// A vendor whose list of instances is this text.
    private func vendor(_ items: String...) -> RecordingVendor {
        let page = ContaboBody.page(items)
        return RecordingVendor { request in
            request.path.hasPrefix("/auth/") ? .scripted(ContaboBody.token) : .scripted(page)
        }
    }

    @Test("Instances have the customer's names and when they were made")
    func whole() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            let items = try await contabo.provider.inventory()
            let names = ["web", "db", "cache", "mail", "build"]
            #expect(
                items
                    == names.enumerated().map { index, name in
                        InventoryItem(
                            .instance(id: 100_101 + Int64(index)), title: name,
                            createdAt: Self.madeAt)
                    })
        }
    }

    @Test("A user who may only read may list")
    func reader() async throws {
        try await ProviderUnderTest.withContabo(secret: .powerless) { contabo in
            let items = try await contabo.provider.inventory()
            #expect(items.count == 5)
        }
    }

    @Test("A login that the token server refuses is no missing right to list")
    func login() async throws {
        let fault = #"{"fault": "status", "status": 403, "path": "/auth/*"}"#
        try await ProviderUnderTest.withContabo(faults: [fault]) { contabo in
            let error = await contabo.failure { _ = try await contabo.provider.inventory() }
            #expect(error?.kind == .authentication)
            #expect(error?.message.contains("inventory") == false, "\(error?.message ?? "")")
        }
    }

    @Test(
        "Only an instance that the vendor calls stopped is",
        arguments: [
            ("stopped", true), ("running", false), ("rescue", false), ("error", false),
            ("unknown", false), ("uninstalled", false),
        ])
    func status(word: String, isStopped: Bool) async throws {
        let vendor = vendor(
            #"{"instanceId":100101,"name":"vmd100101","displayName":"","status":"\#(word)"}"#)
        try await withScripted(vendor) { provider, _ in
            let items = try await provider.inventory()
            #expect(
                items == [
                    InventoryItem(.instance(id: 100_101), title: "vmd100101", isStopped: isStopped)
                ])
        }
    }

    @Test(
        "An id that can't be one is an error for the inventory and for selectors",
        arguments: [
            "0", "-5", #""x""#, #""""#, #""0100101""#, #""+5""#, #""7/snapshots""#, "1e30", "null",
        ])
    func nonsense(id: String) async throws {
        let vendor = vendor(#"{"instanceId":\#(id),"name":"vmd1","status":"running"}"#)
        try await withScripted(vendor) { provider, _ in
            let inventory = await providerFailure { _ = try await provider.inventory() }
            #expect(inventory?.kind == .transient, "\(inventory?.message ?? "no error")")
            let selector = await providerFailure { _ = try await provider.discover(.name("*")) }
            #expect(selector?.kind == .transient)
        }
    }

    @Test("An instance that comes twice is an error: the pages don't fit together")
    func twice() async throws {
        let item = #"{"instanceId":100101,"name":"vmd100101","createdDate":"yesterday"}"#
        try await withScripted(vendor(item, item)) { provider, _ in
            let error = await providerFailure { _ = try await provider.inventory() }
            #expect(error?.kind == .transient)
        }
        try await withScripted(vendor(item)) { provider, _ in
            let items = try await provider.inventory()
            #expect(items == [InventoryItem(.instance(id: 100_101), title: "vmd100101")])
        }
    }
}
