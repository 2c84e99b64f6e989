import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Explanations of points")
struct PointExplanationTests {
    private let now = Fixture.noon
    private var target: Target { Fixture.target(Points.assignment.target.text) }

    /// Points of midnight, row 1 the oldest, the newest of today.
    private func daily(_ count: Int) -> [PointDraft] {
        (1...count).map {
            PointDraft(Int64($0), takenAt: now - .hours(12) - .days(count - $0))
        }
    }

    private func policy(
        _ plan: Plan = .daily, grace: Duration = .hours(24), minimum: Int = 1,
        minAge: Duration = .hours(1), _ change: (inout KeepRules) -> Void
    ) -> Policy {
        var rules = KeepRules()
        change(&rules)
        return Fixture.policy(
            plan: plan,
            retention: RetentionSettings(
                rules: rules, minimum: minimum, minAge: minAge, grace: grace))
    }

    private func explain(
        _ number: Int64, of drafts: [PointDraft], under policy: Policy?,
        targets: [Target]? = nil, clock: ClockVerdict = .sane,
        load: PruneLoad = PruneLoad(excess: 1, total: 10), events: [Event] = []
    ) throws -> PointExplanation {
        let points = drafts.map(\.point)
        return explanation(
            of: try #require(points.first { $0.id.number == number }),
            in: PointCircumstances(
                configuration: Fixture.configuration(
                    policies: policy.map { [$0] } ?? [], targets: targets ?? [target]),
                recorded: points.filter { $0.state == .available },
                providerLoad: load,
                clock: clock, events: events, now: now))
    }

    private func forecast(_ explanation: PointExplanation) -> KeepForecast? {
        guard case .kept(let keeping) = explanation.verdict else { return nil }
        return keeping.forecast
    }

    private func instant(_ text: String) -> Timestamp? { Timestamp(rfc3339: text) }

    @Test("The forecast is the day on which the last of its rules has other points for all places")
    func twoRules() throws {
        let policy = policy {
            $0.daily = .periods(7)
            $0.weekly = .periods(4)
        }
        // Sunday of week 10: weekly until week 14 has its first point.
        #expect(
            forecast(try explain(29, of: daily(30), under: policy))
                == .until(
                    letGo: try #require(instant("2026-03-30T00:00:00Z")),
                    deleteAfter: try #require(instant("2026-03-31T00:00:00Z"))))
        // Saturday: daily alone, and on the seventh day after it there are seven newer ones.
        #expect(
            forecast(try explain(28, of: daily(30), under: policy))
                == .until(
                    letGo: try #require(instant("2026-03-14T00:00:00Z")),
                    deleteAfter: try #require(instant("2026-03-15T00:00:00Z"))))
    }

    @Test("A pin's end is looked at when it comes, and not with the next backup")
    func pinEnd() throws {
        var drafts = daily(30)
        let until = now + .days(3) + .minutes(17)
        drafts[0].pin = PointPin(reason: "r", actor: "uid 0", at: now, until: until)
        let policy = policy(grace: .hours(2)) { $0.daily = .periods(7) }
        #expect(
            forecast(try explain(1, of: drafts, under: policy))
                == .until(letGo: until, deleteAfter: until + .hours(2)))
    }

    @Test("A floor keeps what no rule keeps until another point takes its part")
    func floors() throws {
        var drafts = daily(5)
        drafts[4].takenAt = now - .minutes(30)
        let explained = try explain(
            5, of: drafts, under: policy(minimum: 2, minAge: .hours(3)) { $0.last = .periods(1) })
        guard case .kept(let keeping) = explained.verdict else {
            Issue.record("the newest point is not kept")
            return
        }
        #expect(keeping.floors == [.newestGood, .neededByMinimum(2), .tooYoung(.hours(3))])
        // The minimum holds it one backup longer than the rule does.
        #expect(
            keeping.forecast
                == .until(
                    letGo: try #require(instant("2026-03-11T00:00:00Z")),
                    deleteAfter: try #require(instant("2026-03-12T00:00:00Z"))))
    }

    @Test("The newest verified point stays as long as none is verified after it")
    func verified() throws {
        var drafts = daily(20)
        drafts[0].verifiedAt = now
        let found = forecast(
            try explain(1, of: drafts, under: policy { $0.last = .periods(2) }))
        guard case .beyond(let instant, let backups) = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(backups >= 1000)
        #expect(instant > now + .days(1000))
    }

    @Test("What nothing lets go stays for ever, and why is told")
    func forEver() throws {
        var drafts = daily(3)
        #expect(
            forecast(try explain(1, of: drafts, under: policy { _ in }))
                == .forEver("no retention rule is set"))
        drafts[0].pin = PointPin(reason: "r", actor: "uid 0", at: now, isHold: true)
        #expect(
            forecast(try explain(1, of: drafts, under: policy { $0.last = .periods(1) }))
                == .forEver("it is on hold"))
    }

    @Test("A marked point is told what the kernel would refuse, as far as it can be known")
    func kernel() throws {
        var drafts = daily(30)
        drafts[0].mark = Points.mark(at: now - .days(2))
        let policy = policy { $0.last = .periods(29) }
        func refusal(_ explained: PointExplanation) -> DeletionRefusal? {
            guard case .going(let going) = explained.verdict else { return .notMarked }
            return going.refusal
        }
        #expect(refusal(try explain(1, of: drafts, under: policy)) == nil)
        #expect(
            refusal(
                try explain(1, of: drafts, under: policy, clock: .doubtful("the clock jumped")))
                == .clock("the clock jumped"))
        let load = PruneLoad(excess: 90, total: 100)
        #expect(
            refusal(try explain(1, of: drafts, under: policy, load: load))?.code == "prune_guard")
        // Its grace is not over: that stands beside it, and is not what is told here.
        drafts[0].mark = Points.mark(at: now - .hours(1))
        #expect(refusal(try explain(1, of: drafts, under: policy)) == nil)
    }

    @Test("Without a policy, a target or a provider nothing prunes a point, and that is told")
    func unmanaged() throws {
        let drafts = daily(3)
        let policy = policy { $0.last = .periods(1) }
        func why(_ explained: PointExplanation) -> String? {
            guard case .unmanaged(let why) = explained.verdict else { return nil }
            return why
        }
        #expect(
            why(try explain(1, of: drafts, under: nil))
                == "the policy 'nightly' is not declared any more")
        #expect(
            why(try explain(1, of: drafts, under: policy, targets: []))
                == "the target 'web-1' is not declared any more")
        let orphaning = Fixture.policy(
            retention: RetentionSettings(
                rules: policy.retention.rules, orphans: OrphanRules(keepLast: 3, for: .days(90))))
        let orphan = try explain(1, of: drafts, under: orphaning, targets: [])
        guard case .orphan(let rules) = orphan.verdict else {
            Issue.record("an orphan is told as \(orphan.verdict)")
            return
        }
        #expect(rules.keepLast == 3)
        #expect(
            why(
                try explain(
                    1, of: drafts, under: policy,
                    targets: [Fixture.target("web-1", policies: ["other"])]))
                == "the target 'web-1' is not under the policy 'nightly' any more")
    }

    @Test(
        "Of a point that is gone the event of its end is told, not an older one of another kind",
        arguments: [
            (PointState.deleted, EventKind.pointDeleted), (.missing, .pointMissing),
            (.expired, .pointExpired), (.destroyed, .pointDestroyed), (.damaged, .pointDamaged),
        ])
    func gone(state: PointState, kind: EventKind) throws {
        var drafts = daily(3)
        drafts[0].state = state
        let kinds: [EventKind] = [
            .pointRestored, kind, .pointUnpinned, .pointPinned, .backupSucceeded,
        ]
        let events = kinds.enumerated().map { index, kind in
            Event(
                id: Int64(9 - index), at: now - .hours(index), kind: kind.rawValue,
                actor: "scheduler", policy: nil, target: nil, job: nil, token: nil, detail: "{}",
                hash: "")
        }
        let explained = try explain(
            1, of: drafts, under: policy { $0.last = .periods(1) }, events: events)
        guard case .gone(let end) = explained.verdict else {
            Issue.record("\(explained.verdict)")
            return
        }
        #expect(end?.kind == kind.rawValue)
        #expect(explained.events.count == 5)
    }

    @Test("At a vendor that ends points by itself, and where the oldest makes room, that is told")
    func vendorLimits() throws {
        let disk = ProviderID(trusted: "disk")
        let policy = policy { $0.last = .periods(9) }
        func explained(_ whenFull: ContaboAccount.WhenFull) throws -> PointExplanation {
            let points = daily(3).map(\.point)
            let secret = SecretReference.environment("SECRET")
            let account = ContaboAccount(
                clientID: "id", clientSecret: secret, user: "user", password: secret,
                whenFull: whenFull)
            return explanation(
                of: try #require(points.first),
                in: PointCircumstances(
                    configuration: Configuration(
                        providers: [
                            disk: ProviderSettings(
                                id: disk, kind: .contabo(account), concurrency: 1)
                        ], policies: [policy.id: policy], targets: [target.id: target],
                        control: ControlSettings(), digest: "one"),
                    recorded: points,
                    providerLoad: PruneLoad(excess: 0, total: 3),
                    clock: .sane, events: [], now: now))
        }
        let replacing = try explained(.replaceOldest)
        #expect(replacing.vendorEndsAt == now - .hours(12) - .days(2) + .days(30))
        #expect(replacing.mayMakeRoom)
        #expect(try !explained(.fail).mayMakeRoom)
        let local = try explain(1, of: daily(3), under: policy)
        #expect(local.vendorEndsAt == nil)
        #expect(!local.mayMakeRoom)
    }
}
