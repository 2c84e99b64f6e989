import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Prunes that are asked for again")
struct AskingAgainTests {
    private let anna = Actor.user(uid: 1000, name: "anna")

    private func world() -> SimulatedWorld {
        let time = VirtualTime(at: Fixture.noon)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(
        last: Int, grace: Duration = .hours(2), targets: ClosedRange<Int>? = 1...1, digest: String
    ) -> Configuration {
        var rules = KeepRules()
        rules.last = .periods(last)
        return Fixture.configuration(
            policies: [
                Fixture.policy(retention: RetentionSettings(rules: rules, grace: grace))
            ], targets: (targets.map(Array.init) ?? []).map { Fixture.target("t-\($0)") },
            digest: digest)
    }

    private func pruneJobs(_ world: SimulatedWorld) async throws -> [Job] {
        try await world.store.jobs(PageRequest(limit: 1000)).rows.filter {
            $0.request.kind == .prune
        }
    }

    @Test("What is due at a start is asked for once more, when the clock is believed")
    func restart() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(last: 99, digest: "one"), for: .hours(20))
            let strict = configuration(last: 5, digest: "two")
            // Every listing is useless while the cut becomes due, so that every prune is refused.
            await world.provider.makeListingsIncomplete()
            try await world.run(strict, for: .hours(9) + .minutes(20))
            #expect(await world.provider.deleted.isEmpty)
            await world.provider.makeListingsIncomplete(false)
            let before = try await pruneJobs(world).count
            try await world.running(strict) { _ in
                try await world.time.sleep(for: .seconds(30))
                #expect(await world.provider.deleted.isEmpty)
                try await world.time.sleep(for: .minutes(9))
            }
            // What turned over goes, and the guard holds the cut.
            #expect(try await pruneJobs(world).count == before + 1)
            #expect(await world.provider.deleted.count >= 5)
        }
    }

    @Test("A prune that was waiting when the daemon ended is carried out after the start")
    func waiting() throws {
        let world = world()
        let steady = configuration(last: 5, digest: "one")
        try simulate(seed: 1, time: world.time) {
            try await world.run(steady, for: .hours(9))
            let before = await world.provider.deleted.count
            try await world.serving(steady) { desk, _ in
                // In the first minute nobody knows whether the clock is right.
                _ = try await desk.requestPrune(by: anna)
                try await world.time.sleep(for: .hours(1) + .minutes(5))
            }
            let jobs = try await pruneJobs(world)
            #expect(jobs.allSatisfy { $0.state == .succeeded })
            let refused = try await world.store.events(PageRequest(state: "prune.refused")).rows
            #expect(refused.isEmpty)
            #expect(await world.provider.deleted.count > before)
        }
    }

    /// Fifteen points wait for a confirmation, their grace over.
    private func cutting(
        _ body: @escaping @Sendable (SimulatedWorld, ControlDesk, PrunePlan) async throws -> Void
    ) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(
                configuration(last: 99, digest: "one"), for: .hours(20) - .minutes(30))
            try await world.serving(configuration(last: 5, digest: "two")) { desk, _ in
                try await world.time.sleep(for: .hours(4))
                try await body(world, desk, try #require(try await desk.prunePlans().first))
            }
        }
    }

    @Test("What is confirmed while its policy is paused goes after the resumption")
    func paused() throws {
        try cutting { world, desk, plan in
            let held = Set(plan.points.map(\.remote.token))
            _ = try await desk.pause(policy: "nightly", reason: "moving", until: nil, by: anna)
            _ = try await desk.confirmPrune(plan.hash, by: anna)
            try await world.time.sleep(for: .hours(1))
            #expect(held.isDisjoint(with: await world.provider.deleted))
            _ = try await desk.resume(policy: "nightly", by: anna)
            try await world.time.sleep(for: .minutes(5))
            #expect(held.isSubset(of: await world.provider.deleted))
        }
    }

    @Test("A pause stops a prune that is under way, and the resumption goes on with it")
    func pausedMeanwhile() throws {
        try cutting { world, desk, plan in
            let before = await world.provider.deleted.count
            await world.provider.onDelete {
                _ = try? await desk.pause(
                    policy: "nightly", reason: "wait", until: nil, by: anna)
            }
            _ = try await desk.confirmPrune(plan.hash, by: anna)
            try await world.time.sleep(for: .hours(1))
            #expect(await world.provider.deleted.count == before + 1)
            await world.provider.onDelete {}
            _ = try await desk.resume(policy: "nightly", by: anna)
            try await world.time.sleep(for: .minutes(5))
            let deleted = await world.provider.deleted
            #expect(Set(plan.points.map(\.remote.token)).isSubset(of: deleted))
        }
    }

    @Test("Targets that come back are all reviewed before one of them is pruned")
    func back() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let all = 1...24
            let steady = configuration(last: 4, grace: .zero, targets: all, digest: "one")
            // The rules change while they are gone.
            let gone = world.installation(
                configuration(last: 1, grace: .zero, targets: 99...99, digest: "two"))
            let back = world.installation(
                configuration(last: 1, grace: .zero, targets: all, digest: "three"))
            try await world.serving(steady) { desk, scheduler in
                try await world.time.sleep(for: .hours(4) - .minutes(30))
                #expect(await world.provider.deleted.isEmpty)
                await scheduler.propose(gone, by: .scheduler)
                try await world.time.sleep(for: .hours(1))
                await scheduler.propose(back, by: .scheduler)
                try await world.time.sleep(for: .minutes(5))
                let plan = try #require(try await desk.prunePlans().first)
                #expect(plan.scope == .provider)
                #expect(plan.points.count == 72)
                // Each new point lets one more go.
                #expect(await world.provider.deleted.count == 24)
                try await world.time.sleep(for: .hours(3))
                let deleted = await world.provider.deleted
                #expect(Set(deleted).isDisjoint(with: plan.points.map(\.remote.token)))
            }
        }
    }
}
