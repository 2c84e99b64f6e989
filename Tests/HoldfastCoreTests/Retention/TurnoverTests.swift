import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Turnover and cuts")
struct TurnoverTests {
    private static let beginning = Timestamp(seconds: 1_767_225_600)

    private static func rules(
        last: Int = 0, hourly: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0,
        yearly: Int = 0
    ) -> KeepRules {
        var rules = KeepRules()
        rules.last = .periods(last)
        rules.hourly = .periods(hourly)
        rules.daily = .periods(daily)
        rules.weekly = .periods(weekly)
        rules.monthly = .periods(monthly)
        rules.yearly = .periods(yearly)
        return rules
    }

    @Test(
        "A policy in its steady state needs no word of the guard, on no day of years",
        arguments: [
            (rules(last: 1), 24, 400), (rules(last: 24), 1, 500), (rules(daily: 7), 24, 400),
            (rules(daily: 3, weekly: 2, monthly: 2), 24, 800),
            (rules(daily: 2, weekly: 2), 24, 400),
            (rules(daily: 7, weekly: 4, monthly: 12, yearly: 3), 24, 1500),
            (rules(hourly: 24, daily: 7), 1, 700), (rules(daily: 7, weekly: 4), 6, 700),
            (rules(weekly: 5, monthly: 6), 24, 900), (rules(last: 3, yearly: 2), 24, 1300),
        ])
    func steady(rules: KeepRules, everyHours: Int, count: Int) async throws {
        for grace in [Duration.zero, .hours(24), .days(14)] {
            let settings = RetentionSettings(rules: rules, grace: grace)
            let markCount = try await Self.live(settings, count: count) {
                .hours(everyHours * Int($0))
            }
            #expect(markCount > count / 3)
        }
    }

    @Test(
        "A floor that keeps points for a while makes no steady policy wait",
        arguments: [
            (rules(daily: 7), 1, Duration.hours(1)), (rules(weekly: 4), 24, .hours(24)),
            (rules(daily: 7, weekly: 4), 6, .hours(6)), (rules(last: 3), 1, .hours(1)),
        ], UInt64(1)...2)
    func minAge(_ policy: (KeepRules, Int, Duration), seed: UInt64) async throws {
        let (rules, everyHours, minAge) = policy
        var rng = SeededGenerator(seed: seed)
        let jitter = (0...600).map { _ in Duration.seconds(rng.number(in: -120...120)) }
        let settings = RetentionSettings(rules: rules, minAge: minAge, grace: .days(14))
        let markCount = try await Self.live(settings, count: 600) {
            .hours(everyHours * Int($0)) + jitter[Int($0)]
        }
        #expect(markCount > 100)
    }

    @Test("Several backups before one review are made up for all the same")
    func late() async throws {
        for grace in [Duration.hours(24), .days(14)] {
            let settings = RetentionSettings(rules: Self.rules(last: 24), grace: grace)
            let markCount = try await Self.live(settings, count: 400, reviewEvery: 30) {
                .hours(Int($0))
            }
            #expect(markCount > 300)
        }
    }

    /// Records points at these distances from the beginning, reviews after each, or after several, and
    /// removes what is marked once its grace is over; nothing of it may wait.
    ///
    /// - Returns: How many marks were set.
    private static func live(
        _ settings: RetentionSettings, count: Int, reviewEvery step: Int64 = 1,
        at distance: (Int64) -> Duration
    ) async throws -> Int {
        let zone = try ZoneFiles.rules("Europe/Berlin")
        var points: [RecoveryPoint] = []
        var (credit, markCount) = (0, 0)
        for number in 1...Int64(count) {
            if number % 8 == 0 { await Task.yield() }
            let now = beginning + distance(number)
            var draft = PointDraft(1, takenAt: now)
            draft.number = number
            points.append(draft.point)
            credit += 1
            guard number % step == 0 else { continue }
            let reviews = retentionReview(
                of: points, under: settings, in: zone, now: now, credit: credit)
            let change = CreditChange(
                of: reviews, of: Points.assignment, under: settings.rules)
            credit = change?.applied(to: credit) ?? credit
            let excess = reviews.count { $0.mark?.turnsOver == false }
            if excess > 0 {
                #expect(excess == 0, "\(settings.rules.summary), point \(number)")
            }
            markCount += reviews.count { $0.change != nil }
            let marks = Dictionary(uniqueKeysWithValues: reviews.map { ($0.point.id, $0.mark) })
            points = points.compactMap { point in
                var draft = PointDraft(point)
                draft.mark = marks[point.id] ?? nil
                return draft.mark.map { $0.deleteAfter <= now } ?? false ? nil : draft.point
            }
        }
        return markCount
    }

    /// So many daily points, all kept until now, and a credit that was never used.
    private func model(_ count: Int, keeping last: Int, grace: Duration) -> PruneModel {
        let stamps = (0..<count).map { Self.beginning + .days($0) }
        var model = PruneModel(
            stamps: stamps,
            settings: RetentionSettings(
                rules: Self.rules(last: last), minAge: .zero, grace: grace), zone: .utc,
            now: Self.beginning + .days(count - 1) + .hours(1))
        model.settings.rules = Self.rules(last: last)
        return model
    }

    @Test("A cut that waits goes on to wait, however many points come during its grace")
    func longGrace() {
        var model = model(30, keeping: 22, grace: .days(14))
        model.prune()
        let held = model.held
        #expect(held.count == 8)
        for _ in 1...40 {
            model.now = model.now + .days(1)
            model.record(model.now)
            model.prune()
        }
        #expect(held.isSubset(of: model.left))
        #expect(model.held == held)
        // What came since turns over beside it.
        #expect(model.left.count == 22 + 8 + 14)
    }

    @Test("What turns over already is no part of what the share is of")
    func condemned() {
        var model = model(24, keeping: 24, grace: .days(20))
        for _ in 1...20 {
            model.now = model.now + .days(1)
            model.record(model.now)
            model.prune()
        }
        #expect(model.held.isEmpty)
        model.settings.rules = Self.rules(last: 16)
        model.prune()
        // Eight of the 24 that were to stay; among all 44 they would be less than a fifth.
        #expect(model.held.count == 8)
    }

    @Test("Deletions that were impossible for weeks make no cut of the turnover")
    func backlog() {
        var model = model(7, keeping: 7, grace: .hours(24))
        for _ in 1...60 {
            model.now = model.now + .days(1)
            model.record(model.now)
            model.review()
        }
        model.now = model.now + .days(1)
        model.prune()
        #expect(model.held.isEmpty)
        #expect(model.left.count == 7)
    }

    @Test("Points that vanish for a while let nothing of a held cut go")
    func vanishing() {
        var model = model(20, keeping: 13, grace: .zero)
        model.prune()
        let held = model.held
        #expect(held.count == 7)
        for _ in 1...5 {
            model.lose(newest: 3)
            model.prune()
            model.findAgain()
            model.prune()
            #expect(held.isSubset(of: model.left))
            #expect(model.held == held)
        }
    }

    @Test("A pin that ends puts its point back among those that are held")
    func pinned() {
        var model = model(100, keeping: 60, grace: .zero)
        model.prune()
        let held = model.held
        #expect(held.count == 40)
        for number in 1...40 {
            let id = PointID(Int64(number))
            model.pin(id, until: model.now + .hours(2))
            model.prune()
            model.now = model.now + .hours(3)
            model.prune()
        }
        #expect(held.isSubset(of: model.left))
        #expect(model.held == held)
    }
}
