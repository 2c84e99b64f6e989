public import HoldfastCore

extension History {
    /// Sets and clears marks, whatever stands, without touching the credit of their assignment. Of the
    /// newest thousand points.
    public func change(
        marks: [PointID: MarkChange], credit: CreditChange? = nil, events: [NewEvent]
    ) async throws(StoreError) {
        let marked = try await points(PageRequest(limit: PageRequest.limitMax, isMarked: true))
        let seen = marked.rows.filter { marks.keys.contains($0.id) }.map {
            ($0.id, $0.mark?.at)
        }
        let change = RetentionChange(
            marks: marks,
            seen: Dictionary(uniqueKeysWithValues: seen).compactMapValues(\.self),
            credit: credit)
        let isDone = try await self.change(change, events: events)
        precondition(isDone, "a point that is not available was to be marked")
    }
}
