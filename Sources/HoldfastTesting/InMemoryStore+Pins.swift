public import HoldfastCore

extension InMemoryStore {
    /// See `PinHistory`.
    public func change(
        pin: PointPin?, of point: RecoveryPoint, events: [NewEvent]
    ) throws(StoreError) -> Bool {
        let index = Int(point.id.number) - 1
        let found = pointList[index]
        guard found.state == .available, found.pin == point.pin,
            pin == nil || found.mark == point.mark
        else { return false }
        pointList[index] = found.changed(mark: pin == nil ? nil : .some(nil), pin: .some(pin))
        add(events)
        return true
    }

    /// See `PinHistory`.
    public func endedPins(at now: Timestamp, limit: Int) throws(StoreError) -> [RecoveryPoint] {
        let ended = pointList.compactMap { point in
            point.pin?.until.map { (point: point, until: $0) }
        }.filter { $0.until <= now && $0.point.state == .available }
        return Array(
            ended.sorted { ($0.until, $0.point.id) < ($1.until, $1.point.id) }
                .prefix(limit).map(\.point))
    }

    /// See `PinHistory`.
    public func nextPinEnd(after now: Timestamp) throws(StoreError) -> Timestamp? {
        pointList.filter { $0.state == .available }.compactMap(\.pin?.until)
            .filter { $0 > now }.min()
    }

    /// See `PinHistory`.
    public func events(of token: BackupToken, limit: Int) throws(StoreError) -> [Event] {
        Array(eventList.reversed().filter { $0.token == token.text }.prefix(limit))
    }
}
