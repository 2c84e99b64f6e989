/// The audit log as it grows, and how far transfers have come, for those who follow them.
public protocol EventFeed: Sendable {
    /// Rings when entries were appended or a transfer began. Rings that nobody has heard yet are
    /// one, so a slow follower costs nothing.
    func news() -> AsyncStream<Void>
    /// The row of the newest entry; 0 when there is none.
    func newestEvent() async throws(StoreError) -> Int64
    /// The entries after a row, oldest first.
    func events(after row: Int64, limit: Int) async throws(StoreError) -> [Event]
    /// The jobs whose transfer is under way, by number.
    func transfers() async throws(StoreError) -> [JobStatus]
}
