import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Pruning in the engine")
struct PruningTests {
    private let noon = Fixture.noon
    private let etc = TargetID(trusted: "etc")

    private func world(seed: UInt64 = 1) -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(seed: seed, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(
        _ rules: KeepRules, grace: Duration = .hours(24), minimum: Int = 1,
        guardPercent: Int = 20, digest: String = "one"
    ) -> Configuration {
        let retention = RetentionSettings(
            rules: rules, minimum: minimum, grace: grace, guardPercent: guardPercent)
        return Fixture.configuration(
            policies: [Fixture.policy(retention: retention)], targets: [Fixture.target()],
            digest: digest)
    }

    private var keepFive: KeepRules {
        var rules = KeepRules()
        rules.last = .periods(5)
        return rules
    }

    @Test("What no rule keeps goes after its grace, and only then", arguments: UInt64(1)...5)
    func grace(seed: UInt64) throws {
        let world = world(seed: seed)
        try simulate(seed: seed, time: world.time) {
            let configuration = configuration(keepFive, grace: .hours(3))
            try await world.run(configuration, for: .hours(8) - .minutes(30))
            // Eight points; three are let go at 17, 18 and 19 o'clock; the grace ends at 20.
            #expect(await world.provider.deleted.isEmpty)
            try await world.run(configuration, for: .hours(12))
            let left = await world.provider.tokens(of: etc)
            #expect(left.count == 8)
            let recorded = try await world.store.availablePoints(of: Fixture.assignment())
            #expect(recorded.map(\.remote.token).sorted() == left)
            #expect(recorded.count { $0.mark == nil } == 5)
            let deleted = try await world.store.points(
                PageRequest(limit: 100, state: "deleted")
            ).rows
            #expect(deleted.count == 12)
            for point in deleted {
                let mark = try #require(point.mark)
                #expect(try #require(point.deletedAt) >= mark.deleteAfter)
                #expect(mark.deleteAfter == mark.at + .hours(3))
            }
        }
    }

    @Test("Looser rules clear the mark before the grace is over")
    func clearing() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(keepFive), for: .hours(8))
            let marked = try await world.store.availablePoints(of: Fixture.assignment())
            #expect(marked.count { $0.mark != nil } == 3)
            var rules = KeepRules()
            rules.last = .all
            try await world.run(configuration(rules, digest: "two"), for: .minutes(10))
            let cleared = try await world.store.availablePoints(of: Fixture.assignment())
            #expect(cleared.allSatisfy { $0.mark == nil })
            #expect(
                try await world.store.events(PageRequest(state: "point.unmarked")).rows.count == 1)
        }
    }

    @Test("Stricter rules are applied to what is there, within the guard")
    func guarded() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            var all = KeepRules()
            all.last = .all
            try await world.run(configuration(all), for: .hours(30) - .minutes(30))
            #expect(await world.provider.tokens(of: etc).count == 30)
            let cut = try await world.store.availablePoints(of: Fixture.assignment()).suffix(25)
                .map(\.remote.token)
            // 25 of 30 would go at once; what new points replace goes beside them.
            let strict = configuration(keepFive, grace: .hours(2), digest: "two")
            try await world.run(strict, for: .hours(3))
            #expect(Set(cut).isDisjoint(with: await world.provider.deleted))
            let refused = try await world.store.events(PageRequest(state: "prune.refused")).rows
            #expect(refused.first?.detail.contains("prune_guard") == true)
        }
    }

    @Test("A listing that is not complete prunes nothing")
    func incompleteListing() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.makeListingsIncomplete()
            try await world.run(configuration(keepFive, grace: .hours(1)), for: .hours(12))
            #expect(await world.provider.deleted.isEmpty)
            let refused = try await world.store.events(PageRequest(state: "prune.refused")).rows
            #expect(refused.allSatisfy { $0.detail.contains("listing_incomplete") })
            #expect(!refused.isEmpty)
        }
    }

    @Test("A point that vanished is told as missing, and no longer counts")
    func missing() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = configuration(keepFive, grace: .hours(1))
            try await world.run(rules, for: .hours(6) - .minutes(30))
            let lost = try #require(await world.provider.tokens(of: etc).first)
            await world.provider.lose(lost, of: etc)
            try await world.run(rules, for: .hours(6))
            #expect(try await world.store.point(lost)?.state == .missing)
            #expect(
                try await world.store.events(PageRequest(state: "point.missing")).rows.count == 1)
        }
    }

    @Test("After a clock step nothing is pruned until two readings agree")
    func clockStep() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = configuration(keepFive, grace: .hours(24))
            try await world.running(rules) { _ in
                try await world.time.sleep(for: .hours(8) + .minutes(10))
                world.time.setWall(by: .days(400))
                try await world.time.sleep(for: .seconds(20))
                #expect(await world.provider.deleted.isEmpty)
                try await world.time.sleep(for: .minutes(20))
            }
            // The clock that was set keeps running evenly, so by now it is believed.
            let points = try await world.store.availablePoints(of: Fixture.assignment())
            #expect(points.count { $0.mark == nil } == 5)
            let deleted = await world.provider.deleted
            #expect(deleted.count == 4)
            let jumps = try await world.store.events(PageRequest(state: "clock.jumped")).rows
            #expect(jumps.count == 1)
        }
    }

    @Test("Points at a provider that a target moved away from are not taken for missing or deleted")
    func movedTarget() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(keepFive, grace: .hours(1)), for: .hours(4))
            // What an earlier provider holds of the same assignment; its listing is never asked for.
            let elsewhere = ProviderID(trusted: "elsewhere")
            var tokens: [BackupToken] = []
            for day in 1...9 {
                let slot = SlotKey(
                    assignment: Fixture.assignment(), opens: noon - .days(day))
                let job = NewJob(
                    kind: .backup, trigger: .schedule, slot: slot, provider: elsewhere,
                    closes: slot.opens + .hours(1), startBefore: noon + .days(9),
                    notBefore: slot.opens)
                _ = try await world.store.enqueue(job, event: nil, at: slot.opens)
                let claimed = try await world.store.claim(
                    Claim(
                        provider: elsewhere, limit: 1, now: noon,
                        leaseUntil: noon + .hours(1)))
                _ = try await world.store.record(
                    AttemptOutcome(
                        claimed: try #require(claimed.first),
                        ending: RunEnding(state: .succeeded), endedAt: noon, next: .succeeded,
                        failures: 0, isUncertain: false,
                        point: Fixture.remotePoint(of: slot, takenAt: slot.opens), events: []))
                tokens.append(slot.token)
            }
            try await world.run(configuration(keepFive, grace: .hours(1)), for: .hours(12))
            #expect(await !world.provider.deleted.isEmpty)
            for token in tokens {
                let point = try #require(try await world.store.point(token))
                #expect(point.state == .available)
                #expect(point.mark != nil)
            }
            #expect(
                try await world.store.events(PageRequest(state: "point.missing")).rows.isEmpty)
        }
    }

    @Test("Looser rules that come while a prune is under way stop it")
    func reloadDuringPrune() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            var all = KeepRules()
            all.last = .all
            try await world.run(configuration(all), for: .hours(20))
            let strict = configuration(
                keepFive, grace: .minutes(20), guardPercent: 100, digest: "two")
            let looser = world.installation(configuration(all, digest: "three"))
            try await world.running(strict) { scheduler in
                // Fifteen are due; the reload comes with the first deletion.
                await world.provider.onDelete { await scheduler.propose(looser, by: .scheduler) }
                try await world.time.sleep(for: .hours(6))
            }
            let deleted = await world.provider.deleted.count
            #expect((1...4).contains(deleted), "\(deleted)")
            let points = try await world.store.availablePoints(of: Fixture.assignment())
            #expect(points.allSatisfy { $0.mark == nil })
        }
    }

    @Test("A target that stopped being backed up keeps its last good copies")
    func deadSource() throws {
        let time = VirtualTime(at: noon)
        let provider = ScriptedProvider(time: time) { _, calls in
            calls < 6 ? .succeed() : .fail(ProviderError(.permanent, "the disk is dead"))
        }
        let world = SimulatedWorld(seed: 1, time: time, provider: provider)
        try simulate(seed: 1, time: time) {
            var rules = KeepRules()
            rules.within = CalendarSpan(days: 1)
            try await world.run(configuration(rules, grace: .hours(1)), for: .days(30))
            #expect(await provider.tokens(of: etc).count == 6)
        }
    }

    @Test(
        "Whatever the provider does, no slot gets two backups and all are recorded",
        arguments: UInt64(1)...40)
    func faults(seed: UInt64) throws {
        let time = VirtualTime(at: noon)
        let provider = ScriptedProvider(time: time) { _, calls in
            var rng = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(calls))
            guard calls < 60 else { return .succeed() }
            switch Int.random(in: 0..<8, using: &rng) {
            case 0: return .fail(ProviderError(.transient, "transient"))
            case 1: return .loseReply(after: .seconds(Int.random(in: 1...900, using: &rng)))
            case 2:
                return .fail(
                    ProviderError(
                        .throttled, "throttled", retryAfter: time.wall.now + .minutes(3)))
            case 3: return .runInBackground(polls: Int.random(in: 0...9, using: &rng))
            case 4: return .hang
            default: return .succeed(after: .seconds(Int.random(in: 1...1200, using: &rng)))
            }
        }
        let world = SimulatedWorld(seed: seed, time: time, provider: provider)
        try simulate(seed: seed, time: time) {
            var rng = SeededGenerator(seed: seed)
            let policy = Fixture.policy(
                retention: RetentionSettings(rules: keepFive, grace: .hours(4)),
                timeout: .minutes(20))
            let configuration = Fixture.configuration(
                policies: [policy], targets: ["etc", "home", "db"].map { Fixture.target($0) })
            for _ in 0..<6 {
                // Stops in the middle of whatever goes on, and begins again.
                try await world.run(
                    configuration, for: .minutes(Int.random(in: 10...400, using: &rng)))
            }
            try await world.run(configuration, for: .hours(24))
            let made = await provider.made
            #expect(made.values.allSatisfy { $0 == 1 }, "seed \(seed)")
            for name in ["etc", "home", "db"] {
                let target = TargetID(trusted: name)
                let there = Set(await provider.tokens(of: target))
                let recorded = try await world.store.availablePoints(
                    of: Fixture.assignment("nightly", name))
                #expect(Set(recorded.map(\.remote.token)) == there, "seed \(seed)")
                #expect(recorded.count { $0.mark == nil } == 5, "seed \(seed)")
            }
            #expect(try await world.store.runningJobs().isEmpty)
        }
    }

    @Test("The same seed gives the same history")
    func replay() throws {
        func history() throws -> [String] {
            let time = VirtualTime(at: noon)
            let provider = ScriptedProvider(time: time) { _, calls in
                calls % 3 == 0 ? .fail(ProviderError(.transient, "now and then")) : .succeed()
            }
            let world = SimulatedWorld(seed: 9, time: time, provider: provider)
            return try simulate(seed: 9, time: time) {
                try await world.run(
                    Fixture.configuration(
                        policies: [Fixture.policy()],
                        targets: ["a", "b", "c"].map { Fixture.target($0) }), for: .hours(8))
                let events = try await world.store.events(PageRequest(limit: 1000)).rows
                return events.map { "\($0.at) \($0.kind) \($0.target ?? "") \($0.detail)" }
            }
        }
        let first = try history()
        #expect(first.count > 40)
        #expect(try history() == first)
    }
}
