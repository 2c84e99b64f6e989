import HoldfastCore
import Testing

@Suite("What a proposed configuration would do")
struct ForecastTests {
    private let now = ForecastScene.newYear

    private func only(_ targets: [TargetForecast]) throws -> AssignmentForecast {
        try #require(targets.first?.assignments.first)
    }

    @Test("A cut from 30 to 7 waits for a confirmation from its first minute")
    func cut() throws {
        var scene = ForecastScene()
        scene.declare("web", retention: .keeping(daily: 7))
        let past = ForecastScene.past("web", agesInHours: (0..<30).map { 22 + 24 * $0 })
        let found = try only(scene.forecast([past], days: 14))
        #expect(found.waiting.count == 23)
        // What each day adds is turnover, and goes.
        #expect(found.departures.map(\.at) == (1...13).map { now + .hours(24 * $0 + 2) })
        #expect(found.waiting.first?.at == now)
        #expect(found.waiting.allSatisfy { $0.cause == .assignmentGuard })
        #expect(found.pointsNow == 30)
        #expect(found.pointsAtEnd == 30 + 14 - 13)
        #expect(found.reason == "kept by none of keep_daily: 7")
    }

    @Test("A cut that each assignment's guard lets pass waits for the provider's")
    func providerGuard() throws {
        var scene = ForecastScene()
        let names = (1...8).map { "web-\($0)" }
        scene.declare("nightly", retention: .keeping(daily: 6), targets: names)
        // A provider of its own goes on as always.
        scene.declare("volume", at: "ionos", retention: .keeping(daily: 2))
        let past = names.map {
            ForecastScene.past($0, policy: "nightly", agesInHours: (0..<10).map { 22 + 24 * $0 })
        }
        let targets = scene.forecast(past, days: 5)
        for target in targets where target.id.text != "volume" {
            let found = try #require(target.assignments.first)
            let turnover = (1...4).map { now + .hours(24 * $0 + 2) }
            #expect(found.departures.map(\.at) == turnover, "\(target.id)")
            #expect(found.waiting.count == 4)
            #expect(found.waiting.prefix(4).allSatisfy { $0.cause == .providerGuard })
            #expect(found.waiting.first?.at == now)
        }
        let volume = try #require(targets.first { $0.id.text == "volume" }?.assignments.first)
        #expect(volume.waiting.isEmpty)
        #expect(volume.departures.count == 2)
        // One target alone is within both guards.
        let few = scene.forecast(Array(past.prefix(1)), days: 10)
        let alone = try #require(few.first { $0.id.text == "web-1" }?.assignments.first)
        #expect(alone.waiting.isEmpty)
        let gone = alone.departures.prefix(4).map(\.at)
        #expect(gone == Array(repeating: now + .hours(24), count: 4))
    }

    @Test("What waits goes on waiting under the same rules, and goes where others let it pass")
    func lifting() throws {
        var scene = ForecastScene()
        /// 23 of 30 were held yesterday; what the rules keep now waits no more.
        func found(_ daily: Int, percent: Int = 20) throws -> AssignmentForecast {
            let before = scene.policies[PolicyID(trusted: "web")]?.rulesFingerprint
            var settings = RetentionSettings.keeping(daily: daily)
            settings.guardPercent = percent
            scene.declare("web", retention: settings)
            let past = ForecastScene.past(
                "web", agesInHours: (0..<30).map { 22 + 24 * $0 }, reviewedRules: before
            ) { draft in
                guard draft.point.id.number <= 23 else { return }
                draft.mark = PruneMark(
                    at: now - .hours(30), deleteAfter: now - .hours(6), reason: "old",
                    hold: GuardHold(since: now - .hours(30), scope: .assignment, total: 30))
            }
            return try only(scene.forecast([past], days: 1))
        }
        scene.declare("web", retention: .keeping(daily: 7))
        #expect(try found(7).waiting.count == 23)
        let raised = try found(7, percent: 80)
        #expect(raised.waiting.isEmpty)
        #expect(raised.departures.map(\.at) == Array(repeating: now, count: 23))
        #expect(try found(7, percent: 20).waiting.count == 23)
        #expect(try found(7, percent: 100).departures.count == 23)
        let most = try found(24)
        #expect(most.waiting.isEmpty)
        #expect(most.departures.count == 6)
        #expect(try found(20).waiting.count == 10)
    }

    @Test("What a provider's guard holds is weighed anew when any policy there has other rules")
    func providerLifting() throws {
        func found(otherRules: String?) throws -> AssignmentForecast {
            var scene = ForecastScene()
            scene.declare("small", retention: .keeping(daily: 7))
            scene.declare("large", retention: .keeping(daily: 30))
            let small = PolicyID(trusted: "small")
            let rules = scene.policies.mapValues(\.rulesFingerprint)
            var reviewed = rules
            reviewed[PolicyID(trusted: "large")] = otherRules ?? rules[PolicyID(trusted: "large")]
            let held = ForecastScene.past(
                "small", agesInHours: (0..<9).map { 22 + 24 * $0 }, reviewedRules: rules[small]
            ) { draft in
                guard draft.number <= 2 else { return }
                draft.mark = PruneMark(
                    at: now - .hours(30), deleteAfter: now - .hours(6), reason: "old",
                    hold: GuardHold(since: now - .hours(30), scope: .provider, total: 39))
            }
            let other = ForecastScene.past(
                "large", agesInHours: (0..<30).map { 22 + 24 * $0 },
                reviewedRules: reviewed[PolicyID(trusted: "large")])
            let targets = scene.forecast([held, other], days: 1, reviewedRules: reviewed)
            return try #require(targets.first { $0.id.text == "small" }?.assignments.first)
        }
        #expect(
            try found(otherRules: nil).waiting.map(\.cause) == [.providerGuard, .providerGuard])
        let lifted = try found(otherRules: "a cut that is taken back")
        #expect(lifted.waiting.isEmpty)
        #expect(lifted.departures.prefix(2).map(\.at) == [now, now])
    }

    @Test("A mark that a wrong clock set in the future is set anew")
    func futureMark() throws {
        var scene = ForecastScene()
        scene.declare("web", retention: .keeping(daily: 3))
        let past = ForecastScene.past("web", agesInHours: [22, 46, 70, 94]) { draft in
            guard draft.point.id.number == 1 else { return }
            draft.mark = PruneMark(
                at: now + .days(400), deleteAfter: now + .days(401), reason: "old")
        }
        let found = try only(scene.forecast([past], days: 2))
        #expect(found.departures.map(\.at).first == now + .hours(24))
    }

    @Test("What is gained begins with its first window, and what is lost stays as it is")
    func changes() throws {
        var scene = ForecastScene()
        scene.declare(
            "nightly", retention: .keeping(daily: 3), objective: .hours(26), targets: ["new"])
        let lost = ForecastScene.past("old", policy: "weekly", agesInHours: [100, 200, 5000])
        let targets = scene.forecast([lost], days: 5)
        #expect(targets.map(\.change) == [.gained, .lost])
        let gained = try #require(targets[0].assignments.first)
        #expect(gained.backups == 5)
        #expect(gained.gapBefore == nil)
        #expect(gained.gapAfter?.length == .hours(24))
        #expect(!gained.isBeyondObjective)
        let gone = try #require(targets[1].assignments.first)
        #expect(gone.pointsNow == 3)
        #expect(gone.pointsAtEnd == 3)
        #expect(gone.departures.isEmpty)
        #expect(gone.gapAfter == nil)
    }

    @Test("What is lost goes by what its policy says of orphans")
    func orphans() throws {
        var scene = ForecastScene()
        var settings = RetentionSettings.keeping(last: 99)
        settings.orphans = OrphanRules(keepLast: 3, for: .days(5))
        scene.declare("nightly", retention: settings, targets: ["kept"])
        let past = ForecastScene.past("gone", policy: "nightly", agesInHours: [1, 25, 49, 73, 97])
        let targets = scene.forecast([past], days: 10)
        let gone = try #require(targets.first { $0.id.text == "gone" }?.assignments.first)
        #expect(gone.change == .lost)
        #expect(gone.orphans == settings.orphans)
        // A day's grace, then all but the newest when the time is over.
        let dates = gone.departures.map(\.at)
        #expect(dates == [.days(1), .days(1), .days(6), .days(6)].map { now + $0 })
        #expect(gone.pointsAtEnd == 1)
        // One that never was an assignment is none of it.
        let before = ForecastScene.past(
            "gone", policy: "nightly", agesInHours: [1, 25, 49, 73, 97], isInForce: false)
        let others = scene.forecast([before], days: 10)
        #expect(others.first { $0.id.text == "gone" }?.assignments.isEmpty ?? true)
    }

    @Test(
        "What had ended before goes by what its policy says of orphans, where it can be asked for")
    func formerOrphans() throws {
        var scene = ForecastScene()
        var settings = RetentionSettings.keeping(last: 99)
        settings.orphans = OrphanRules(keepLast: 3, for: .days(5))
        scene.declare("nightly", retention: settings, targets: ["kept"])
        func forecast(endedAt: Timestamp, knownAt: Set<ProviderID>) throws -> AssignmentForecast {
            let past = ForecastScene.past(
                "gone", policy: "nightly", agesInHours: [100, 125, 149, 173, 197],
                isInForce: false, endedAt: endedAt)
            let targets = scene.forecast([past], days: 10, knownAt: knownAt)
            let gone = try #require(targets.first { $0.id.text == "gone" })
            #expect(gone.change == .orphan)
            return try #require(gone.assignments.first)
        }
        let cloud: Set = [ProviderID(trusted: "do")]
        let during = try forecast(endedAt: now - .days(3), knownAt: cloud)
        #expect(during.change == .orphan)
        #expect(during.departures.map(\.at) == [1, 1, 3, 3].map { now + .days($0) })
        #expect(during.pointsAtEnd == 1)
        // Its time was over before.
        let late = try forecast(endedAt: now - .days(9), knownAt: cloud)
        #expect(late.departures.map(\.at) == [1, 1, 1, 1].map { now + .days($0) })
        let unknown = try forecast(endedAt: now - .days(3), knownAt: [])
        #expect(unknown.departures.isEmpty && unknown.pointsAtEnd == 5)
    }

    @Test("A gap is measured from the newest point, over the windows, to the end")
    func gaps() throws {
        var scene = ForecastScene()
        scene.declare(
            "web", .weekly([.sunday]), retention: .keeping(last: 9), objective: .hours(26))
        // New Year of 2026 is a Thursday; the first window opens on the 4th at 02:00.
        let past = ForecastScene.past("web", agesInHours: [120])
        let found = try only(scene.forecast([past], days: 20))
        #expect(found.gapAfter?.from == now - .hours(120))
        #expect(found.gapAfter?.length == .hours(120 + 3 * 24 + 2))
        #expect(found.isBeyondObjective)
        let fresh = try only(
            scene.forecast([ForecastScene.past("web", agesInHours: [1])], days: 20))
        #expect(fresh.gapAfter?.length == .days(7))
    }

    @Test("A window that is open gets its backup at once, unless it has one")
    func openWindow() throws {
        var scene = ForecastScene()
        scene.declare("web", .daily, "22:00", window: .hours(4), retention: .keeping(last: 9))
        #expect(try only(scene.forecast(days: 2)).backups == 3)
        let done = ForecastScene.past("web", agesInHours: [1])
        #expect(try only(scene.forecast([done], days: 2)).backups == 2)
        let earlier = ForecastScene.past("web", agesInHours: [3])
        #expect(try only(scene.forecast([earlier], days: 2)).backups == 3)
    }

    @Test("A full instance takes no backup until there is a place", arguments: [false, true])
    func full(isReplacing: Bool) throws {
        var scene = ForecastScene()
        scene.isReplacing = isReplacing
        scene.declare("db", at: "contabo", retention: .keeping(last: 2))
        let past = ForecastScene.past(
            "db", at: "contabo", agesInHours: [22, 46, 70], placesTold: 3)
        let target = try #require(scene.forecast([past], days: 10).first)
        #expect(target.places == 3)
        #expect(target.held.most == 4)
        let found = try #require(target.assignments.first)
        if isReplacing {
            #expect(found.withoutPlace == nil)
            #expect(found.backups == 10)
            #expect(found.departures.first?.cause == .room)
            #expect(found.departures.first?.at == now + .hours(2))
        } else {
            // One is let go with each backup, and its grace ends when the next but one is due.
            #expect(found.withoutPlace?.count == 5)
            #expect(found.backups == 5)
            #expect(found.withoutPlace?.first == now + .hours(2))
            #expect(found.departures.first?.at == now + .hours(24))
            #expect((found.gapAfter?.length ?? .zero) >= .hours(48))
        }
    }

    @Test("The vendor's own backups are the vendor's to end")
    func native() throws {
        var scene = ForecastScene()
        scene.declare(
            "web", retention: .keeping(daily: 2), objective: .hours(26), enforcement: .native)
        let found = try only(scene.forecast(days: 30))
        #expect(found.isVendors)
        #expect(found.pointsAtEnd == nil)
        #expect(found.departures.isEmpty)
        #expect(found.gapAfter?.length == .hours(24))
    }

    @Test("Points at a provider that is not declared any more stay, and count for the rules")
    func moved() throws {
        var scene = ForecastScene()
        scene.declare("web", retention: .keeping(last: 2))
        let past = ForecastScene.past("web", at: "elsewhere", agesInHours: [10, 34, 58])
        let found = try only(scene.forecast([past], days: 10))
        #expect(found.departures.allSatisfy { $0.takenAt >= now })
        #expect(found.departures.count == 7)
        #expect(found.pointsAtEnd == 3 + 10 - 7)
    }

    @Test("Requests are counted for each provider, and its busiest opening is named")
    func requests() throws {
        var scene = ForecastScene()
        scene.declare("nightly", retention: .keeping(last: 2), targets: ["web-1", "web-2"])
        let forecaster = Forecaster(scene.configuration, from: now, until: now + .days(4))
        let part = forecaster.replay(
            ["web-1", "web-2"].map {
                RecordedTarget(
                    id: TargetID(trusted: $0),
                    assignments: [ForecastScene.past($0, policy: "nightly", agesInHours: [])])
            })
        let provider = try #require(part.providers(of: scene.configuration).first)
        #expect(provider.backups == 8)
        // The first is let go by the third, and goes with the fourth.
        #expect(provider.deletions == 2)
        #expect(provider.requests == 8 * 2 + 2 * (1 + 1))
        #expect(provider.busiest?.requests == 2 * (2 + 1 + 1))
        #expect(provider.busiest?.at == now + .days(3) + .hours(2))
    }
}
