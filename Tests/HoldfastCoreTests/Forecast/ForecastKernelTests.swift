import HoldfastCore
import HoldfastTesting
import Testing

/// The forecast's short way into the review and the kernel against the long one, which the daemon
/// takes: recovery points, marks in a record, a listing.
@Suite("A forecast decides as the daemon does")
struct ForecastKernelTests {
    /// A record that the daemon's own steps change.
    private struct Record {
        var drafts: [PointDraft]
        let policy: Policy
        var deleted: [Int64: Timestamp] = [:]
        var credit = 0

        /// A review when a window opens or a grace or a pin ends, and a prune when a grace ends.
        mutating func step(at now: Timestamp, isFirst: Bool, isOpen: Bool) {
            func graceEnds() -> Bool { drafts.contains { $0.mark?.deleteAfter == now } }
            let pinEnds = drafts.contains { $0.pin?.until == now }
            guard isFirst || isOpen || pinEnds || graceEnds() else { return }
            let reviews = retentionReview(
                of: drafts.map(\.point), under: policy.retention, in: policy.schedule.zone,
                now: now, credit: isFirst ? 0 : credit)
            let change = CreditChange(
                of: reviews, of: Points.assignment, under: policy.retention.rules)
            credit = change?.applied(to: credit) ?? credit
            for review in reviews {
                guard let change = review.change,
                    let index = drafts.firstIndex(where: { $0.number == review.point.id.number })
                else { continue }
                if case .set(let mark) = change {
                    drafts[index].mark = mark
                } else {
                    drafts[index].mark = nil
                }
            }
            // One that was refused waits until another grace ends.
            guard isFirst || graceEnds() else { return }
            let recorded = drafts.map(\.point)
            let letGo = retentionReview(
                of: recorded, under: policy.retention, in: policy.schedule.zone, now: now
            ).filter { !$0.isKept }.map(\.point)
            let context = DeletionContext(
                provider: ProviderID(trusted: "disk"), recorded: recorded,
                listing: PointListing(
                    points: recorded.map(\.remote), isComplete: true, providerClock: now),
                settings: policy.retention, zone: policy.schedule.zone,
                providerLoad: PruneLoad(excess: 0, total: recorded.count),
                clock: .sane,
                now: now)
            for verdict in deletionVerdicts(for: letGo, in: context).reversed() {
                switch verdict {
                case .permitted(let permission):
                    deleted[permission.point.id.number] = now
                    drafts.removeAll { $0.number == permission.point.id.number }
                case .refused(let point, let refusal):
                    guard let hold = refusal.hold(since: now), let mark = point.mark,
                        let index = drafts.firstIndex(where: { $0.number == point.id.number })
                    else { continue }
                    drafts[index].mark = PruneMark(
                        at: mark.at, deleteAfter: mark.deleteAfter, reason: mark.reason,
                        turnsOver: mark.turnsOver, hold: mark.hold ?? hold)
                }
            }
        }
    }

    @Test("Weeks of random histories end alike", arguments: UInt64(1)...60)
    func alike(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        var settings = RetentionSettings.keeping(
            last: rng.number(in: 0...4), daily: rng.number(in: 1...9),
            weekly: rng.number(in: 0...3), grace: .hours(rng.pick([0, 12, 24, 72])),
            minimum: rng.number(in: 1...3))
        settings.guardPercent = rng.pick([10, 20, 50])
        settings.minAge = .hours(rng.pick([0, 1, 30]))
        var scene = ForecastScene()
        scene.declare("life", .hourly(every: rng.pick([6, 24])), "00:00", retention: settings)
        let ages = (0..<rng.number(in: 0...40)).map { _ in rng.number(in: -30...900) }.sorted()
        let now = ForecastScene.newYear
        let past = ForecastScene.past("life", agesInHours: ages) { draft in
            if rng.oneIn(8) {
                draft.pin = PointPin(
                    reason: "evidence", actor: "uid 0", at: draft.takenAt,
                    until: rng.oneIn(3) ? nil : now + .hours(rng.number(in: 1...900)))
            }
            if rng.oneIn(8) { draft.verifiedAt = draft.takenAt }
            if rng.oneIn(6) {
                let at = now - .hours(rng.number(in: 0...50))
                draft.mark = PruneMark(at: at, deleteAfter: at + settings.grace, reason: "old")
            }
        }
        let policy = try #require(scene.policies.values.first)
        var record = Record(drafts: past.points.map { PointDraft($0) }, policy: policy)
        var number = Int64(ages.count)
        var taken: [Int64: Timestamp] = [:]
        for draft in record.drafts { taken[draft.number] = draft.takenAt }
        for hour in 0..<(40 * 24) {
            let instant = now + .hours(hour)
            // A point that was taken at the opening is that window's.
            let isOpen = policy.schedule.nextWindow(atOrAfter: instant).opens == instant
            let hasNewer = hour == 0 && ages.contains(0)
            if isOpen, !hasNewer {
                number += 1
                record.drafts.append(PointDraft(number, takenAt: instant))
                record.credit += 1
                taken[number] = instant
            }
            record.step(at: instant, isFirst: hour == 0, isOpen: isOpen && !hasNewer)
        }
        // So many that the provider's guard has nothing against whatever goes.
        scene.declare("bystander", retention: .keeping(last: 9999))
        let others = ForecastScene.past("bystander", agesInHours: (1...2000).map { $0 })
        let target = scene.forecast([past, others], days: 40).first { $0.id.text == "life" }
        let forecast = try #require(target?.assignments.first)
        let deleted = Dictionary(
            forecast.departures.map { ($0.takenAt, $0.at) }, uniquingKeysWith: { max($0, $1) })
        let expected = Dictionary(
            record.deleted.map { (taken[$0.key] ?? now, $0.value) },
            uniquingKeysWith: { max($0, $1) })
        #expect(deleted == expected)
        #expect(forecast.departures.count == record.deleted.count)
        #expect(forecast.pointsAtEnd == record.drafts.count)
    }
}
