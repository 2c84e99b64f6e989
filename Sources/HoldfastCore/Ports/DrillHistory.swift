/// What the history keeps of drills and of what they proved.
public protocol DrillHistory: Sendable {
    /// What is known of the drills of a policy's declared assignments.
    ///
    /// - Parameter target: Only this one; `nil`: all of them.
    func drillRecords(
        of policy: PolicyID, target: TargetID?
    ) async throws(StoreError) -> [TargetID: DrillRecord]
    /// Since when drills are declared under a policy; notes `now` when nothing is noted yet.
    func drillsDeclared(
        under policy: PolicyID, at now: Timestamp
    ) async throws(StoreError) -> Timestamp
    /// Notes what was proved of a point. A weaker proof than the known one moves its date alone.
    func markVerified(
        _ point: PointID, as proof: PointProof, at now: Timestamp, event: NewEvent
    ) async throws(StoreError)
}
