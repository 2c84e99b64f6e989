import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Finding targets in the engine")
struct WatchingTests {
    private let noon = Fixture.noon
    private let prod = TargetSelector.tag("prod")

    private func world(startingAt offset: Duration = .zero) -> SimulatedWorld {
        let time = VirtualTime(at: noon + offset)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func droplets(_ ids: ClosedRange<Int64>) -> [Subject] { ids.map { .droplet(id: $0) } }

    private func configuration(
        selectors: [SelectorRule] = [Fixture.selector()], targets: [Target] = [],
        digest: String = "one"
    ) -> Configuration {
        Fixture.cloudConfiguration(
            policies: [Fixture.policy(), Fixture.policy("weekly")], targets: targets,
            selectors: selectors, digest: digest)
    }

    private func names(_ scheduler: Scheduler) async -> [String] {
        await scheduler.configuration.targets.keys.map(\.text).sorted()
    }

    private func events(_ kind: EventKind, _ world: SimulatedWorld) async throws -> [Event] {
        try await world.store.events(PageRequest(limit: 100, state: kind.rawValue)).rows
    }

    private func jobs(_ world: SimulatedWorld, of target: String) async throws -> [Job] {
        try await world.store.jobs(PageRequest(limit: 100, target: target)).rows
    }

    @Test("What selectors find is backed up from then on, by a configuration without targets")
    func found() throws {
        let world = world(startingAt: .minutes(10))
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...2), by: prod)
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .hours(2))
                #expect(await names(scheduler) == ["cloud-droplet-1", "cloud-droplet-2"])
            }
            let made = await world.cloud.work.made
            let slots = [0, 1, 2].flatMap { hour in
                ["cloud-droplet-1", "cloud-droplet-2"].map {
                    SlotKey(
                        assignment: Fixture.assignment("nightly", $0), opens: noon + .hours(hour))
                }
            }
            #expect(made == Dictionary(uniqueKeysWithValues: slots.map { ($0.token, 1) }))
            let event = try #require(try await events(.targetsDiscovered, world).first)
            #expect(try await events(.targetsDiscovered, world).count == 1)
            #expect(event.detail.contains(#""gained":["cloud-droplet-1","cloud-droplet-2"]"#))
            #expect(event.detail.contains(#""lost_count":0"#))
            // At once, and then every quarter of an hour.
            #expect(await world.cloud.asked.count == 9)
        }
    }

    @Test("A target that is lost gets no more backups")
    func lost() throws {
        let world = world(startingAt: .minutes(10))
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...3), by: prod)
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(20))
                await world.cloud.pick(droplets(1...2), by: prod)
                try await world.time.sleep(for: .hours(3))
                #expect(await names(scheduler) == ["cloud-droplet-1", "cloud-droplet-2"])
            }
            // The questions are asked at 12:10, 12:25 and 12:40.
            let ended = try await jobs(world, of: "cloud-droplet-3")
            #expect(ended.map(\.request.slot.opens) == [noon])
            let event = try #require(try await events(.targetsDiscovered, world).first)
            #expect(event.detail.contains(#""lost":["cloud-droplet-3"]"#))
            #expect(try await jobs(world, of: "cloud-droplet-2").count == 4)
            let gone = try await world.store.discoveries().filter { $0.goneAt != nil }
            #expect(gone.map(\.target.id.text) == ["cloud-droplet-3"])
            #expect(gone.first?.goneAt == noon + .minutes(40))
        }
    }

    @Test("Waiting jobs of a lost target are cancelled, and told so")
    func lostJobs() throws {
        let world = world(startingAt: .minutes(10))
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...2), by: prod)
            let native = Fixture.cloudConfiguration(
                policies: [Fixture.nativePolicy()], selectors: [Fixture.selector()])
            try await world.running(native) { _ in
                try await world.time.sleep(for: .minutes(20))
                await world.cloud.pick(droplets(1...1), by: prod)
                try await world.time.sleep(for: .hours(3))
            }
            // The window's job waits for the window's end and two hours; the other one mended.
            let states = Dictionary(
                grouping: try await jobs(world, of: "cloud-droplet-2"), by: \.request.slot.opens
            ).mapValues { $0.map(\.state) }
            #expect(states[noon] == [.cancelled])
            #expect(
                try await jobs(world, of: "cloud-droplet-1").contains { $0.state.name == "ready" })
            #expect(try await events(.jobCancelled, world).map(\.target) == ["cloud-droplet-2"])
        }
    }

    @Test("A find that loses more than half is believed when it is seen twice, and not before")
    func doubt() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...5), by: prod)
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                await world.cloud.pick(droplets(1...2), by: prod)
                try await world.time.sleep(for: .minutes(15))
                #expect(await names(scheduler).count == 5)
                #expect(try await world.store.discoveries().allSatisfy { $0.goneAt == nil })
                try await world.time.sleep(for: .minutes(15))
                #expect(await names(scheduler) == ["cloud-droplet-1", "cloud-droplet-2"])
                #expect(try await events(.targetsDiscovered, world).count == 2)
            }
        }
    }

    @Test("A doubt ends when all is there again, and the next loss is doubted anew")
    func doubtEnds() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...5), by: prod)
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                for found in [[], droplets(1...5), []] {
                    await world.cloud.pick(found, by: prod)
                    try await world.time.sleep(for: .minutes(15))
                    #expect(await names(scheduler).count == 5)
                }
                try await world.time.sleep(for: .minutes(15))
                #expect(await names(scheduler).isEmpty)
            }
        }
    }

    @Test("A selector that can't be asked leaves what was found, told once a streak")
    func failure() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...2), by: prod)
            try await world.running(configuration()) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(5))
                await world.cloud.failDiscovery(ProviderError(.authentication, "no such token"))
                try await world.time.sleep(for: .hours(2))
                #expect(await names(scheduler).count == 2)
                #expect(await desk.providers().map(\.isFailing) == [true])
                let told = try await events(.discoveryFailed, world)
                #expect(told.count == 1)
                #expect(told.first?.detail.contains("no such token") == true)
                #expect(told.first?.detail.contains(#""error":"authentication""#) == true)
                await world.cloud.failDiscovery(nil)
                try await world.time.sleep(for: .minutes(15))
                #expect(await desk.providers().map(\.isFailing) == [false])
                await world.cloud.failDiscovery(ProviderError(.transient, "again"))
                try await world.time.sleep(for: .hours(1))
                #expect(try await events(.discoveryFailed, world).count == 2)
                #expect(await names(scheduler).count == 2)
            }
            #expect(try await events(.targetsDiscovered, world).count == 1)
        }
    }

    @Test("A reload with other selectors asks these at once")
    func reload() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...2), by: prod)
            await world.cloud.pick(droplets(2...9), by: .tag("stage"))
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                let other = configuration(
                    selectors: [
                        Fixture.selector(), Fixture.selector("stage", policies: ["weekly"]),
                    ], digest: "two")
                await scheduler.propose(world.installation(other), by: .scheduler)
                try await world.time.sleep(for: .seconds(1))
                #expect(await names(scheduler).count == 9)
                let both = await scheduler.configuration.targets[
                    TargetID(trusted: "cloud-droplet-2")]
                #expect(both?.policies.map(\.text) == ["nightly", "weekly"])
            }
        }
    }

    @Test("An answer to selectors of before a reload counts for nothing, and is asked for anew")
    func reloadMeanwhile() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...2), by: prod)
            await world.cloud.pick(droplets(5...6), by: .tag("stage"))
            await world.cloud.holdDiscovery(.minutes(2))
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(1))
                let other = configuration(selectors: [Fixture.selector("stage")], digest: "two")
                await scheduler.propose(world.installation(other), by: .scheduler)
                try await world.time.sleep(for: .minutes(2))
                #expect(await names(scheduler).isEmpty)
                #expect(await world.cloud.asked == [prod, .tag("stage")])
                try await world.time.sleep(for: .minutes(2))
                #expect(await names(scheduler) == ["cloud-droplet-5", "cloud-droplet-6"])
            }
        }
    }

    @Test("Without selectors a provider's finds are gone, in the history too")
    func selectorsRemoved() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...2), by: prod)
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                let none = configuration(
                    selectors: [], targets: [Fixture.droplet(9, named: "own")], digest: "two")
                await scheduler.propose(world.installation(none), by: .scheduler)
                try await world.time.sleep(for: .minutes(1))
                #expect(await names(scheduler) == ["own"])
                #expect(try await world.store.discoveries().allSatisfy { $0.goneAt != nil })
                await scheduler.propose(
                    world.installation(configuration(digest: "three")), by: .scheduler)
                try await world.time.sleep(for: .minutes(1))
                #expect(await names(scheduler).count == 2)
            }
        }
    }

    @Test("After a restart the targets that were found are there before anybody was asked")
    func restart() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...2), by: prod)
            try await world.run(configuration(), for: .minutes(5))
            await world.cloud.failDiscovery(ProviderError(.transient, "not now"))
            try await world.time.sleep(for: .hours(1))
            try await world.running(configuration()) { scheduler in
                #expect(await names(scheduler) == ["cloud-droplet-1", "cloud-droplet-2"])
                try await world.time.sleep(for: .minutes(5))
            }
            // 12:00 and 13:00, with a find of the first daemon only.
            #expect(await world.cloud.work.made.count == 4)
            #expect(try await events(.targetsDiscovered, world).count == 1)
        }
    }

    @Test("A clock that is set back does not put the questions off")
    func clockSetBack() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick(droplets(1...1), by: prod)
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                world.time.setWall(by: .zero - .days(3))
                await world.cloud.pick(droplets(1...2), by: prod)
                try await world.time.sleep(for: .minutes(16))
                #expect(await names(scheduler).count == 2)
            }
        }
    }

    @Test("A stop while a selector is being asked tells of no failure")
    func stopMeanwhile() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.holdDiscovery(.hours(1))
            try await world.run(configuration(), for: .minutes(1))
            #expect(await world.cloud.asked == [prod])
            #expect(try await events(.discoveryFailed, world).isEmpty)
            #expect(try await events(.daemonStopped, world).count == 1)
        }
    }
}
