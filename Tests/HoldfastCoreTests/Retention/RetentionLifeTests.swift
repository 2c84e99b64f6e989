import HoldfastCore
import HoldfastTesting
import Testing

/// A record that is backed up, reviewed and pruned for weeks, with everything else in order.
@Suite("Mark, grace, delete")
struct RetentionLifeTests {
    private struct Life {
        var drafts: [PointDraft] = []
        var settings: RetentionSettings
        var now = Timestamp(seconds: 1_780_000_000)
        var deletedCount = 0
        var credit = 0

        var available: [PointDraft] { drafts.filter { $0.state == .available } }

        mutating func backUp() {
            credit += 1
            drafts.append(PointDraft(Int64(drafts.count + 1), takenAt: now))
        }

        /// One review and one prune, as the daemon does them.
        mutating func prune() {
            let reviews = retentionReview(
                of: drafts.map(\.point), under: settings, in: .utc, now: now, credit: credit)
            let change = CreditChange(
                of: reviews, of: Points.assignment, under: settings.rules)
            credit = change?.applied(to: credit) ?? credit
            for review in reviews {
                guard let change = review.change else { continue }
                let index = Int(review.point.id.number) - 1
                switch change {
                case .set(let mark): drafts[index].mark = mark
                case .clear: drafts[index].mark = nil
                }
            }
            let recorded = drafts.map(\.point)
            let letGo = retentionReview(of: recorded, under: settings, in: .utc, now: now)
                .filter { !$0.isKept }.map(\.point)
            let context = DeletionContext(
                provider: ProviderID(trusted: "disk"), recorded: recorded,
                listing: PointListing(
                    points: recorded.filter { $0.state == .available }.map(\.remote),
                    isComplete: true, providerClock: now),
                settings: settings, zone: .utc,
                providerLoad: PruneLoad(excess: 0, total: recorded.count),
                clock: .sane, now: now)
            for case .permitted(let permission) in deletionVerdicts(for: letGo, in: context) {
                drafts[Int(permission.point.id.number) - 1].state = .deleted
                deletedCount += 1
            }
        }
    }

    private func daily(_ count: Int) -> RetentionSettings {
        var settings = RetentionSettings()
        settings.rules.daily = .periods(count)
        return settings
    }

    @Test("A point is marked when no rule keeps it and deleted once its grace is over")
    func steps() {
        var life = Life(settings: daily(3))
        var counts: [Int] = []
        for _ in 1...8 {
            life.backUp()
            life.prune()
            counts.append(life.available.count)
            life.now = life.now + .days(1)
        }
        // Three that the rule keeps and one whose grace runs; the oldest of all went first.
        #expect(counts == [1, 2, 3, 4, 4, 4, 4, 4])
        #expect(life.available.map(\.number) == [5, 6, 7, 8])
        #expect(life.available.map { $0.mark != nil } == [true, false, false, false])
    }

    @Test("A mark that no longer applies is cleared, and the point survives its old grace")
    func cleared() {
        var life = Life(settings: daily(2))
        for _ in 1...3 {
            life.backUp()
            life.prune()
            life.now = life.now + .days(1)
        }
        #expect(life.drafts[0].mark != nil)
        life.settings = daily(5)
        life.prune()
        #expect(life.available.count == 3)
        #expect(life.drafts.allSatisfy { $0.mark == nil })
        life.settings = daily(2)
        life.prune()
        #expect(life.available.count == 3)  // a new mark, a new grace
        #expect(life.drafts[0].mark?.at == life.now)
    }

    @Test("Steady turnover is never held up by the guard", arguments: UInt64(1)...16)
    func steady(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        let kept = rng.number(in: 1...20)
        var life = Life(settings: daily(kept))
        life.settings.guardPercent = rng.pick([0, 20])
        life.settings.grace = .hours(rng.pick([0, 24, 240]))
        let graceDays = Int(life.settings.grace.wholeSeconds) / 86_400
        for _ in 1...60 {
            life.backUp()
            life.prune()
            #expect(life.available.last?.takenAt == life.now)
            life.now = life.now + .days(1)
        }
        #expect(life.available.count == kept + graceDays)
        #expect(life.deletedCount == 60 - life.available.count)
    }

    @Test("A target that stopped being backed up keeps its last points for ever")
    func stopped() {
        var life = Life(settings: daily(3))
        for _ in 1...5 {
            life.backUp()
            life.now = life.now + .days(1)
        }
        for _ in 1...30 {
            life.prune()
            life.now = life.now + .days(10)
        }
        #expect(life.available.map(\.number) == [3, 4, 5])
    }
}
