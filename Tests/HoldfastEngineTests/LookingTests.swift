import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Looks at what is really at the providers")
struct LookingTests {
    private let noon = Fixture.noon
    private let etc = TargetID(trusted: "etc")
    private let anna = Actor.user(uid: 1000, name: "anna")

    private func world(seed: UInt64 = 1) -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(seed: seed, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(
        keeping count: Int? = nil, grace: Duration = .hours(24), reconcile: Duration? = .hours(4),
        targets: [Target] = [Fixture.target()], window: Duration = .hours(1)
    ) -> Configuration {
        var rules = KeepRules()
        rules.last = count.map { .periods($0) } ?? .all
        return Fixture.configuration(
            policies: [
                Fixture.policy(
                    window: window, retention: RetentionSettings(rules: rules, grace: grace))
            ],
            targets: targets, reconcile: reconcile)
    }

    private func stranger(
        _ id: String, name: String = "before the upgrade", at instant: Timestamp? = nil
    ) -> StrangePoint {
        StrangePoint(
            remoteID: id, name: name, takenAt: instant ?? noon - .days(3), origin: .foreign)
    }

    private func events(_ kind: String, _ world: SimulatedWorld) async throws -> [Event] {
        try await world.store.events(PageRequest(limit: 1000, state: kind)).rows
    }

    private func looks(_ world: SimulatedWorld) async throws -> [Run] {
        try await world.store.runs(PageRequest(limit: 1000)).rows.filter { $0.kind == .reconcile }
    }

    /// Asks for a look and waits for its job's end.
    @discardableResult
    private func look(_ world: SimulatedWorld, _ scheduler: Scheduler) async throws -> Job {
        let desk = ControlDesk(scheduler, context: world.context)
        let job = try await desk.requestLook(target: "etc", by: anna)
        try await world.time.sleep(for: .seconds(30))
        return try #require(try await world.store.job(job.id))
    }

    private func adopt(
        _ ids: [String], _ world: SimulatedWorld, _ scheduler: Scheduler
    ) async throws -> Job {
        let desk = ControlDesk(scheduler, context: world.context)
        let job = try await desk.requestAdoption(
            AdoptionWish(target: "etc", policy: "nightly", remoteIDs: ids, reason: "kept"),
            by: anna)
        try await world.time.sleep(for: .seconds(30))
        return try #require(try await world.store.job(job.id))
    }

    @Test("Every target is looked at once a period, and not when that is off")
    func scheduled() throws {
        for (reconcile, count) in [(Duration.hours(4) as Duration?, 12), (nil, 0)] {
            let world = world()
            try simulate(seed: 1, time: world.time) {
                let targets = [Fixture.target(), Fixture.target("home")]
                let rules = configuration(reconcile: reconcile, targets: targets)
                try await world.run(rules, for: .hours(24))
                let runs = try await looks(world)
                #expect(runs.count == count)
                #expect(runs.allSatisfy { $0.state == .succeeded })
                #expect(Set(runs.map(\.assignment.target)).count == (count == 0 ? 0 : 2))
                // A restart plans nothing twice.
                try await world.run(rules, for: .minutes(1))
                #expect(try await looks(world).count == count)
            }
        }
    }

    @Test("A point that vanished is missing after the next look, and returns when it is found")
    func vanishAndReturn() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .hours(5))
                let lost = try #require(await world.provider.tokens(of: etc).first)
                await world.provider.hide([lost])
                try await world.time.sleep(for: .hours(5))
                #expect(try await world.store.point(lost)?.state == .missing)
                #expect(try await events("point.missing", world).map(\.token) == [lost.text])
                #expect(try await events("foreign.seen", world).isEmpty)
                await world.provider.hide([])
                try await world.time.sleep(for: .hours(5))
                #expect(try await world.store.point(lost)?.state == .available)
                let returned = try await events("point.returned", world)
                #expect(returned.map(\.token) == [lost.text])
                #expect(returned.first?.detail.contains(#""was":"missing""#) == true)
                #expect(try await events("point.missing", world).count == 1)
            }
        }
    }

    @Test("When too many are gone at once the next look, ten minutes later, decides")
    func doubt() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                try await world.time.sleep(for: .hours(4) + .minutes(5))
                let tokens = await world.provider.tokens(of: etc)
                await world.provider.hide(Set(tokens))
                let job = try await look(world, scheduler)
                #expect(job.state.name == "ready")
                #expect(try await events("reconcile.doubtful", world).count == 1)
                #expect(try await events("point.missing", world).isEmpty)
                try await world.time.sleep(for: .minutes(11))
                #expect(try await events("point.missing", world).count == tokens.count)
                #expect(try await world.store.job(job.id)?.state == .succeeded)
                #expect(try await world.store.availablePoints(of: Fixture.assignment()).isEmpty)
            }
        }
    }

    @Test("A listing that was wrong for a moment costs nothing")
    func doubtPasses() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                try await world.time.sleep(for: .hours(4) + .minutes(5))
                let tokens = await world.provider.tokens(of: etc)
                await world.provider.hide(Set(tokens))
                let job = try await look(world, scheduler)
                // Of those that were gone one is still gone at the second look.
                await world.provider.hide([tokens[0]])
                try await world.time.sleep(for: .minutes(11))
                #expect(try await world.store.job(job.id)?.state == .succeeded)
                #expect(
                    try await events("point.missing", world).map(\.token) == [tokens[0].text])
            }
        }
    }

    @Test("A listing that is not complete is told, and nothing is concluded from it")
    func incomplete() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                try await world.time.sleep(for: .hours(2) + .minutes(5))
                await world.provider.makeListingsIncomplete()
                let job = try await look(world, scheduler)
                try await world.time.sleep(for: .hours(2))
                #expect(try await world.store.job(job.id)?.state == .failed)
                let failed = try await events("reconcile.failed", world)
                #expect(failed.first?.detail.contains("not complete") == true)
                #expect(try await events("point.missing", world).isEmpty)
                // The target's own state is that of its backups.
                let summary = try await world.store.summaries().first
                #expect(summary?.lastState == "succeeded")
            }
        }
    }

    @Test("Strangers are shown as foreign, told once, and left alone")
    func strangers() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(keeping: 2, grace: .hours(1))) { scheduler in
                await world.provider.placeStranger(stranger("77"), of: etc)
                // Another Holdfast's: it has a token's name, and this history knows nothing of it.
                let other = SlotKey(
                    assignment: Fixture.assignment("theirs", "etc"), opens: noon - .days(9))
                await world.provider.place(Fixture.remotePoint(of: other), of: etc)
                try await world.time.sleep(for: .hours(20))
                let foreign = try await world.store.foreignPoints(PageRequest()).rows
                #expect(foreign.map(\.hasToken).sorted { !$0 && $1 } == [false, true])
                #expect(
                    Set(foreign.map(\.remoteID))
                        == ["77", Fixture.remotePoint(of: other).remoteID])
                let seen = try await events("foreign.seen", world)
                #expect(seen.count == 1)
                #expect(seen.first?.detail.contains(#""with_token":1"#) == true)
                #expect(await !world.provider.deleted.isEmpty)
                #expect(await world.provider.tokens(of: etc).contains(other.token))
                await world.provider.loseStranger("77", of: etc)
                try await look(world, scheduler)
                #expect(try await world.store.foreignPoints(PageRequest()).rows.count == 1)
            }
        }
    }

    @Test("A backup whose answer was lost is not foreign while its job goes on")
    func underWay() throws {
        let time = VirtualTime(at: noon)
        let provider = ScriptedProvider(time: time) { _, count in
            count == 0 ? .loseReply() : .succeed()
        }
        let world = SimulatedWorld(seed: 1, time: time, provider: provider)
        try simulate(seed: 1, time: time) {
            await provider.failFind(times: 2)
            try await world.running(configuration(reconcile: nil)) { scheduler in
                try await time.sleep(for: .seconds(11))
                try await look(world, scheduler)
                #expect(await provider.tokens(of: etc).count == 1)
                #expect(try await looks(world).count == 1)
                #expect(try await world.store.foreignPoints(PageRequest()).rows.isEmpty)
                try await time.sleep(for: .minutes(30))
                #expect(try await world.store.availablePoints(of: Fixture.assignment()).count == 1)
            }
        }
    }

    @Test("A foreign backup is adopted by name, and retention prunes it like any other")
    func adoption() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let rules = configuration(keeping: 3, grace: .hours(2), reconcile: .hours(2))
            try await world.running(rules) { scheduler in
                for id in ["77", "78"] {
                    await world.provider.placeStranger(stranger(id), of: etc)
                }
                try await world.time.sleep(for: .hours(2) + .minutes(5))
                let job = try await adopt(["77"], world, scheduler)
                #expect(job.state == .succeeded)
                let points = try await world.store.availablePoints(of: Fixture.assignment())
                let adopted = try #require(points.first { $0.origin == .adopted })
                #expect(adopted.remote.remoteID == "77")
                let told = try await events("point.adopted", world)
                #expect(told.map(\.actor) == ["uid 1000 (anna)"])
                #expect(told.first?.token == adopted.remote.token.text)
                #expect(
                    try await world.store.foreignPoints(PageRequest()).rows.map(\.remoteID)
                        == ["78"])
                // Its vendor's name stayed, so every listing shows it as a stranger: it is known by
                // its identifier, neither missing nor foreign, and pruned when its time comes.
                try await world.time.sleep(for: .hours(8))
                #expect(try await events("point.missing", world).isEmpty)
                #expect(await world.provider.deleted.contains(adopted.remote.token))
                #expect(try await world.store.point(adopted.remote.token)?.state == .deleted)
                #expect(
                    try await world.store.foreignPoints(PageRequest()).rows.map(\.remoteID)
                        == ["78"])
            }
        }
    }

    @Test("An adopted point that is gone is missing, and found again it returns")
    func adoptedVanishes() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                await world.provider.placeStranger(stranger("77"), of: etc)
                try await world.time.sleep(for: .hours(3) + .minutes(5))
                _ = try await adopt(["77"], world, scheduler)
                await world.provider.loseStranger("77", of: etc)
                try await look(world, scheduler)
                let state = try await world.store.points(PageRequest(state: "missing")).rows
                #expect(state.map(\.remote.remoteID) == ["77"])
                await world.provider.placeStranger(stranger("77"), of: etc)
                try await look(world, scheduler)
                #expect(try await events("point.returned", world).count == 1)
                #expect(try await world.store.foreignPoints(PageRequest()).rows.isEmpty)
            }
        }
    }

    @Test("A name with the shape of a token stays its token")
    func adoptsToken() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                let other = Fixture.remotePoint(
                    of: SlotKey(
                        assignment: Fixture.assignment("theirs", "etc"), opens: noon - .days(9)))
                await world.provider.place(other, of: etc)
                try await world.time.sleep(for: .hours(1) + .minutes(5))
                let job = try await adopt([other.remoteID], world, scheduler)
                #expect(job.state == .succeeded)
                let point = try #require(try await world.store.point(other.token))
                #expect(point.origin == .adopted && point.assignment == Fixture.assignment())
            }
        }
    }

    @Test("What can't be adopted is refused, and then nothing is")
    func refusals() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                await world.provider.placeStranger(stranger("7700"), of: etc)
                await world.provider.placeStranger(
                    StrangePoint(
                        remoteID: "9", name: "backup", takenAt: noon, origin: .vendor), of: etc)
                try await world.time.sleep(for: .hours(1) + .minutes(5))
                let ours = try #require(await world.provider.tokens(of: etc).first)
                let record = try #require(try await world.store.point(ours))
                for (id, words) in [
                    (record.remote.remoteID, "ours already"), ("9", "the vendor's own"),
                    ("7701", "did you mean '7700'?"),
                ] {
                    let job = try await adopt(["7700", id], world, scheduler)
                    #expect(job.state == .failed)
                    #expect(job.lastError?.contains(words) == true, "\(job.lastError ?? "")")
                }
                #expect(try await events("point.adopted", world).isEmpty)
                let failed = try await events("adoption.failed", world)
                #expect(failed.map(\.actor) == Array(repeating: "uid 1000 (anna)", count: 3))
                let left = try await world.store.foreignPoints(PageRequest()).rows
                #expect(left.map(\.remoteID) == ["7700"])
            }
        }
    }

    @Test("A wish that can't be meant is refused at once")
    func wishes() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                let wishes: [(AdoptionWish, ControlRefusal.Kind)] = [
                    (wish(target: "ect"), .notFound), (wish(policy: "weekly"), .notFound),
                    (wish(ids: []), .invalid), (wish(ids: ["1", "1"]), .invalid),
                    (wish(ids: (0...100).map(String.init)), .invalid),
                    (wish(reason: ""), .invalid), (wish(reason: "a\nb"), .invalid),
                    (wish(ids: [String(repeating: "1", count: 501)]), .invalid),
                ]
                for (wish, kind) in wishes {
                    do throws(ControlRefusal) {
                        _ = try await desk.requestAdoption(wish, by: anna)
                        Issue.record("\(wish) was taken")
                    } catch {
                        #expect(error.kind == kind, "\(error.message)")
                    }
                }
                let jobs = try await world.store.jobs(PageRequest()).rows
                #expect(jobs.allSatisfy { $0.request.kind == .backup })
            }
        }
    }

    private func wish(
        target: String = "etc", policy: String = "nightly", ids: [String] = ["1"],
        reason: String = "kept"
    ) -> AdoptionWish {
        AdoptionWish(target: target, policy: policy, remoteIDs: ids, reason: reason)
    }

    @Test("Two looks that are asked for in one second are two, when the first has begun")
    func sameSecond() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(reconcile: nil)) { scheduler in
                try await world.time.sleep(for: .minutes(5) + .seconds(10))
                let desk = ControlDesk(scheduler, context: world.context)
                let first = try await desk.requestLook(target: "etc", by: anna)
                try await world.time.sleep(for: .milliseconds(100))
                let second = try await desk.requestLook(target: "etc", by: anna)
                #expect(first.id != second.id)
                try await world.time.sleep(for: .minutes(1))
                #expect(try await looks(world).map(\.state) == [.succeeded, .succeeded])
            }
        }
    }

    @Test("All targets can be looked at, each once")
    func all() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let targets = [Fixture.target(), Fixture.target("home"), Fixture.target("srv")]
            try await world.running(configuration(reconcile: nil, targets: targets)) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                let desk = ControlDesk(scheduler, context: world.context)
                #expect(try await desk.requestLooks(by: anna) == 3)
                try await world.time.sleep(for: .minutes(1))
                #expect(try await looks(world).count == 3)
                let asked = try await events("reconcile.requested", world)
                #expect(asked.map(\.actor) == ["uid 1000 (anna)"])
            }
        }
    }
}
