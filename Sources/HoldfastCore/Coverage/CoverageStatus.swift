/// How one assignment stands against its objective, for people.
public struct CoverageStatus: Sendable {
    /// In one word.
    public enum State: String, Sendable, CaseIterable {
        /// Within the objective, and the next window opens before that would be over.
        case ok
        /// Nothing was backed up yet, and there is time.
        case new
        /// Within the objective, which will be broken before the next window opens.
        case atRisk = "at_risk"
        /// Its policy is paused, and it is within the objective, or has none.
        case paused
        /// Beyond the objective, paused or not.
        case beyond
        /// Beyond the objective, under a waiver.
        case waived
        /// Its policy has no objective, or it makes no points.
        case noObjective = "no_objective"
    }

    /// The policy and target.
    public let assignment: Assignment
    /// Who takes the backups.
    public let provider: ProviderID
    /// In one word.
    public let state: State
    /// The newest good point's instant, whoever made it.
    public let newestPoint: Timestamp?
    /// The age from which on that is too old.
    public let objective: Duration?
    /// When the objective is broken, if no point comes before; since when it is, where it is.
    public let brokenAt: Timestamp?
    /// The waiver that holds for it now.
    public let waiver: Waiver?
    /// The next opening that makes a backup; `nil` while the policy is paused without an end.
    public let nextOpening: Timestamp?

    /// Judges what the history knows.
    ///
    /// - Parameter isWindowOpen: Whether a backup may begin now: one of a window that the newest
    ///   point is not of.
    public init(
        _ record: CoverageRecord, provider: ProviderID, isWindowOpen: Bool,
        nextOpening: Timestamp?, isPaused: Bool = false, waiver: Waiver? = nil,
        at now: Timestamp
    ) {
        assignment = record.assignment
        self.provider = provider
        newestPoint = record.newestPoint
        self.nextOpening = nextOpening
        self.waiver = waiver
        objective = record.standing?.objective
        guard let standing = record.standing else {
            state = isPaused ? .paused : .noObjective
            brokenAt = nil
            return
        }
        let deadline = standing.deadline
        if deadline <= now {
            state = waiver == nil ? .beyond : .waived
            // The row is written a moment later, and not while the clock is in doubt.
            brokenAt = standing.breach?.beganAt ?? deadline
            return
        }
        brokenAt = deadline
        if isPaused {
            state = .paused
        } else if !isWindowOpen, nextOpening.map({ $0 > deadline }) ?? true {
            state = .atRisk
        } else {
            state = record.newestPoint == nil ? .new : .ok
        }
    }
}
