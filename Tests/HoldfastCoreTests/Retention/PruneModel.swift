import HoldfastCore
import HoldfastTesting

/// A record, a provider that holds what is recorded, and a clock: what a prune step does to them,
/// without daemon, history or network.
struct PruneModel {
    /// Oldest first; a deleted one stays in the record.
    var points: [RecoveryPoint]
    var settings: RetentionSettings
    let zone: TimeZoneRules
    var now: Timestamp
    /// How many points came that made up for none yet.
    var credit = 0
    private var reviewed = ""

    static let provider = ProviderID(trusted: "disk")
    /// Tokens are slow to make, and any will do.
    private static let tokens = (0..<128).map { Points.token(Int64($0)) }

    init(
        stamps: [Timestamp], settings: RetentionSettings, zone: TimeZoneRules, now: Timestamp
    ) {
        points = []
        self.settings = settings
        self.zone = zone
        self.now = now
        for stamp in stamps { record(stamp) }
    }

    mutating func record(_ stamp: Timestamp, verified: Bool = false, pinned: Bool = false) {
        let number = points.count + 1
        credit += 1
        let token = Self.tokens[number]
        points.append(
            RecoveryPoint(
                id: PointID(Int64(number)), assignment: Points.assignment,
                provider: Self.provider, run: RunID(Int64(number)),
                remote: RemotePoint(token: token, remoteID: token.text, takenAt: stamp),
                state: .available, recordedAt: stamp, verifiedAt: verified ? stamp : nil,
                pin: pinned ? PointPin(reason: "evidence", actor: "uid 0", at: stamp) : nil))
    }

    var available: [RecoveryPoint] { points.filter { $0.state == .available } }

    var left: Set<PointID> { Set(available.map(\.id)) }

    mutating func mark(_ id: PointID, _ mark: PruneMark?) {
        change(id) { $0.changed(mark: mark) }
    }

    private mutating func change(_ id: PointID, _ body: (RecoveryPoint) -> RecoveryPoint) {
        let index = Int(id.number) - 1
        points[index] = body(points[index])
    }

    /// Sets and clears marks, as retention says.
    mutating func review() {
        // The first review under other rules has no credit.
        let isNew = reviewed != settings.fingerprint
        reviewed = settings.fingerprint
        let reviews = retentionReview(
            of: points, under: settings, in: zone, now: now, credit: isNew ? 0 : credit)
        let change = CreditChange(
            of: reviews, of: Points.assignment, under: settings.rules)
        credit = change?.applied(to: credit) ?? credit
        for review in reviews where review.change != nil { mark(review.point.id, review.mark) }
    }

    func context(
        listing: PointListing? = nil, clock: ClockVerdict = .sane, recorded: [RecoveryPoint]? = nil
    ) -> DeletionContext {
        let honest = PointListing(
            points: available.map(\.remote), isComplete: true, providerClock: now)
        return DeletionContext(
            provider: Self.provider, recorded: recorded ?? points, listing: listing ?? honest,
            settings: settings, zone: zone,
            providerLoad: PruneLoad(excess: 0, total: points.count),
            clock: clock, now: now)
    }

    /// What the kernel permits of everything there is.
    func permitted(in context: DeletionContext) -> Set<PointID> {
        var found: Set<PointID> = []
        for case .permitted(let permission) in deletionVerdicts(for: points, in: context) {
            found.insert(permission.point.id)
        }
        return found
    }

    /// Review, then deletion of what the kernel permits.
    mutating func prune() {
        review()
        // The daemon, too, asks the kernel only when a grace is over.
        guard points.contains(where: { $0.mark.map { $0.deleteAfter <= now } ?? false }) else {
            return
        }
        // In the order of the record: oldest first, as the daemon.
        for verdict in deletionVerdicts(for: points, in: context()) {
            switch verdict {
            case .permitted(let permission):
                change(permission.point.id) { $0.changed(state: .deleted) }
            case .refused(let point, let refusal):
                guard let fresh = refusal.hold(since: now), let mark = point.mark else { continue }
                let hold = mark.hold ?? fresh
                self.mark(
                    point.id,
                    PruneMark(
                        at: mark.at, deleteAfter: mark.deleteAfter, reason: mark.reason,
                        turnsOver: mark.turnsOver, hold: hold))
            }
        }
    }

    /// The newest points are missing from the listing.
    mutating func lose(newest count: Int) {
        for point in available.suffix(count) { change(point.id) { $0.changed(state: .missing) } }
    }

    /// What was missing is there again, and what was thought of it is forgotten.
    mutating func findAgain() {
        for point in points where point.state == .missing {
            change(point.id) { $0.changed(state: .available).changed(mark: nil) }
        }
    }

    mutating func pin(_ id: PointID, until instant: Timestamp) {
        change(id) { $0.pinned(until: instant) }
    }

    /// What the guard holds back.
    var held: Set<PointID> { Set(available.filter { $0.mark?.hold != nil }.map(\.id)) }

    /// Prunes until every grace is over.
    mutating func settle() {
        prune()
        now = now + settings.grace
        prune()
    }

    /// What has to stay, worked out from the record alone: by the rules, then by each floor.
    func stays(at now: Timestamp) -> Set<PointID> {
        let good = available.filter { !$0.isPinned(at: now) && $0.remote.takenAt <= now }
            .sorted { ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id) }
        let decisions = retentionPlan(
            for: good.map {
                RetentionPoint(id: String(1000 + $0.id.number), takenAt: $0.remote.takenAt)
            }, keeping: settings.rules, in: zone, now: now)
        var stays = Set(
            decisions.filter(\.isKept).compactMap { Int64($0.point.id) }.map {
                PointID($0 - 1000)
            })
        stays.formUnion(good.prefix(settings.minimum).map(\.id))
        stays.formUnion(good.filter { now - $0.remote.takenAt < settings.minAge }.map(\.id))
        if let verified = good.first(where: { $0.verifiedAt != nil }) { stays.insert(verified.id) }
        for point in available where point.isPinned(at: now) || point.remote.takenAt > now {
            stays.insert(point.id)
        }
        return stays
    }
}

extension RecoveryPoint {
    fileprivate func changed(state: PointState) -> RecoveryPoint {
        changed(state: state, mark: mark)
    }

    fileprivate func pinned(until instant: Timestamp) -> RecoveryPoint {
        RecoveryPoint(
            id: id, assignment: assignment, provider: provider, origin: origin, run: run,
            remote: remote, state: state, recordedAt: recordedAt, verifiedAt: verifiedAt,
            mark: mark,
            pin: PointPin(reason: "evidence", actor: "uid 0", at: recordedAt, until: instant))
    }

    fileprivate func changed(mark: PruneMark?) -> RecoveryPoint {
        changed(state: state, mark: mark)
    }

    private func changed(state: PointState, mark: PruneMark?) -> RecoveryPoint {
        RecoveryPoint(
            id: id, assignment: assignment, provider: provider, origin: origin, run: run,
            remote: remote, state: state, recordedAt: recordedAt, verifiedAt: verifiedAt,
            mark: mark, deletedAt: state == .deleted ? recordedAt : nil, pin: pin)
    }
}
