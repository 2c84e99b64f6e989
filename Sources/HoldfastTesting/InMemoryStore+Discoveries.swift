public import HoldfastCore

extension InMemoryStore {
    /// See `History`.
    public func remember(_ targets: [KnownTarget]) throws(StoreError) {
        for target in targets {
            rememberedTargets[[target.id.text, target.provider.text]] = KnownTarget(
                id: target.id, provider: target.provider, subject: target.subject)
        }
    }

    /// As a history is that an earlier version left.
    public func forgetTargets() { rememberedTargets = [:] }

    /// See `History`.
    public func knownTargets() throws(StoreError) -> [KnownTarget] {
        rememberedTargets.values.sorted { ($0.id, $0.provider) < ($1.id, $1.provider) }
    }

    /// See `History`.
    public func discoveries() throws(StoreError) -> [Discovery] {
        found.values.sorted {
            ($0.target.provider, $0.target.id) < ($1.target.provider, $1.target.id)
        }
    }

    /// See `History`.
    public func discover(
        _ targets: [DiscoveredTarget], at provider: ProviderID, now: Timestamp,
        events: [NewEvent]
    ) throws(StoreError) {
        let names = Set(targets.map(\.id))
        for (id, old) in found
        where old.target.provider == provider && old.goneAt == nil && !names.contains(id) {
            found[id] = Discovery(
                target: old.target, firstSeen: old.firstSeen,
                goneAt: max(old.firstSeen, now))
        }
        for target in targets {
            let first = found[target.id]?.firstSeen ?? now
            found[target.id] = Discovery(
                target: target, firstSeen: first, goneAt: nil)
        }
        add(events)
    }

    /// See `InventoryHistory`.
    public func inventory() throws(StoreError) -> [InventoryRecord] {
        inventoryList.values.filter { $0.goneAt == nil }.sorted {
            ($0.provider, $0.name) < ($1.provider, $1.name)
        }
    }

    /// See `InventoryHistory`.
    public func inventoriesListed() throws(StoreError) -> [ProviderID: Timestamp] {
        inventoriesListedAt
    }

    /// See `InventoryHistory`.
    public func note(
        inventory changed: [InventoryRecord], at provider: ProviderID, listedAt: Timestamp?,
        events: [NewEvent]
    ) throws(StoreError) {
        if let listedAt { inventoriesListedAt[provider] = listedAt }
        for record in changed {
            let old = inventoryList[record.name]
            let since = record.uncoveredSince.map { max($0, old?.goneAt ?? $0) }
            inventoryList[record.name] = InventoryRecord(
                provider: record.provider, item: record.item,
                firstSeen: old?.firstSeen ?? record.firstSeen,
                uncoveredSince: since, formerTitle: record.formerTitle,
                goneAt: record.goneAt)
        }
        add(events)
    }
}
