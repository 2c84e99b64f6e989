public import HoldfastCore

extension InMemoryStore {
    /// See `CoverageHistory`.
    public func synchroniseWaivers(
        _ declared: [Waiver], at now: Timestamp
    ) throws(StoreError) {
        let wanted = Set(declared)
        for index in objectives.waivers.indices
        where objectives.waivers[index].withdrawnAt == nil
            && !wanted.contains(objectives.waivers[index].waiver)
        {
            objectives.waivers[index].withdrawnAt = max(objectives.waivers[index].since, now)
        }
        let known = Set(
            objectives.waivers.filter { $0.withdrawnAt == nil }.map(\.waiver))
        for waiver in declared where !known.contains(waiver) {
            objectives.waivers.append(.init(waiver: waiver, since: now))
        }
    }

    /// See `CoverageHistory`.
    public func waivers(
        from: Timestamp, to: Timestamp
    ) throws(StoreError) -> [RecordedWaiver] {
        objectives.waivers.compactMap { kept in
            let old = kept.waiver
            let end = min(old.until, kept.withdrawnAt ?? old.until)
            guard kept.since < to, end > max(kept.since, from) else { return nil }
            return RecordedWaiver(
                Waiver(
                    target: old.target, policy: old.policy, owner: old.owner, reason: old.reason,
                    until: end), since: kept.since)
        }
    }
}
