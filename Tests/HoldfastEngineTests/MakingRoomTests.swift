import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("A full provider where the oldest point makes room")
struct MakingRoomTests {
    private let etc = TargetID(trusted: "etc")

    /// Five places a target, of which the rules want four.
    private func world() async -> SimulatedWorld {
        let time = VirtualTime(at: Fixture.noon)
        let provider = ScriptedProvider(time: time)
        await provider.limitPlaces(5)
        return SimulatedWorld(seed: 1, time: time, provider: provider)
    }

    private func configuration(_ last: Int, attempts: Int = 1) -> Configuration {
        var rules = KeepRules()
        rules.last = .periods(last)
        let secret = SecretReference.environment("TOKEN")
        let plain = Fixture.configuration(
            policies: [
                Fixture.policy(
                    retention: RetentionSettings(rules: rules),
                    retry: RetrySettings(attempts: attempts, backoff: .minutes(2)))
            ], targets: [Fixture.target()])
        let disk = ProviderID(trusted: "disk")
        return Configuration(
            providers: [
                disk: ProviderSettings(
                    id: disk,
                    kind: .contabo(
                        ContaboAccount(
                            clientID: "id", clientSecret: secret, user: "user", password: secret,
                            whenFull: .replaceOldest)), concurrency: 1)
            ], policies: plain.policies, targets: plain.targets, control: ControlSettings(),
            digest: "one")
    }

    @Test("What the kernel refuses then is a row and told once, and gone when there is room again")
    func refused() async throws {
        let world = await world()
        try simulate(seed: 1, time: world.time) {
            try await world.serving(configuration(4)) { desk, _ in
                try await world.time.sleep(for: .hours(6) - .minutes(30))
                #expect(await world.provider.tokens(of: etc).count == 5)
                #expect(await world.provider.deleted.count == 1)
                await world.provider.makeListingsIncomplete()
                try await world.time.sleep(for: .hours(2))
                #expect(await world.provider.deleted.count == 1)
                let points = try await world.store.availablePoints(of: Fixture.assignment())
                let oldest = try #require(points.last).remote.token
                let failed = try await world.store.jobs(PageRequest(state: "failed")).rows
                #expect(failed.count == 2)
                #expect(
                    failed.first?.lastError
                        == "all 5 places are taken; nothing makes room (when_full: "
                        + "replace_oldest): \(oldest), the oldest that no rule keeps, stays: "
                        + "the provider's listing was not complete")
                let refusals = try await desk.pruneRefusals()
                #expect(refusals == ["listing_incomplete": 1])
                let told = try await world.store.events(PageRequest(state: "prune.refused")).rows
                #expect(told.count == 1)
                #expect(told.first?.detail.contains("listing_incomplete") == true)
                await world.provider.makeListingsIncomplete(false)
                try await world.time.sleep(for: .hours(1))
                #expect(await world.provider.deleted.count == 2)
                let left = try await desk.pruneRefusals()
                #expect(left == [:])
            }
        }
    }

    @Test("Where the rules want every point, none makes room")
    func nothingToGo() async throws {
        let world = await world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(9), for: .hours(6) - .minutes(30))
            #expect(await world.provider.deleted.isEmpty)
            let failed = try await world.store.jobs(PageRequest(state: "failed")).rows
            #expect(
                failed.map(\.lastError) == [
                    "all 5 places are taken; nothing makes room (when_full: replace_oldest): "
                        + "the rules want every point that is there"
                ])
        }
    }

    @Test("A cut that the guard holds makes no room, and the turnover beside it does")
    func cut() async throws {
        let world = await world()
        await world.provider.limitPlaces(12)
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(11), for: .hours(12) - .minutes(30))
            #expect(await world.provider.deleted.isEmpty)
            try await world.serving(configuration(4)) { desk, _ in
                try await world.time.sleep(for: .hours(3))
                let plan = try #require(try await desk.prunePlans().first)
                let held = Set(plan.points.map(\.remote.token))
                #expect(held.count >= 7)
                let deleted = await world.provider.deleted
                #expect(held.isDisjoint(with: deleted))
                #expect(!deleted.isEmpty)
            }
        }
    }

    @Test("While the clock is in doubt nothing makes room, and the backup is tried again")
    func doubtfulClock() async throws {
        let world = await world()
        try simulate(seed: 1, time: world.time) {
            let patient = configuration(4, attempts: 9)
            try await world.run(patient, for: .hours(5) - .minutes(30))
            #expect(await world.provider.tokens(of: etc).count == 5)
            try await world.time.sleep(for: .minutes(31))
            // The next window is open when the daemon starts again.
            try await world.running(patient) { _ in
                try await world.time.sleep(for: .minutes(10))
            }
            let jobs = try await world.store.jobs(PageRequest()).rows
            let newest = try #require(jobs.first { $0.request.kind == .backup })
            #expect(newest.state == .succeeded)
            #expect(await world.provider.deleted.count == 1)
        }
    }
}
