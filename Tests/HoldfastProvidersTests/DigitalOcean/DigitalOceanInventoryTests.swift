import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("What a DigitalOcean account has")
struct DigitalOceanInventoryTests {
    private static let madeAt = Bench.noon - .days(90)

    private func volume(_ number: Int) -> Subject {
        .volume(id: "506f78a4-0000-4000-8000-00000000000\(number)")
    }

    private func stopped(_ items: [InventoryItem]) -> [Subject] {
        items.filter(\.isStopped).map(\.subject)
    }

    @Test("Droplets come first, then volumes, with their names and when they were made")
    func whole() async throws {
        try await DigitalOceanBench.run { bench in
            let items = try await bench.provider.inventory()
            let expected: [(Subject, String)] = [
                (.droplet(id: 3_164_444), "web-01"), (.droplet(id: 3_164_445), "web-02"),
                (.droplet(id: 3_164_446), "db-01"), (volume(1), "web-assets"),
                (volume(2), "db-data"),
            ]
            #expect(
                items
                    == expected.map {
                        InventoryItem($0.0, title: $0.1, createdAt: Self.madeAt)
                    })
            #expect(await bench.count("GET /v2/droplets") == 2)
            #expect(await bench.count("GET /v2/volumes") == 1)
        }
    }

    @Test(
        "A Droplet that is off or archived is stopped, and so is a volume at none but such",
        arguments: [("off", true), ("archive", true), ("new", false), ("active", false)])
    func status(word: String, isStopped: Bool) async throws {
        let state = try await DigitalOceanBench.state { state in
            guard var droplets = state["droplets"] as? [[String: Any]],
                var volumes = state["volumes"] as? [[String: Any]]
            else { return }
            droplets[0]["status"] = word
            // At a stopped one and at one that runs, or at one that nobody lists.
            volumes[1]["droplets"] = [3_164_444, 3_164_445]
            var nowhere = volumes[1]
            nowhere["id"] = "506f78a4-0000-4000-8000-000000000003"
            nowhere["droplets"] = [Int]()
            var elsewhere = nowhere
            elsewhere["id"] = "506f78a4-0000-4000-8000-000000000004"
            elsewhere["droplets"] = [99]
            volumes += [nowhere, elsewhere]
            state["droplets"] = droplets
            state["volumes"] = volumes
        }
        try await DigitalOceanBench.run(state: state) { bench in
            let items = try await bench.provider.inventory()
            #expect(items.count == 7)
            #expect(stopped(items) == (isStopped ? [.droplet(id: 3_164_444), volume(1)] : []))
        }
    }

    @Test("Droplets with GPUs, which the vendor lists apart, are in the list")
    func gpus() async throws {
        let state = try await DigitalOceanBench.state { state in
            guard var droplets = state["droplets"] as? [[String: Any]] else { return }
            droplets[1]["size_slug"] = "gpu-h100x1-80gb"
            state["droplets"] = droplets
        }
        try await DigitalOceanBench.run(state: state) { bench in
            let items = try await bench.provider.inventory()
            #expect(items.prefix(3).map(\.title) == ["web-01", "web-02", "db-01"])
        }
    }

    @Test(
        "A token without a scope hears its name",
        arguments: [
            (["block_storage:read"], "droplet:read"), (["droplet:read"], "block_storage:read"),
        ])
    func scopes(scopes: [String], missing: String) async throws {
        let state = try await DigitalOceanBench.state { state in
            state["tokens"] = [["token": "narrow", "scopes": scopes] as [String: Any]]
        }
        try await DigitalOceanBench.run(state: state, token: "narrow") { bench in
            let error = await providerFailure { _ = try await bench.provider.inventory() }
            #expect(error?.kind == .authentication)
            #expect(error?.message.contains("the scope \(missing) is missing") == true)
            #expect(error?.message.contains("'inventory: off'") == true)
        }
    }

    private func ask(
        droplets: String, volumes: String = "",
        _ body: @Sendable (DigitalOceanProvider) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let vendor = ScriptedVendor([
            "GET /v2/droplets": ScriptedVendor.json(#"{"droplets":[\#(droplets)]}"#),
            "GET /v2/volumes": ScriptedVendor.json(#"{"volumes":[\#(volumes)]}"#),
        ])
        try await ProviderUnderTest.droplet.serving(CloudDesk(vendor, clock: clock)) { url in
            let provider = ProviderUnderTest.droplet.provider(at: url, clock)
            try await body(try #require(provider as? DigitalOceanProvider))
        }
    }

    @Test(
        "An id that can't be one is an error and never left out",
        arguments: [
            (#"{"id":0}"#, ""), (#"{"id":-5}"#, ""), (#"{"id":"x"}"#, ""), (#"{"id":1e30}"#, ""),
            (#"{"name":"web"}"#, ""), ("7", ""), ("", #"{"id":""}"#), ("", #"{"id":"7"}"#),
            ("", #"{"id":7}"#), ("", #"{"id":"../droplets/1"}"#), ("", #"{"name":"data"}"#),
            ("", #"{"id":"506f78a4-0000-4000-8000-00000000000g"}"#),
            ("", #"{"id":"506f78a4-0000-4000-8000-0000000000011"}"#),
        ])
    func nonsense(droplet: String, volume: String) async throws {
        try await ask(droplets: droplet, volumes: volume) { provider in
            let error = await providerFailure { _ = try await provider.inventory() }
            #expect(error?.kind == .transient, "\(error?.message ?? "no error")")
        }
    }

    @Test("What comes twice is listed once, a UUID is in small letters, and no date is no error")
    func once() async throws {
        let volume =
            #"{"id":"506F78A4-0000-4000-8000-000000000001","name":"data","droplet_ids":null,"#
            + #""created_at":"yesterday"}"#
        try await ask(
            droplets: #"{"id":9,"created_at":""},{"id":7,"name":"web"},{"id":9}"#,
            volumes: "\(volume),\(volume)"
        ) { provider in
            let items = try await provider.inventory()
            #expect(
                items == [
                    InventoryItem(.droplet(id: 7), title: "web"),
                    InventoryItem(.droplet(id: 9), title: ""),
                    InventoryItem(self.volume(1), title: "data"),
                ])
        }
    }
}
