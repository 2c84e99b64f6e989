/// The record of paused policies.
public protocol PauseHistory: Sendable {
    /// The pauses that are not over, by policy.
    func pauses() async throws(StoreError) -> [Pause]
    /// When each policy was resumed last. What opened before is not its own any more.
    func resumptions() async throws(StoreError) -> [PolicyID: Timestamp]
    /// Records a pause; changes nothing and answers `false` when the policy is paused already.
    func pause(_ pause: Pause, event: NewEvent) async throws(StoreError) -> Bool
    /// Ends a policy's pause; changes nothing and answers `false` when it is not paused.
    func resume(
        _ policy: PolicyID, at instant: Timestamp, by actor: Actor, event: NewEvent
    ) async throws(StoreError) -> Bool
    /// Notes that a pause was told to be forgotten, once.
    func noteForgotten(
        _ policy: PolicyID, at now: Timestamp, event: NewEvent
    ) async throws(StoreError)
}
