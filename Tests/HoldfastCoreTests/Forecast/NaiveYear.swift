import HoldfastCore

/// The life of one assignment's points by the words of the documents alone: a walk through every
/// quarter of an hour, the openings of `ScheduleOracle`, the rules of `RetentionOracle`, and marks
/// in a plain table. It knows no guard.
struct NaiveYear {
    struct Point: Hashable {
        let number: Int64
        let takenAt: Timestamp
        var isPinned = false
        var isVerified = false
    }

    struct Gone: Hashable {
        let takenAt: Timestamp
        let at: Timestamp
        let isVendors: Bool
    }

    let settings: RetentionSettings
    let zone: TimeZoneRules
    /// After this time the vendor ends a point.
    let lifetime: Duration?
    var points: [Point]
    /// By the point's number: when its grace ends.
    var marks: [Int64: Timestamp] = [:]
    private(set) var gone: [Gone] = []

    init(
        settings: RetentionSettings, zone: TimeZoneRules, lifetime: Duration?, points: [Point] = []
    ) {
        self.settings = settings
        self.zone = zone
        self.lifetime = lifetime
        self.points = points
    }

    mutating func live(from: Timestamp, until: Timestamp, openings: Set<Timestamp>) {
        var now = from
        while now < until {
            if let lifetime {
                for point in points where now >= point.takenAt + lifetime {
                    gone.append(
                        Gone(
                            takenAt: point.takenAt, at: point.takenAt + lifetime, isVendors: true))
                    marks[point.number] = nil
                }
                points.removeAll { now >= $0.takenAt + lifetime }
            }
            let opens = openings.contains(now)
            if opens {
                let number = (points.map(\.number).max() ?? 0) + 1_000_000
                points.append(Point(number: number, takenAt: now))
            }
            let graceEnds = marks.values.contains { $0 == now }
            if opens || graceEnds || now == from { decide(at: now) }
            now = now + .minutes(15)
        }
    }

    private mutating func decide(at now: Timestamp) {
        let staying = kept(at: now)
        for point in points {
            if staying.contains(point.number) {
                marks[point.number] = nil
            } else if marks[point.number] == nil {
                marks[point.number] = now + settings.grace
            }
        }
        for point in points {
            guard let end = marks[point.number], end <= now else { continue }
            gone.append(Gone(takenAt: point.takenAt, at: now, isVendors: false))
            marks[point.number] = nil
            points.removeAll { $0.number == point.number }
        }
    }

    /// The numbers of the points that a rule or a floor keeps.
    private func kept(at now: Timestamp) -> Set<Int64> {
        let free = points.filter { !$0.isPinned }
        let byRule = RetentionOracle(zone: zone, rules: settings.rules, now: now).kept(
            of: free.map { RetentionPoint(id: "\($0.number)", takenAt: $0.takenAt) })
        var kept = Set(byRule.keys.compactMap { Int64($0.id) })
        kept.formUnion(points.filter(\.isPinned).map(\.number))
        kept.formUnion(points.filter { now - $0.takenAt < settings.minAge }.map(\.number))
        let byAge = free.filter { $0.takenAt <= now }.sorted { $0.takenAt > $1.takenAt }
        kept.formUnion(byAge.prefix(max(1, settings.minimum)).map(\.number))
        kept.formUnion(byAge.filter(\.isVerified).prefix(1).map(\.number))
        return kept
    }
}
