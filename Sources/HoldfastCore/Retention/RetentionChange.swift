/// What a review of retention looks at, as it stood at one instant.
public struct RetentionBasis: Hashable, Sendable {
    /// The available points of the assignment, newest first; not the vendor's own.
    public let points: [RecoveryPoint]
    /// How many points came that made up for none yet; 0 when the assignment is not in force.
    public let credit: Int

    /// Joins both.
    public init(points: [RecoveryPoint], credit: Int) {
        self.points = points
        self.credit = credit
    }
}

/// What a review of one assignment changes, and what it relied on.
public struct RetentionChange: Hashable, Sendable {
    /// What becomes of the marks.
    public let marks: [PointID: MarkChange]
    /// When each of these points had been marked, as the review saw it; no entry: it was not. Where
    /// something else stands meanwhile, another review came first, and this one is void.
    public let seen: [PointID: Timestamp]
    /// What becomes of the credit.
    public let credit: CreditChange?

    /// Takes all of it.
    public init(
        marks: [PointID: MarkChange], seen: [PointID: Timestamp], credit: CreditChange? = nil
    ) {
        self.marks = marks
        self.seen = seen
        self.credit = credit
    }

    /// Of the reviews of one assignment; `nil` when nothing changes.
    public init?(of reviews: [PointReview], of assignment: Assignment, under rules: KeepRules) {
        var marks: [PointID: MarkChange] = [:]
        var seen: [PointID: Timestamp] = [:]
        for review in reviews {
            guard let change = review.change else { continue }
            marks[review.point.id] = change
            seen[review.point.id] = review.point.mark?.at
        }
        guard !marks.isEmpty else { return nil }
        self.init(
            marks: marks, seen: seen,
            credit: CreditChange(of: reviews, of: assignment, under: rules))
    }
}
