import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("The scheduler")
struct SchedulerTests {
    private let noon = Fixture.noon

    private func world(
        seed: UInt64 = 1, startingAt offset: Duration = .zero,
        _ answer: @escaping @Sendable (BackupRequest, Int) -> ScriptedProvider.Answer = { _, _ in
            .succeed()
        }, hooks: ScriptedHooks = ScriptedHooks()
    ) -> SimulatedWorld {
        let time = VirtualTime(at: noon + offset)
        return SimulatedWorld(
            seed: seed, time: time, provider: ScriptedProvider(time: time, answer: answer),
            hooks: hooks)
    }

    private func hourly(
        _ targets: [String] = ["etc"], concurrency: Int = 2, policy: Policy = Fixture.policy()
    ) -> Configuration {
        Fixture.configuration(
            policies: [policy], targets: targets.map { Fixture.target($0) },
            concurrency: concurrency)
    }

    @Test("Every window of a day is backed up once", arguments: UInt64(1)...5)
    func everyWindow(seed: UInt64) throws {
        let world = world(seed: seed)
        try simulate(seed: seed, time: world.time) {
            try await world.run(hourly(["etc", "home"]), for: .hours(24) - .minutes(30))
            let made = await world.provider.made
            #expect(made.count == 48)
            #expect(made.values.allSatisfy { $0 == 1 })
            let jobs = try await world.store.jobs(PageRequest(limit: 1000, state: "succeeded"))
            #expect(jobs.rows.count == 48)
            #expect(try await world.store.points(PageRequest(limit: 1000)).rows.count == 48)
        }
    }

    @Test("A window that is open at the start is used")
    func openAtStart() throws {
        let world = world(startingAt: .minutes(20))
        try simulate(seed: 1, time: world.time) {
            try await world.run(hourly(), for: .minutes(1))
            let slot = SlotKey(assignment: Fixture.assignment(), opens: noon)
            #expect(await world.provider.made == [slot.token: 1])
        }
    }

    @Test("A transient failure is tried again inside the window")
    func retry() throws {
        let world = world { _, calls in
            calls < 3 ? .fail(ProviderError(.transient, "try later")) : .succeed()
        }
        try simulate(seed: 1, time: world.time) {
            try await world.run(hourly(), for: .minutes(59))
            let runs = try await world.store.runs(PageRequest()).rows
            #expect(runs.map(\.state) == [.succeeded, .failed, .failed, .failed])
            #expect(await world.provider.made.values.allSatisfy { $0 == 1 })
            let job = try #require(try await world.store.jobs(PageRequest()).rows.first)
            #expect(job.state == .succeeded)
            #expect(job.failures == 3)
        }
    }

    @Test("Attempts end with the policy's count")
    func attemptsUsedUp() throws {
        let world = world { _, _ in .fail(ProviderError(.transient, "never")) }
        try simulate(seed: 1, time: world.time) {
            let policy = Fixture.policy(retry: RetrySettings(attempts: 3, backoff: .seconds(1)))
            try await world.run(hourly(policy: policy), for: .minutes(30))
            #expect(await world.provider.started.count == 3)
            let job = try #require(try await world.store.jobs(PageRequest()).rows.first)
            #expect(job.state == .failed)
            #expect(job.lastError == "never")
            let kinds = try await world.store.events(PageRequest()).rows.map(\.kind)
            #expect(kinds.count { $0 == "attempt.failed" } == 2)
            #expect(kinds.count { $0 == "backup.failed" } == 1)
        }
    }

    @Test("A clock that is wrong for a while costs no window", arguments: [20, 600])
    func clockWrongForAWhile(seconds: Int) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let hours = 80
            try await world.running(hourly()) { _ in
                try await world.time.sleep(for: .hours(2) + .minutes(10))
                world.time.setWall(by: .days(3))
                try await world.time.sleep(for: .seconds(seconds))
                world.time.setWall(by: .zero - .days(3))
                try await world.time.sleep(for: .hours(hours))
            }
            let made = await world.provider.made
            let expected = (0...(hours + 2)).map {
                SlotKey(assignment: Fixture.assignment(), opens: noon + .hours($0)).token
            }
            for token in expected { #expect(made[token] == 1, "\(token)") }
            #expect(made.values.allSatisfy { $0 == 1 })
        }
    }

    @Test("A lost answer is found by its token and makes no second backup")
    func lostReply() throws {
        let world = world { _, calls in calls == 0 ? .loseReply() : .succeed() }
        try simulate(seed: 1, time: world.time) {
            await world.provider.failFind(times: 1)
            try await world.run(hourly(), for: .minutes(59))
            #expect(await world.provider.made.values.map { $0 } == [1])
            let run = try #require(try await world.store.runs(PageRequest()).rows.first)
            #expect(run.state == .succeeded)
            #expect(run.isAdopted)
        }
    }

    @Test("A backup that goes on at the provider is polled to its end")
    func polling() throws {
        let world = world { _, _ in .runInBackground(polls: 4) }
        try simulate(seed: 1, time: world.time) {
            try await world.run(hourly(), for: .minutes(10))
            let run = try #require(try await world.store.runs(PageRequest()).rows.first)
            #expect(run.state == .succeeded)
            #expect(run.endedAt == noon + .seconds(150))
        }
    }

    @Test("A backup that takes too long is stopped")
    func timeout() throws {
        let world = world { _, _ in .hang }
        try simulate(seed: 1, time: world.time) {
            let policy = Fixture.policy(
                timeout: .minutes(10), retry: RetrySettings(attempts: 1))
            try await world.run(hourly(policy: policy), for: .minutes(30))
            let run = try #require(try await world.store.runs(PageRequest()).rows.first)
            #expect(run.state == .failed)
            #expect(run.endedAt == noon + .minutes(10))
            #expect(run.message?.contains("10m") == true)
        }
    }

    @Test("The provider's limit is kept, and the window that closes first goes first")
    func limits() throws {
        let world = world { _, _ in .succeed(after: .minutes(10)) }
        try simulate(seed: 1, time: world.time) {
            let short = Fixture.policy("short", plan: .daily, window: .minutes(15))
            let long = Fixture.policy("long", plan: .daily, window: .hours(4))
            let configuration = Fixture.configuration(
                policies: [short, long].map { $0.opening(at: 12) },
                targets: ["a", "b", "c"].map { Fixture.target($0, policies: ["long"]) }
                    + [Fixture.target("z", policies: ["short"])], concurrency: 1)
            try await world.run(configuration, for: .hours(2))
            #expect(await world.provider.widthMax == 1)
            let runs = try await world.store.runs(PageRequest()).rows.reversed()
            #expect(runs.map(\.assignment.target.text) == ["z", "a", "b", "c"])
        }
    }

    @Test("A backup that could not start in its window is missed, and told")
    func missed() throws {
        let world = world { _, _ in .succeed(after: .hours(2)) }
        try simulate(seed: 1, time: world.time) {
            let policy = Fixture.policy(plan: .daily, window: .hours(1)).opening(at: 12)
            try await world.run(hourly(["a", "b"], concurrency: 1, policy: policy), for: .hours(3))
            let states = try await world.store.jobs(PageRequest()).rows.map(\.state)
            #expect(states == [.missed, .succeeded])
            let events = try await world.store.events(PageRequest(state: "backup.missed")).rows
            #expect(events.map(\.target) == ["b"])
            #expect(events.first?.at == noon + .hours(1))
        }
    }

    @Test(
        "Windows missed while the daemon was down: the newest runs late, once, or none does",
        arguments: [(CatchUp.latest, 1), (.skip, 0)])
    func catchUp(mode: CatchUp, expected: Int) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let policy = Fixture.policy(
                plan: .hourly(every: 6), window: .hours(1), catchUp: mode)
            try await world.run(hourly(policy: policy), for: .hours(2))
            try await world.time.sleep(for: .hours(18))  // now 08:00: 18:00, 00:00, 06:00 are over
            try await world.run(hourly(policy: policy), for: .hours(1))
            let jobs = try await world.store.jobs(PageRequest()).rows
            #expect(jobs.count { $0.state == .missed } == 3 - expected)
            #expect(jobs.count { $0.state == .succeeded } == 1 + expected)
            if expected == 1 {
                let late = try #require(jobs.first { $0.request.trigger == .catchUp })
                #expect(late.request.slot.opens == noon + .hours(18))
                #expect(late.state == .succeeded)
            }
        }
    }

    @Test("A target that is new misses nothing from before it was declared")
    func newTarget() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let policy = Fixture.policy(plan: .hourly(every: 6), window: .hours(1))
            try await world.run(hourly(["a"], policy: policy), for: .hours(2))
            try await world.time.sleep(for: .hours(18))
            let both = Fixture.configuration(
                policies: [policy], targets: ["a", "b"].map { Fixture.target($0) },
                digest: "two")
            try await world.run(both, for: .minutes(10))
            #expect(try await world.store.jobs(PageRequest(target: "b")).rows.isEmpty)
            #expect(try await world.store.jobs(PageRequest(target: "a")).rows.count == 4)
        }
    }

    @Test("At a stop a running job ends within the grace or is handed back and done once")
    func stopping() throws {
        let world = world { _, calls in
            .succeed(after: calls == 0 ? .minutes(30) : .seconds(10))
        }
        try simulate(seed: 1, time: world.time) {
            try await world.run(hourly(), for: .minutes(5))
            let handedBack = try #require(try await world.store.runs(PageRequest()).rows.first)
            #expect(handedBack.state == .handedBack)
            #expect(handedBack.endedAt == noon + .minutes(6))
            #expect(await world.provider.made.isEmpty)
            try await world.run(hourly(), for: .minutes(5))
            #expect(await world.provider.made.values.map { $0 } == [1])
            let job = try #require(try await world.store.jobs(PageRequest()).rows.first)
            #expect(job.state == .succeeded)
            #expect(job.failures == 0)
        }
    }

    @Test(
        "After a crash the token is looked for first, even when the window has closed",
        arguments: [
            (true, Duration.minutes(1)), (true, .hours(9)), (false, .minutes(1)),
            (false, .hours(9)),
        ])
    func recovery(isThere: Bool, downFor: Duration) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let backup = Fixture.backup(window: .hours(1))
            _ = try await world.store.enqueue(backup, event: nil, at: noon)
            _ = try await world.store.claim(
                Claim(
                    provider: backup.provider, limit: 1, now: noon, leaseUntil: noon + .hours(9)))
            if isThere {
                await world.provider.place(
                    Fixture.remotePoint(of: backup.slot), of: Fixture.assignment().target)
            }
            try await world.time.sleep(for: downFor)
            let policy = Fixture.policy(plan: .daily, window: .hours(1), catchUp: .skip)
                .opening(at: 12)
            try await world.run(hourly(policy: policy), for: .minutes(5))
            let job = try #require(try await world.store.jobs(PageRequest()).rows.last)
            let made = await world.provider.made[backup.slot.token] ?? 0
            let isInTime = downFor < .hours(1)
            #expect(job.state == (isThere || isInTime ? .succeeded : .failed))
            #expect(made == (!isThere && isInTime ? 1 : 0))
            let runs = try await world.store.runs(PageRequest()).rows.reversed()
            #expect(runs.first?.state == .interrupted)
            #expect(runs.last?.isAdopted == isThere)
        }
    }

    @Test("Waiting jobs of a target that was removed are cancelled")
    func removal() throws {
        let world = world { _, _ in .fail(ProviderError(.transient, "not now")) }
        try simulate(seed: 1, time: world.time) {
            try await world.running(hourly(["a", "b"])) { scheduler in
                try await world.time.sleep(for: .seconds(1))
                let less = Fixture.configuration(
                    policies: [Fixture.policy()], targets: [Fixture.target("a")], digest: "two")
                await scheduler.propose(world.installation(less), by: .scheduler)
                try await world.time.sleep(for: .minutes(30))
            }
            let jobs = try await world.store.jobs(PageRequest(target: "b")).rows
            #expect(jobs.map(\.state) == [.cancelled])
        }
    }

    @Test("Hooks run around an attempt and see what it is about")
    func hooks() throws {
        let hook = Hook(command: ["/bin/true"], timeout: .seconds(1), onError: .continue)
        let scripted = ScriptedHooks { _, variables in
            HookResult(failure: nil, output: "ran \(variables["HOLDFAST_HOOK"] ?? "")")
        }
        let world = world(
            { _, calls in calls == 0 ? .fail(ProviderError(.permanent, "broken")) : .succeed() },
            hooks: scripted)
        try simulate(seed: 1, time: world.time) {
            let policy = Fixture.policy(
                hooks: Hooks(before: hook, after: hook, onFailure: hook))
            try await world.run(hourly(policy: policy), for: .minutes(5))
            let ran = await scripted.ran
            #expect(ran.map { $0["HOLDFAST_HOOK"] } == ["before", "after", "on_failure"])
            #expect(ran.map { $0["HOLDFAST_RESULT"] } == [nil, "failed", "failed"])
            #expect(ran[2]["HOLDFAST_ERROR"] == "broken")
            #expect(ran[0]["HOLDFAST_TARGET"] == "etc")
            let run = try #require(try await world.store.runs(PageRequest()).rows.first)
            #expect(run.output?.contains("ran on_failure") == true)
        }
    }

    @Test("A failing before hook fails the attempt, or is noted, as its on_error says")
    func beforeHook() throws {
        for onError in Hook.OnError.allCases {
            let scripted = ScriptedHooks { _, _ in
                HookResult(failure: "ended with status 3", output: "")
            }
            let world = world(hooks: scripted)
            try simulate(seed: 1, time: world.time) {
                let hook = Hook(command: ["/bin/false"], timeout: .seconds(1), onError: onError)
                let policy = Fixture.policy(
                    retry: RetrySettings(attempts: 1), hooks: Hooks(before: hook))
                try await world.run(hourly(policy: policy), for: .minutes(5))
                let run = try #require(try await world.store.runs(PageRequest()).rows.first)
                #expect(run.state == (onError == .fail ? .failed : .succeeded))
                #expect(await world.provider.started.count == (onError == .fail ? 0 : 1))
                let events = try await world.store.events(PageRequest(state: "hook.failed"))
                #expect(events.rows.count == 1)
            }
        }
    }
}

extension Policy {
    /// The same policy with its windows opening at this hour.
    fileprivate func opening(at hour: Int) -> Policy {
        Policy(
            id: id,
            schedule: Schedule(
                plan: schedule.plan,
                opensAt: LocalTime(hour: hour, minute: 0) ?? .midnight,
                length: schedule.length, zone: schedule.zone),
            timeout: timeout, retention: retention,
            recoveryPointObjective: recoveryPointObjective, retry: retry, catchUp: catchUp,
            hooks: hooks)
    }
}
