import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Objectives in the engine")
struct ObjectiveTests {
    private let noon = Fixture.noon

    private func world(
        _ answer: @escaping @Sendable (BackupRequest, Int) -> ScriptedProvider.Answer = { _, _ in
            .succeed()
        }
    ) -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(
            seed: 1, time: time, provider: ScriptedProvider(time: time, answer: answer))
    }

    private func configuration(_ objective: Duration, digest: String = "one") -> Configuration {
        Fixture.configuration(
            policies: [
                Fixture.policy(retry: RetrySettings(attempts: 1), objective: objective)
            ], targets: [Fixture.target()], digest: digest)
    }

    private func breaches(_ world: SimulatedWorld) async throws -> [Breach] {
        try await world.store.breaches(from: noon - .days(1), to: .distantFuture)
    }

    private func kinds(_ world: SimulatedWorld) async throws -> [String] {
        try await world.store.events(PageRequest(limit: 1000)).rows.map(\.kind)
            .filter { $0.hasPrefix("objective.") }.reversed()
    }

    @Test("A breach is noted at its instant, and ends when the next backup is recorded")
    func notedInTime() throws {
        // The windows of 13 to 15 o'clock bring nothing.
        let world = world { request, _ in
            let hour = (request.slot.opens - Fixture.noon).wholeSeconds / 3600
            return (1...3).contains(hour) ? .fail(ProviderError(.permanent, "no")) : .succeed()
        }
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(.minutes(90))) { _ in
                try await world.time.sleep(for: .minutes(91))
                let open = try #require(try await breaches(world).first)
                #expect(open.beganAt >= noon + .minutes(90))
                #expect(open.beganAt < noon + .minutes(91))
                #expect(open.endedAt == nil)
                try await world.time.sleep(for: .hours(5))
            }
            let all = try await breaches(world)
            #expect(all.count == 1)
            let ended = try #require(all.first?.endedAt)
            #expect(ended >= noon + .hours(4) && ended < noon + .hours(4) + .minutes(1))
            #expect(all.first?.endedBy == .point)
            #expect(try await kinds(world) == ["objective.broken", "objective.restored"])
            let event = try #require(
                try await world.store.events(
                    PageRequest(state: EventKind.objectiveBroken.rawValue)
                ).rows.first)
            #expect(event.at < noon + .minutes(91))
            #expect(event.target == "etc")
        }
    }

    @Test("A breach that began while the daemon was down began when it did")
    func whileDown() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(.hours(2)), for: .minutes(30))
            let newest = try #require(
                try await world.store.points(PageRequest()).rows.first?.remote.takenAt)
            try await world.time.sleep(for: .hours(9))
            try await world.run(configuration(.hours(2)), for: .minutes(10))
            let all = try await breaches(world)
            #expect(all.map(\.beganAt) == [newest + .hours(2)])
            // The window of 21 o'clock was open at the start.
            #expect(all.first?.endedAt.map { $0 < noon + .hours(10) } == true)
            #expect(try await kinds(world) == ["objective.broken", "objective.restored"])
        }
    }

    @Test("While the clock is in doubt no breach is noted, and none is made up by a jump")
    func clockJump() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(.hours(3))) { _ in
                try await world.time.sleep(for: .minutes(30))
                world.time.setWall(by: .days(3))
                try await world.time.sleep(for: .seconds(20))
                world.time.setWall(by: .zero - .days(3))
                try await world.time.sleep(for: .hours(2))
            }
            #expect(try await breaches(world).isEmpty)
        }
    }

    @Test("A longer objective ends the breach, and an objective that is taken away as well")
    func reload() throws {
        let world = world { _, _ in .fail(ProviderError(.permanent, "no")) }
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(.hours(1))) { scheduler in
                try await world.time.sleep(for: .hours(2))
                await scheduler.propose(
                    world.installation(configuration(.days(2), digest: "two")), by: .scheduler)
                try await world.time.sleep(for: .hours(1))
            }
            let all = try await breaches(world)
            #expect(all.map(\.reason) == [.noPoint])
            #expect(all.map(\.beganAt) == [noon + .hours(1)])
            #expect(all.map(\.endedBy) == [.objective])
            #expect(all.map(\.endedAt) == [noon + .hours(2)])
        }
    }

    @Test("Days are told of what is or was known, and of no name that nothing ever had")
    func unknownTarget() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.serving(configuration(.hours(2))) { desk, scheduler in
                try await world.time.sleep(for: .hours(1))
                let range = (from: noon - .days(1), to: noon + .days(1))
                let none = try await desk.breaches(
                    from: range.from, to: range.to, target: "etc", ListPart())
                #expect(none.page.rows.isEmpty)
                let refusal = await #expect(throws: ControlRefusal.self) {
                    _ = try await desk.breaches(
                        from: range.from, to: range.to, target: "ect", ListPart())
                }
                #expect(refusal?.kind == .notFound)
                #expect(
                    refusal?.message == "no target is or was named 'ect'; did you mean 'etc'?")
                await scheduler.propose(
                    world.installation(
                        Fixture.configuration(policies: [], targets: [], digest: "two")),
                    by: .scheduler)
                try await world.time.sleep(for: .minutes(1))
                let gone = try await desk.breaches(
                    from: range.from, to: range.to, target: "etc", ListPart())
                #expect(gone.page.rows.isEmpty)
            }
        }
    }
}
