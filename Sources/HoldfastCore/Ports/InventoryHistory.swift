/// The record of what providers' accounts have.
public protocol InventoryHistory: Sendable {
    /// Everything that is there, by provider and name.
    func inventory() async throws(StoreError) -> [InventoryRecord]
    /// When each provider's inventory was noted last.
    func inventoriesListed() async throws(StoreError) -> [ProviderID: Timestamp]
    /// Notes what changed at a provider, and appends the events, in one transaction. What was gone and is there
    /// again keeps its first sight, and counts as uncovered from its return on. What is gone is
    /// forgotten after 400 days.
    ///
    /// - Parameter listedAt: When it was listed; `nil`: it was not, only the targets changed, or it is
    ///   not looked at any more.
    func note(
        inventory changed: [InventoryRecord], at provider: ProviderID, listedAt: Timestamp?,
        events: [NewEvent]
    ) async throws(StoreError)
}
