/// What the status socket asks the daemon about pruning.
public protocol PruneSurface: Sendable {
    /// What the guard holds back until somebody confirms it.
    func prunePlans() async throws(ControlRefusal) -> [PrunePlan]
    /// Lets the points of one plan go, each once its grace is over.
    ///
    /// - Throws: `ControlRefusal` of kind `conflict` when anything moved since the hash was shown.
    func confirmPrune(
        _ hash: String, by actor: Actor
    ) async throws(ControlRefusal) -> PruneConfirmation
    /// How many points the deletion kernel keeps although they are marked and due, by code.
    func pruneRefusals() async throws(StoreError) -> [String: Int]
}

/// What a confirmation set off.
public struct PruneConfirmation: Sendable {
    /// What was confirmed.
    public let plan: PrunePlan
    /// How many prune jobs were put into the queue for what is due already.
    public let jobCount: Int

    /// Joins both.
    public init(plan: PrunePlan, jobCount: Int) {
        self.plan = plan
        self.jobCount = jobCount
    }
}
