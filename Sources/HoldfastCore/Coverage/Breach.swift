/// The row number of a breach in the history.
public struct BreachID: Hashable, Comparable, Sendable {
    /// Counts from 1.
    public let number: Int64
    /// Takes a row number.
    public init(_ number: Int64) { self.number = number }
    /// Older comes first.
    public static func < (lhs: BreachID, rhs: BreachID) -> Bool { lhs.number < rhs.number }
}

/// Why a breach began.
public enum BreachReason: String, Sendable, CaseIterable {
    /// The newest good point became older than the objective.
    case age
    /// There was no good point for as long as the objective.
    case noPoint = "no_point"
    /// The newest good point was lost, and what is left is older than the objective.
    case lost
}

/// What ended a breach.
public enum BreachEnd: String, Sendable, CaseIterable {
    /// A good point that is young enough.
    case point
    /// The objective became longer, or was taken away.
    case objective
    /// The target is not under the policy any more.
    case unassigned
}

/// An interval in which an assignment was beyond its objective.
public struct Breach: Hashable, Sendable {
    /// Its row.
    public let id: BreachID
    /// The policy and target.
    public let assignment: Assignment
    /// The first instant beyond the objective.
    public let beganAt: Timestamp
    /// The first instant within it again; `nil` while it lasts.
    public let endedAt: Timestamp?
    /// The objective when it began.
    public let objective: Duration
    /// Why it began.
    public let reason: BreachReason
    /// What ended it; present with `endedAt`.
    public let endedBy: BreachEnd?

    /// Takes all of it, as a history reads it.
    public init(
        id: BreachID, assignment: Assignment, beganAt: Timestamp, endedAt: Timestamp? = nil,
        objective: Duration, reason: BreachReason, endedBy: BreachEnd? = nil
    ) {
        precondition((endedAt == nil) == (endedBy == nil), "an end has a cause")
        self.id = id
        self.assignment = assignment
        self.beganAt = beganAt
        self.endedAt = endedAt
        self.objective = objective
        self.reason = reason
        self.endedBy = endedBy
    }
}

/// A good point, as far as an objective is concerned.
public struct GoodPoint: Hashable, Sendable {
    /// The instant that it shows; its age counts from here.
    public let takenAt: Timestamp
    /// Since when it counts: since it was recorded, where it is ours; since it was taken, where
    /// somebody else made it and it was only seen later.
    public let countsFrom: Timestamp

    /// Joins both.
    public init(takenAt: Timestamp, countsFrom: Timestamp) {
        self.takenAt = takenAt
        self.countsFrom = countsFrom
    }

    /// Takes a recorded point's dates.
    public init(takenAt: Timestamp, recordedAt: Timestamp, origin: PointOrigin) {
        self.init(takenAt: takenAt, countsFrom: origin == .managed ? recordedAt : takenAt)
    }
}
