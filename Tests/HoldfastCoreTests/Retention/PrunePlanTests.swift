import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Prune plans")
struct PrunePlanTests {
    private let disk = ProviderID(trusted: "disk")
    private let now = Timestamp(seconds: 1_780_000_000)

    /// Points of which the first so many are marked at once.
    private func points(_ count: Int, marked: Int, confirmed: Int = 0) -> [RecoveryPoint] {
        (1...count).map { number in
            var draft = PointDraft(Int64(number), takenAt: now - .days(count - number + 9))
            if number <= marked {
                draft.mark = PruneMark(
                    at: now, deleteAfter: now + .hours(24), reason: "old",
                    confirmedPlan: number <= confirmed ? "before" : nil)
            }
            return draft.point
        }
    }

    private func plans(
        _ points: [RecoveryPoint], percent: Int = 20, whole: PruneLoad? = nil
    ) -> [PrunePlan] {
        let marked = points.filter { $0.mark != nil }
        let marks = marked.compactMap(\.mark).filter { $0.confirmedPlan == nil }
        let standing = PruneStanding(
            assignment: Points.assignment, provider: disk,
            excess: marks.count { !$0.turnsOver }, held: marks.count { $0.hold != nil })
        return pruneWaits(
            at: disk, marked: marked, standings: [standing],
            unmarked: [Points.assignment: points.count - marked.count],
            providerLoad: whole ?? PruneLoad(excess: 0, total: 1000),
            percents: [Points.assignment.policy: percent], now: now
        ).plans
    }

    @Test("What exceeds the guard of its assignment waits, before its grace is over too")
    func waiting() throws {
        let points = points(10, marked: 7)
        let plan = try #require(plans(points).first)
        #expect(plan.scope == .assignment(Points.assignment))
        #expect(plan.points.map(\.id.number) == [1, 2, 3, 4, 5, 6, 7])
        #expect(plan.load == PruneLoad(excess: 7, total: 10))
        #expect(plan.earliest == now + .hours(24))
        #expect(plan.latest == now + .hours(24))
        #expect(plans(points, percent: 70).isEmpty)
    }

    @Test("What was confirmed waits no more, and the rest is a plan of its own")
    func confirmed() throws {
        #expect(plans(points(10, marked: 7, confirmed: 7)).isEmpty)
        #expect(plans(points(10, marked: 7, confirmed: 3)).isEmpty)
        let rest = try #require(plans(points(10, marked: 9, confirmed: 3)).first)
        #expect(rest.points.map(\.id.number) == [4, 5, 6, 7, 8, 9])
    }

    @Test("The provider's guard holds all of it, and the same points are not shown twice")
    func provider() {
        let whole = PruneLoad(excess: 300, total: 1000)
        let few = plans(points(10, marked: 2), whole: whole)
        #expect(few.map(\.scope) == [.provider])
        #expect(few.first?.load == whole)
        let many = plans(points(10, marked: 7), whole: whole)
        #expect(many.map(\.scope) == [.assignment(Points.assignment)])
    }

    @Test("What was held back stays in a plan, however many points came since")
    func held() throws {
        func points(_ scope: GuardScope) -> [RecoveryPoint] {
            (1...100).map { number in
                var draft = PointDraft(Int64(number), takenAt: now - .hours(200 - number))
                guard number <= 8 else { return draft.point }
                draft.mark = PruneMark(
                    at: now, deleteAfter: now, reason: "old",
                    hold: number <= 7 ? GuardHold(since: now, scope: scope, total: 10) : nil)
                return draft.point
            }
        }
        for (scope, expected) in [
            (GuardScope.assignment, PrunePlan.Scope.assignment(Points.assignment)),
            (.provider, .provider),
        ] {
            let whole = PruneLoad(excess: 8, total: 1000)
            let plan = try #require(plans(points(scope), whole: whole).first)
            #expect(plan.scope == expected)
            // What was marked when they were held, and is not too much, is not part of it.
            #expect(plan.points.map(\.id.number) == [1, 2, 3, 4, 5, 6, 7])
            #expect(plans(points(scope), whole: whole).count == 1)
            #expect(
                plans(points(scope), percent: RetentionSettings.guardOff, whole: whole).isEmpty)
        }
    }

    @Test("The hash names the points and their dates, in any order")
    func hash() {
        let points = points(10, marked: 7)
        let hash = PrunePlan.hash(of: points)
        #expect(hash.count == 16)
        #expect(PrunePlan.hash(of: points.reversed()) == hash)
        #expect(PrunePlan.hash(of: Array(points.dropLast())) != hash)
        var draft = PointDraft(points[0])
        draft.mark = PruneMark(at: now, deleteAfter: now + .hours(25), reason: "old")
        #expect(PrunePlan.hash(of: [draft.point] + points.dropFirst()) != hash)
        // Why, and when it was marked, may be told in other words.
        draft.mark = PruneMark(at: now - .hours(1), deleteAfter: now + .hours(24), reason: "older")
        #expect(PrunePlan.hash(of: [draft.point] + points.dropFirst()) == hash)
    }

    @Test("Whatever the guard refuses is in a plan, and goes once that is confirmed")
    func covered() throws {
        var heldCount = 0
        for seed in UInt64(1)...2000 {
            var rng = SeededGenerator(seed: seed)
            let stamps = (0..<rng.number(in: 8...20)).map { now - .hours(400 - 20 * $0) }
            var rules = KeepRules()
            rules.last = .periods(1)
            var model = PruneModel(
                stamps: stamps, settings: RetentionSettings(rules: rules), zone: .utc, now: now)
            for point in model.points.dropLast() where !rng.oneIn(5) {
                let at = now - .hours(rng.oneIn(2) ? 30 : rng.number(in: 0...100))
                model.mark(point.id, PruneMark(at: at, deleteAfter: at + .hours(24), reason: "old"))
            }
            var held: Set<PointID> = []
            for case .refused(let point, .guardExceeded) in deletionVerdicts(
                for: model.points, in: model.context())
            {
                held.insert(point.id)
            }
            heldCount += held.count
            let plans = plans(model.available)
            #expect(held.isSubset(of: plans.flatMap(\.points).map(\.id)), "seed \(seed)")
            for plan in plans {
                for point in plan.points {
                    let mark = try #require(point.mark)
                    model.mark(
                        point.id,
                        PruneMark(
                            at: mark.at, deleteAfter: mark.deleteAfter, reason: mark.reason,
                            confirmedPlan: plan.hash))
                }
            }
            #expect(held.isSubset(of: model.permitted(in: model.context())), "seed \(seed)")
        }
        #expect(heldCount > 400)
    }
}
