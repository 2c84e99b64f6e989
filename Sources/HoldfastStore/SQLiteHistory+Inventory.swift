public import HoldfastCore

extension SQLiteHistory {
    /// See `InventoryHistory`.
    public func inventory() async throws(StoreError) -> [InventoryRecord] {
        try await read { try InventoryTable.present($0) }
    }

    /// See `InventoryHistory`.
    public func note(
        inventory changed: [InventoryRecord], events: [NewEvent]
    ) async throws(StoreError) {
        try await writer.commit { context in
            for record in changed { try InventoryTable.put(record, in: context) }
            try EventChain.append(events, in: context)
        }
    }
}
