public import HoldfastCore

extension ScriptedCloud: InventoryProvider {
    /// See `InventoryProvider`.
    public func inventory() async throws(ProviderError) -> [InventoryItem] {
        try await listAccount()
    }
}
