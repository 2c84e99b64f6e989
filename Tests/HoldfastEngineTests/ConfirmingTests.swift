import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Confirming a prune that the guard holds")
struct ConfirmingTests {
    private let noon = Fixture.noon
    private let etc = TargetID(trusted: "etc")
    private let anna = Actor.user(uid: 1000, name: "anna")

    private func world() -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(last: KeepCount, grace: Duration, digest: String) -> Configuration {
        var rules = KeepRules()
        rules.last = last
        return Fixture.configuration(
            policies: [
                Fixture.policy(retention: RetentionSettings(rules: rules, grace: grace))
            ], targets: [Fixture.target()], digest: digest)
    }

    /// Many targets under one policy.
    private func fleet(
        _ count: Int, _ last: KeepCount, grace: Duration, percent: Int = 20, concurrency: Int = 2,
        digest: String
    ) -> Configuration {
        var rules = KeepRules()
        rules.last = last
        let settings = RetentionSettings(rules: rules, grace: grace, guardPercent: percent)
        return Fixture.configuration(
            policies: [Fixture.policy(retention: settings)],
            targets: (1...count).map { Fixture.target("t-\($0)") }, concurrency: concurrency,
            digest: digest)
    }

    private var loose: Configuration { configuration(last: .all, grace: .hours(2), digest: "one") }
    /// After 30 hours under the loose rules the daemon is started with the strict ones.
    private func cutting(
        _ body: @escaping @Sendable (SimulatedWorld, ControlDesk) async throws -> Void
    ) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(loose, for: .hours(30) - .minutes(30))
            try await world.serving(strict) { desk, _ in try await body(world, desk) }
        }
    }

    private var strict: Configuration {
        configuration(last: .periods(5), grace: .hours(2), digest: "two")
    }

    @Test("A large cut waits, is shown, is confirmed, and goes after its grace and not before")
    func confirmed() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(loose, for: .hours(30) - .minutes(30))
            try await world.serving(strict) { desk, _ in
                try await world.time.sleep(for: .minutes(5))
                let plan = try #require(try await desk.prunePlans().first)
                #expect(plan.points.count == 25)
                #expect(plan.load == PruneLoad(excess: 25, total: 30))
                let shown = try await desk.status().prunePlans
                #expect(shown.map(\.hash) == [plan.hash])
                let answer = try await desk.confirmPrune(plan.hash, by: anna)
                #expect(answer.jobCount == 0)  // the grace is not over
                #expect(try await desk.prunePlans().isEmpty)
                try await world.time.sleep(for: .hours(1))
                #expect(await world.provider.deleted.isEmpty)
                try await world.time.sleep(for: .hours(2))
            }
            #expect(await world.provider.deleted.count >= 25)
            let events = try await world.store.events(PageRequest(state: "prune.confirmed")).rows
            #expect(events.map(\.actor) == ["uid 1000 (anna)"])
            #expect(events.first?.detail.contains(#""count":25"#) == true)
            let deleted = try await world.store.events(
                PageRequest(limit: 100, state: "point.deleted")
            ).rows
            #expect(deleted.allSatisfy { $0.detail.contains(#""answer":"deleted: as told""#) })
            #expect(deleted.count { $0.detail.contains("confirmed_plan") } == 25)
        }
    }

    @Test("What waits after its grace is pruned at once when it is confirmed")
    func late() throws {
        try cutting { world, desk in
            try await world.time.sleep(for: .hours(9))
            let plan = try #require(try await desk.prunePlans().first)
            let held = Set(plan.points.map(\.remote.token))
            #expect(held.count >= 25)
            #expect(held.isDisjoint(with: await world.provider.deleted))
            let answer = try await desk.confirmPrune(plan.hash, by: anna)
            #expect(answer.jobCount == 1)
            try await world.time.sleep(for: .minutes(10))
            #expect(held.isSubset(of: await world.provider.deleted))
        }
    }

    @Test("What the guard holds is held for weeks, and the turnover goes on beside it")
    func held() throws {
        try cutting { world, desk in
            try await world.time.sleep(for: .minutes(5))
            let plan = try #require(try await desk.prunePlans().first)
            #expect(plan.points.count == 25)
            try await world.time.sleep(for: .days(21))
            let later = try await desk.prunePlans()
            #expect(later.map(\.hash) == [plan.hash])
            let kept = Set(plan.points.map(\.remote.token))
            let deleted = await world.provider.deleted
            #expect(kept.isDisjoint(with: deleted))
            #expect(deleted.count > 21 * 24 - 10)
            #expect(try await desk.pruneRefusals() == ["prune_guard": plan.points.count])
            _ = try await desk.confirmPrune(plan.hash, by: anna)
            try await world.time.sleep(for: .minutes(10))
            #expect(kept.isSubset(of: await world.provider.deleted))
            #expect(try await desk.prunePlans().isEmpty)
        }
    }

    @Test("A cut that is small everywhere is held at the provider, though its graces end in turn")
    func manyTargets() throws {
        let world = world()
        @Sendable func many(_ last: KeepCount, _ digest: String) -> Configuration {
            fleet(12, last, grace: .hours(2), digest: digest)
        }
        try simulate(seed: 1, time: world.time) {
            try await world.run(many(.all, "one"), for: .hours(8) - .minutes(30))
            let before = try await world.store.points(PageRequest(limit: 999)).rows
            #expect(before.count == 96)
            try await world.running(many(.periods(3), "two")) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .hours(9))
                let plan = try #require(try await desk.prunePlans().first)
                #expect(plan.scope == .provider)
                #expect(plan.points.count == 60)
                let held = Set(plan.points.map(\.remote.token))
                #expect(held.isDisjoint(with: await world.provider.deleted))
                _ = try await desk.confirmPrune(plan.hash, by: anna)
                try await world.time.sleep(for: .minutes(10))
                #expect(held.isSubset(of: await world.provider.deleted))
            }
        }
    }

    @Test("A new point lets one old one go, and no second when the first is deleted")
    func oneOfEach() throws {
        let world = world()
        @Sendable func many(_ last: Int, _ digest: String) -> Configuration {
            fleet(12, .periods(last), grace: .hours(1), percent: 10, digest: digest)
        }
        try simulate(seed: 1, time: world.time) {
            // Twenty minutes after the newest backups each target loses one point more.
            try await world.run(many(2, "one"), for: .hours(8) + .minutes(20))
            try await world.serving(many(1, "two")) { desk, _ in
                try await world.time.sleep(for: .minutes(5))
                let plan = try #require(try await desk.prunePlans().first)
                #expect(plan.scope == .provider)
                #expect(plan.points.count == 12)
                let held = Set(plan.points.map(\.remote.token))
                // The grace of what turned over ends before theirs.
                try await world.time.sleep(for: .hours(30))
                #expect(try await desk.prunePlans().map(\.hash) == [plan.hash])
                let deleted = await world.provider.deleted
                #expect(held.isDisjoint(with: deleted))
                #expect(deleted.count > 300)
                _ = try await desk.confirmPrune(plan.hash, by: anna)
                try await world.time.sleep(for: .minutes(10))
                #expect(held.isSubset(of: await world.provider.deleted))
            }
        }
    }

    @Test("Prunes wait until every target was reviewed under other rules, also without a grace")
    func reviewedFirst() throws {
        let world = world()
        @Sendable func many(_ last: Int, _ digest: String) -> Configuration {
            fleet(24, .periods(last), grace: .zero, concurrency: 16, digest: digest)
        }
        try simulate(seed: 1, time: world.time) {
            try await world.running(many(4, "one")) { scheduler in
                // The first prunes of the fifth hour have asked what is there when the reload comes, and
                // have their answers at different times after it.
                let strict = world.installation(many(1, "two"))
                let listings = Counter()
                await world.provider.onList {
                    let number = await listings.next()
                    if number == 1 { await scheduler.propose(strict, by: .scheduler) }
                    for _ in 0..<number * 12 { await Task.yield() }
                }
                try await world.time.sleep(for: .hours(5) - .minutes(10))
                let plan = try #require(
                    try await ControlDesk(scheduler, context: world.context).prunePlans().first)
                #expect(plan.scope == .provider)
                // Three of each, and what was not reviewed yet when the reload came.
                #expect((72...80).contains(plan.points.count))
                let deleted = await world.provider.deleted
                #expect(deleted.count == 96 - plan.points.count)
                #expect(Set(deleted).isDisjoint(with: plan.points.map(\.remote.token)))
            }
        }
    }

    @Test("A small mark that a large cut held back goes when that is confirmed")
    func smallBeside() throws {
        let world = world()
        @Sendable func both(_ last: KeepCount, _ digest: String) -> Configuration {
            var (large, small) = (KeepRules(), KeepRules())
            (large.last, small.last) = (last, .periods(6))
            func policy(_ name: String, _ rules: KeepRules) -> Policy {
                Fixture.policy(
                    name, retention: RetentionSettings(rules: rules, grace: .hours(2)))
            }
            return Fixture.configuration(
                policies: [policy("large", large), policy("small", small)],
                targets: [
                    Fixture.target("etc", policies: ["large"]),
                    Fixture.target("home", policies: ["small"]),
                ], digest: digest)
        }
        try simulate(seed: 1, time: world.time) {
            try await world.run(both(.all, "one"), for: .hours(30) - .minutes(30))
            try await world.serving(both(.periods(5), "two")) { desk, _ in
                try await world.time.sleep(for: .minutes(5))
                let cut = try #require(try await desk.prunePlans().first)
                #expect(cut.points.count == 25)
                // A pin's end lets one point go that no new point makes up for.
                let home = Fixture.assignment("small", "home")
                let basis = try await world.store.retentionBasis(of: home)
                let oldest = try #require(basis.points.first { $0.mark == nil }).remote.token
                _ = try await desk.pin(
                    oldest.text,
                    as: PinRequest(reason: "evidence", until: "8h"),
                    by: anna)
                try await world.time.sleep(for: .hours(13))
                let held = try await desk.prunePlans()
                let beside = try #require(held.first { $0.scope == .provider })
                #expect(beside.points.contains { $0.remote.token == oldest })
                _ = try await desk.confirmPrune(cut.hash, by: anna)
                try await world.time.sleep(for: .minutes(10))
                #expect(try await desk.prunePlans().isEmpty)
                #expect(await world.provider.deleted.contains(oldest))
                #expect(try await desk.pruneRefusals() == [:])
            }
        }
    }

    @Test("What the guard holds is let go when the rules are put back")
    func takenBack() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(loose, for: .hours(30) - .minutes(30))
            try await world.run(strict, for: .hours(9))
            try await world.serving(loose) { desk, _ in
                try await world.time.sleep(for: .minutes(5))
                #expect(try await desk.prunePlans().isEmpty)
                #expect(try await desk.pruneRefusals() == [:])
                let points = try await world.store.availablePoints(of: Fixture.assignment())
                #expect(points.allSatisfy { $0.mark == nil })
            }
        }
    }

    @Test("A hash of before something moved confirms nothing")
    func moved() throws {
        try cutting { world, desk in
            try await world.time.sleep(for: .minutes(5))
            let plan = try #require(try await desk.prunePlans().first)
            let hash = plan.hash
            // The next backup sets off one mark more, which is none of the plan.
            try await world.time.sleep(for: .hours(1))
            #expect(try await desk.prunePlans().map(\.hash) == [hash])
            let token = try #require(plan.points.first).remote.token.text
            _ = try await desk.pin(token, as: PinRequest(reason: "evidence"), by: anna)
            try await world.time.sleep(for: .minutes(5))
            let refusal = await #expect(throws: ControlRefusal.self) {
                _ = try await desk.confirmPrune(hash, by: anna)
            }
            #expect(refusal?.kind == .conflict)
            #expect(refusal?.message.contains("holdfast prune plans") == true)
            #expect(
                try await world.store.events(PageRequest(state: "prune.confirmed")).rows.isEmpty
            )
        }
    }

    @Test("A refusal is told once, counted at each look, and gone with its cause")
    func toldOnce() throws {
        try cutting { world, desk in
            try await world.time.sleep(for: .hours(3))
            for _ in 1...5 {
                _ = try await desk.requestPrune(by: anna)
                try await world.time.sleep(for: .minutes(5))
            }
            let told = try await world.store.events(
                PageRequest(limit: 100, state: "prune.refused")
            ).rows
            // One for the cut, and one for each point that came to it later.
            #expect((1...2).contains(told.count), "\(told.map(\.detail))")
            let standing = try await desk.pruneRefusals()
            #expect(standing.keys.sorted() == ["prune_guard"])
            #expect((standing["prune_guard"] ?? 0) >= 25)
            let plan = try #require(try await desk.prunePlans().first)
            _ = try await desk.confirmPrune(plan.hash, by: anna)
            try await world.time.sleep(for: .minutes(10))
            #expect(try await desk.pruneRefusals() == [:])
        }
    }
}

private actor Counter {
    private var count = 0

    func next() -> Int {
        count += 1
        return count
    }
}
