/// What a review does to the turnover credit of its assignment.
///
/// Each new point adds one; the marks that one review sets together each take one, when there is
/// enough for all of them, and are turnover then: the guard has nothing against them. A mark that is
/// cleared gives back what it took.
public struct CreditChange: Hashable, Sendable {
    /// Whose credit.
    public let assignment: Assignment
    /// What is above this is void.
    public let limit: Int
    /// How much the marks took.
    public let taken: Int
    /// How much cleared marks gave back.
    public let returned: Int

    /// Adds up what reviews change; `nil` when they don't touch the credit.
    public init?(of reviews: [PointReview], of assignment: Assignment, limit: Int) {
        var (taken, returned) = (0, 0)
        for review in reviews {
            switch review.change {
            case .set(let mark) where mark.turnsOver: taken += 1
            case .clear where review.point.mark?.turnsOver == true: returned += 1
            default: break
            }
        }
        guard taken > 0 || returned > 0 else { return nil }
        self.init(of: assignment, limit: limit, taken: taken, returned: returned)
    }

    /// Takes all of it.
    public init(of assignment: Assignment, limit: Int, taken: Int, returned: Int) {
        self.assignment = assignment
        self.limit = limit
        self.taken = taken
        self.returned = returned
    }

    /// The credit after the change.
    public func applied(to credit: Int) -> Int {
        max(0, min(credit, limit) - taken) + returned
    }
}

extension KeepRules {
    /// How much credit counts at once: a point for each rule, because with several of them some days
    /// let none go and others one for each, and one more where a verified point may stay besides.
    public func creditLimit(hasVerified: Bool) -> Int {
        max(1, summary.count) + (hasVerified ? 1 : 0)
    }
}
