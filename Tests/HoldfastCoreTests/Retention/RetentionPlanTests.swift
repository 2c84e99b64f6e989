import HoldfastCore
import Testing

/// Points of a story, written as local or UTC instants, and which of them stay.
struct RetentionCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var zone = "Etc/UTC"
    let rules: @Sendable (inout KeepRules) -> Void
    /// `+` stays, `-` goes; the order in the list is that of the ids.
    let points: [String]

    init(
        _ testDescription: String, zone: String = "Etc/UTC",
        rules: @escaping @Sendable (inout KeepRules) -> Void, points: [String]
    ) {
        self.testDescription = testDescription
        self.zone = zone
        self.rules = rules
        self.points = points
    }
}

@Suite("Retention plan")
struct RetentionPlanTests {
    private static let now = Timestamp(rfc3339: "2035-01-01T00:00:00Z") ?? .distantFuture

    @Test("Each rule keeps what it says", arguments: RetentionCase.all)
    func cases(_ example: RetentionCase) throws {
        var rules = KeepRules()
        example.rules(&rules)
        var points: [RetentionPoint] = []
        var stays: Set<String> = []
        for (index, line) in example.points.enumerated() {
            let instant = try #require(Timestamp(rfc3339: line.dropFirst(2)), "\(line)")
            let point = RetentionPoint(id: "p\(100 + index)", takenAt: instant)
            points.append(point)
            if line.hasPrefix("+") { stays.insert(point.id) }
        }
        let decisions = retentionPlan(
            for: points, keeping: rules, in: try ZoneFiles.rules(example.zone), now: Self.now)
        #expect(Set(decisions.filter(\.isKept).map(\.point.id)) == stays)
    }

    @Test("The result is newest first, of equal stamps the greater id first")
    func order() {
        let stamp = Timestamp(seconds: 1000)
        let points = [
            RetentionPoint(id: "b", takenAt: stamp), RetentionPoint(id: "c", takenAt: stamp),
            RetentionPoint(id: "a", takenAt: stamp + .seconds(1)),
            RetentionPoint(id: "d", takenAt: stamp - .milliseconds(1)),
        ]
        let decisions = retentionPlan(
            for: points, keeping: KeepRules(), in: .utc, now: stamp + .days(1))
        #expect(decisions.map(\.point.id) == ["a", "c", "b", "d"])
    }

    @Test("A point lists every rule that keeps it, and says when it stays as the oldest")
    func reasons() {
        var rules = KeepRules()
        rules.last = .periods(1)
        rules.daily = .periods(3)
        let start = Timestamp(seconds: 1_780_000_000)
        let points = [0, 1, 2].map {
            RetentionPoint(id: "\($0)", takenAt: start - .minutes($0))
        }
        let decisions = retentionPlan(for: points, keeping: rules, in: .utc, now: start)
        #expect(decisions.map(\.reasons) == [[.last, .daily], [], [.daily, .oldest]])
        #expect(
            decisions.map(\.reasons.texts) == [["last", "daily"], [], ["daily (oldest point)"]])
    }

    @Test("No rules keep everything, a future stamp keeps its point, and both say so")
    func explanations() {
        let now = Timestamp(seconds: 1_780_000_000)
        let points = [
            RetentionPoint(id: "future", takenAt: now + .milliseconds(1)),
            RetentionPoint(id: "past", takenAt: now),
        ]
        let decisions = retentionPlan(for: points, keeping: KeepRules(), in: .utc, now: now)
        #expect(decisions.map(\.reasons) == [.future, .noRules])
        #expect(
            decisions.flatMap(\.reasons.texts) == [
                "its time lies in the future; it is kept and counts for no rule",
                "no retention rule is set, so everything stays",
            ])
    }

    @Test("No points make an empty plan")
    func empty() {
        var rules = KeepRules()
        rules.daily = .all
        #expect(retentionPlan(for: [], keeping: rules, in: .utc, now: Self.now).isEmpty)
    }

    @Test("The rules that are on are told as the configuration writes them")
    func summary() {
        var rules = KeepRules()
        #expect(rules.isEmpty)
        #expect(rules.summary.isEmpty)
        rules.daily = .periods(7)
        rules.yearly = .all
        rules.withinMonthly = CalendarSpan(years: 1, months: 6)
        #expect(
            rules.summary == [
                "keep_daily: 7", "keep_yearly: all", "keep_within_monthly: 1y6m",
            ])
        #expect(!rules.isEmpty)
    }
}
