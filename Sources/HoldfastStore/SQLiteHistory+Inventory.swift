public import HoldfastCore

extension SQLiteHistory {
    /// See `InventoryHistory`.
    public func inventory() async throws(StoreError) -> [InventoryRecord] {
        try await read { try InventoryTable.present($0) }
    }

    /// See `InventoryHistory`.
    public func inventoriesListed() async throws(StoreError) -> [ProviderID: Timestamp] {
        try await read { database in
            try MetaTable.all(prefix: MetaTable.inventoryPrefix, database).reduce(into: [:]) {
                guard let listed = Int64($1.1) else { return }
                $0[ProviderID(trusted: $1.0)] = Timestamp(milliseconds: listed)
            }
        }
    }

    /// See `InventoryHistory`.
    public func note(
        inventory changed: [InventoryRecord], at provider: ProviderID, listedAt: Timestamp?,
        events: [NewEvent]
    ) async throws(StoreError) {
        try await writer.commit { context in
            for record in changed { try InventoryTable.put(record, in: context) }
            if let listedAt {
                try MetaTable.set(
                    MetaTable.inventoryPrefix + provider.text,
                    to: String(listedAt.milliseconds), in: context)
                try InventoryTable.forget(at: listedAt, in: context)
            }
            try EventChain.append(events, in: context)
        }
    }
}
