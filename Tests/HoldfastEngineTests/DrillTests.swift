import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Drills in the engine")
struct DrillTests {
    private let noon = Fixture.noon
    private let anna = Actor.user(uid: 1000, name: "anna")
    private let etc = Fixture.assignment()
    private let daily = DrillSettings(every: .days(1))

    private func world(
        seed: UInt64 = 1, store: InMemoryStore = InMemoryStore(),
        hooks: ScriptedHooks = ScriptedHooks()
    ) -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(
            seed: seed, time: time, store: store, provider: ScriptedProvider(time: time),
            hooks: hooks)
    }

    private func configuration(
        _ drills: DrillSettings?, targets: [String] = ["etc"], concurrency: Int = 4,
        retention: RetentionSettings = RetentionSettings(), timeout: Duration = .hours(6),
        attempts: Int = 3
    ) -> Configuration {
        Fixture.configuration(
            policies: [
                Fixture.policy(
                    retention: retention, timeout: timeout,
                    retry: RetrySettings(attempts: attempts, backoff: .seconds(30)),
                    drills: drills)
            ], targets: targets.map { Fixture.target($0) }, concurrency: concurrency)
    }

    private func events(_ kind: EventKind, _ world: SimulatedWorld) async throws -> [Event] {
        try await world.store.events(PageRequest(limit: 1000, state: kind.rawValue)).rows
    }

    /// The drills' jobs, oldest first.
    private func drills(_ world: SimulatedWorld, of target: String? = nil) async throws -> [Job] {
        try await world.store.jobs(PageRequest(limit: 1000, target: target)).rows
            .filter { $0.request.kind == .verify }.reversed()
    }

    /// Runs for half an hour, so that there is one point, and then what a test does.
    private func afterOnePoint(
        _ world: SimulatedWorld, _ configuration: Configuration,
        _ body: @escaping @Sendable (ControlDesk) async throws -> Void
    ) async throws {
        try await world.running(configuration) { scheduler in
            try await world.time.sleep(for: .minutes(30))
            try await body(ControlDesk(scheduler, context: world.context))
        }
    }

    private func refusal(_ body: () async throws -> Void) async -> ControlRefusal? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ControlRefusal
        }
    }

    @Test("A point is proved within a day, and again so long after each drill", arguments: 1...3)
    func due(seed: Int) throws {
        let world = world(seed: UInt64(seed))
        try simulate(seed: UInt64(seed), time: world.time) {
            try await world.run(configuration(daily), for: .days(5))
            let jobs = try await drills(world)
            #expect((4...5).contains(jobs.count))
            let record = DrillRecord(
                lastEndedAt: nil, firstGoodAt: noon + .seconds(10), hasPoint: true, isOpen: false)
            let since = try await world.store.drillsDeclared(under: etc.policy, at: noon)
            #expect(
                jobs.first?.request.slot.opens
                    == daily.due(of: etc, after: record, since: since, now: noon + .days(5)))
            for (earlier, later) in zip(jobs, jobs.dropFirst()) {
                let ended = try #require(earlier.endedAt)
                #expect(later.request.slot.opens == (ended + .days(1)).roundedUpToSecond)
                #expect(earlier.state == .succeeded)
            }
            let proved = try await events(.pointVerified, world)
            #expect(proved.count == jobs.count)
            let newest = try #require(proved.first)
            #expect(newest.actor == "scheduler")
            #expect(newest.detail.contains(#""milliseconds":5000"#))
            #expect(newest.detail.contains(#""proof":"restored""#))
            #expect(newest.detail.contains(#""entries":7"#))
            // Each time the newest point of that moment.
            for job in jobs {
                let run = try #require(
                    try await world.store.runs(PageRequest(limit: 1000)).rows.first {
                        $0.job == job.id
                    })
                let token = try #require(proved.first { $0.job == job.id }?.token)
                let points = try await world.store.points(PageRequest(limit: 1000)).rows
                let there = points.filter { $0.recordedAt <= run.startedAt }
                #expect(
                    there.max { $0.remote.takenAt < $1.remote.takenAt }?.remote.token.text == token)
                #expect(
                    run.output?.contains("restored into a scratch directory in 5000 ms") == true)
            }
            let point = try #require(
                try await world.store.points(PageRequest(limit: 1000)).rows.first {
                    $0.verifiedAt != nil
                })
            #expect(point.proof == PointProof(.restored, restoreTime: .seconds(5)))
        }
    }

    @Test("A restart makes no second drill and forgets none")
    func restart() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            for _ in 1...9 { try await world.run(configuration(daily), for: .hours(14)) }
            let jobs = try await drills(world)
            #expect((4...6).contains(jobs.count))
            for (earlier, later) in zip(jobs, jobs.dropFirst()) {
                let ended = try #require(earlier.endedAt)
                #expect(later.request.slot.opens == (ended + .days(1)).roundedUpToSecond)
            }
            #expect(jobs.allSatisfy { $0.state == .succeeded })
        }
    }

    @Test("Drills that fell due while the daemon was down are made once")
    func down() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(daily), for: .days(2))
            let before = try await drills(world).count
            try await world.time.sleep(for: .days(6))
            try await world.run(configuration(daily), for: .hours(2))
            #expect(try await drills(world).count == before + 1)
        }
    }

    @Test("A drill that the daemon's end cut short goes on after the next start")
    func cutShort() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, calls in
                calls == 0 ? .hang : .succeed()
            }
            let patient = configuration(daily, timeout: .days(3))
            try await world.run(patient, for: .hours(26))
            let job = try #require(try await drills(world).first)
            #expect(job.state.name == "ready")
            #expect(job.failures == 0)
            try await world.run(patient, for: .minutes(10))
            #expect(try await drills(world).map(\.state) == [.succeeded])
            #expect(try await events(.attemptInterrupted, world).count == 1)
        }
    }

    @Test("Without 'verify' nothing is drilled by itself")
    func undeclared() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(nil), for: .days(9))
            #expect(try await drills(world).isEmpty)
            #expect(await world.provider.drilled.isEmpty)
        }
    }

    @Test("A random pick is the same for the same seed, and not always the newest")
    func random() throws {
        func drilled(seed: UInt64) throws -> [BackupToken] {
            let world = world(seed: seed)
            return try simulate(seed: seed, time: world.time) {
                try await world.run(
                    configuration(DrillSettings(every: .days(1), pick: .random)), for: .days(8))
                return await world.provider.drilled
            }
        }
        let first = try drilled(seed: 7)
        #expect(first.count >= 7)
        #expect(try drilled(seed: 7) == first)
        #expect(try drilled(seed: 8) != first)
        // The stamps of the newest points at drill times would be a day apart.
        let days = Set(first.map { $0.text.suffix(17).prefix(8) })
        #expect(days.count < first.count)
    }

    @Test("A damaged point counts no more, and the point before it is kept again")
    func damaged() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, calls in
                calls == 0
                    ? .fail(ProviderError(.permanent, "the hash differs", isDamage: true))
                    : .succeed()
            }
            var rules = KeepRules()
            rules.last = .periods(1)
            let retention = RetentionSettings(rules: rules, minAge: .zero)
            try await world.running(configuration(nil, retention: retention)) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(150))
                let points = try await world.store.availablePoints(of: etc)
                #expect(points.map { $0.mark != nil } == [false, true, true])
                let job = try await desk.requestDrill(target: "etc", policy: nil, by: anna)
                try await world.time.sleep(for: .minutes(5))
                let ended = try #require(try await world.store.job(job.id))
                #expect(ended.state == .failed)
                #expect(ended.lastError == "the hash differs")
                #expect(ended.attempt == 1, "reading it again does not mend it")
                let damaged = try #require(try await world.store.point(points[0].remote.token))
                #expect(damaged.state == .damaged)
                let event = try #require(try await events(.pointDamaged, world).first)
                #expect(event.token == points[0].remote.token.text)
                #expect(try await events(.drillFailed, world).isEmpty)
                let left = try await world.store.availablePoints(of: etc)
                #expect(left.map(\.id) == [points[1].id, points[2].id])
                #expect(left.first?.mark == nil, "the newest good point stays")
                let status = try await desk.status()
                #expect(status.problems.map(\.health) == [.damaged])
                // The next backup is good, and the drill is still to be made well.
                try await world.time.sleep(for: .minutes(60))
                #expect(try await desk.status().problems.map(\.health) == [.drillFailed])
                _ = try await desk.requestDrill(target: "etc", policy: nil, by: anna)
                try await world.time.sleep(for: .minutes(5))
                #expect(try await desk.status().problems.isEmpty)
                #expect(try await desk.status().proofs.provenCount == 1)
            }
        }
    }

    @Test("After a damaged point the one before it is drilled at once, until one is whole")
    func afterDamage() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, calls in
                calls < 2
                    ? .fail(ProviderError(.permanent, "the hash differs", isDamage: true))
                    : .succeed()
            }
            let drills = DrillSettings(every: .days(7))
            try await world.running(configuration(drills)) { scheduler in
                try await world.time.sleep(for: .hours(30))
                let damaged = try await events(.pointDamaged, world)
                let proven = try await events(.pointVerified, world)
                #expect(damaged.count == 2)
                #expect(proven.count == 1)
                let first = try #require(damaged.last)
                let last = try #require(proven.first)
                #expect(last.at - first.at < .minutes(5))
                let desk = ControlDesk(scheduler, context: world.context)
                #expect(try await desk.status().proofs.provenCount == 1)
                // The next one comes a week later.
                try await world.time.sleep(for: .days(5))
                #expect(try await events(.pointVerified, world).count == 1)
            }
        }
    }

    @Test(
        "What says nothing about the data does not make a point damaged",
        arguments: [
            (ProviderError(.transient, "the disk does not answer"), 3),
            (ProviderError(.quota, "no room to unpack"), 1),
            (ProviderError(.permanent, "tar is not installed"), 1),
            (ProviderError(.notFound, "the repository is not mounted"), 1),
            (ProviderError(.ambiguous, "it may have been read"), 3),
        ])
    func unable(error: ProviderError, attempts: Int) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, _ in .fail(error) }
            try await afterOnePoint(world, configuration(nil)) { desk in
                let job = try await desk.requestDrill(target: "etc", policy: nil, by: anna)
                try await world.time.sleep(for: .minutes(20))
                let ended = try #require(try await world.store.job(job.id))
                #expect(ended.state == .failed)
                #expect(ended.attempt == attempts)
                #expect(await world.provider.drilled.count == attempts)
                let point = try #require(try await world.store.availablePoints(of: etc).first)
                #expect(point.state == .available)
                #expect(point.verifiedAt == nil)
                let event = try #require(try await events(.drillFailed, world).first)
                #expect(event.detail.contains(error.message))
                #expect(try await events(.attemptFailed, world).count == attempts - 1)
                #expect(try await events(.pointDamaged, world).isEmpty)
                let status = try await desk.status()
                #expect(status.problems.map(\.health) == [.drillFailed])
                #expect(status.proofs.provenCount == 0)
                #expect(status.proofs.unprovenCount == 1)
            }
        }
    }

    @Test("A drill that takes longer than the policy's timeout is stopped")
    func timeout() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, _ in .hang }
            let configuration = configuration(nil, timeout: .minutes(10), attempts: 1)
            try await afterOnePoint(world, configuration) { desk in
                let job = try await desk.requestDrill(target: "etc", policy: nil, by: anna)
                try await world.time.sleep(for: .minutes(11))
                let ended = try #require(try await world.store.job(job.id))
                #expect(ended.state == .failed)
                #expect(ended.lastError?.contains("longer than 10m (timeout)") == true)
            }
        }
    }

    @Test("The command runs where the point was unpacked, and its failure fails the drill")
    func command() throws {
        let command = Hook(command: ["/bin/check"], timeout: .minutes(1), onError: .fail)
        let hooks = ScriptedHooks { _, variables in
            variables["HOLDFAST_ATTEMPT"] == "1"
                ? HookResult(failure: "ended with status 3", output: "no such table")
                : HookResult(failure: nil, output: "7 rows")
        }
        let world = world(hooks: hooks)
        try simulate(seed: 1, time: world.time) {
            let settings = DrillSettings(every: .days(9), command: command)
            try await afterOnePoint(world, configuration(settings)) { desk in
                _ = try await desk.requestDrill(target: "etc", policy: nil, by: anna)
                try await world.time.sleep(for: .minutes(20))
            }
            let token = SlotKey(assignment: etc, opens: noon).token
            #expect(await world.hooks.places == ["/scratch", "/scratch"])
            let seen = try #require(await world.hooks.ran.first)
            #expect(seen["HOLDFAST_HOOK"] == "drill")
            #expect(seen["HOLDFAST_TOKEN"] == token.text)
            #expect(seen["HOLDFAST_SCRATCH"] == "/scratch")
            #expect(seen["HOLDFAST_TARGET"] == "etc")
            let failed = try #require(try await events(.attemptFailed, world).first)
            #expect(failed.detail.contains("the drill's command ended with status 3"))
            #expect(failed.detail.contains("no such table"))
            let proved = try #require(try await events(.pointVerified, world).first)
            #expect(proved.detail.contains(#""command":"succeeded""#))
            let runs = try await world.store.runs(PageRequest()).rows.filter { $0.kind == .verify }
            #expect(runs.first?.output?.contains("7 rows") == true)
        }
    }

    @Test("A cloud's point is asked for again, which proves less")
    func cloud() throws {
        let world = world()
        let configuration = Fixture.cloudConfiguration(
            policies: [Fixture.policy(drills: daily)],
            targets: [Fixture.droplet(1, named: "web")])
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration) { _ in
                try await world.time.sleep(for: .hours(25))
            }
            let event = try #require(try await events(.pointVerified, world).last)
            #expect(event.detail.contains(#""proof":"seen""#))
            #expect(!event.detail.contains("milliseconds"))
            let token = try #require(BackupToken(event.token ?? ""))
            #expect(try await world.store.point(token)?.proof == PointProof(.seen))
            let run = try #require(
                try await world.store.runs(PageRequest()).rows.first { $0.kind == .verify })
            #expect(run.output?.contains("seen at the provider, complete; not restored") == true)
        }
    }

    @Test("A cloud's point that is not there fails the drill and is not called damaged")
    func cloudGone() throws {
        let world = world()
        let configuration = Fixture.cloudConfiguration(
            policies: [Fixture.policy()], targets: [Fixture.droplet(1, named: "web")])
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(30))
                let web = Fixture.assignment("nightly", "web")
                let token = SlotKey(assignment: web, opens: noon).token
                await world.cloud.failFind(times: 2)
                let first = try await desk.requestDrill(target: "web", policy: nil, by: anna)
                try await world.time.sleep(for: .minutes(10))
                #expect(try await world.store.job(first.id)?.state == .succeeded)
                #expect(try await world.store.job(first.id)?.attempt == 3)
                await world.cloud.lose(token, of: web.target)
                let second = try await desk.requestDrill(target: "web", policy: nil, by: anna)
                try await world.time.sleep(for: .minutes(10))
                let ended = try #require(try await world.store.job(second.id))
                #expect(ended.state == .failed)
                #expect(ended.lastError?.contains("does not have \(token) any more") == true)
                #expect(try await world.store.point(token)?.state == .available)
            }
        }
    }

    @Test("Drills leave places for backups, and keep no backup of their target waiting")
    func places() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, _ in .succeed(after: .hours(3)) }
            let names = (1...6).map { "t\($0)" }
            try await world.running(configuration(nil, targets: names)) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(30))
                for name in names {
                    _ = try await desk.requestDrill(target: name, policy: nil, by: anna)
                }
                try await world.time.sleep(for: .hours(12))
            }
            #expect(await world.provider.drillWidthMax == 2)
            #expect(await world.provider.drilled.count == 6)
            let backups = try await world.store.jobs(PageRequest(limit: 1000)).rows.filter {
                $0.request.kind == .backup
            }
            #expect(backups.count == 6 * 13)
            #expect(backups.allSatisfy { $0.state == .succeeded })
        }
    }

    @Test("Whoever asks for a drill is told why there is none")
    func refused() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, _ in .succeed(after: .minutes(10)) }
            try await world.running(configuration(nil, targets: ["etc", "home"])) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                let none = await refusal {
                    _ = try await desk.requestDrill(target: "etc", policy: nil, by: anna)
                }
                #expect(none?.kind == .conflict)
                #expect(none?.message.contains("back it up first") == true)
                try await world.time.sleep(for: .minutes(30))
                let unknown = await refusal {
                    _ = try await desk.requestDrill(target: "ect", policy: nil, by: anna)
                }
                #expect(unknown?.kind == .notFound)
                let job = try await desk.requestDrill(target: "etc", policy: "nightly", by: anna)
                #expect(job.request.trigger == .operatorRequest)
                try await world.time.sleep(for: .minutes(1))
                let second = await refusal {
                    _ = try await desk.requestDrill(target: "etc", policy: nil, by: anna)
                }
                #expect(second?.kind == .conflict)
                #expect(second?.message.contains("waiting or running") == true)
                try await world.time.sleep(for: .minutes(15))
                #expect(try await world.store.job(job.id)?.state == .succeeded)
                let asked = try await events(.drillRequested, world)
                #expect(asked.map(\.actor) == ["uid 1000 (anna)"])
            }
        }
    }

    @Test("A policy that has drills no more withdraws those that wait")
    func withdrawn() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.provider.answerDrills { _, _ in
                .fail(ProviderError(.throttled, "later", retryAfter: noon + .days(3)))
            }
            try await world.run(configuration(daily), for: .hours(26))
            #expect(try await drills(world).map(\.state.name) == ["ready"])
            try await world.run(configuration(nil), for: .days(3))
            #expect(try await drills(world).map(\.state) == [.cancelled])
            #expect(try await events(.jobCancelled, world).count == 1)
        }
    }
}
