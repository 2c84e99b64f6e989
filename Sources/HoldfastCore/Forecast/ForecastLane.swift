/// One assignment while its target is replayed: the points it has at the virtual instant, decided
/// by the same code as the daemon's.
struct ForecastLane {
    let recorded: RecordedAssignment
    /// `nil`: not declared any more.
    let policy: Policy?
    /// Of an assignment that ends with the configuration or had ended, where the policy says something of
    /// orphans; `nil` with `policy`: nothing prunes its points.
    let orphaning: Policy?
    private var endedAt: Timestamp?
    let makesPoints: Bool
    /// For each percentage of a guard, when the provider's guard holds; by `holders`.
    let holds: [[Int: [ProviderHold]]]
    /// Who has points; the first takes the coming ones.
    let holders: [ProviderID]
    private let lifetimes: [Duration?]
    private let costs: [RequestCosts?]

    /// The points, newest first, and beside each its periods and who has it.
    private(set) var points: [PointFacts] = []
    private var periods: [Periods] = []
    private var places: [Int] = []
    private var calendar: PeriodCalendar
    private var nextNumber: Int64
    private var tokens: [PointID: BackupToken]?

    private(set) var departures: [Departure] = []
    private(set) var backups = 0
    private(set) var withoutPlace: (count: Int, first: Timestamp)?
    private(set) var gap: PointGap?
    private var newest: Timestamp?
    private var heldExcess: [Int]

    private(set) var nextOpening: Timestamp?
    private var nextGrace: Timestamp?
    private var nextPinEnd: Timestamp?
    /// When fewer of an orphan's points stay.
    private var nextOrphaned: Timestamp?
    private var nextLifetime: Timestamp?
    private var askedUntil = Timestamp(milliseconds: .min)

    init(
        _ recorded: RecordedAssignment, target: Target?, knownAt: Set<ProviderID>,
        in configuration: Configuration, holds: ProviderHolds
    ) {
        self.recorded = recorded
        let assignment = recorded.assignment
        let isAssigned = target?.policies.contains(assignment.policy) ?? false
        policy = isAssigned ? configuration.policies[assignment.policy] : nil
        orphaning =
            isAssigned || !(recorded.isInForce || recorded.endedAt != nil)
            ? nil
            : configuration.policies[assignment.policy].flatMap {
                $0.retention.orphans == nil ? nil : $0
            }
        makesPoints = target?.subject.makesPoints ?? true
        var holders = [target?.provider ?? recorded.points.first?.provider].compactMap(\.self)
        for point in recorded.points where !holders.contains(point.provider) {
            holders.append(point.provider)
        }
        self.holders = holders
        lifetimes = holders.map { configuration.providers[$0]?.kind.capabilities.pointLifetime }
        let isAsked = { (holder: ProviderID) in
            isAssigned || recorded.isInForce || knownAt.contains(holder)
                || target?.provider == holder
        }
        costs = holders.map { holder in
            // Of what is not known any more nobody can ask.
            isAsked(holder)
                ? configuration.providers[holder].map { RequestCosts(of: $0.kind) } : nil
        }
        self.holds = holders.map { holds.byProvider[$0] ?? [:] }
        heldExcess = holders.map { _ in 0 }
        calendar = PeriodCalendar(zone: policy?.schedule.zone ?? .utc)
        nextNumber = 1
        for point in recorded.points {
            points.append(point.facts)
            periods.append(calendar.periods(of: point.remote.takenAt))
            places.append(holders.firstIndex(of: point.provider) ?? 0)
            nextNumber = max(nextNumber, point.id.number + 1)
        }
        noteLifetimes()
    }

    /// The next instant at which something may change.
    var next: Timestamp? {
        [nextOpening, nextGrace, nextPinEnd, nextLifetime, nextOrphaned].compactMap(\.self).min()
    }

    /// Whether a review is due: a window opens, or a grace or a pin ends.
    func isDue(at now: Timestamp) -> Bool {
        nextOpening == now || nextGrace == now || nextPinEnd == now || nextOrphaned == now
    }

    /// By what its points are pruned.
    private func pruning(at now: Timestamp) -> Policy? {
        policy ?? orphaning?.forOrphan(endedAt: endedAt ?? now, at: now)
    }

    /// How many points the provider of the coming ones has.
    var heldCount: Int { holders.count <= 1 ? points.count : places.count { $0 == 0 } }

    // MARK: Windows

    /// Looks for the window that is open at the beginning, and for the next one.
    ///
    /// - Returns: Whether a window is open that has no point yet.
    mutating func begin(at now: Timestamp) -> Bool {
        let all = recorded.points + recorded.vendorPoints
        newest = all.lazy.map(\.remote.takenAt).filter { $0 <= now }.max()
        notePinEnds(after: now)
        if let rules = orphaning?.retention.orphans {
            let ended = recorded.endedAt ?? now
            endedAt = ended
            let fewer = ended + rules.duration
            nextOrphaned = fewer > now ? fewer : nil
        }
        guard let policy else { return false }
        nextOpening = policy.schedule.nextWindow(after: now).opens
        guard let open = policy.schedule.openWindow(at: now) else { return false }
        return (newest.map { $0 < open.opens } ?? true) && recorded.successes.last != open.opens
    }

    mutating func passOpening() {
        guard let policy, let opened = nextOpening else { return }
        nextOpening = policy.schedule.nextWindow(after: opened).opens
    }

    /// Takes a point that was made at once.
    mutating func takePoint(at now: Timestamp, from start: Timestamp) {
        backups += 1
        noteGap(until: now, from: start)
        newest = now
        guard policy?.enforcement == .managed else { return }
        let point = PointFacts(
            id: PointID(nextNumber), takenAt: now, replacesSince: now, isVerified: false,
            pinnedUntil: nil, mark: nil)
        nextNumber += 1
        // What is stamped in the future stays before it.
        let index = points.firstIndex { $0.takenAt <= now } ?? points.count
        points.insert(point, at: index)
        periods.insert(calendar.periods(of: now), at: index)
        places.insert(0, at: index)
        noteLifetimes()
    }

    mutating func missPlace(at now: Timestamp) {
        withoutPlace = (1 + (withoutPlace?.count ?? 0), withoutPlace?.first ?? now)
    }

    mutating func noteGap(until now: Timestamp, from start: Timestamp) {
        let begins = newest ?? start
        let length = now - begins
        if length > gap?.length ?? .zero { gap = PointGap(length: length, from: begins) }
    }

    // MARK: Ends

    private mutating func noteLifetimes() {
        guard lifetimes.contains(where: { $0 != nil }) else { return }
        nextLifetime = points.indices.compactMap { index in
            lifetimes[places[index]].map { points[index].takenAt + $0 }
        }.min()
    }

    /// Removes what the vendor has ended by now.
    mutating func endLifetimes(at now: Timestamp, _ timelines: inout [ProviderID: ProviderTimeline])
    {
        guard let next = nextLifetime, next <= now else { return }
        for index in points.indices.reversed() {
            guard let lifetime = lifetimes[places[index]] else { continue }
            let end = points[index].takenAt + lifetime
            guard end <= now else { continue }
            var tally = InstantTally()
            tally.madeOrEnded = -1
            timelines[holders[places[index]], default: ProviderTimeline()].add(tally, at: now)
            remove(at: index, end, .lifetime)
        }
        noteLifetimes()
    }

    // MARK: Retention

    /// One review, and where a grace has ended one prune, as the daemon does them.
    mutating func reviewAndPrune(
        at now: Timestamp, _ timelines: inout [ProviderID: ProviderTimeline]
    ) {
        guard let policy = pruning(at: now) else { return }
        if nextOrphaned == now { nextOrphaned = nil }
        let (letGo, isDue) = review(at: now, under: policy)
        guard isDue else { return }
        askedUntil = now
        guard holders.count > 1 else {
            prune(letGo, at: now, 0, policy, &timelines)
            return
        }
        let names = Set(letGo.map { points[$0].id })
        for place in holders.indices {
            let here = points.indices.filter {
                places[$0] == place && names.contains(points[$0].id)
            }
            prune(here, at: now, place, policy, &timelines)
        }
    }

    private mutating func notePinEnds(after now: Timestamp) {
        nextPinEnd = points.lazy.compactMap(\.pinnedUntil)
            .filter { now < $0 && $0 < .distantFuture }.min()
    }

    /// Sets and clears marks.
    ///
    /// - Returns: The positions that retention lets go, and whether a grace has ended since the
    ///   kernel was asked last.
    private mutating func review(
        at now: Timestamp, under policy: Policy
    ) -> (letGo: [Int], isDue: Bool) {
        let standings = pointStandings(
            of: points, periods: periods, under: policy.retention, in: policy.schedule.zone,
            now: now)
        var letGo: [Int] = []
        var isDue = false
        nextGrace = nil
        if nextPinEnd.map({ $0 <= now }) ?? false { notePinEnds(after: now) }
        for index in points.indices {
            guard case .letGo = standings[index] else {
                if points[index].mark != nil { points[index].mark = nil }
                continue
            }
            letGo.append(index)
            let mark =
                points[index].mark
                ?? PointFacts.Mark(at: now, deleteAfter: now + policy.retention.grace)
            points[index].mark = mark
            if mark.deleteAfter > now {
                nextGrace = min(nextGrace ?? mark.deleteAfter, mark.deleteAfter)
            } else if mark.deleteAfter > askedUntil {
                isDue = true
            }
        }
        return (letGo, isDue)
    }

    private mutating func prune(
        _ letGo: [Int], at now: Timestamp, _ place: Int, _ policy: Policy,
        _ timelines: inout [ProviderID: ProviderTimeline]
    ) {
        // Nobody can ask a provider that is not declared any more.
        guard let costs = costs[place],
            letGo.contains(where: { points[$0].mark.map { $0.deleteAfter <= now } ?? false })
        else { return }
        let verdicts = foreseenRefusals(
            for: letGo.map { points[$0] }, recorded: recorded(at: place),
            settings: policy.retention,
            providerLoad: providerLoad(at: now, place, policy), now: now)
        let load = PruneLoad(of: recorded(at: place))
        var deleted = 0
        for (index, refusal) in zip(letGo, verdicts).reversed() {
            switch refusal {
            case nil:
                delete(at: index, now, .retention)
                deleted += 1
            case let refusal?:
                guard let hold = refusal.hold(since: now) else { continue }
                let standing = points[index].mark?.hold
                points[index].mark?.hold = standing ?? hold
            }
        }
        let left = load.excess == 0 ? 0 : PruneLoad(of: recorded(at: place)).excess
        var tally = InstantTally()
        tally.requests = costs.list + costs.deletion * deleted
        // No guard has anything against mere turnover.
        tally.marked = load.excess > 0 ? load.marked : 0
        tally.excess = load.excess
        tally.heldBefore = heldExcess[place]
        tally.heldAfter = left
        tally.deleted = deleted
        tally.percents = 1 << UInt128(min(max(policy.retention.guardPercent, 0), 100))
        heldExcess[place] = left
        timelines[holders[place], default: ProviderTimeline()].add(tally, at: now)
    }

    /// Deletes the oldest point that retention lets go, before its grace is over.
    ///
    /// - Returns: Whether there is room now.
    mutating func makeRoom(
        at now: Timestamp, _ timelines: inout [ProviderID: ProviderTimeline]
    ) -> Bool {
        guard let policy, let costs = costs.first ?? nil else { return false }
        for index in review(at: now, under: policy).letGo.reversed() where places[index] == 0 {
            let refusal = foreseenRefusals(
                for: [points[index]], recorded: recorded(at: 0), settings: policy.retention,
                providerLoad: providerLoad(at: now, 0, policy), now: now, waivesGrace: true)
            guard refusal == [nil] else { continue }
            delete(at: index, now, .room)
            var tally = InstantTally()
            tally.deleted = 1
            tally.requests = costs.list + costs.deletion
            timelines[holders[0], default: ProviderTimeline()].add(tally, at: now)
            return true
        }
        return false
    }

    private func recorded(at place: Int) -> [PointFacts] {
        holders.count == 1
            ? points : points.indices.filter { places[$0] == place }.map { points[$0] }
    }

    /// What weighs at a provider while its guard holds; how little it is otherwise nobody asks.
    private func providerLoad(at now: Timestamp, _ place: Int, _ policy: Policy) -> PruneLoad? {
        holds[place][policy.retention.guardPercent]?.first { $0.contains(now) }?.load
    }

    /// Deletes a point that retention let go.
    private mutating func delete(at index: Int, _ at: Timestamp, _ cause: Departure.Cause) {
        let place = places[index]
        if let mark = points[index].mark, !mark.isConfirmed,
            let newest = Replacement.newest(
                before: mark.at, among: recorded(at: place), but: points[index].id),
            let position = points.firstIndex(where: { $0.id == newest.id })
        {
            points[position].replacesSince = nil
        }
        remove(at: index, at, cause)
    }

    private mutating func remove(at index: Int, _ at: Timestamp, _ cause: Departure.Cause) {
        departures.append(departure(of: points[index], at, cause))
        points.remove(at: index)
        periods.remove(at: index)
        places.remove(at: index)
        if nextLifetime != nil { noteLifetimes() }
    }

    /// What the guard holds back now, by the date from which it waits.
    mutating func waiting() -> [Departure] {
        var waiting: [Departure] = []
        for point in points {
            guard let mark = point.mark, !mark.isConfirmed, let hold = mark.hold else { continue }
            let cause: Departure.Cause =
                hold.scope == .provider ? .providerGuard : .assignmentGuard
            waiting.append(departure(of: point, hold.since, cause))
        }
        return waiting.sorted { ($0.at, $0.takenAt) < ($1.at, $1.takenAt) }
    }

    private mutating func departure(
        of point: PointFacts, _ at: Timestamp, _ cause: Departure.Cause
    ) -> Departure {
        let known =
            tokens
            ?? Dictionary(
                recorded.points.map { ($0.id, $0.remote.token) },
                uniquingKeysWith: { first, _ in first })
        tokens = known
        return Departure(
            recorded: known[point.id], takenAt: point.takenAt, at: at, cause: cause)
    }
}
