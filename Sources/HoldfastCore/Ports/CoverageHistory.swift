/// The record of objectives: until when each assignment is within its own, and when it was not.
///
/// What is good is known to the history in the same transaction that records or retires a point.
public protocol CoverageHistory: Sendable {
    /// Makes the objectives that are kept those of the assignments in force. An open breach ends
    /// with its assignment, or with its objective when that was taken away.
    ///
    /// - Parameters:
    ///   - objectives: Of the policies that have one.
    ///   - exempt: Targets that make no points, so that no objective is kept for them.
    ///   - digest: When it is the one of the last call nothing is compared.
    func synchroniseObjectives(
        _ objectives: [PolicyID: Duration], exempt: Set<TargetID>, digest: String,
        at now: Timestamp
    ) async throws(StoreError)
    /// What has to be noted now, earliest first, and when the next assignment will be beyond its
    /// objective. Cheap, however many assignments there are.
    func objectivesDue(at now: Timestamp, limit: Int) async throws(StoreError) -> ObjectivesDue
    /// Notes changes of breaches with their events, in one transaction. One that does not apply any
    /// more is left out with its event.
    func note(_ notes: [BreachNote], at now: Timestamp) async throws(StoreError)

    /// Makes the waivers that are recorded as in force the declared ones.
    func synchroniseWaivers(_ declared: [Waiver], at now: Timestamp) async throws(StoreError)

    /// The waivers that held, at least in part, in `[from, to)`, oldest first.
    func waivers(from: Timestamp, to: Timestamp) async throws(StoreError) -> [RecordedWaiver]
    /// The breaches that lie, at least in part, in `[from, to)`, oldest first.
    func breaches(from: Timestamp, to: Timestamp) async throws(StoreError) -> [Breach]
    /// When each assignment with an objective goes, or went, beyond it if no point comes before.
    func deadlines() async throws(StoreError) -> [Assignment: Timestamp]
    /// Every assignment in force, by target and policy.
    func coverage() async throws(StoreError) -> [CoverageRecord]
    /// The instant of the first entry of the audit log; `nil` when there is none.
    func recordsBegan() async throws(StoreError) -> Timestamp?
}

/// What the record of breaches needs now.
public struct ObjectivesDue: Hashable, Sendable {
    /// An assignment with the good points that its decision needs.
    public struct Item: Hashable, Sendable {
        /// How it stands.
        public let standing: ObjectiveStanding
        /// The good points since its breach began; empty where there is none.
        public let points: [GoodPoint]

        /// Joins both.
        public init(standing: ObjectiveStanding, points: [GoodPoint]) {
            self.standing = standing
            self.points = points
        }
    }

    /// Assignments that are beyond their objective, or within it again, and are not noted so.
    public let items: [Item]
    /// The earliest instant in the future at which an assignment will be beyond its objective.
    public let next: Timestamp?

    /// Joins both.
    public init(items: [Item], next: Timestamp?) {
        self.items = items
        self.next = next
    }
}

/// A change of the record of breaches, with its event.
public struct BreachNote: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// The objective in force.
    public let objective: Duration
    /// What changed.
    public let change: BreachChange
    /// Appended to the audit log.
    public let events: [NewEvent]

    /// Takes all of it.
    public init(
        assignment: Assignment, objective: Duration, change: BreachChange, events: [NewEvent]
    ) {
        self.assignment = assignment
        self.objective = objective
        self.change = change
        self.events = events
    }
}

/// What the history knows of one assignment's coverage.
public struct CoverageRecord: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// Since when it is declared.
    public let since: Timestamp
    /// The newest good point's instant, whoever made it.
    public let newestPoint: Timestamp?
    /// How it stands against its objective; `nil` where it has none.
    public let standing: ObjectiveStanding?

    /// Takes all of it.
    public init(
        assignment: Assignment, since: Timestamp, newestPoint: Timestamp?,
        standing: ObjectiveStanding?
    ) {
        self.assignment = assignment
        self.since = since
        self.newestPoint = newestPoint
        self.standing = standing
    }
}
