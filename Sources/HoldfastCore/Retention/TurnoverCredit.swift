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

    /// Adds up what the reviews of one assignment change; `nil` when they don't touch the credit.
    public init?(of reviews: [PointReview], of assignment: Assignment, under rules: KeepRules) {
        var (taken, returned) = (0, 0)
        for review in reviews {
            switch review.change {
            case .set(let mark) where mark.turnsOver: taken += 1
            case .clear where review.point.mark?.turnsOver == true: returned += 1
            default: break
            }
        }
        guard taken > 0 || returned > 0 else { return nil }
        self.init(
            of: assignment, limit: rules.creditLimit(among: reviews.map(\.point)), taken: taken,
            returned: returned)
    }

    /// Takes all of it.
    public init(of assignment: Assignment, limit: Int, taken: Int, returned: Int) {
        self.assignment = assignment
        // What takes none voids none.
        self.limit = taken > 0 ? limit : .max
        self.taken = taken
        self.returned = returned
    }

    /// The credit after the change.
    public func applied(to credit: Int) -> Int {
        max(0, min(credit, limit) - taken) + returned
    }
}

extension KeepRules {
    /// How much credit counts at once. A review that sees no new point has none: what it lets go had
    /// another cause, such as a pin's end. Else it is a point for each new one, one for each rule,
    /// because with several of them some days let none go and others one for each, and one for what a
    /// floor kept longer (`min_age`, the newest verified point).
    ///
    /// - Parameter arrived: How many points were recorded after the newest mark.
    func creditLimit(arrived: Int) -> Int {
        arrived == 0 ? 0 : arrived + max(1, summary.count) + 1
    }

    /// The same, of the available points of an assignment.
    func creditLimit(among points: [RecoveryPoint]) -> Int {
        let newest = points.compactMap(\.mark?.at).max()
        return creditLimit(
            arrived: points.count { point in newest.map { point.recordedAt > $0 } ?? true })
    }
}
