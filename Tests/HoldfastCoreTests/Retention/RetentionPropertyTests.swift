import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Retention properties")
struct RetentionPropertyTests {
    private struct Scene {
        let zone: TimeZoneRules
        let points: [RetentionPoint]
        let rules: KeepRules
        let now: Timestamp
        var rng: SeededGenerator

        init(seed: UInt64) throws {
            var rng = SeededGenerator(seed: seed)
            zone = try ZoneFiles.rules(rng.pick(RetentionCases.zones))
            points = RetentionCases.points(using: &rng, zone: zone)
            rules = RetentionCases.rules(using: &rng)
            let stamps = points.map(\.takenAt).sorted()
            // Mostly after the newest point; sometimes a few of them lie in the future.
            let anchor = stamps.last ?? Timestamp(seconds: 1_780_000_000)
            now = rng.oneIn(4) ? stamps.dropLast(3).last ?? anchor : anchor + .hours(1)
            self.rng = rng
        }

        func plan(_ points: [RetentionPoint]? = nil, _ rules: KeepRules? = nil)
            -> [RetentionDecision]
        {
            retentionPlan(
                for: points ?? self.points, keeping: rules ?? self.rules, in: zone, now: now)
        }
    }

    @Test("The plan agrees with restic's published meaning", arguments: UInt64(1)...400)
    func oracle(seed: UInt64) throws {
        let scene = try Scene(seed: seed)
        let expected = RetentionOracle(zone: scene.zone, rules: scene.rules, now: scene.now)
            .kept(of: scene.points)
        for decision in scene.plan() {
            let reasons = decision.reasons.subtracting(.oldest)
            #expect(
                reasons == expected[decision.point] ?? [],
                "\(decision.point.takenAt) in \(scene.zone.name), \(scene.rules.summary)")
        }
    }

    @Test("Every point is in the plan once, newest first", arguments: UInt64(1)...100)
    func partition(seed: UInt64) throws {
        let scene = try Scene(seed: seed)
        let found = scene.plan().map(\.point)
        #expect(found.count == scene.points.count)
        #expect(Set(found) == Set(scene.points))
        #expect(
            zip(found, found.dropFirst()).allSatisfy { pair in
                (pair.0.takenAt, pair.0.id) > (pair.1.takenAt, pair.1.id)
            })
    }

    @Test("The order of the input does not matter", arguments: UInt64(1)...100)
    func shuffled(seed: UInt64) throws {
        var scene = try Scene(seed: seed)
        let other = scene.points.shuffled(using: &scene.rng)
        #expect(scene.plan() == scene.plan(other))
        let sorted = scene.plan().map(\.point)
        #expect(scene.plan() == scene.plan(sorted))
    }

    @Test(
        "Another rule, a higher count or a longer span never lets more go",
        arguments: UInt64(1)...200)
    func monotone(seed: UInt64) throws {
        var scene = try Scene(seed: seed)
        let other = RetentionCases.rules(using: &scene.rng)
        var wider = scene.rules
        for rule in [
            \KeepRules.last, \.hourly, \.daily, \.weekly, \.monthly, \.yearly,
        ] where RetentionCases.isAtLeast(other[keyPath: rule], wider[keyPath: rule]) {
            wider[keyPath: rule] = other[keyPath: rule]
        }
        for rule in [
            \KeepRules.within, \.withinHourly, \.withinDaily, \.withinWeekly, \.withinMonthly,
            \.withinYearly,
        ] {
            guard let span = wider[keyPath: rule] else {
                wider[keyPath: rule] = other[keyPath: rule]
                continue
            }
            wider[keyPath: rule] = CalendarSpan(
                years: span.years, months: span.months + scene.rng.number(in: 0...2),
                days: span.days, hours: span.hours + scene.rng.number(in: 0...9))
        }
        let before = Set(scene.plan().filter(\.isKept).map(\.point))
        let after = Set(scene.plan(nil, wider).filter(\.isKept).map(\.point))
        #expect(before.isSubset(of: after), "\(scene.rules.summary) to \(wider.summary)")
    }

    @Test(
        "What was kept is kept again when the rest is gone, for the same rules and perhaps more",
        arguments: UInt64(1)...200)
    func idempotent(seed: UInt64) throws {
        let scene = try Scene(seed: seed)
        let kept = scene.plan().filter(\.isKept)
        let again = scene.plan(kept.map(\.point))
        #expect(again.map(\.point) == kept.map(\.point))
        for (first, second) in zip(kept, again) {
            // The oldest that is left may now stay as the oldest too; no reason gets lost.
            #expect(second.isKept && second.reasons.isSuperset(of: first.reasons))
        }
        // From the second time on nothing changes at all.
        #expect(scene.plan(again.map(\.point)) == again)
    }

    @Test("The newest point always stays, whatever the rules", arguments: UInt64(1)...100)
    func newest(seed: UInt64) throws {
        let scene = try Scene(seed: seed)
        let newest = scene.plan().first { $0.point.takenAt <= scene.now }
        #expect(newest?.isKept ?? true)
    }

    @Test("A newer point brings no older one back", arguments: UInt64(1)...100)
    func nothingComesBack(seed: UInt64) throws {
        var scene = try Scene(seed: seed)
        var rules = scene.rules
        rules.within = nil  // points that a new one pushes out of a span are another matter
        (rules.withinHourly, rules.withinDaily, rules.withinWeekly) = (nil, nil, nil)
        (rules.withinMonthly, rules.withinYearly) = (nil, nil)
        guard !rules.isEmpty else { return }
        let newest = RetentionPoint(
            id: "new", takenAt: scene.now - .milliseconds(scene.rng.number(in: 0...999)))
        guard scene.points.allSatisfy({ $0.takenAt < newest.takenAt }) else { return }
        let before = Set(scene.plan(nil, rules).filter(\.isKept).map(\.point))
        let after = Set(scene.plan(scene.points + [newest], rules).filter(\.isKept).map(\.point))
        // A point that no counting rule kept is not kept because a newer one arrives.
        #expect(after.subtracting(before) == [newest])
    }
}
