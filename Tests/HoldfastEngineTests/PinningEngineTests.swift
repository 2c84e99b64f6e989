import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Pins and holds in the engine")
struct PinningEngineTests {
    private let noon = Fixture.noon
    private let anna = Actor.user(uid: 1000, name: "anna")
    private let etc = TargetID(trusted: "etc")

    private func world() -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    /// Hourly backups of which the newest two are kept; what is let go goes after an hour.
    private func configuration(
        targets: [Target] = [Fixture.target()], digest: String = "one", grace: Duration = .hours(1)
    ) -> Configuration {
        var rules = KeepRules()
        rules.last = .periods(2)
        return Fixture.configuration(
            policies: [
                Fixture.policy(
                    retention: RetentionSettings(rules: rules, grace: grace, guardPercent: 100))
            ], targets: targets, digest: digest)
    }

    private func token(_ hour: Int) -> BackupToken {
        SlotKey(assignment: Fixture.assignment(), opens: noon + .hours(hour)).token
    }

    private func refusal(_ body: () async throws -> Void) async -> ControlRefusal? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ControlRefusal
        }
    }

    private func kinds(_ world: SimulatedWorld, of hour: Int) async throws -> [String] {
        try await world.store.events(of: token(hour), limit: 50).map(\.kind).reversed()
            .filter { $0.hasPrefix("point.") || $0.hasPrefix("hold.") }
    }

    @Test(
        "A pinned point outlives the rules; unpinned it is marked at once and goes after its grace")
    func life() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(90))
                let pinned = try await desk.pin(
                    token(0).text, as: PinRequest(reason: "before the upgrade"), by: anna)
                #expect(pinned.pin?.reason == "before the upgrade")
                try await world.time.sleep(for: .hours(12))
                #expect(try await world.store.point(token(0))?.state == .available)
                #expect(try await world.store.point(token(0))?.mark == nil)
                #expect(try await world.store.point(token(1))?.state == .deleted)
                _ = try await desk.unpin(token(0).text, as: UnpinRequest(), by: anna)
                // No window opens in this minute: the review comes of the request.
                try await world.time.sleep(for: .minutes(1))
                let marked = try #require(try await world.store.point(token(0))?.mark)
                #expect(marked.deleteAfter == marked.at + .hours(1))
                try await world.time.sleep(for: .hours(2))
                #expect(try await world.store.point(token(0))?.state == .deleted)
            }
            #expect(
                try await kinds(world, of: 0) == [
                    "point.pinned", "point.unpinned", "point.deleted",
                ])
        }
    }

    @Test("When a pin ends the daemon wakes, reviews its point and takes the pin away")
    func end() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(90))
                // At 17:37 nothing else is due.
                let until = noon + .hours(5) + .minutes(37)
                _ = try await desk.pin(
                    token(0).text, as: PinRequest(reason: "test", until: until.rfc3339), by: anna)
                try await world.time.sleep(for: until - world.time.wall.now - .seconds(1))
                #expect(try await world.store.point(token(0))?.mark == nil)
                try await world.time.sleep(for: .seconds(2))
                let point = try #require(try await world.store.point(token(0)))
                #expect(point.pin == nil)
                #expect(point.mark?.at == until)
                let told = try #require(
                    try await world.store.events(PageRequest(state: "point.unpinned")).rows.first)
                #expect(told.actor == "scheduler")
                #expect(told.at == until)
                #expect(told.detail.contains("its end has come"))
                try await world.time.sleep(for: .hours(2))
                #expect(try await world.store.point(token(0))?.state == .deleted)
            }
        }
    }

    @Test("A pin that ended while the daemon was down ends when the clock is believed")
    func endMeanwhile() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(90))
                _ = try await desk.pin(
                    token(0).text, as: PinRequest(reason: "test", until: "4h"), by: anna)
                try await world.time.sleep(for: .hours(3))
            }
            try await world.time.sleep(for: .hours(2))
            try await world.running(configuration()) { _ in
                try await world.time.sleep(for: .seconds(10))
                #expect(try await world.store.point(token(0))?.pin != nil)
                #expect(try await world.store.point(token(0))?.mark == nil)
                try await world.time.sleep(for: .minutes(2))
                #expect(try await world.store.point(token(0))?.pin == nil)
                #expect(try await world.store.point(token(0))?.mark != nil)
            }
        }
    }

    @Test("A mark is cleared and the point kept, by whoever asked")
    func keeping() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(grace: .hours(6))) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                let early = await refusal {
                    try await world.time.sleep(for: .minutes(30))
                    _ = try await desk.keep(token(0).text, because: nil, by: anna)
                }
                #expect(early?.message.contains("is not marked for deletion") == true)
                try await world.time.sleep(for: .hours(3))
                let marked = try await desk.points(PageRequest(isMarked: true)).rows
                #expect(marked.map(\.remote.token) == [token(1), token(0)])
                let kept = try await desk.keep(token(0).text, because: nil, by: anna)
                #expect(kept.mark == nil)
                #expect(kept.pin?.reason == "kept from pruning")
                try await world.time.sleep(for: .hours(12))
                #expect(try await world.store.point(token(0))?.state == .available)
                #expect(try await world.store.point(token(1))?.state == .deleted)
            }
            #expect(try await kinds(world, of: 0) == ["point.pinned", "point.unmarked"])
            let told = try await world.store.events(of: token(0), limit: 9)
            #expect(
                told.filter { $0.kind.hasPrefix("point.") }.allSatisfy {
                    $0.actor == "uid 1000 (anna)"
                })
        }
    }

    @Test("A hold is lifted by name, and no pin replaces it")
    func hold() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration()) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(30))
                let hold = PinRequest(reason: "court order", isHold: true)
                _ = try await desk.pin("etc@latest", as: hold, by: anna)
                let pinned = await refusal {
                    _ = try await desk.pin(
                        token(0).text, as: PinRequest(reason: "mine", until: "1h"), by: anna)
                }
                #expect(pinned?.kind == .conflict)
                let unpinned = await refusal {
                    _ = try await desk.unpin(
                        token(0).text, as: UnpinRequest(reason: "no"), by: anna)
                }
                #expect(unpinned?.kind == .invalid)
                try await world.time.sleep(for: .hours(20))
                #expect(try await world.store.point(token(0))?.pin?.isHold == true)
                _ = try await desk.unpin(
                    token(0).text,
                    as: UnpinRequest(reason: "case closed", isLiftingHold: true), by: anna)
                try await world.time.sleep(for: .hours(3))
                let gone = await refusal {
                    _ = try await desk.pin(token(0).text, as: hold, by: anna)
                }
                #expect(gone?.message.contains("is deleted") == true)
            }
            #expect(
                try await kinds(world, of: 0) == ["hold.placed", "hold.lifted", "point.deleted"])
        }
    }

    @Test("A forecast comes true", arguments: [1, 4, 7])
    func forecast(hour: Int) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            var rules = KeepRules()
            rules.hourly = .periods(3)
            rules.daily = .periods(2)
            let configuration = Fixture.configuration(
                policies: [
                    Fixture.policy(
                        retention: RetentionSettings(
                            rules: rules, grace: .hours(5), guardPercent: 100))
                ], targets: [Fixture.target()])
            try await world.running(configuration) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                // After this the day's last hour is 23:00, which is hour 11.
                try await world.time.sleep(for: .hours(hour) + .minutes(30))
                let explained = try await desk.explain(token(hour).text)
                guard case .kept(let keeping) = explained.verdict,
                    case .until(let letGo, let deleteAfter) = keeping.forecast
                else {
                    Issue.record("\(explained.verdict)")
                    return
                }
                try await world.time.sleep(for: letGo - world.time.wall.now - .seconds(1))
                #expect(try await world.store.point(token(hour))?.mark == nil)
                try await world.time.sleep(for: .minutes(2))
                #expect(try await world.store.point(token(hour))?.mark != nil)
                try await world.time.sleep(for: deleteAfter - world.time.wall.now - .seconds(1))
                #expect(try await world.store.point(token(hour))?.state == .available)
                try await world.time.sleep(for: .minutes(5))
                let gone = try await desk.explain(token(hour).text)
                guard case .gone(let event) = gone.verdict else {
                    Issue.record("\(gone.verdict)")
                    return
                }
                #expect(event?.kind == "point.deleted")
                #expect(event?.job != nil)
            }
        }
    }

    @Test("Points of a target that is gone stay, pinned ones with their pin")
    func goneTarget() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await world.running(configuration(grace: .hours(2))) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .hours(4) - .minutes(30))
                _ = try await desk.pin(
                    token(2).text, as: PinRequest(reason: "keep", until: "9h"), by: anna)
                _ = try await desk.pin(
                    token(3).text, as: PinRequest(reason: "order", isHold: true), by: anna)
            }
            let before = await world.provider.tokens(of: etc)
            #expect(before.count == 4)
            let other = configuration(
                targets: [Fixture.target("home")], digest: "two", grace: .hours(2))
            try await world.run(other, for: .days(3))
            // The mark's grace ended, and so did the pin.
            #expect(await world.provider.tokens(of: etc) == before)
            #expect(try await world.store.point(token(0))?.mark != nil)
            #expect(try await world.store.point(token(2))?.pin == nil)
            #expect(try await world.store.point(token(2))?.state == .available)
            #expect(try await world.store.point(token(3))?.pin?.isHold == true)
        }
    }
}

@Suite("Pins and holds against restores")
struct PinnedRestoreTests {
    private let anna = Actor.user(uid: 1000, name: "anna")
    private let web = Fixture.assignment("nightly", "web")

    private func token(_ hour: Int) -> BackupToken {
        SlotKey(assignment: web, opens: Fixture.noon + .hours(hour)).token
    }

    @Test("A restore that would destroy what is pinned is refused, also when the pin came later")
    func destruction() throws {
        let time = VirtualTime(at: Fixture.noon)
        let world = SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
        let configuration = Fixture.cloudConfiguration(
            policies: [Fixture.policy()],
            targets: [Fixture.droplet(1, named: "web")])
        try simulate(seed: 1, time: time) {
            try await world.running(configuration) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await time.sleep(for: .minutes(150))
                let newer = try #require(try await world.store.point(token(2)))
                await world.cloud.showPreview(
                    RestorePreview(
                        dangers: [.destroysNewerPoints], overwrites: "the disk",
                        destroyedPoints: [newer.remote]))
                let hold = PinRequest(reason: "court order", isHold: true)
                _ = try await desk.pin(token(2).text, as: hold, by: anna)
                let refused = await #expect(throws: ControlRefusal.self) {
                    try await desk.requestRestore(
                        token(1).text, accepting: [.destroysNewerPoints], by: anna)
                }
                #expect(refused?.kind == .conflict)
                #expect(refused?.message.contains("court order") == true)
            }
            // Asked for before the hold was placed, and beginning after.
            let now = time.wall.now.roundedDownToSecond
            _ = try await world.store.enqueue(
                NewJob(
                    kind: .restore, trigger: .operatorRequest,
                    slot: SlotKey(assignment: web, opens: now), provider: Fixture.cloud,
                    closes: now + .minutes(10), startBefore: now + .minutes(10), notBefore: now,
                    point: token(1), accepted: [.destroysNewerPoints]), event: nil, at: now)
            try await world.run(configuration, for: .minutes(5))
            #expect(await world.cloud.restored.isEmpty)
            #expect(try await world.store.point(token(2))?.state == .available)
            let told = try await world.store.events(PageRequest(state: "restore.failed")).rows
            #expect(told.first?.detail.contains("court order") == true)
        }
    }
}
