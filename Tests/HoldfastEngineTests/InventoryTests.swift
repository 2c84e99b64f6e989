import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("What no policy covers, in the engine")
struct InventoryTests {
    private let noon = Fixture.noon
    private let prod = TargetSelector.tag("prod")

    private func world() -> SimulatedWorld {
        let time = VirtualTime(at: noon + .minutes(10))
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(
        targets: [Int64] = [1], selectors: [SelectorRule] = [], lists: Bool = true,
        waivers: [Waiver] = [], digest: String = "one"
    ) -> Configuration {
        let account = DigitalOceanAccount(
            token: .environment("TOKEN"), endpoint: "http://127.0.0.1:1")
        return Configuration(
            providers: [
                Fixture.cloud: ProviderSettings(
                    id: Fixture.cloud, kind: .digitalOcean(account), concurrency: 4,
                    listsInventory: lists)
            ],
            policies: [PolicyID(trusted: "nightly"): Fixture.policy()],
            targets: Dictionary(
                uniqueKeysWithValues: targets.map {
                    (TargetID(trusted: "web-\($0)"), Fixture.droplet($0, named: "web-\($0)"))
                }), selectors: selectors, control: ControlSettings(),
            waivers: waivers.map { PlacedWaiver($0, at: "a.yaml:1:1") }, digest: digest)
    }

    private func items(_ ids: ClosedRange<Int64>) -> [InventoryItem] {
        ids.map { InventoryItem(.droplet(id: $0), title: "machine \($0)") }
    }

    private func events(_ kind: EventKind, _ world: SimulatedWorld) async throws -> [Event] {
        try await world.store.events(PageRequest(limit: 100, state: kind.rawValue)).rows
    }

    private func uncovered(_ desk: ControlDesk) async throws -> [String] {
        try await desk.uncovered(provider: nil, ListPart()).page.rows.map(\.record.name.text)
    }

    @Test("An end that the vendor tells of is told once, stands in the status, and is called off")
    func ending() throws {
        let world = world()
        let end = noon + .days(30)
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have([
                InventoryItem(.droplet(id: 1), title: "one", endsAt: end),
                InventoryItem(.droplet(id: 2), title: "two", endsAt: end),
            ])
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .hours(3))
                let told = try await events(.targetEnding, world)
                // What is under no policy has no points that could be lost.
                #expect(told.map(\.target) == ["web-1"])
                #expect(told.first?.detail.contains(end.rfc3339) == true)
                let status = try await desk.status().ending
                #expect(status.map(\.target.text) == ["web-1"])
                #expect(status.map(\.endsAt) == [end])
                // A Droplet's snapshots outlive it.
                #expect(status.map(\.pointCount) == [0])

                await world.cloud.have(items(1...2))
                try await world.time.sleep(for: .hours(3))
                let again = try await events(.targetEnding, world)
                #expect(again.count == 2)
                #expect(again.first?.detail.contains("does not end it any more") == true)
                let after = try await desk.status().ending
                #expect(after.isEmpty)
            }
        }
    }

    @Test("What an account has and no target is is told once, and again when it is covered")
    func told() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...3))
            try await world.serving(configuration()) { desk, scheduler in
                // Nothing is noted before the clock is beyond doubt.
                try await world.time.sleep(for: .minutes(2))
                #expect(try await uncovered(desk) == ["cloud-droplet-2", "cloud-droplet-3"])
                let totals = try await desk.status().uncovered
                #expect(totals.counts == [Fixture.cloud: 2])
                let oldest = try #require(totals.oldest)
                #expect(noon + .minutes(10) <= oldest && oldest <= noon + .minutes(12))
                try await world.time.sleep(for: .hours(3))
                #expect(try await events(.inventoryUncovered, world).count == 1)
                #expect(await world.cloud.inventoriesRead == 4)
                // A reload covers one, without another look.
                await scheduler.propose(
                    world.installation(configuration(targets: [1, 3], digest: "two")),
                    by: .scheduler)
                try await world.time.sleep(for: .minutes(1))
                #expect(try await uncovered(desk) == ["cloud-droplet-2"])
                let closed = try #require(try await events(.inventoryClosed, world).first)
                #expect(closed.detail.contains(#""reason":"a policy covers it""#))
                #expect(closed.detail.contains(#""targets":["cloud-droplet-3"]"#))
                #expect(await world.cloud.inventoriesRead == 5)
            }
        }
    }

    @Test("What a selector picks is not told, though the inventory is read first")
    func selectors() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...2))
            await world.cloud.pick([.droplet(id: 1), .droplet(id: 2)], by: prod)
            await world.cloud.holdDiscovery(.minutes(2))
            let selecting = configuration(targets: [], selectors: [Fixture.selector()])
            try await world.serving(selecting) { desk, _ in
                try await world.time.sleep(for: .minutes(20))
                // One is made, and found by the inventory before the selectors are due.
                await world.cloud.pick((1...3).map { .droplet(id: $0) }, by: prod)
                await world.cloud.have(items(1...3))
                try await world.time.sleep(for: .hours(2))
                #expect(try await uncovered(desk).isEmpty)
                #expect(try await events(.inventoryUncovered, world).isEmpty)
                #expect(try await world.store.inventory().count == 3)
                // Another has no tag.
                await world.cloud.have(items(1...4))
                try await world.time.sleep(for: .hours(2))
                #expect(try await uncovered(desk) == ["cloud-droplet-4"])
                // One loses its own.
                await world.cloud.pick((1...2).map { .droplet(id: $0) }, by: prod)
                try await world.time.sleep(for: .minutes(20))
                #expect(try await uncovered(desk) == ["cloud-droplet-4", "cloud-droplet-3"])
            }
        }
    }

    @Test("A listing that loses more than half is believed when it is seen twice")
    func doubt() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...6))
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .minutes(30))
                await world.cloud.have([])
                try await world.time.sleep(for: .hours(1))
                #expect(try await uncovered(desk).count == 5)
                try await world.time.sleep(for: .hours(1))
                #expect(try await uncovered(desk).isEmpty)
                let closed = try #require(try await events(.inventoryClosed, world).first)
                #expect(closed.detail.contains(#""reason":"it is not listed any more""#))
            }
        }
    }

    @Test("A listing that changes all the time is believed when the same is missing twice")
    func turnover() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...6))
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .minutes(30))
                await world.cloud.have(items(11...16))
                try await world.time.sleep(for: .hours(1))
                #expect(try await uncovered(desk).count == 5)
                await world.cloud.have(items(21...26))
                try await world.time.sleep(for: .hours(1))
                #expect(try await uncovered(desk).first == "cloud-droplet-21")
            }
        }
    }

    @Test("A listing that was asked for before a reload says nothing of what came with it")
    func reloaded() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...3))
            await world.cloud.holdInventory(.minutes(5))
            try await world.serving(configuration()) { desk, scheduler in
                try await world.time.sleep(for: .minutes(2))
                let unknown = try await desk.uncovered(provider: nil, ListPart()).listings
                #expect(unknown.map(\.listedAt) == [nil])
                await scheduler.propose(
                    world.installation(configuration(lists: false, digest: "two")),
                    by: .scheduler)
                try await world.time.sleep(for: .hours(2))
                #expect(try await uncovered(desk).isEmpty)
                #expect(try await world.store.inventory().isEmpty)
                #expect(try await events(.inventoryUncovered, world).isEmpty)
                let none = try await desk.uncovered(provider: nil, ListPart()).listings
                #expect(none.isEmpty)
            }
        }
    }

    @Test("A listing that fails is told once, and leaves what is known")
    func failing() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...2))
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .minutes(30))
                await world.cloud.failInventory(ProviderError(.authentication, "no right"))
                try await world.time.sleep(for: .hours(3))
                #expect(try await uncovered(desk) == ["cloud-droplet-2"])
                #expect(try await events(.inventoryFailed, world).count == 1)
                #expect(try await desk.status().failingProviders == [Fixture.cloud])
                await world.cloud.failInventory(nil)
                try await world.time.sleep(for: .hours(1))
                #expect(try await desk.status().failingProviders == [])
            }
        }
    }

    @Test("An inventory that is off is not read, and what was known of it is closed")
    func off() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...2))
            try await world.run(configuration(), for: .minutes(30))
            let count = await world.cloud.inventoriesRead
            let off = configuration(lists: false, digest: "two")
            try await world.serving(off) { desk, _ in
                try await world.time.sleep(for: .hours(3))
                #expect(try await uncovered(desk).isEmpty)
                #expect(await world.cloud.inventoriesRead == count)
                let refusal = await #expect(throws: ControlRefusal.self) {
                    _ = try await desk.uncovered(provider: "cloud", ListPart())
                }
                #expect(refusal?.kind == .invalid)
                let unknown = await #expect(throws: ControlRefusal.self) {
                    _ = try await desk.uncovered(provider: "clout", ListPart())
                }
                #expect(unknown?.message.contains("did you mean 'cloud'?") == true)
            }
        }
    }

    @Test("A gap outlives the daemon, and a waiver takes it out of the count")
    func waived() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.have(items(1...3))
            try await world.run(configuration(), for: .minutes(30))
            let waiver = Waiver(
                target: TargetID(trusted: "cloud-droplet-2"), policy: nil, owner: "anna",
                reason: "a toy", until: noon + .hours(9))
            let waiving = configuration(waivers: [waiver], digest: "two")
            try await world.serving(waiving) { desk, _ in
                try await world.time.sleep(for: .minutes(5))
                let rows = try await desk.uncovered(provider: nil, ListPart()).page.rows
                #expect(rows.map(\.waiver?.owner) == ["anna", nil])
                let since = try #require(rows.last?.record.uncoveredSince)
                #expect(since < noon + .minutes(12))
                let totals = try await desk.status().uncovered
                #expect(totals.count == 1)
                #expect(totals.waivedCount == 1)
                #expect(try await events(.inventoryUncovered, world).count == 1)
                try await world.time.sleep(for: .hours(10))
                #expect(try await desk.status().uncovered.count == 2)
            }
        }
    }
}
