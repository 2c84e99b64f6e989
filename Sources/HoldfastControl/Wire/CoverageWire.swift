public import HoldfastCore

/// A row of `GET /v1/coverage`: one assignment against its objective.
public struct CoverageWire: Codable, Sendable {
    /// The target's name.
    public let target: String
    /// The policy's name.
    public let policy: String
    /// The provider's name.
    public let provider: String
    /// `ok`, `new`, `at_risk`, `paused`, `beyond`, `waived` or `no_objective`.
    public let state: String
    /// The newest good point's instant, whoever made it.
    public let newestPoint: Timestamp?
    /// The objective in seconds.
    public let rpoSeconds: Int64?
    /// When the objective is broken, if no point comes before; since when it is, where it is.
    public let brokenAt: Timestamp?
    /// The waiver that holds for it now.
    public let waiver: WaiverWire?
    /// The next opening that makes a backup; absent while the policy is paused without an end.
    public let nextOpening: Timestamp?

    /// Takes a status.
    public init(_ status: CoverageStatus) {
        target = status.assignment.target.text
        policy = status.assignment.policy.text
        provider = status.provider.text
        state = status.state.rawValue
        newestPoint = status.newestPoint
        rpoSeconds = status.objective?.wholeSeconds
        brokenAt = status.brokenAt
        nextOpening = status.nextOpening
        waiver = status.waiver.map { WaiverWire($0, since: nil) }
    }
}

/// What `GET /v1/breaches` says.
public struct BreachListWire: Codable, Sendable {
    /// The breaches, oldest first.
    public let items: [BreachWire]
    /// What to pass as `cursor` for the next part; absent at the end.
    public let nextCursor: String?
    /// The waivers that held, at least in part, in the time that was asked about.
    public let waivers: [WaiverWire]
    /// When the history began; nothing is known of earlier.
    public let recordedSince: Timestamp?
    /// The daemon's wall clock.
    public let now: Timestamp

    /// Takes all of it.
    public init(
        items: [BreachWire], nextCursor: String?, waivers: [WaiverWire] = [],
        recordedSince: Timestamp?, now: Timestamp
    ) {
        self.waivers = waivers
        self.items = items
        self.nextCursor = nextCursor
        self.recordedSince = recordedSince
        self.now = now
    }

    init(_ list: BreachList) {
        self.init(
            items: list.page.rows.map(BreachWire.init),
            nextCursor: list.page.next.map(Cursor.encode),
            waivers: list.waivers.map { WaiverWire($0.waiver, since: $0.since) },
            recordedSince: list.recordedSince,
            now: list.now)
    }

    /// The same with the next part.
    func adding(_ more: BreachListWire) -> BreachListWire {
        BreachListWire(
            items: items + more.items, nextCursor: more.nextCursor, waivers: more.waivers,
            recordedSince: more.recordedSince, now: more.now)
    }
}

/// A declared acceptance that a target may be beyond its objective for a while.
public struct WaiverWire: Codable, Sendable {
    /// The target's name.
    public let target: String
    /// The policy's name; absent: all of the target's policies.
    public let policy: String?
    /// Who answers for it.
    public let owner: String
    /// Why.
    public let reason: String
    /// Since when it was in force; absent in a listing of now.
    public let since: Timestamp?
    /// When it ended, or will.
    public let until: Timestamp

    /// Takes a waiver.
    public init(_ waiver: Waiver, since: Timestamp?) {
        target = waiver.target.text
        policy = waiver.policy?.text
        owner = waiver.owner
        reason = waiver.reason
        self.since = since
        until = waiver.until
    }

    /// The waiver as it was recorded.
    public var recorded: RecordedWaiver? {
        since.map {
            RecordedWaiver(
                Waiver(
                    target: TargetID(trusted: target),
                    policy: policy.map { PolicyID(trusted: $0) }, owner: owner, reason: reason,
                    until: until), since: $0)
        }
    }
}

/// An interval in which an assignment was beyond its objective.
public struct BreachWire: Codable, Sendable {
    /// Its number.
    public let id: Int64
    /// The target's name.
    public let target: String
    /// The policy's name.
    public let policy: String
    /// The first instant beyond the objective.
    public let beganAt: Timestamp
    /// The first instant within it again; absent while it lasts.
    public let endedAt: Timestamp?
    /// The objective in seconds, as it was when the breach began.
    public let objectiveSeconds: Int64
    /// `age`, `no_point` or `lost`.
    public let reason: String
    /// `point`, `objective` or `unassigned`.
    public let endedBy: String?

    /// Takes a breach.
    public init(_ breach: Breach) {
        id = breach.id.number
        target = breach.assignment.target.text
        policy = breach.assignment.policy.text
        beganAt = breach.beganAt
        endedAt = breach.endedAt
        objectiveSeconds = breach.objective.wholeSeconds
        reason = breach.reason.rawValue
        endedBy = breach.endedBy?.rawValue
    }

    /// The breach; `nil` for words of a newer version.
    public var breach: Breach? {
        guard let reason = BreachReason(rawValue: reason) else { return nil }
        let cause = endedBy.flatMap(BreachEnd.init(rawValue:))
        guard (cause == nil) == (endedAt == nil), endedAt.map({ $0 >= beganAt }) ?? true else {
            return nil
        }
        return Breach(
            id: BreachID(id),
            assignment: Assignment(
                policy: PolicyID(trusted: policy), target: TargetID(trusted: target)),
            beganAt: beganAt, endedAt: endedAt, objective: .seconds(objectiveSeconds),
            reason: reason, endedBy: cause)
    }
}
