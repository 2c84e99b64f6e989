import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract about objectives")
struct CoverageContractTests {
    private let noon = Fixture.noon
    private let etc = Fixture.assignment()
    private let nightly = PolicyID(trusted: "nightly")

    /// A store with assignments under an objective of ten hours, declared at noon.
    private func store(
        _ kind: StoreUnderTest, _ targets: [String] = ["etc"], exempt: Set<TargetID> = []
    ) async throws -> any JobQueue & History {
        let store = try kind.make()
        try await store.synchronise(
            targets.map { Fixture.assignment("nightly", $0) }, digest: "one", at: noon)
        try await store.synchroniseObjectives(
            [nightly: .hours(10)], exempt: exempt, digest: "one", at: noon)
        return store
    }

    private func backUp(
        _ store: any JobQueue & History, at hour: Int, recorded: Int? = nil
    ) async throws -> PointID {
        try await store.enqueue([Fixture.backup(opensAfter: .hours(hour))], at: noon)
        let claimed = try #require(try await store.claim(at: noon + .hours(hour)).first)
        return try #require(
            try await store.succeed(
                claimed, at: noon + .hours(recorded ?? hour), takenAt: noon + .hours(hour)))
    }

    /// What the scheduler does: notes what is due.
    private func look(_ store: any JobQueue & History, at hour: Int) async throws {
        let now = noon + .hours(hour)
        let due = try await store.objectivesDue(at: now, limit: 100)
        try await store.note(
            due.items.flatMap { $0.standing.notes(points: $0.points, at: now) }, at: now)
    }

    private func intervals(_ store: any JobQueue & History) async throws -> [String] {
        try await store.breaches(from: noon, to: .distantFuture).map { breach in
            func hours(_ instant: Timestamp) -> Int64 { (instant - noon).wholeSeconds / 3600 }
            let end = breach.endedAt.map { "\(hours($0)) by \(breach.endedBy?.rawValue ?? "")" }
            return "\(breach.assignment.target) \(breach.reason.rawValue) \(hours(breach.beganAt))–"
                + (end ?? "")
        }
    }

    private func kinds(_ store: any JobQueue & History) async throws -> [String] {
        try await store.events(PageRequest()).rows.map(\.kind).filter {
            $0.hasPrefix("objective.")
        }.reversed()
    }

    @Test(
        "The next deadline is that of the oldest newest point", arguments: StoreUnderTest.allCases)
    func deadline(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        #expect(try await store.objectivesDue(at: noon, limit: 9).next == noon + .hours(10))
        _ = try await backUp(store, at: 3)
        let later = try await store.objectivesDue(at: noon + .hours(4), limit: 9)
        #expect(later.next == noon + .hours(13))
        #expect(later.items.isEmpty)
        let deadlines = try await store.deadlines()
        #expect(deadlines == [Fixture.assignment(): noon + .hours(13)])
        _ = try await backUp(store, at: 2, recorded: 5)
        #expect(
            try await store.objectivesDue(at: noon + .hours(5), limit: 9).next
                == noon + .hours(13))
    }

    @Test("A breach is noted once, and ends once", arguments: StoreUnderTest.allCases)
    func once(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        for hour in [10, 11, 12] { try await look(store, at: hour) }
        #expect(try await intervals(store) == ["etc no_point 10–"])
        _ = try await backUp(store, at: 12, recorded: 13)
        for hour in [14, 15] { try await look(store, at: hour) }
        #expect(try await intervals(store) == ["etc no_point 10–13 by point"])
        #expect(try await kinds(store) == ["objective.broken", "objective.restored"])
        try await look(store, at: 40)
        #expect(
            try await intervals(store) == ["etc no_point 10–13 by point", "etc age 22–"])
    }

    @Test(
        "A breach that nobody saw is noted when somebody looks", arguments: StoreUnderTest.allCases)
    func unseen(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        _ = try await backUp(store, at: 14, recorded: 15)
        _ = try await backUp(store, at: 30)
        for hour in [31, 32] { try await look(store, at: hour) }
        #expect(
            try await intervals(store)
                == ["etc no_point 10–15 by point", "etc age 24–30 by point"])
        #expect(
            try await kinds(store) == [
                "objective.broken", "objective.restored", "objective.broken",
                "objective.restored",
            ])
        try await store.synchroniseObjectives(
            [nightly: .hours(90)], exempt: [], digest: "two", at: noon + .hours(50))
        try await look(store, at: 51)
        #expect(try await intervals(store).last == "etc age 40–50 by objective")
        #expect(try await store.coverage().first?.standing?.unseen == nil)
    }

    @Test(
        "A note that came too late changes nothing and says nothing",
        arguments: StoreUnderTest.allCases)
    func stale(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        let now = noon + .hours(11)
        let due = try await store.objectivesDue(at: now, limit: 9)
        _ = try await backUp(store, at: 10)
        try await store.note(
            due.items.flatMap { $0.standing.notes(points: $0.points, at: now) }, at: now)
        #expect(try await intervals(store).isEmpty)
        #expect(try await kinds(store).isEmpty)
    }

    @Test(
        "The newest point that is lost breaks the objective, and heals it when it is found again",
        arguments: StoreUnderTest.allCases)
    func lost(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        _ = try await backUp(store, at: 1)
        let newest = try await backUp(store, at: 8)
        let event = NewEvent(at: noon, kind: .pointMissing, actor: .scheduler)
        try await look(store, at: 15)
        #expect(try await intervals(store).isEmpty)
        try await store.retire(newest, as: .missing, at: noon + .hours(15), event: event)
        try await look(store, at: 15)
        #expect(try await intervals(store) == ["etc lost 11–"])
        _ = try await backUp(store, at: 16)
        try await look(store, at: 16)
        #expect(try await intervals(store) == ["etc lost 11–16 by point"])
    }

    @Test("An older point that goes changes no objective", arguments: StoreUnderTest.allCases)
    func olderGoes(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        let old = try await backUp(store, at: 1)
        _ = try await backUp(store, at: 8)
        try await store.retire(
            old, as: .deleted, at: noon + .hours(9),
            event: NewEvent(at: noon, kind: .pointDeleted, actor: .scheduler))
        let due = try await store.objectivesDue(at: noon + .hours(9), limit: 9)
        #expect(due == ObjectivesDue(items: [], next: noon + .hours(18)))
        let record = try #require(try await store.coverage().first)
        #expect(record.standing?.isLost == false)
        #expect(record.newestPoint == noon + .hours(8))
    }

    @Test(
        "An open breach ends with its assignment, its objective, or a longer one",
        arguments: StoreUnderTest.allCases)
    func endings(kind: StoreUnderTest) async throws {
        let store = try await store(kind, ["a", "b", "c"])
        try await look(store, at: 10)
        let later = noon + .hours(12)
        let left = ["b", "c"].map { Fixture.assignment("nightly", $0) }
        try await store.synchronise(left, digest: "two", at: later)
        try await store.synchroniseObjectives(
            [nightly: .hours(10)], exempt: [TargetID(trusted: "b")], digest: "two", at: later)
        try await store.synchroniseObjectives(
            [nightly: .hours(48)], exempt: [TargetID(trusted: "b")], digest: "three", at: later)
        try await look(store, at: 13)
        #expect(
            try await intervals(store) == [
                "a no_point 10–12 by unassigned", "b no_point 10–12 by objective",
                "c no_point 10–13 by objective",
            ])
        #expect(
            try await kinds(store)
                == Array(repeating: "objective.broken", count: 3)
                + Array(repeating: "objective.restored", count: 3))
    }

    @Test(
        "An objective that is declared later, or is shorter, breaks nothing before it is in force",
        arguments: StoreUnderTest.allCases)
    func later(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        try await store.synchroniseObjectives(
            [:], exempt: [], digest: "two", at: noon + .hours(1))
        try await store.synchroniseObjectives(
            [nightly: .hours(5)], exempt: [], digest: "three", at: noon + .hours(20))
        try await look(store, at: 21)
        #expect(try await intervals(store) == ["etc no_point 20–"])
        let record = try #require(try await store.coverage().first)
        #expect(record.standing?.breach?.beganAt == noon + .hours(20))
        #expect(record.since == noon)
    }

    @Test(
        "Only breaches of the range that is asked for are given", arguments: StoreUnderTest.allCases
    )
    func range(kind: StoreUnderTest) async throws {
        let store = try await store(kind)
        try await look(store, at: 10)
        _ = try await backUp(store, at: 12)
        try await look(store, at: 12)
        func count(_ from: Int, _ to: Int) async throws -> Int {
            try await store.breaches(from: noon + .hours(from), to: noon + .hours(to)).count
        }
        #expect(try await count(0, 10) == 0)
        #expect(try await count(0, 11) == 1)
        #expect(try await count(11, 30) == 1)
        #expect(try await count(12, 30) == 0)
        #expect(try await store.recordsBegan() != nil)
    }

    @Test("An assignment without an objective is told too", arguments: StoreUnderTest.allCases)
    func withoutObjective(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        #expect(try await store.recordsBegan() == nil)
        try await store.synchronise(
            [etc, Fixture.assignment("archive")], digest: "one", at: noon)
        try await store.synchroniseObjectives(
            [nightly: .hours(10)], exempt: [], digest: "one", at: noon)
        let all = try await store.coverage()
        #expect(all.map(\.assignment.policy.text) == ["archive", "nightly"])
        #expect(all.map { $0.standing?.deadline } == [nil, noon + .hours(10)])
    }
}
