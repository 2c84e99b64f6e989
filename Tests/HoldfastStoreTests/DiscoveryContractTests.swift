import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract about what selectors find")
struct DiscoveryContractTests {
    private let noon = Fixture.noon
    private let cloud = Fixture.cloud

    private func found(
        _ id: Int64, _ title: String = "web", policies: [String] = ["nightly"],
        at provider: ProviderID = Fixture.cloud
    ) -> DiscoveredTarget {
        DiscoveredTarget(
            provider: provider, subject: .droplet(id: id), title: title,
            policies: policies.map { PolicyID(trusted: $0) })
    }

    private func event() -> NewEvent {
        NewEvent(at: noon, kind: .targetsDiscovered, actor: .scheduler)
    }

    @Test("What targets were is kept, as it was last", arguments: StoreUnderTest.allCases)
    func remembering(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        func known(_ name: String, _ subject: Subject) -> KnownTarget {
            KnownTarget(id: TargetID(trusted: name), provider: cloud, subject: subject)
        }
        let all = [
            known("a", .directory(path: "/etc", exclude: [])), known("b", .sqlite(path: "/x.db")),
            known("c", .droplet(id: 7)), known("d", .device(name: nil)),
            known("e", .volume(id: "506f78a4-e098-11e5-ad9f-000f53306ae1")),
        ]
        try await store.remember(all)
        try await store.remember([known("c", .droplet(id: 8))])
        try await store.remember([])
        let found = try await store.knownTargets()
        #expect(found == [all[0], all[1], known("c", .droplet(id: 8)), all[3], all[4]])
    }

    @Test("What is found is kept whole, with its event", arguments: StoreUnderTest.allCases)
    func keeping(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let instance = DiscoveredTarget(
            provider: ProviderID(trusted: "vps"), subject: .instance(id: 100),
            title: "näme \"1\"\n", policies: ["a", "b"].map { PolicyID(trusted: $0) })
        #expect(try await store.discoveries().isEmpty)
        try await store.discover([found(2), found(1)], at: cloud, now: noon, events: [event()])
        try await store.discover([instance], at: instance.provider, now: noon, events: [])
        let all = try await store.discoveries()
        #expect(
            all
                == [found(1), found(2), instance].map {
                    Discovery(target: $0, firstSeen: noon, goneAt: nil)
                })
        #expect(
            try await store.events(PageRequest()).rows.map(\.kind) == ["targets.discovered"])
    }

    @Test(
        "What is not found any more is gone, and its row stays; of other providers nothing is said",
        arguments: StoreUnderTest.allCases)
    func gone(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let other = found(9, at: ProviderID(trusted: "other"))
        try await store.discover([found(1), found(2)], at: cloud, now: noon, events: [])
        try await store.discover([other], at: other.provider, now: noon, events: [])
        let later = noon + .hours(1)
        try await store.discover([found(2)], at: cloud, now: later, events: [])
        // It is gone since then, also when nobody finds it for a second time.
        try await store.discover([found(2)], at: cloud, now: later + .hours(1), events: [])
        #expect(
            try await store.discoveries() == [
                Discovery(target: found(1), firstSeen: noon, goneAt: later),
                Discovery(target: found(2), firstSeen: noon, goneAt: nil),
                Discovery(target: other, firstSeen: noon, goneAt: nil),
            ])
    }

    @Test("What is found again was first seen when it was", arguments: StoreUnderTest.allCases)
    func foundAgain(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.discover([found(1)], at: cloud, now: noon, events: [])
        try await store.discover([], at: cloud, now: noon + .hours(1), events: [])
        #expect(try await store.discoveries().first?.goneAt == noon + .hours(1))
        try await store.discover([found(1)], at: cloud, now: noon + .hours(2), events: [])
        #expect(
            try await store.discoveries()
                == [Discovery(target: found(1), firstSeen: noon, goneAt: nil)])
    }

    @Test(
        "What was renamed at the vendor is the same, with its new title and policies",
        arguments: StoreUnderTest.allCases)
    func renamed(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.discover([found(1, "old")], at: cloud, now: noon, events: [])
        let new = found(1, "new", policies: ["nightly", "weekly"])
        try await store.discover([new], at: cloud, now: noon + .hours(1), events: [])
        #expect(
            try await store.discoveries()
                == [Discovery(target: new, firstSeen: noon, goneAt: nil)])
    }

    @Test(
        "A clock that went back makes nothing gone before it was seen",
        arguments: StoreUnderTest.allCases)
    func clockWentBack(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.discover([found(1)], at: cloud, now: noon, events: [])
        try await store.discover([], at: cloud, now: noon - .days(1), events: [])
        #expect(try await store.discoveries().first?.goneAt == noon)
    }
}
