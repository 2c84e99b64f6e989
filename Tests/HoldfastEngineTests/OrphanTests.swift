import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Points of targets that are gone, in the engine")
struct OrphanTests {
    private let noon = Fixture.noon
    private let tag = TargetSelector.tag("prod")

    private func world() -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func policy(_ orphans: OrphanRules?) -> Policy {
        var rules = KeepRules()
        rules.last = .all
        return Fixture.policy(
            retention: RetentionSettings(rules: rules, grace: .hours(2), orphans: orphans))
    }

    private func configuration(_ orphans: OrphanRules?, digest: String = "one") -> Configuration {
        Fixture.cloudConfiguration(
            policies: [policy(orphans)], selectors: [Fixture.selector()], digest: digest)
    }

    private func ofTheFiles(_ targets: [String], _ rules: OrphanRules) -> Configuration {
        Fixture.configuration(
            policies: [policy(rules)], targets: targets.map { Fixture.target($0) },
            digest: targets.joined(separator: " "))
    }

    private func events(_ kind: String, _ world: SimulatedWorld) async throws -> [Event] {
        try await world.store.events(PageRequest(limit: 100, state: kind)).rows
    }

    private func orphans(
        _ world: SimulatedWorld, _ scheduler: Scheduler
    ) async throws -> [OrphanStatus] {
        try await ControlDesk(scheduler, context: world.context).orphans()
    }

    /// Two Droplets are backed up for some hours; then the first is found no more.
    private func lose(
        _ world: SimulatedWorld, _ scheduler: Scheduler
    ) async throws {
        await world.cloud.pick([.droplet(id: 1), .droplet(id: 2)], by: tag)
        try await world.time.sleep(for: .hours(6) + .minutes(30))
        await world.cloud.pick([.droplet(id: 2)], by: tag)
        try await world.time.sleep(for: .minutes(20))
    }

    @Test("Without a word of the policy all of them stay, and it is told")
    func stay() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(nil)) { scheduler in
                try await lose(world, scheduler)
                try await world.time.sleep(for: .days(2))
                let left = try await orphans(world, scheduler)
                #expect(left.map(\.orphan.pointCount) == [7])
                #expect(left.map(\.rules) == [nil] && left.map(\.hindrance) == [nil])
                let told = try await events("orphan.kept", world)
                #expect(told.count == 1)
                #expect(told.first?.detail.contains("none: they stay for ever") == true)
                #expect(try await events("orphan.endangered", world).isEmpty)
            }
        }
    }

    @Test("The newest few stay for a time, then the newest one, for ever")
    func prune() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = OrphanRules(keepLast: 3, for: .days(2))
            try await world.running(configuration(rules)) { scheduler in
                try await lose(world, scheduler)
                try await world.time.sleep(for: .hours(1))
                // Let go, and not over their grace.
                var left = try await orphans(world, scheduler)
                #expect(left.map(\.orphan.pointCount) == [7])
                #expect(left.map(\.orphan.markedCount) == [4])
                try await world.time.sleep(for: .hours(32))
                left = try await orphans(world, scheduler)
                #expect(left.map(\.orphan.pointCount) == [3])
                let newest = left.first?.orphan.newestPoint
                try await world.time.sleep(for: .days(4))
                left = try await orphans(world, scheduler)
                #expect(left.map(\.orphan.pointCount) == [1])
                #expect(left.first?.orphan.newestPoint == newest)
                try await world.time.sleep(for: .days(1))
                #expect(try await orphans(world, scheduler) == left)
                // The other target's points are none of this.
                let alive = try await world.store.points(
                    PageRequest(limit: 1000, state: "deleted")
                ).rows
                #expect(Set(alive.map(\.assignment.target.text)) == ["cloud-droplet-1"])
            }
        }
    }

    @Test("A large cut of an orphan waits for a confirmation, and goes with it")
    func guarded() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = OrphanRules(keepLast: 3, for: .days(20))
            try await world.run(ofTheFiles(["etc", "home"], rules), for: .hours(30))
            try await world.serving(ofTheFiles(["etc"], rules)) { desk, scheduler in
                try await world.time.sleep(for: .days(3))
                let left = try await orphans(world, scheduler)
                #expect((left.first?.orphan.pointCount ?? 0) >= 30)
                let plan = try #require(try await desk.prunePlans().first)
                #expect(plan.points.count >= 27)
                #expect(Set(plan.points.map(\.assignment.target.text)) == ["home"])
                let answer = try await desk.confirmPrune(
                    plan.hash, by: .user(uid: 1000, name: "anna"))
                #expect(answer.jobCount == 1)
                try await world.time.sleep(for: .minutes(5))
                #expect(try await orphans(world, scheduler).map(\.orphan.pointCount) == [3])
                #expect(try await desk.prunePlans().isEmpty)
            }
        }
    }

    @Test("Rules that come later apply to what is gone already")
    func later() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(nil)) { scheduler in
                try await lose(world, scheduler)
            }
            let rules = OrphanRules(keepLast: 2, for: .days(50))
            try await world.running(configuration(rules, digest: "two")) { scheduler in
                try await world.time.sleep(for: .hours(33))
                #expect(try await orphans(world, scheduler).map(\.orphan.pointCount) == [2])
            }
        }
    }

    @Test("What comes back is an orphan no more, and its marks are cleared")
    func comeBack() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = OrphanRules(keepLast: 1, for: .days(2))
            try await world.running(configuration(rules)) { scheduler in
                try await lose(world, scheduler)
                try await world.time.sleep(for: .hours(1))
                #expect(try await orphans(world, scheduler).map(\.orphan.markedCount) == [6])
                await world.cloud.pick([.droplet(id: 1), .droplet(id: 2)], by: tag)
                try await world.time.sleep(for: .hours(12))
                #expect(try await orphans(world, scheduler).isEmpty)
                let points = try await world.store.availablePoints(
                    of: Fixture.assignment("nightly", "cloud-droplet-1"))
                #expect(points.count > 7 && points.allSatisfy { $0.mark == nil })
                #expect(try await events("point.deleted", world).isEmpty)
            }
        }
    }

    @Test("A target of the files that is gone is pruned as it was known, at its provider")
    func ofTheFiles() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = OrphanRules(keepLast: 1, for: .days(1))
            try await world.run(ofTheFiles(["etc", "home"], rules), for: .hours(4))
            try await world.running(ofTheFiles(["etc"], rules)) { scheduler in
                try await world.time.sleep(for: .days(3))
                let left = try await orphans(world, scheduler)
                #expect(left.map(\.orphan.assignment.target.text) == ["home"])
                #expect(left.map(\.orphan.pointCount) == [1])
                #expect(left.map(\.hindrance) == [nil])
                let gone = try await world.store.points(PageRequest(limit: 99, state: "deleted"))
                #expect(Set(gone.rows.map(\.assignment.target.text)) == ["home"])
            }
        }
    }

    @Test("What ended before it was recorded stays, and the way out is told")
    func unknown() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = OrphanRules(keepLast: 1, for: .days(1))
            try await world.run(ofTheFiles(["etc", "home"], rules), for: .hours(4))
            await world.store.forgetTargets()
            try await world.running(ofTheFiles(["etc"], rules)) { scheduler in
                try await world.time.sleep(for: .days(3))
                let left = try await orphans(world, scheduler)
                #expect(left.map(\.orphan.pointCount).first ?? 0 > 1)
                #expect(left.first?.hindrance?.contains("declare it again") == true)
                #expect(await world.provider.deleted.isEmpty)
            }
        }
    }
}
