public import HoldfastCore

extension InMemoryStore {
    /// See `PauseHistory`.
    public func pauses() throws(StoreError) -> [Pause] {
        objectives.pauses.values.sorted { $0.policy < $1.policy }
    }

    /// See `PauseHistory`.
    public func resumptions() throws(StoreError) -> [PolicyID: Timestamp] {
        objectives.resumptions
    }

    /// See `PauseHistory`.
    public func pause(_ pause: Pause, event: NewEvent) throws(StoreError) -> Bool {
        guard objectives.pauses[pause.policy] == nil else { return false }
        objectives.pauses[pause.policy] = pause
        add([event])
        return true
    }

    /// See `PauseHistory`.
    public func resume(
        _ policy: PolicyID, at instant: Timestamp, by actor: Actor, event: NewEvent
    ) throws(StoreError) -> Bool {
        guard let pause = objectives.pauses.removeValue(forKey: policy) else { return false }
        let resumed = max(pause.pausedAt, instant)
        objectives.resumptions[policy] = max(resumed, objectives.resumptions[policy] ?? resumed)
        add([event])
        return true
    }

    /// See `PauseHistory`.
    public func noteForgotten(
        _ policy: PolicyID, at now: Timestamp, event: NewEvent
    ) throws(StoreError) {
        guard let old = objectives.pauses[policy], old.forgottenAt == nil else { return }
        objectives.pauses[policy] = Pause(
            policy: policy, reason: old.reason, actor: old.actor, pausedAt: old.pausedAt,
            until: old.until, forgottenAt: max(old.pausedAt, now))
        add([event])
    }
}
