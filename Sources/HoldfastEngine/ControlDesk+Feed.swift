public import HoldfastCore

extension ControlDesk {
    /// See `EventFeed`.
    public func news() -> AsyncStream<Void> {
        context.bell.listen()
    }

    /// See `EventFeed`.
    public func newestEvent() async throws(StoreError) -> Int64 {
        try await context.store.events(PageRequest(limit: 1)).rows.first?.id ?? 0
    }

    /// See `EventFeed`.
    public func events(after row: Int64, limit: Int) async throws(StoreError) -> [Event] {
        try await context.store.events(after: row, limit: limit)
    }

    /// See `EventFeed`.
    public func transfers() async throws(StoreError) -> [JobStatus] {
        var found: [JobStatus] = []
        for (id, progress) in scheduler.progress.all.sorted(by: { $0.key < $1.key }) {
            guard let job = try await context.store.job(id) else { continue }
            found.append(JobStatus(job: job, progress: progress))
        }
        return found
    }
}
