import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Keeping vendors' own policies in the engine")
struct EnforcingTests {
    private let noon = Fixture.noon
    private let web = Subject.droplet(id: 1)
    private let asDeclared = ScriptedCloud.Timetable.opens(nil, hour: 12)

    private func world(startingAt offset: Duration = .zero - .hours(1)) -> SimulatedWorld {
        let time = VirtualTime(at: noon + offset)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(
        _ policy: Policy = Fixture.nativePolicy(), targets: [Int64] = [1], digest: String = "one"
    ) -> Configuration {
        Fixture.cloudConfiguration(
            policies: [policy],
            targets: targets.map { Fixture.droplet($0, named: "web-\($0)") }, digest: digest)
    }

    private func events(_ kind: EventKind, _ world: SimulatedWorld) async throws -> [Event] {
        try await world.store.events(PageRequest(limit: 100, state: kind.rawValue)).rows
    }

    /// The job of the window that opens then.
    private func windowJob(
        _ world: SimulatedWorld, opens: Timestamp, of target: String = "web-1"
    ) async throws -> Job? {
        try await world.store.jobs(PageRequest(limit: 100, target: target)).rows.first {
            $0.request.slot.opens == opens && $0.request.closes != .distantFuture
        }
    }

    private func vendorPoints(_ world: SimulatedWorld) async throws -> [RecoveryPoint] {
        try await world.store.vendorPoints(of: Fixture.assignment("nightly", "web-1"))
    }

    // MARK: Drift

    @Test("What differs at the start is mended at once, and told; what does not is left alone")
    func atStart() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(asDeclared, of: .droplet(id: 2))
            try await world.run(configuration(targets: [1, 2, 3]), for: .minutes(1))
            for id in [Int64(1), 2, 3] {
                #expect(await world.cloud.timetable(of: .droplet(id: id)) == asDeclared)
            }
            #expect(await world.cloud.reconciled.map(\.text).sorted() == ["web-1", "web-3"])
            let told = try await events(.driftRepaired, world)
            #expect(told.map(\.target).sorted { ($0 ?? "") < ($1 ?? "") } == ["web-1", "web-3"])
            #expect(told.first?.detail.contains("off became") == true)
        }
    }

    @Test("Drift is mended within the hour, also at the instant at which a window opens")
    func withinTheHour() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { _ in
                try await world.time.sleep(for: .minutes(5))
                for timetable in [ScriptedCloud.Timetable.off, .opens(nil, hour: 20)] {
                    await world.cloud.setTimetable(timetable, of: web)
                    try await world.time.sleep(for: .hours(1))
                    #expect(await world.cloud.timetable(of: web) == asDeclared)
                }
            }
            // 11:00 at the start, 12:00 with the window's opening, and 13:00.
            #expect(try await events(.driftRepaired, world).count == 3)
            #expect(await world.cloud.driftLooks == 3)
            let job = try #require(try await windowJob(world, opens: noon))
            #expect(job.attempt == 0)
        }
    }

    @Test("A target that a selector finds under such a policy is enabled at once")
    func discovered() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.pick([web], by: .tag("prod"))
            let configuration = Fixture.cloudConfiguration(
                policies: [Fixture.nativePolicy()], selectors: [Fixture.selector()])
            try await world.running(configuration) { _ in
                try await world.time.sleep(for: .minutes(1))
                #expect(await world.cloud.timetable(of: web) == asDeclared)
                await world.cloud.pick([web, .droplet(id: 2)], by: .tag("prod"))
                try await world.time.sleep(for: .minutes(16))
                #expect(await world.cloud.timetable(of: .droplet(id: 2)) == asDeclared)
            }
        }
    }

    @Test("A policy that is declared anew is brought to the vendor at once")
    func reload() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                let other = configuration(Fixture.nativePolicy(hour: 20), digest: "two")
                await scheduler.propose(world.installation(other), by: .scheduler)
                try await world.time.sleep(for: .seconds(5))
                #expect(await world.cloud.timetable(of: web) == .opens(nil, hour: 20))
            }
        }
    }

    @Test("A plan that is not known is left alone, and each window reports it")
    func unknownPlan() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(.unknown, of: web)
            try await world.run(configuration(), for: .hours(12))
            #expect(await world.cloud.timetable(of: web) == .unknown)
            #expect(await world.cloud.reconciled.count == 1)
            let job = try #require(try await windowJob(world, opens: noon))
            #expect(job.state == .failed)
            #expect(job.attempt == 1)
            let told = try await events(.driftRefused, world)
            #expect(told.count == 1)
            #expect(told.first?.detail.contains("left alone") == true)
            #expect(try await events(.vendorBackupMissing, world).isEmpty)
        }
    }

    @Test("Mending that fails for a while is tried again, and told when it has worked")
    func mendingFails() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.failReconcile([
                ProviderError(.transient, "a"),
                ProviderError(.throttled, "b", retryAfter: noon - .minutes(50)),
            ])
            try await world.run(configuration(), for: .minutes(30))
            #expect(await world.cloud.reconciled.count == 3)
            #expect(await world.cloud.timetable(of: web) == asDeclared)
            let job = try #require(try await world.store.jobs(PageRequest()).rows.first)
            #expect(job.state == .succeeded)
            #expect(job.failures == 1)
            #expect(try #require(job.endedAt) >= noon - .minutes(50))
            #expect(try await events(.driftRepaired, world).count == 1)
            #expect(try await events(.driftRefused, world).isEmpty)
        }
    }

    // MARK: Windows

    @Test("The vendor's backup of a window makes it a success, and is recorded as the vendor's")
    func success() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(asDeclared, of: web)
            await world.cloud.makeBackup("67539192", of: web, at: noon + .minutes(80))
            try await world.running(configuration()) { _ in
                try await world.time.sleep(for: .hours(7) - .minutes(1))
                #expect(try await vendorPoints(world).isEmpty)
                try await world.time.sleep(for: .minutes(2))
            }
            let job = try #require(try await windowJob(world, opens: noon))
            #expect(job.state == .succeeded)
            #expect(job.endedAt == noon + .hours(6))
            let point = try #require(try await vendorPoints(world).first)
            #expect(point.origin == .vendor)
            #expect(point.remote.remoteID == "67539192")
            #expect(point.remote.takenAt == noon + .minutes(80))
            #expect(point.provider == Fixture.cloud)
            let seen = try #require(try await events(.vendorBackupSeen, world).first)
            #expect(seen.token == point.remote.token.text)
            #expect(seen.target == "web-1")
        }
    }

    @Test("The vendor's points are never pruned, and count for the objective")
    func neverPruned() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(asDeclared, of: web)
            for day in 0..<5 {
                await world.cloud.makeBackup("\(day)", of: web, at: noon + .days(day) + .hours(1))
            }
            var rules = KeepRules()
            rules.last = .periods(1)
            let policy = Fixture.nativePolicy(
                retention: RetentionSettings(rules: rules, minimum: 1, grace: .hours(1)),
                objective: .hours(30))
            try await world.running(configuration(policy)) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .days(4) + .hours(8))
                #expect(try await desk.targets(ListPart(limit: 9)).rows.map(\.health) == [.ok])
                try await world.time.sleep(for: .hours(28))
                // The sixth window had no backup, and the fifth's is too old by now.
                #expect(
                    try await desk.targets(ListPart(limit: 9)).rows.map(\.health)
                        == [.beyondObjective])
            }
            let points = try await vendorPoints(world)
            #expect(points.map(\.remote.remoteID) == ["4", "3", "2", "1", "0"])
            #expect(points.allSatisfy { $0.mark == nil })
            #expect(await world.cloud.work.deleted.isEmpty)
            #expect(
                try await world.store.jobs(PageRequest(limit: 100)).rows
                    .allSatisfy { $0.request.kind == .reconcile })
        }
    }

    @Test("A window without a backup fails when looking again has not helped")
    func missing() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(asDeclared, of: web)
            // Of the day before, and of after the window: neither is this window's.
            await world.cloud.makeBackup("1", of: web, at: noon - .minutes(1))
            await world.cloud.makeBackup("2", of: web, at: noon + .hours(6))
            try await world.run(configuration(), for: .hours(9))
            let job = try #require(try await windowJob(world, opens: noon))
            #expect(job.state == .failed)
            #expect(job.attempt == 3)
            #expect(job.lastError?.contains("no backup of web-1") == true)
            let told = try await events(.vendorBackupMissing, world)
            #expect(told.count == 1)
            #expect(told.first?.target == "web-1")
            #expect(told.first?.detail.contains(noon.rfc3339) == true)
            // What is there is recorded all the same.
            #expect(try await vendorPoints(world).count == 2)
        }
    }

    @Test("A missing backup stays visible, also when drift was mended after its window opened")
    func missingStaysVisible() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .hours(1) + .minutes(30))
                await world.cloud.setTimetable(.off, of: web)
                try await world.time.sleep(for: .hours(8))
                #expect(try await events(.driftRepaired, world).count == 2)
                #expect(try await desk.targets(ListPart(limit: 9)).rows.map(\.health) == [.failed])
            }
        }
    }

    @Test("A backup that comes late in the list is seen by looking again")
    func late() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(asDeclared, of: web)
            let policy = Fixture.nativePolicy(attempts: 30)
            try await world.running(configuration(policy)) { _ in
                try await world.time.sleep(for: .hours(7) + .seconds(10))
                #expect(try await windowJob(world, opens: noon)?.state.isEnd == false)
                await world.cloud.makeBackup("9", of: web, at: noon + .hours(5))
                try await world.time.sleep(for: .hours(1))
            }
            let job = try #require(try await windowJob(world, opens: noon))
            #expect(job.state == .succeeded)
            #expect(job.attempt > 1)
            #expect(try await vendorPoints(world).map(\.remote.remoteID) == ["9"])
            #expect(try await events(.vendorBackupMissing, world).isEmpty)
        }
    }

    @Test(
        "A target that came under the policy in the middle of a window is not blamed; later it is",
        arguments: [(Duration.minutes(1), false), (.zero - .minutes(1), true)])
    func cameInTheMiddle(after offset: Duration, isBlamed: Bool) throws {
        let world = world(startingAt: offset)
        try simulate(seed: 1, time: world.time) {
            try await world.run(configuration(), for: .hours(8))
            let job = try #require(try await windowJob(world, opens: noon))
            #expect(job.state == (isBlamed ? .failed : .succeeded))
            try await world.run(configuration(), for: .hours(24))
            let next = try #require(try await windowJob(world, opens: noon + .days(1)))
            #expect(next.state == .failed)
            #expect(try await events(.vendorBackupMissing, world).count == (isBlamed ? 2 : 1))
        }
    }

    @Test("Windows of a long absence are looked back on; of those that are too old nobody can tell")
    func absence() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(asDeclared, of: web)
            try await world.run(configuration(), for: .hours(2))
            for day in 4..<10 {
                await world.cloud.makeBackup("\(day)", of: web, at: noon + .days(day) + .hours(1))
            }
            try await world.time.sleep(for: .days(10) - .hours(3))
            try await world.run(configuration(), for: .hours(1))
            let states = try await world.store.jobs(PageRequest(limit: 100)).rows
                .filter { $0.request.closes != .distantFuture }.reversed()
            #expect(states.map(\.request.slot.opens) == (0..<10).map { noon + .days($0) })
            #expect(states.map(\.state).prefix(4) == [.failed, .failed, .failed, .failed])
            #expect(states.map(\.state).suffix(6).allSatisfy { $0 == .succeeded })
            // Seven days are kept: the third day's window can still be told to have had none.
            let words = states.prefix(4).map { $0.lastError?.contains("can't be told") == true }
            #expect(words == [true, true, true, false])
            #expect(states.prefix(4).map(\.attempt) == [1, 1, 1, 3])
        }
    }

    // MARK: Points that vanish

    @Test(
        "A vendor's point that is not listed any more has expired when it is old, else it is missing",
        arguments: [(days: 7, PointState.expired), (2, .missing)])
    func vanished(days: Int, state: PointState) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.setTimetable(asDeclared, of: web)
            await world.cloud.makeBackup("old", of: web, at: noon + .hours(1))
            for day in 1...days {
                await world.cloud.makeBackup("\(day)", of: web, at: noon + .days(day) + .hours(1))
            }
            try await world.running(configuration()) { _ in
                try await world.time.sleep(for: .hours(8) + .days(days - 1))
                #expect(try await vendorPoints(world).count == days)
                await world.cloud.loseBackup("old", of: web)
                try await world.time.sleep(for: .days(1))
            }
            let old = try #require(
                try await world.store.points(PageRequest(limit: 100)).rows.first {
                    $0.remote.remoteID == "old"
                })
            #expect(old.state == state)
            let kind: EventKind = state == .expired ? .pointExpired : .pointMissing
            let told = try await events(kind, world).filter { $0.token == old.remote.token.text }
            #expect(told.count == 1)
            #expect(!(try await vendorPoints(world).contains { $0.id == old.id }))
        }
    }

    @Test("A target that moved to another account keeps the points that it has at the first one")
    func moved() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let elsewhere = ProviderID(trusted: "elsewhere")
            let assignment = Fixture.assignment("nightly", "web-1")
            let slot = SlotKey(assignment: assignment, opens: noon - .days(2))
            let job = NewJob(
                kind: .reconcile, trigger: .schedule, slot: slot, provider: elsewhere,
                closes: slot.opens + .hours(4), startBefore: .distantFuture,
                notBefore: slot.opens)
            _ = try await world.store.enqueue(job, event: nil, at: noon - .days(2))
            let claimed = try #require(
                try await world.store.claim(
                    Claim(provider: elsewhere, limit: 1, now: noon, leaseUntil: noon + .days(9))
                ).first)
            _ = try await world.store.record(
                AttemptOutcome(
                    claimed: claimed, ending: RunEnding(state: .succeeded), endedAt: noon,
                    next: .succeeded, failures: 0, isUncertain: false,
                    vendorPoints: [Fixture.remotePoint(of: slot)], events: []))
            try await world.run(configuration(), for: .hours(8))
            #expect(try await vendorPoints(world).map(\.provider) == [elsewhere])
            #expect(try await events(.pointMissing, world).isEmpty)
        }
    }
}
