/// Until when a point that is kept stays, if backups go on as planned.
public enum KeepForecast: Hashable, Sendable {
    /// Nothing keeps it from an instant on, and it may be deleted from the other one on.
    case until(letGo: Timestamp, deleteAfter: Timestamp)
    /// Nothing that is planned lets it go; the clause says why.
    case forEver(String)
    /// It is still kept after so many more backups; nobody looked further.
    case beyond(Timestamp, backups: Int)

    /// For people.
    public var text: String {
        switch self {
        case .until(let letGo, let deleteAfter):
            "as long as backups go on as planned it stays until \(letGo.roundedDownToSecond), and is "
                + "deleted after \(deleteAfter.roundedDownToSecond)"
        case .forEver(let why): "nothing that is planned lets it go: \(why)"
        case .beyond(let instant, let backups):
            "it is still kept after the next \(backups) backups, at \(instant.roundedDownToSecond); "
                + "nobody looked further"
        }
    }

    /// How far a forecast looks.
    struct Limits {
        var backups = 3000
        var span = Duration.days(3653)
        /// Points times reviews: what it costs.
        var work = 150_000
    }
}

/// Lets the planned backups of an assignment come one by one on a clock of its own, with a review
/// after each and with what is due being deleted, until nothing keeps the point.
///
/// It is the production review that decides, so a forecast is as right as the plan that it is made of.
///
/// - Parameters:
///   - points: The available points of the assignment, in any order.
///   - makesPoints: Whether the policy's windows bring new points of ours.
///   - pause: Of the policy: no window opens before its end, and nothing goes.
func keepForecast(
    of point: RecoveryPoint, among points: [RecoveryPoint], under policy: Policy,
    makesPoints: Bool, pause: Pause? = nil, now: Timestamp,
    limits: KeepForecast.Limits = KeepForecast.Limits()
) -> KeepForecast {
    if let pin = point.pin, pin.holds(at: now), pin.until == nil { return .forEver(pin.text) }
    if policy.retention.rules.isEmpty { return .forEver("no retention rule is set") }
    if let pause, pause.until == nil {
        return .forEver(
            "policy '\(pause.policy)' is paused since \(pause.pausedAt.roundedDownToSecond), until somebody "
                + "resumes it")
    }
    let resumed = pause?.until ?? now
    var life = points.filter { $0.state == .available }
    var nextRow = (life.map(\.id.number).max() ?? 0) + 1
    var instant = now
    var (backups, work) = (0, 0)
    while true {
        let reviews = retentionReview(
            of: life, under: policy.retention, in: policy.schedule.zone, now: instant)
        work += life.count
        let mark = reviews.first { $0.point.id == point.id }?.mark
        if let mark, max(mark.deleteAfter, resumed) <= instant {
            return .until(letGo: mark.at, deleteAfter: max(mark.deleteAfter, resumed))
        }
        // What is due goes now; in life a little later, and no rule keeps it either way.
        life = reviews.compactMap { review in
            guard let mark = review.mark else { return review.point.marked(nil) }
            return max(mark.deleteAfter, resumed) <= instant ? nil : review.point.marked(mark)
        }
        let opening =
            makesPoints ? policy.schedule.nextWindow(after: max(instant, resumed)).opens : nil
        let ends = life.compactMap { $0.pin?.until }.filter { $0 > instant }
        let gone = mark.map { max($0.deleteAfter, resumed) }
        guard let next = ([opening, gone] + ends).compactMap({ $0 }).min() else {
            return .forEver(
                "the vendor takes this policy's backups, so no newer point of ours comes")
        }
        guard backups < limits.backups, work < limits.work, next - now < limits.span else {
            return .beyond(instant, backups: backups)
        }
        instant = next
        guard instant == opening else { continue }
        backups += 1
        life.append(point.following(row: nextRow, at: instant))
        nextRow += 1
    }
}

extension RecoveryPoint {
    fileprivate func marked(_ mark: PruneMark?) -> RecoveryPoint {
        RecoveryPoint(
            id: id, assignment: assignment, provider: provider, origin: origin, run: run,
            remote: remote, state: state, recordedAt: recordedAt, verifiedAt: verifiedAt,
            mark: mark, deletedAt: deletedAt, pin: pin)
    }

    /// A point of the same assignment as a planned backup would leave it.
    fileprivate func following(row: Int64, at instant: Timestamp) -> RecoveryPoint {
        let slot = SlotKey(assignment: assignment, opens: instant)
        return RecoveryPoint(
            id: PointID(row), assignment: assignment, provider: provider, run: run,
            remote: RemotePoint(token: slot.token, remoteID: slot.token.text, takenAt: instant),
            state: .available, recordedAt: instant)
    }
}
