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
    /// Whether its first review is one under other rules than the last one that is recorded.
    private let isNew: Bool
    /// `Forecaster.changedAt`.
    private let changedAt: Set<ProviderID>
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
    /// What weighs in the assignment at each of `holders`, as the timelines have it.
    private(set) var loads: [PruneLoad]
    private var credit: Int

    private(set) var nextOpening: Timestamp?
    private var nextGrace: Timestamp?
    private var nextPinEnd: Timestamp?
    /// When fewer of an orphan's points stay.
    private var nextOrphaned: Timestamp?
    private var nextLifetime: Timestamp?
    private var askedUntil = Timestamp(milliseconds: .min)

    init(
        _ recorded: RecordedAssignment, target: Target?, knownAt: Set<ProviderID>,
        in forecaster: Forecaster, holds: ProviderHolds
    ) {
        let configuration = forecaster.configuration
        changedAt = forecaster.changedAt
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
        isNew =
            configuration.policies[assignment.policy]?.rulesFingerprint != recorded.reviewedRules
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
        loads = holders.map { _ in PruneLoad(excess: 0, total: 0) }
        calendar = PeriodCalendar(zone: policy?.schedule.zone ?? .utc)
        // What ends has none.
        credit = policy == nil ? 0 : recorded.credit
        nextNumber = 1
        for point in recorded.points {
            points.append(point.facts)
            periods.append(calendar.periods(of: point.remote.takenAt))
            places.append(holders.firstIndex(of: point.provider) ?? 0)
            nextNumber = max(nextNumber, point.id.number + 1)
        }
        noteLifetimes()
        loads = holders.indices.map(load)
    }

    /// What weighs at a provider; marks of what nothing prunes don't.
    private func load(at place: Int) -> PruneLoad {
        let load = PruneLoad(of: recorded(at: place))
        guard policy == nil, orphaning == nil else { return load }
        return PruneLoad(excess: 0, total: load.total - load.excess)
    }

    /// Brings the timelines up to what weighs now.
    private mutating func noteLoads(
        at now: Timestamp, _ part: WritableKeyPath<InstantTally, LoadChange>,
        _ timelines: inout [ProviderID: ProviderTimeline]
    ) {
        for place in holders.indices {
            let load = load(at: place)
            guard load != loads[place] else { continue }
            var tally = InstantTally()
            tally[keyPath: part] = LoadChange(from: loads[place], to: load)
            loads[place] = load
            timelines[holders[place], default: ProviderTimeline()].add(tally, at: now)
        }
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
            id: PointID(nextNumber), takenAt: now, isVerified: false,
            pinnedUntil: nil, mark: nil)
        nextNumber += 1
        credit += 1
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
            remove(at: index, end, .lifetime)
        }
        noteLifetimes()
        noteLoads(at: now, \.before, &timelines)
    }

    // MARK: Retention

    /// One review, and where a grace has ended one prune, as the daemon does them.
    mutating func reviewAndPrune(
        at now: Timestamp, isFirst: Bool, _ timelines: inout [ProviderID: ProviderTimeline]
    ) {
        guard let policy = pruning(at: now) else { return }
        if nextOrphaned == now { nextOrphaned = nil }
        // What goes in the first review under other rules, these cut.
        let (letGo, isDue) = review(at: now, under: policy, spendsCredit: !(isFirst && isNew))
        noteLoads(at: now, \.before, &timelines)
        if isFirst { settle(at: now, policy, &timelines) }
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

    /// What the guards hold, and hold no more, as soon as the configuration is in force.
    private mutating func settle(
        at now: Timestamp, _ policy: Policy, _ timelines: inout [ProviderID: ProviderTimeline]
    ) {
        for place in holders.indices where loads[place].excess > 0 {
            ask(at: now, place, policy, &timelines)
            let whole = providerLoad(at: now, place, policy)
            let pruneGuard = PruneGuard(
                own: loads[place], provider: whole, percent: policy.retention.guardPercent)
            for index in points.indices where places[index] == place {
                guard let mark = points[index].mark, !mark.isConfirmed else { continue }
                let standing = mark.hold.flatMap { hold -> GuardHold? in
                    switch hold.scope {
                    case .assignment: isNew && pruneGuard.lifts(hold) ? nil : hold
                    case .provider:
                        // Where its guard does not hold anything now, the load is not known here.
                        changedAt.contains(holders[place])
                            && (whole == nil || pruneGuard.lifts(hold)) ? nil : hold
                    }
                }
                points[index].mark?.hold = pruneGuard.refusal(
                    turnsOver: mark.turnsOver, hold: standing)?.hold(since: now)
            }
        }
    }

    /// Notes that the provider's guard is asked with something that no new point made up for.
    private func ask(
        at now: Timestamp, _ place: Int, _ policy: Policy,
        _ timelines: inout [ProviderID: ProviderTimeline]
    ) {
        var tally = InstantTally()
        tally.percents = 1 << UInt128(min(max(policy.retention.guardPercent, 0), 100))
        timelines[holders[place], default: ProviderTimeline()].add(tally, at: now)
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
        at now: Timestamp, under policy: Policy, spendsCredit: Bool
    ) -> (letGo: [Int], isDue: Bool) {
        let standings = pointStandings(
            of: points, periods: periods, under: policy.retention, in: policy.schedule.zone,
            now: now)
        var letGo: [Int] = []
        var fresh: [Int] = []
        var returned = 0
        let newest = points.lazy.compactMap(\.mark?.at).max()
        var isDue = false
        nextGrace = nil
        if nextPinEnd.map({ $0 <= now }) ?? false { notePinEnds(after: now) }
        for index in points.indices {
            guard case .letGo = standings[index] else {
                if let mark = points[index].mark {
                    if mark.turnsOver { returned += 1 }
                    points[index].mark = nil
                }
                continue
            }
            letGo.append(index)
            // A mark from the future was set by a clock that went wrong.
            let standing = points[index].mark.flatMap { $0.at <= now ? $0 : nil }
            if standing == nil { fresh.append(index) }
            let mark =
                standing
                ?? PointFacts.Mark(at: now, deleteAfter: now + policy.retention.grace)
            points[index].mark = mark
            if mark.deleteAfter > now {
                nextGrace = min(nextGrace ?? mark.deleteAfter, mark.deleteAfter)
            } else if mark.deleteAfter > askedUntil {
                isDue = true
            }
        }
        weigh(
            fresh, under: policy.retention, credit: spendsCredit ? credit : 0,
            arrived: points.count { point in newest.map { point.takenAt > $0 } ?? true }, now: now)
        credit += returned
        return (letGo, isDue)
    }

    /// Tells of fresh marks whether they turn over, and holds those that are too many, as the review
    /// of the daemon.
    private mutating func weigh(
        _ fresh: [Int], under settings: RetentionSettings, credit: Int, arrived: Int,
        now: Timestamp
    ) {
        guard !fresh.isEmpty else { return }
        let usable = min(credit, settings.rules.creditLimit(arrived: arrived))
        guard fresh.count > usable else {
            for index in fresh { points[index].mark?.turnsOver = true }
            self.credit = usable - fresh.count
            return
        }
        for place in holders.indices {
            let load = PruneLoad(of: recorded(at: place))
            guard !load.isWithin(percent: settings.guardPercent) else { continue }
            let hold = GuardHold(since: now, scope: .assignment, total: load.total)
            for index in fresh where places[index] == place { points[index].mark?.hold = hold }
        }
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
        if loads[place].excess > 0 { ask(at: now, place, policy, &timelines) }
        var deleted = 0
        for (index, refusal) in zip(letGo, verdicts).reversed() {
            switch refusal {
            case nil:
                remove(at: index, now, .retention)
                deleted += 1
            case let refusal?:
                guard let hold = refusal.hold(since: now) else { continue }
                let standing = points[index].mark?.hold
                points[index].mark?.hold = standing ?? hold
            }
        }
        var tally = InstantTally()
        tally.requests = costs.list + costs.deletion * deleted
        tally.deleted = deleted
        timelines[holders[place], default: ProviderTimeline()].add(tally, at: now)
        if deleted > 0 { noteLoads(at: now, \.after, &timelines) }
    }

    /// Deletes the oldest point that retention lets go, before its grace is over.
    ///
    /// - Returns: Whether there is room now.
    mutating func makeRoom(
        at now: Timestamp, _ timelines: inout [ProviderID: ProviderTimeline]
    ) -> Bool {
        guard let policy, let costs = costs.first ?? nil else { return false }
        for index in review(at: now, under: policy, spendsCredit: true).letGo.reversed()
        where places[index] == 0 {
            let refusal = foreseenRefusals(
                for: [points[index]], recorded: recorded(at: 0), settings: policy.retention,
                providerLoad: providerLoad(at: now, 0, policy), now: now, waivesGrace: true)
            guard refusal == [nil] else { continue }
            remove(at: index, now, .room)
            var tally = InstantTally()
            tally.deleted = 1
            tally.requests = costs.list + costs.deletion
            timelines[holders[0], default: ProviderTimeline()].add(tally, at: now)
            noteLoads(at: now, \.before, &timelines)
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

    private mutating func remove(at index: Int, _ at: Timestamp, _ cause: Departure.Cause) {
        departures.append(departure(of: points[index], at, cause))
        points.remove(at: index)
        periods.remove(at: index)
        places.remove(at: index)
        if nextLifetime != nil { noteLifetimes() }
    }

    /// What the guard holds back now, by the date from which it waits.
    mutating func waiting() -> [Departure] {
        guard policy != nil || orphaning != nil else { return [] }
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
