/// The floors below retention: points that stay whatever the rules say.
struct DeletionFloors {
    private var newestGood: PointFacts?
    private var newestVerified: PointID?
    private var minimum: Set<PointID> = []
    private let settings: RetentionSettings
    private let now: Timestamp

    /// - Parameter points: The available points of the assignment, or those that are listed; newest
    ///   first, of equal stamps the later row first.
    init(newestFirst points: [PointFacts], settings: RetentionSettings, now: Timestamp) {
        self.settings = settings
        self.now = now
        // A point from the future, or one that an operator holds, is no floor for the others.
        for point in points where point.takenAt <= now && !point.isPinned(at: now) {
            if newestGood == nil { newestGood = point }
            if newestVerified == nil, point.isVerified { newestVerified = point.id }
            if minimum.count < settings.minimum { minimum.insert(point.id) }
            if newestVerified != nil, minimum.count == settings.minimum { break }
        }
    }

    func hasNewerGood(than point: PointFacts) -> Bool {
        newestGood.map { PointFacts.isNewer($0, than: point) } ?? false
    }

    /// The first floor that keeps the point.
    func refusal(for point: PointFacts) -> DeletionRefusal? {
        for floor in Floor.allCases {
            if let refusal = refusal(for: point, by: floor) { return refusal }
        }
        return nil
    }

    /// Every floor that keeps the point.
    func refusals(for point: PointFacts) -> [DeletionRefusal] {
        Floor.allCases.compactMap { refusal(for: point, by: $0) }
    }

    /// In the order in which they are asked.
    private enum Floor: CaseIterable {
        case pin, newestGood, newestVerified, minimum, age
    }

    private func refusal(for point: PointFacts, by floor: Floor) -> DeletionRefusal? {
        switch floor {
        case .pin: point.isPinned(at: now) ? .pinned : nil
        case .newestGood: point.id == newestGood?.id ? .newestGood : nil
        case .newestVerified: point.id == newestVerified ? .newestVerified : nil
        case .minimum: minimum.contains(point.id) ? .neededByMinimum(settings.minimum) : nil
        case .age: now - point.takenAt < settings.minAge ? .tooYoung(settings.minAge) : nil
        }
    }
}
