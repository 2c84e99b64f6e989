import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Pauses in the engine")
struct PausingTests {
    private let noon = Fixture.noon
    private let operatorUser = Actor.user(uid: 0, name: "root")

    private func world() -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(objective: Duration? = nil) -> Configuration {
        Fixture.configuration(
            policies: [Fixture.policy(objective: objective)], targets: [Fixture.target()])
    }

    /// The hours after noon whose windows were backed up.
    private func hours(_ world: SimulatedWorld) async throws -> [Int64] {
        try await world.store.jobs(PageRequest(limit: 1000)).rows
            .filter { $0.state == .succeeded && $0.request.trigger != .operatorRequest }
            .map { ($0.request.slot.opens - noon).wholeSeconds / 3600 }.sorted()
    }

    private func states(_ world: SimulatedWorld) async throws -> Set<String> {
        Set(try await world.store.jobs(PageRequest(limit: 1000)).rows.map(\.state.name))
    }

    private func kinds(_ world: SimulatedWorld) async throws -> [String] {
        try await world.store.events(PageRequest(limit: 1000)).rows.map(\.kind)
            .filter { $0.hasPrefix("policy.") || $0.hasPrefix("pause.") }.reversed()
    }

    @Test("A paused policy makes no backups, misses none, and its resumption fires nothing")
    func pauseAndResume() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .minutes(90))
                _ = try await desk.pause(
                    policy: "nightly", reason: " moving ", until: nil, by: operatorUser)
                try await world.time.sleep(for: .hours(3))
                let policies = try await desk.status().pauses
                #expect(policies.map(\.reason) == ["moving"])
                // Half past four: the window of four o'clock is open.
                _ = try await desk.resume(policy: "nightly", by: operatorUser)
                try await world.time.sleep(for: .hours(2))
            }
            #expect(try await hours(world) == [0, 1, 5, 6])
            #expect(try await states(world) == ["succeeded"])
            #expect(try await kinds(world) == ["policy.paused", "policy.resumed"])
        }
    }

    @Test("A restart in the window that was open at the resumption makes no backup of it")
    func restart() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .minutes(30))
                _ = try await desk.pause(
                    policy: "nightly", reason: "x", until: nil, by: operatorUser)
                try await world.time.sleep(for: .hours(2))
                _ = try await desk.resume(policy: "nightly", by: operatorUser)
            }
            try await world.run(configuration(), for: .hours(1))
            #expect(try await hours(world) == [0, 3])
            #expect(try await states(world) == ["succeeded"])
        }
    }

    @Test("A pause with an end is over by itself, also while the daemon is down")
    func until() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .minutes(30))
                _ = try await desk.pause(
                    policy: "nightly", reason: "x", until: noon + .minutes(150),
                    by: operatorUser)
                try await world.time.sleep(for: .hours(3))
                #expect(try await hours(world) == [0, 3])
                _ = try await desk.pause(
                    policy: "nightly", reason: "y", until: noon + .minutes(330),
                    by: operatorUser)
            }
            try await world.time.sleep(for: .minutes(240))
            // Half past seven: six o'clock was missed after the pause, five o'clock was paused.
            try await world.run(configuration(), for: .hours(1))
            #expect(try await hours(world) == [0, 3, 7, 8])
            let missed = try await world.store.jobs(PageRequest(state: "missed")).rows
            #expect(missed.map(\.request.slot.opens) == [noon + .hours(6)])
            #expect(
                try await kinds(world)
                    == ["policy.paused", "policy.resumed", "policy.paused", "policy.resumed"])
        }
    }

    @Test("A backup by hand works under a paused policy")
    func byHand() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.serving(configuration()) { desk, _ in
                try await world.time.sleep(for: .minutes(30))
                _ = try await desk.pause(
                    policy: "nightly", reason: "x", until: nil, by: operatorUser)
                _ = try await desk.requestBackup(
                    target: "etc", policy: nil, by: operatorUser)
                try await world.time.sleep(for: .hours(2))
            }
            #expect(await world.provider.made.count == 2)
        }
    }

    @Test("A backup that ended in the second of the request is not told as another one")
    func sameSecond() throws {
        let time = VirtualTime(at: noon)
        let world = SimulatedWorld(
            seed: 1, time: time,
            provider: ScriptedProvider(time: time) { _, _ in .succeed(after: .zero) })
        try simulate(seed: 1, time: time) {
            try await world.serving(configuration()) { desk, _ in
                try await time.sleep(for: .minutes(30))
                let first = try await desk.requestBackup(
                    target: "etc", policy: nil, by: operatorUser)
                try await time.sleep(for: .milliseconds(200))
                let refusal = await #expect(throws: ControlRefusal.self) {
                    _ = try await desk.requestBackup(
                        target: "etc", policy: nil, by: operatorUser)
                }
                #expect(refusal?.kind == .conflict)
                #expect(refusal?.message.contains("in this very second") == true)
                try await time.sleep(for: .seconds(1))
                let second = try await desk.requestBackup(
                    target: "etc", policy: nil, by: operatorUser)
                #expect(second.id != first.id)
            }
        }
    }

    @Test("A pause is told as forgotten once, when an objective breaks or a week is over")
    func forgotten() throws {
        for objective in [Duration.hours(5), nil] {
            let world = world()
            try simulate(seed: 1, time: world.time) {
                try await world.serving(configuration(objective: objective)) { desk, _ in
                    try await world.time.sleep(for: .minutes(30))
                    _ = try await desk.pause(
                        policy: "nightly", reason: "x", until: nil, by: operatorUser)
                    try await world.time.sleep(for: .days(9))
                    let row = try #require(
                        try await desk.coverage(target: nil, ListPart()).rows.first)
                    #expect(row.state == (objective == nil ? .paused : .beyond))
                    #expect(row.nextOpening == nil)
                    let listed = try await desk.targets(ListPart()).rows
                    #expect(listed.map(\.nextOpening) == [nil])
                    let policies = try await desk.policies()
                    #expect(policies.map(\.nextWindow?.opens) == [nil])
                }
                #expect(try await kinds(world) == ["policy.paused", "pause.forgotten"])
                let told = try #require(try await world.store.pauses().first?.forgottenAt)
                let expected = objective ?? .days(7) + .minutes(30)
                #expect(told >= noon + expected && told < noon + expected + .minutes(1))
            }
        }
    }

    @Test("What can't be paused or resumed is refused with the way out")
    func refusals() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let configuration = Fixture.configuration(
                policies: [Fixture.policy(), Fixture.nativePolicy("vendors")],
                targets: [Fixture.target()])
            try await world.serving(configuration) { desk, _ in
                func refusal(
                    _ body: () async throws(ControlRefusal) -> Pause
                ) async -> String {
                    do {
                        _ = try await body()
                        return "done"
                    } catch {
                        return error.message
                    }
                }
                func pause(
                    _ policy: String, _ reason: String = "x", until: Timestamp? = nil
                ) async -> String {
                    await refusal { () async throws(ControlRefusal) in
                        try await desk.pause(
                            policy: policy, reason: reason, until: until, by: operatorUser)
                    }
                }
                #expect(
                    await pause("nigthly")
                        == "no policy is named 'nigthly'; did you mean 'nightly'?")
                #expect(await pause("nightly", "  ").hasPrefix("a pause needs a reason"))
                #expect(
                    await pause("nightly", until: noon - .hours(1)).contains("not in the future"))
                #expect(await pause("vendors").contains("'enforce: managed'"))
                #expect(await pause("nightly") == "done")
                #expect(await pause("nightly").contains("'holdfast resume nightly'"))
                func resume(_ policy: String) async -> String {
                    await refusal { () async throws(ControlRefusal) in
                        try await desk.resume(policy: policy, by: operatorUser)
                    }
                }
                #expect(
                    await resume("vendors") == "policy 'vendors' is not paused; paused: nightly")
                #expect(
                    await resume("nigthly")
                        == "no policy is named 'nigthly'; did you mean 'nightly'?")
            }
        }
    }
}
