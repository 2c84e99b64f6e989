public import HoldfastCore

extension InMemoryStore {
    /// See `History`.
    public func events(after row: Int64, limit: Int) throws(StoreError) -> [Event] {
        Array(eventList.filter { $0.id > row }.prefix(limit))
    }
}
