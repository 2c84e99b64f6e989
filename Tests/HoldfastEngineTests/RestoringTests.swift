import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Testing

@Suite("Restoring in the engine")
struct RestoringTests {
    private let noon = Fixture.noon
    private let anna = Actor.user(uid: 1000, name: "anna")

    private func world() -> SimulatedWorld {
        let time = VirtualTime(at: noon)
        return SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
    }

    private func configuration(
        policies: [Policy] = [Fixture.policy()], of names: [String] = ["nightly"],
        concurrency: Int = 4, digest: String = "one"
    ) -> Configuration {
        Fixture.cloudConfiguration(
            policies: policies, targets: [Fixture.droplet(1, named: "web", policies: names)],
            concurrency: concurrency, digest: digest)
    }

    private func events(_ kind: EventKind, _ world: SimulatedWorld) async throws -> [Event] {
        try await world.store.events(PageRequest(limit: 100, state: kind.rawValue)).rows
    }

    /// The token of the backup of an hour's window.
    private func token(_ hour: Int, _ target: String = "web") -> BackupToken {
        SlotKey(assignment: Fixture.assignment("nightly", target), opens: noon + .hours(hour)).token
    }

    private func restores(_ world: SimulatedWorld) async throws -> [Job] {
        try await world.store.jobs(PageRequest(limit: 100)).rows.filter {
            $0.request.kind == .restore
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

    /// Runs for two and a half hours, so that there are three points, and then what a test does.
    private func afterThreePoints(
        _ world: SimulatedWorld,
        _ body: @escaping @Sendable (Scheduler, ControlDesk) async throws -> Void
    ) async throws {
        try await world.running(configuration()) { scheduler in
            try await world.time.sleep(for: .minutes(150))
            try await body(scheduler, ControlDesk(scheduler, context: world.context))
        }
    }

    @Test("A point is put back once, by whoever asked, and that is told")
    func once() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.answerRestore(.succeed(polls: 3))
            try await afterThreePoints(world) { _, desk in
                let job = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                #expect(job.request.point == token(1))
                try await world.time.sleep(for: .minutes(10))
                #expect(try await world.store.job(job.id)?.state == .succeeded)
            }
            #expect(await world.cloud.restored == [token(1)])
            #expect(await world.cloud.restorePolls == 3)
            let asked = try #require(try await events(.restoreRequested, world).first)
            #expect(asked.actor == "uid 1000 (anna)")
            #expect(asked.detail.contains("overwrites-target"))
            let done = try #require(try await events(.pointRestored, world).first)
            #expect(done.token == token(1).text)
            #expect(try await events(.restoreFailed, world).isEmpty)
            #expect(try await world.store.point(token(1))?.state == .available)
        }
    }

    @Test("TARGET@latest is the newest available point, ours or the vendor's")
    func latest() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { _, desk in
                let newest = try await desk.previewRestore("web@latest")
                #expect(newest.point.remote.token == token(2))
                #expect(newest.preview.dangers == [.overwritesTarget])
                try await world.store.retire(
                    newest.point.id, as: .missing, at: noon,
                    event: NewEvent(at: noon, kind: .pointMissing, actor: .scheduler))
                #expect(
                    try await desk.previewRestore("web@latest").point.remote.token == token(1))
            }
        }
    }

    @Test("A danger that is not accepted by name is refused, with what it destroys")
    func refused() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { _, desk in
                let newer = try #require(try await world.store.point(token(2)))
                await world.cloud.showPreview(
                    RestorePreview(
                        dangers: RestoreDanger.allCases, overwrites: "the disk of Droplet 1",
                        destroyedPoints: [newer.remote],
                        destroyedStrangers: [
                            StrangePoint(
                                remoteID: "9", name: "by hand", takenAt: noon, origin: .foreign)
                        ]))
                for accepted in [[], [.overwritesTarget], [.destroysNewerPoints]]
                    as [Set<RestoreDanger>]
                {
                    let error = await refusal {
                        _ = try await desk.requestRestore(
                            token(1).text, accepting: accepted, by: anna)
                    }
                    #expect(error?.kind == .conflict)
                    let words = error?.message ?? ""
                    #expect(words.contains("the disk of Droplet 1"))
                    #expect(words.contains(token(2).text))
                    #expect(words.contains("'by hand'"))
                    for danger in RestoreDanger.allCases {
                        #expect(
                            words.contains("--\(danger.rawValue)") == !accepted.contains(danger))
                    }
                }
            }
            #expect(await world.cloud.restored.isEmpty)
            #expect(try await restores(world).isEmpty)
            #expect(try await events(.restoreRequested, world).isEmpty)
        }
    }

    @Test("What can't be restored is refused with the way out")
    func impossible() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { scheduler, desk in
                let lost = try #require(try await world.store.point(token(0)))
                try await world.store.retire(
                    lost.id, as: .expired, at: noon,
                    event: NewEvent(at: noon, kind: .pointExpired, actor: .scheduler))
                let cases: [(String, ControlRefusal.Kind, String)] = [
                    ("nonsense", .invalid, "TARGET@latest"), ("web@oldest", .invalid, "@latest"),
                    ("other@latest", .notFound, "'other' has no point"),
                    (token(9).text, .notFound, "has no point"),
                    (token(0).text, .conflict, "is expired"),
                ]
                for (name, kind, words) in cases {
                    let error = await refusal { _ = try await desk.previewRestore(name) }
                    #expect(error?.kind == kind, "\(name)")
                    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
                }
                let none = Fixture.cloudConfiguration(
                    policies: [Fixture.policy()],
                    targets: [Fixture.droplet(2, named: "other")], digest: "two")
                await scheduler.propose(world.installation(none), by: .scheduler)
                try await world.time.sleep(for: .seconds(1))
                let undeclared = await refusal {
                    _ = try await desk.requestRestore(
                        token(1).text, accepting: [.overwritesTarget], by: anna)
                }
                #expect(undeclared?.kind == .conflict)
                #expect(undeclared?.message.contains("declare it again") == true)
            }
        }
    }

    @Test("Points of a local provider are not put back but unpacked")
    func local() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            let configuration = Fixture.configuration(
                policies: [Fixture.policy()], targets: [Fixture.target()])
            try await world.running(configuration) { scheduler in
                try await world.time.sleep(for: .minutes(5))
                let desk = ControlDesk(scheduler, context: world.context)
                let error = await refusal { _ = try await desk.previewRestore("etc@latest") }
                #expect(error?.kind == .invalid)
                #expect(error?.message.contains("--to DIR") == true)
            }
        }
    }

    @Test(
        "What a restore destroys is recorded as destroyed; what others made is not ours to record")
    func destroyed() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { _, desk in
                let newer = try #require(try await world.store.point(token(2)))
                await world.cloud.showPreview(
                    RestorePreview(
                        dangers: RestoreDanger.allCases, overwrites: "the disk",
                        destroyedPoints: [newer.remote]))
                _ = try await desk.requestRestore(
                    token(1).text, accepting: Set(RestoreDanger.allCases), by: anna)
                try await world.time.sleep(for: .minutes(1))
            }
            #expect(try await world.store.point(token(2))?.state == .destroyed)
            #expect(try await world.store.point(token(1))?.state == .available)
            let told = try #require(try await events(.pointDestroyed, world).first)
            #expect(told.token == token(2).text)
            #expect(told.detail.contains(token(1).text))
        }
    }

    @Test(
        "A restore that may have been done destroyed what the vendor does not list any more",
        arguments: [
            (ProviderError.Kind.permanent, true, PointState.available),
            (.transient, true, .available), (.authentication, true, .available),
            (.ambiguous, true, .destroyed), (.ambiguous, false, .available),
        ])
    func failed(kind: ProviderError.Kind, isLost: Bool, newer: PointState) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.answerRestore(.fail(ProviderError(kind, "it rained")))
            try await afterThreePoints(world) { _, desk in
                let point = try #require(try await world.store.point(token(2)))
                await world.cloud.showPreview(
                    RestorePreview(
                        dangers: [.destroysNewerPoints], overwrites: "",
                        destroyedPoints: [point.remote]))
                if isLost {
                    await world.cloud.lose(token(2), of: TargetID(trusted: "web"))
                }
                _ = try await desk.requestRestore(
                    token(1).text, accepting: [.destroysNewerPoints], by: anna)
                try await world.time.sleep(for: .minutes(20))
            }
            #expect(await world.cloud.restored == [token(1)])
            let job = try #require(try await restores(world).first)
            #expect(job.state == .failed)
            #expect(job.attempt == 1)
            let told = try #require(try await events(.restoreFailed, world).first)
            #expect(told.detail.contains("it rained"))
            #expect(told.detail.contains(kind.rawValue))
            #expect(try await world.store.point(token(2))?.state == newer)
        }
    }

    @Test(
        "Once ordered, a restore may have been done whatever a look at it meets, but for its end",
        arguments: [
            (ProviderError.Kind.transient, true, "succeeded"), (.throttled, true, "succeeded"),
            (.authentication, false, "ambiguous"), (.notFound, false, "ambiguous"),
            (.permanent, false, "permanent"),
        ])
    func lookFails(kind: ProviderError.Kind, isRepeated: Bool, expected: String) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.answerRestore(.stumble([ProviderError(kind, "it rained")]))
            try await afterThreePoints(world) { _, desk in
                _ = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                try await world.time.sleep(for: .minutes(5))
            }
            let run = try #require(
                try await world.store.runs(PageRequest()).rows.first { $0.kind == .restore })
            #expect((run.errorKind ?? run.state.rawValue) == expected)
            #expect(await world.cloud.restorePolls == (isRepeated ? 2 : 1))
        }
    }

    @Test("A provider that never ends a restore is not waited for without end")
    func endless() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.answerRestore(.hang)
            try await afterThreePoints(world) { _, desk in
                _ = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                try await world.time.sleep(for: .hours(25))
            }
            let job = try #require(try await restores(world).first)
            #expect(job.state == .failed)
            #expect(job.endedAt == noon + .minutes(150) + .hours(24))
        }
    }

    @Test("What has become dangerous since it was asked for is not done")
    func grownDanger() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { _, desk in
                _ = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                await world.cloud.showPreview(
                    RestorePreview(dangers: RestoreDanger.allCases, overwrites: "the disk"))
                try await world.time.sleep(for: .minutes(1))
            }
            #expect(await world.cloud.restored.isEmpty)
            let job = try #require(try await restores(world).first)
            #expect(job.state == .failed)
            #expect(job.lastError?.contains("--destroys-newer-points") == true)
            #expect(job.lastError?.contains("--overwrites-target") == false)
        }
    }

    @Test(
        "A restore that a dead daemon had begun is told as unknown and not repeated, and what is gone is found",
        arguments: [
            ([RestoreDanger.overwritesTarget], PointState.available),
            (RestoreDanger.allCases, .destroyed),
        ])
    func crash(accepted: [RestoreDanger], newer: PointState) throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { _, _ in }
            let now = world.time.wall.now
            let job = NewJob(
                kind: .restore, trigger: .operatorRequest,
                slot: SlotKey(assignment: Fixture.assignment("nightly", "web"), opens: now),
                provider: Fixture.cloud, closes: now + .minutes(10),
                startBefore: now + .minutes(10), notBefore: now, point: token(1),
                accepted: Set(accepted))
            await world.cloud.lose(token(2), of: TargetID(trusted: "web"))
            _ = try await world.store.enqueue(job, event: nil, at: now)
            _ = try await world.store.claim(
                Claim(
                    provider: Fixture.cloud, limit: 1, now: now, leaseUntil: now + .hours(9)))
            try await world.time.sleep(for: .minutes(3))
            try await world.run(configuration(), for: .minutes(5))
            #expect(await world.cloud.restored.isEmpty)
            let ended = try #require(try await restores(world).first)
            #expect(ended.state == .failed)
            #expect(ended.lastError?.contains("look at the target") == true)
            let runs = try await world.store.runs(PageRequest(limit: 100)).rows.filter {
                $0.kind == .restore
            }
            #expect(runs.map(\.state) == [.failed, .interrupted])
            #expect(runs.first?.errorKind == "ambiguous")
            #expect(try await events(.restoreFailed, world).map(\.token) == [token(1).text])
            let interrupted = try #require(try await events(.attemptInterrupted, world).first)
            #expect(interrupted.token == token(1).text)
            #expect(try await world.store.point(token(2))?.state == newer)
        }
    }

    @Test("A daemon that stops while the provider restores tells that it is unknown")
    func stopMeanwhile() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.answerRestore(.hang)
            try await afterThreePoints(world) { _, desk in
                _ = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                try await world.time.sleep(for: .minutes(1))
            }
            let told = try #require(try await events(.restoreFailed, world).first)
            #expect(told.detail.contains("ambiguous"))
            try await world.run(configuration(), for: .minutes(20))
            #expect(await world.cloud.restored == [token(1)])
        }
    }

    @Test("A restore that could not begin in ten minutes does not begin, and that is told as such")
    func tooLate() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            // One job at a time, and the first restore does not end.
            let narrow = Fixture.cloudConfiguration(
                policies: [Fixture.policy()],
                targets: [Fixture.droplet(1, named: "web"), Fixture.droplet(2, named: "db")],
                concurrency: 1)
            try await world.running(narrow) { scheduler in
                let desk = ControlDesk(scheduler, context: world.context)
                try await world.time.sleep(for: .minutes(5))
                await world.cloud.answerRestore(.succeed(polls: 60))
                for name in ["web", "db"] {
                    _ = try await desk.requestRestore(
                        "\(name)@latest", accepting: [.overwritesTarget], by: anna)
                    try await world.time.sleep(for: .seconds(1))
                }
                try await world.time.sleep(for: .minutes(30))
            }
            #expect(await world.cloud.restored == [token(0)])
            #expect(try await restores(world).map(\.state) == [.missed, .succeeded])
            let told = try #require(try await events(.restoreFailed, world).first)
            #expect(told.target == "db")
            #expect(told.token == token(0, "db").text)
            #expect(told.at == noon + .minutes(15) + .seconds(1))
            #expect(try await events(.backupMissed, world).isEmpty)
        }
    }

    @Test("A point is put back also when its policy does not apply to the target any more")
    func policyGone() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { scheduler, desk in
                let other = configuration(
                    policies: [Fixture.policy("weekly")], of: ["weekly"], digest: "two")
                await scheduler.propose(world.installation(other), by: .scheduler)
                try await world.time.sleep(for: .minutes(1))
                let job = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                try await world.time.sleep(for: .minutes(1))
                #expect(try await world.store.job(job.id)?.state == .succeeded)
            }
            #expect(await world.cloud.restored == [token(1)])
        }
    }

    @Test("Two requests in one second are one, or the second one is refused")
    func sameSecond() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            try await afterThreePoints(world) { _, desk in
                let first = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                let other = await refusal {
                    _ = try await desk.requestRestore(
                        token(0).text, accepting: [.overwritesTarget], by: anna)
                }
                #expect(other?.kind == .conflict)
                try await world.time.sleep(for: .minutes(1))
                #expect(try await world.store.job(first.id)?.state == .succeeded)
            }
            #expect(await world.cloud.restored == [token(1)])
        }
    }

    @Test("Who asks again while a restore runs is told of it, and nothing is overwritten twice")
    func askedAgain() throws {
        let world = world()
        try simulate(seed: 1, time: world.time) {
            await world.cloud.answerRestore(.hang)
            try await afterThreePoints(world) { _, desk in
                let first = try await desk.requestRestore(
                    token(1).text, accepting: [.overwritesTarget], by: anna)
                try await world.time.sleep(for: .seconds(5))
                let again = await refusal {
                    _ = try await desk.requestRestore(
                        token(1).text, accepting: [.overwritesTarget], by: anna)
                }
                #expect(again?.kind == .conflict)
                #expect(again?.message.contains("restore job \(first.id)") == true)
            }
            #expect(try await restores(world).count == 1)
        }
    }
}
