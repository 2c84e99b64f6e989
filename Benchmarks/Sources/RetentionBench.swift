import HoldfastCore

/// A million points of one assignment, twenty minutes apart, under every rule at once.
enum RetentionBench {
    private static let rounds = 3
    private static let count = 1_000_000

    static func run() throws {
        let zone = try Bench.zone("Europe/Berlin")
        guard let newest = Timestamp(rfc3339: "2026-06-01T12:00:00Z") else {
            preconditionFailure("the constant is well formed")
        }
        let sorted = (0..<count).map { index in
            RetentionPoint(
                id: "hf-\(10_000_000 - index)", takenAt: newest - .minutes(20 * index))
        }
        var rng = Xorshift()
        let shuffled = sorted.shuffled(using: &rng)
        measure("retention.sorted", sorted, zone: zone, now: newest)
        measure("retention.shuffled", shuffled, zone: zone, now: newest)
        try PruneBench.run()
    }

    private static func measure(
        _ name: String, _ points: [RetentionPoint], zone: TimeZoneRules, now: Timestamp
    ) {
        var times: [Double] = []
        var kept = 0
        for _ in 0..<rounds {
            times.append(
                Bench.seconds {
                    let plan = retentionPlan(for: points, keeping: rules, in: zone, now: now)
                    kept = plan.count { $0.isKept }
                })
        }
        Bench.report(name, Bench.median(times))
        Bench.report(name + ".kept", Double(kept))
    }

    /// Counts so large that each rule still has slots for most of the points.
    private static var rules: KeepRules {
        var rules = KeepRules()
        rules.last = .periods(1000)
        rules.hourly = .periods(200_000)
        rules.daily = .periods(10_000)
        rules.weekly = .periods(1500)
        rules.monthly = .periods(400)
        rules.yearly = .all
        rules.within = CalendarSpan(days: 30)
        rules.withinHourly = CalendarSpan(years: 1)
        rules.withinDaily = CalendarSpan(years: 5)
        rules.withinWeekly = CalendarSpan(years: 20)
        rules.withinMonthly = CalendarSpan(years: 30)
        rules.withinYearly = CalendarSpan(years: 100)
        return rules
    }
}

/// A small generator whose sequence is the same in every run.
struct Xorshift: RandomNumberGenerator {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
