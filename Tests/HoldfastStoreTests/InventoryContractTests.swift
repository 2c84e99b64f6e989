import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract: what accounts have")
struct InventoryContractTests {
    private let noon = Fixture.noon
    private let cloud = Fixture.cloud

    private func record(
        _ subject: Subject, _ title: String = "web", at provider: ProviderID = Fixture.cloud,
        isStopped: Bool = false, createdAt: Timestamp? = nil, endsAt: Timestamp? = nil,
        firstSeen: Timestamp = Fixture.noon,
        uncoveredSince: Timestamp? = Fixture.noon, former: String? = nil,
        goneAt: Timestamp? = nil
    ) -> InventoryRecord {
        InventoryRecord(
            provider: provider,
            item: InventoryItem(
                subject, title: title, isStopped: isStopped, createdAt: createdAt,
                endsAt: endsAt),
            firstSeen: firstSeen, uncoveredSince: uncoveredSince, formerTitle: former,
            goneAt: goneAt)
    }

    @Test("What was noted is there, whole and by name", arguments: StoreUnderTest.allCases)
    func keeping(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let records = [
            record(.droplet(id: 2), "näme \"1\"", isStopped: true, createdAt: noon - .days(9)),
            record(.volume(id: "506f78a4-e098-11e5-ad9f-000f53306ae1"), uncoveredSince: nil),
            record(
                .datacenterVolume(
                    datacenter: "1c1d0a3e-0000-4000-8000-000000000001",
                    volume: "506f78a4-e098-11e5-ad9f-000f53306ae1"),
                at: ProviderID(trusted: "ionos"),
                former: "before"),
        ]
        let event = NewEvent(at: noon, kind: .inventoryUncovered, actor: .scheduler)
        try await store.note(
            inventory: records.reversed(), at: cloud, listedAt: noon, events: [event])
        let listed = try await store.inventoriesListed()
        #expect(listed == [cloud: noon])
        let found = try await store.inventory()
        #expect(found == records)
        let kinds = try await store.events(PageRequest()).rows.map(\.kind)
        #expect(kinds == ["inventory.uncovered"])
    }

    @Test("A row follows what changed", arguments: StoreUnderTest.allCases)
    func changing(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.note(
            inventory: [record(.droplet(id: 1), "old")], at: cloud, listedAt: nil, events: [])
        let renamed = record(
            .droplet(id: 1), "new", isStopped: true, endsAt: noon + .days(9),
            uncoveredSince: nil, former: "old")
        try await store.note(inventory: [renamed], at: cloud, listedAt: nil, events: [])
        let found = try await store.inventory()
        #expect(found == [renamed])
        let kept = record(.droplet(id: 1), "new", uncoveredSince: nil, former: "old")
        try await store.note(inventory: [kept], at: cloud, listedAt: nil, events: [])
        let last = try await store.inventory()
        #expect(last == [kept])
    }

    @Test(
        "What was gone keeps its first sight, and is uncovered from its return on",
        arguments: StoreUnderTest.allCases)
    func returning(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let gone = noon + .hours(5)
        try await store.note(
            inventory: [record(.droplet(id: 1))], at: cloud, listedAt: nil, events: [])
        try await store.note(
            inventory: [record(.droplet(id: 1), uncoveredSince: nil, goneAt: gone)], at: cloud,
            listedAt: gone, events: [])
        let between = try await store.inventory()
        #expect(between.isEmpty)
        try await store.note(
            inventory: [
                record(.droplet(id: 1), firstSeen: noon + .hours(9), uncoveredSince: noon)
            ], at: cloud, listedAt: noon + .hours(9), events: [])
        let found = try await store.inventory()
        #expect(found == [record(.droplet(id: 1), uncoveredSince: gone)])
    }
}
