/// What the history knows of pins, and of single points.
public protocol PinHistory: Sendable {
    /// Sets, changes or removes the pin of an available point, and appends the events, in one
    /// transaction. The mark of a point that is pinned is cleared with it.
    ///
    /// - Parameters:
    ///   - pin: What holds from now on; `nil` removes the pin.
    ///   - point: The point as it was read.
    /// - Returns: `false`, and nothing is written, when the point is not available any more, its pin
    ///   is another than the one that was read, or, where it is pinned, its mark is.
    func change(
        pin: PointPin?, of point: RecoveryPoint, events: [NewEvent]
    ) async throws(StoreError) -> Bool
    /// Available points with a pin whose end has come, the one that ended first leading.
    func endedPins(at now: Timestamp, limit: Int) async throws(StoreError) -> [RecoveryPoint]
    /// When the next pin of an available point ends.
    func nextPinEnd(after now: Timestamp) async throws(StoreError) -> Timestamp?
    /// The newest events about one point, newest first.
    func events(of token: BackupToken, limit: Int) async throws(StoreError) -> [Event]
}
