public import HoldfastCore

extension History {
    /// Sets and clears marks without touching the credit of their assignment.
    public func change(
        marks: [PointID: MarkChange], events: [NewEvent]
    ) async throws(StoreError) {
        try await change(marks: marks, credit: nil, events: events)
    }
}
