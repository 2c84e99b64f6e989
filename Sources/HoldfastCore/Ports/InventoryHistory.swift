/// The record of what providers' accounts have.
public protocol InventoryHistory: Sendable {
    /// Everything that is there, by provider and name.
    func inventory() async throws(StoreError) -> [InventoryRecord]
    /// Notes what changed, and appends the events, in one transaction. What was gone and is there
    /// again keeps its first sight, and counts as uncovered from its return on.
    func note(
        inventory changed: [InventoryRecord], events: [NewEvent]
    ) async throws(StoreError)
}
