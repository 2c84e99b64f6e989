/// What the history has of one target.
public struct RecordedTarget: Sendable {
    /// Its name.
    public let id: TargetID
    /// Those of its assignments that are in force or have points, and those that are proposed.
    public let assignments: [RecordedAssignment]
    /// Where it is known what it is or was, so that its points can be asked for.
    public let knownAt: Set<ProviderID>

    /// Joins all.
    public init(
        id: TargetID, assignments: [RecordedAssignment], knownAt: Set<ProviderID> = []
    ) {
        self.id = id
        self.assignments = assignments
        self.knownAt = knownAt
    }
}

/// What the history has of one assignment.
public struct RecordedAssignment: Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// Whether it is declared now.
    public let isInForce: Bool
    /// When it ended; `nil`: it is in force, or never was.
    public let endedAt: Timestamp?
    /// How many new points made up for none yet.
    public let credit: Int
    /// The rules that all targets of its policy were reviewed under last, as `Policy.rulesFingerprint`
    /// has it; `nil`: none yet.
    public let reviewedRules: String?
    /// Its available points, newest first; not the vendor's own.
    public let points: [RecoveryPoint]
    /// The vendor's own backups that are available, newest first.
    public let vendorPoints: [RecoveryPoint]
    /// The openings of the windows that got their backup, ascending; as far back as the forecast
    /// looks ahead.
    public let successes: [Timestamp]
    /// When each of these backups was done, ascending; as far back.
    public let completions: [Timestamp]
    /// The number of places that the vendor's last refusal for want of one told.
    public let placesTold: Int?

    /// Takes all of it.
    public init(
        assignment: Assignment, isInForce: Bool, endedAt: Timestamp? = nil, credit: Int = 0,
        reviewedRules: String? = nil,
        points: [RecoveryPoint] = [], vendorPoints: [RecoveryPoint] = [],
        successes: [Timestamp] = [], completions: [Timestamp] = [], placesTold: Int? = nil
    ) {
        self.assignment = assignment
        self.isInForce = isInForce
        self.endedAt = endedAt
        self.credit = credit
        self.reviewedRules = reviewedRules
        self.points = points
        self.vendorPoints = vendorPoints
        self.successes = successes
        self.completions = completions
        self.placesTold = placesTold
    }
}
