import HoldfastTesting
import Testing

@testable import HoldfastCore

@Suite("What each rule says of a point")
struct RulePlacesTests {
    /// 2026-03-09T12:00:00Z, a Monday.
    private let now = Fixture.noon

    /// Points of midnight, row 1 the oldest, the newest of today.
    private func daily(_ count: Int) -> [PointDraft] {
        (1...count).map {
            PointDraft(Int64($0), takenAt: now - .hours(12) - .days(count - $0))
        }
    }

    private func explain(
        _ number: Int64, of drafts: [PointDraft], _ rules: KeepRules,
        _ settings: RetentionSettings = RetentionSettings()
    ) throws -> PointExplanation {
        var settings = settings
        settings.rules = rules
        let points = drafts.map(\.point)
        let point = try #require(points.first { $0.id.number == number })
        let policy = Fixture.policy(plan: .daily, retention: settings)
        return explanation(
            of: point,
            in: PointCircumstances(
                configuration: Fixture.configuration(
                    policies: [policy],
                    targets: [Fixture.target(Points.assignment.target.text)]),
                recorded: points,
                providerLoad: PruneLoad(excess: 0, total: 9),
                clock: .sane, events: [], now: now))
    }

    private func places(_ explanation: PointExplanation) -> [String] {
        guard case .kept(let keeping) = explanation.verdict else { return ["not kept"] }
        return keeping.places.map { "\($0.rule): \($0.text)" }
    }

    private func misses(_ explanation: PointExplanation) -> [String] {
        guard case .going(let going) = explanation.verdict else { return ["not going"] }
        return going.misses.map { "\($0.rule): \($0.text)" }
    }

    private func rules(_ change: (inout KeepRules) -> Void) -> KeepRules {
        var rules = KeepRules()
        change(&rules)
        return rules
    }

    @Test("A point stands for the periods that it is the newest of")
    func periods() throws {
        let rules = rules {
            $0.last = .periods(3)
            $0.hourly = .periods(9)
            $0.daily = .periods(7)
            $0.weekly = .periods(4)
            $0.monthly = .all
            $0.yearly = .periods(1)
        }
        // Sunday, the newest but one.
        #expect(
            places(try explain(29, of: daily(30), rules)) == [
                "keep_last: 3: place 2 of 3",
                "keep_hourly: 9: 2026-03-08 00:00, the newest of its hour; place 2 of 9",
                "keep_daily: 7: 2026-03-08, the newest of its day; place 2 of 7",
                "keep_weekly: 4: 2026-W10, the newest of its week; place 2 of 4",
            ])
        // The last day of February.
        #expect(
            places(try explain(21, of: daily(30), rules)) == [
                "keep_hourly: 9: 2026-02-28 00:00, the newest of its hour; place 9 of 9"
            ].dropLast() + ["keep_monthly: all: 2026-02, the newest of its month"])
    }

    @Test("The oldest of all takes a place that was left over, and says so")
    func leftOver() throws {
        let rules = rules { $0.weekly = .periods(9) }
        #expect(
            places(try explain(1, of: daily(6), rules)) == [
                "keep_weekly: 9: 2026-W10, the oldest of all, in a place that was left over; "
                    + "place 3 of 9"
            ])
    }

    @Test("Time before the newest point counts no places")
    func spans() throws {
        let rules = rules {
            $0.within = CalendarSpan(days: 3)
            $0.withinWeekly = CalendarSpan(months: 1)
        }
        #expect(
            places(try explain(29, of: daily(30), rules)) == [
                "keep_within: 3d: within that time before the newest point",
                "keep_within_weekly: 1m: 2026-W10, the newest of its week",
            ])
        #expect(
            misses(try explain(2, of: daily(40), rules)) == [
                "keep_within: 3d: it was taken before 2026-03-06T00:00:00Z, where the rule's time "
                    + "before the newest point begins",
                "keep_within_weekly: 1m: it was taken before 2026-02-09T00:00:00Z, where the rule's "
                    + "time before the newest point begins",
            ])
    }

    @Test("What no rule keeps is told which newer points have its place")
    func rivals() throws {
        let rules = rules {
            $0.daily = .periods(2)
            $0.weekly = .periods(2)
            $0.last = .periods(1)
        }
        let drafts = daily(30)
        #expect(
            misses(try explain(28, of: drafts, rules)) == [
                "keep_last: 1: its one place is taken by newer points, the last by "
                    + "\(Points.token(30)) of 2026-03-09T00:00:00Z",
                "keep_daily: 2: its 2 places are taken by newer points, the last by "
                    + "\(Points.token(29)) of 2026-03-08T00:00:00Z",
                "keep_weekly: 2: its week 2026-W10 has a newer point, \(Points.token(29)) of "
                    + "2026-03-08T00:00:00Z",
            ])
    }

    @Test("What is pinned takes no place")
    func pinned() throws {
        var drafts = daily(9)
        drafts[8].isPinned = true
        let rules = rules { $0.daily = .periods(3) }
        #expect(
            places(try explain(8, of: drafts, rules)) == [
                "keep_daily: 3: 2026-03-08, the newest of its day; place 1 of 3"
            ])
        guard case .kept(let keeping) = try explain(9, of: drafts, rules).verdict else {
            Issue.record("a pinned point is not kept")
            return
        }
        #expect(keeping.places.isEmpty)
        #expect(keeping.floors == [.pinned])
        #expect(keeping.forecast == .forEver("it is pinned"))
    }

    @Test(
        "Every reason of the production review has its place, and no other",
        arguments: UInt64(1)...60)
    func complete(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let rules = RetentionCases.rules(using: &rng)
        let step = rng.pick([3600, 6 * 3600, 86_400])
        let drafts = (1...rng.number(in: 2...40)).map {
            PointDraft(Int64($0), takenAt: now - .seconds(step * (41 - $0)))
        }
        let reviews = retentionReview(
            of: drafts.map(\.point), under: RetentionSettings(rules: rules), in: .utc, now: now)
        for review in reviews where !rules.isEmpty {
            let words = try #require(
                ruleWords(of: review.point.id, in: reviews, keeping: rules, zone: .utc, now: now))
            let count = review.reasons.subtracting(.oldest).texts.count
            #expect(words.places.count == count, "seed \(seed), \(review.point.id)")
            #expect(
                words.places.count + words.misses.count == rules.summary.count, "seed \(seed)")
            for place in words.places {
                #expect(place.place <= place.placeCount ?? .max, "seed \(seed)")
            }
        }
    }
}
