import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract: confirmations and refusals")
struct PruningContractTests {
    private let noon = Fixture.noon
    private let disk = ProviderID(trusted: "disk")

    /// A store with marked points of one declared assignment.
    private func store(
        _ kind: StoreUnderTest, marked count: Int
    ) async throws -> (any JobQueue & History, [RecoveryPoint]) {
        let store = try kind.make()
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        for hour in 0..<count {
            let opens = Duration.hours(hour)
            try await store.enqueue([Fixture.backup(opensAfter: opens)], at: noon + opens)
            let claimed = try #require(try await store.claim(at: noon + opens).first)
            try await store.succeed(claimed, at: noon + opens)
        }
        let points = try await store.availablePoints(of: Fixture.assignment())
        var marks: [PointID: MarkChange] = [:]
        for point in points { marks[point.id] = .set(mark(at: noon + .days(1))) }
        try await store.change(marks: marks, events: [])
        return (store, try await store.markedPoints(at: disk, orphansUnder: []))
    }

    private func mark(at instant: Timestamp) -> PruneMark {
        PruneMark(at: instant, deleteAfter: instant + .days(1), reason: "old")
    }

    private func plan(_ points: [RecoveryPoint]) -> PrunePlan {
        PrunePlan(
            scope: .assignment(Fixture.assignment()), provider: disk, points: points,
            load: PruneLoad(excess: points.count, total: points.count),
            percent: 20)
    }

    private func event(_ plan: PrunePlan) -> NewEvent {
        NewEvent(
            at: noon, kind: .pruneConfirmed, actor: .scheduler, detail: ["hash": .text(plan.hash)])
    }

    private var job: NewJob {
        NewJob(
            kind: .prune, trigger: .operatorRequest,
            slot: SlotKey(assignment: Fixture.assignment(), opens: noon + .days(9)),
            provider: disk, closes: .distantFuture, startBefore: .distantFuture,
            notBefore: noon + .days(9))
    }

    @Test(
        "A confirmation stands on every point of its plan, with its event and its jobs",
        arguments: StoreUnderTest.allCases)
    func confirming(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 7)
        let plan = plan(points)
        #expect(
            try await store.pruneLoad(of: disk, orphansUnder: []).excess
                == 7)
        let isConfirmed = try await store.confirm(
            plan, jobs: [job], event: event(plan), at: noon, orphansUnder: [])
        #expect(isConfirmed)
        let after = try await store.markedPoints(at: disk, orphansUnder: [])
        #expect(after.count == 7)
        #expect(after.allSatisfy { $0.mark?.confirmedPlan == plan.hash })
        // What is confirmed counts no more.
        #expect(
            try await store.pruneLoad(of: disk, orphansUnder: [])
                == PruneLoad(excess: 0, total: 0))
        let events = try await store.events(PageRequest(state: "prune.confirmed")).rows
        #expect(events.map(\.detail) == [#"{"hash":"\#(plan.hash)"}"#])
        let jobs = try await store.jobs(PageRequest(state: "ready")).rows
        #expect(jobs.map(\.request.kind) == [.prune])
        // A second time there is nothing left that waits.
        let again = try await store.confirm(
            plan, jobs: [], event: event(plan), at: noon, orphansUnder: [])
        #expect(!again)
    }

    private enum Move: String, CaseIterable {
        case cleared, anotherDate, retired, undeclared, confirmed
    }

    @Test(
        "Nothing is confirmed when anything moved since",
        arguments: StoreUnderTest.allCases, Move.allCases)
    private func moved(kind: StoreUnderTest, move: Move) async throws {
        let (store, points) = try await store(kind, marked: 7)
        switch move {
        case .cleared: try await store.change(marks: [points[0].id: .clear], events: [])
        case .anotherDate:
            try await store.change(
                marks: [points[0].id: .set(mark(at: noon + .days(2)))], events: [])
        case .retired:
            try await store.retire(
                points[0].id, as: .missing, at: noon, event: event(plan(points)))
        case .undeclared: try await store.synchronise([], digest: "2", at: noon)
        case .confirmed:
            let part = plan([points[0]])
            let isConfirmed = try await store.confirm(
                part, jobs: [], event: event(part), at: noon, orphansUnder: [])
            #expect(isConfirmed)
        }
        let plan = plan(points)
        let count = try await store.events(PageRequest()).rows.count
        let isConfirmed = try await store.confirm(
            plan, jobs: [job], event: event(plan), at: noon, orphansUnder: [])
        #expect(!isConfirmed)
        #expect(try await store.events(PageRequest()).rows.count == count)
        #expect(try await store.jobs(PageRequest(state: "ready")).rows.isEmpty)
        let left = try await store.availablePoints(of: Fixture.assignment())
        #expect(left.allSatisfy { $0.mark?.confirmedPlan != plan.hash })
    }

    @Test("A mark beside a plan does not move it", arguments: StoreUnderTest.allCases)
    func beside(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 7)
        let plan = plan(Array(points.prefix(4)))
        let isConfirmed = try await store.confirm(
            plan, jobs: [], event: event(plan), at: noon, orphansUnder: [])
        #expect(isConfirmed)
        let after = try await store.markedPoints(at: disk, orphansUnder: [])
        #expect(
            after.map { $0.mark?.confirmedPlan == plan.hash } == [
                true, true, true, true, false, false, false,
            ])
    }

    @Test("A confirmation goes with its mark", arguments: StoreUnderTest.allCases)
    func gone(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 2)
        let plan = plan(points)
        _ = try await store.confirm(plan, jobs: [], event: event(plan), at: noon, orphansUnder: [])
        try await store.change(
            marks: [points[0].id: .clear, points[1].id: .set(mark(at: noon + .days(3)))],
            events: [])
        try await store.change(
            marks: [points[0].id: .set(mark(at: noon + .days(4)))], events: [])
        let after = try await store.markedPoints(at: disk, orphansUnder: [])
        #expect(after.map(\.mark?.confirmedPlan) == [nil, nil])
    }

    /// One look of the kernel, as a prune job records it.
    private func look(
        _ look: KernelLook, day: Int, _ store: any JobQueue & History
    ) async throws {
        let claimed = try #require(try await store.claim(at: noon + .days(day)).first)
        _ = try await store.record(
            AttemptOutcome(
                claimed: claimed, ending: RunEnding(state: .failed), endedAt: noon + .days(day),
                next: .ready(notBefore: noon), failures: 0, isUncertain: false,
                kernelLook: look, events: []))
    }

    private func held(_ points: ArraySlice<RecoveryPoint>, day: Int) -> KernelLook {
        KernelLook(
            refused: points.map {
                PointRefusal(
                    point: $0.id, code: "prune_guard", reason: "too many",
                    hold: GuardHold(since: noon + .days(day), scope: .provider, total: 40))
            })
    }

    @Test(
        "What the guard held stands on the mark, from the first time on, until it goes with it",
        arguments: StoreUnderTest.allCases)
    func holds(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 4)
        try await store.enqueue([job])
        try await look(held(points[0..<3], day: 10), day: 10, store)
        try await look(held(points[0..<4], day: 11), day: 11, store)
        func stand() async throws -> [Timestamp?] {
            let recorded = try await store.availablePoints(of: Fixture.assignment())
            return recorded.sorted { $0.id < $1.id }.map(\.mark?.hold?.since)
        }
        let (first, second) = (noon + .days(10), noon + .days(11))
        #expect(try await stand() == [first, first, first, second])
        let standings = try await store.pruneStandings(at: disk, orphansUnder: [])
            .standings
        #expect(standings.first?.held == 4)
        let load = try await store.pruneLoad(of: disk, orphansUnder: [])
        #expect(load.excess == 4)
        try await store.change(
            marks: [points[0].id: .clear, points[1].id: .set(mark(at: noon + .days(3)))],
            events: [])
        #expect(try await stand() == [nil, nil, first, second])
        let plan = plan(try await store.markedPoints(at: disk, orphansUnder: []))
        let isConfirmed = try await store.confirm(
            plan, jobs: [], event: event(plan), at: noon, orphansUnder: [])
        #expect(isConfirmed)
        let after = try await store.pruneStandings(at: disk, orphansUnder: []).standings
        #expect(after.isEmpty)
        try await look(held(points[2..<3], day: 12), day: 12, store)
        let again = try await store.pruneStandings(at: disk, orphansUnder: []).standings
        #expect(again.isEmpty)
    }

    @Test(
        "What orphans weigh counts under policies that prune them, and is confirmed with the rest",
        arguments: StoreUnderTest.allCases)
    func orphans(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 7)
        try await store.synchronise([], digest: "2", at: noon + .days(1))
        let caring: Set = [Fixture.assignment().policy]
        let later = noon + .days(3)
        #expect(try await store.pruneLoad(of: disk, orphansUnder: []).excess == 0)
        #expect(try await store.pruneLoad(of: disk, orphansUnder: caring).excess == 7)
        #expect(try await store.markedPoints(at: disk, orphansUnder: []).isEmpty)
        #expect(try await store.markedPoints(at: disk, orphansUnder: caring).count == 7)
        let counts = try await store.unmarkedCounts(of: [Fixture.assignment()], at: disk)
        #expect(counts == [Fixture.assignment(): 0])
        let plan = plan(points)
        let isRefused = try await store.confirm(
            plan, jobs: [], event: event(plan), at: later, orphansUnder: [])
        #expect(!isRefused)
        let isConfirmed = try await store.confirm(
            plan, jobs: [], event: event(plan), at: later, orphansUnder: caring)
        #expect(isConfirmed)
    }

    @Test(
        "What stands refused is a row until the point may go, is gone or loses its mark",
        arguments: StoreUnderTest.allCases)
    func refusals(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 4)
        try await store.enqueue([job])
        let refused = points.map {
            PointRefusal(point: $0.id, code: "prune_guard", reason: "too many")
        }
        try await look(KernelLook(refused: refused), day: 10, store)
        #expect(try await store.refusalCounts() == ["prune_guard": 4])
        let other = PointRefusal(point: points[0].id, code: "clock", reason: "it jumped")
        try await look(
            KernelLook(refused: [other, refused[2], refused[3]], permitted: [points[1].id]),
            day: 11, store)
        #expect(try await store.refusalCounts() == ["clock": 1, "prune_guard": 2])
        #expect(try await store.refusals(of: points.map(\.id)) == [other, refused[2], refused[3]])
        try await store.retire(
            points[2].id, as: .deleted, at: noon, event: event(plan(points)))
        try await store.change(marks: [points[3].id: .clear], events: [])
        #expect(try await store.refusalCounts() == ["clock": 1])
    }

    @Test(
        "What counts against the guard is the same in the record and in the history",
        arguments: StoreUnderTest.allCases)
    func standings(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 9)
        try await store.change(
            marks: [
                points[0].id: .clear,
                points[1].id: .set(
                    PruneMark(
                        at: noon, deleteAfter: noon + .days(1), reason: "old", turnsOver: true)),
                points[2].id: .set(mark(at: noon + .hours(3))),
            ], events: [])
        let all = try await store.pruneStandings(at: nil, orphansUnder: [])
        #expect(all.standings.map(\.assignment) == [Fixture.assignment()])
        #expect(all.unmarked == [disk: 1])
        let elsewhere = ProviderID(trusted: "elsewhere")
        let nothing = try await store.pruneStandings(at: elsewhere, orphansUnder: [])
        #expect(nothing == PruneStandings(standings: [], unmarked: [:]))
        for point in points {
            let recorded = try await store.availablePoints(of: Fixture.assignment())
            let found = try await store.pruneStandings(at: disk, orphansUnder: [])
            #expect(found.load(of: disk) == PruneLoad(of: recorded), "\(recorded.count)")
            try await store.retire(
                point.id, as: .deleted, at: noon + .days(9), event: event(plan(points)))
        }
    }

    @Test(
        "Each new point adds to the credit, which marks take and cleared ones give back",
        arguments: StoreUnderTest.allCases)
    func credit(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 9)
        let etc = Fixture.assignment()
        func credit() async throws -> Int { try await store.retentionBasis(of: etc).credit }
        #expect(try await credit() == 9)
        let turning = PruneMark(
            at: noon + .days(2), deleteAfter: noon + .days(3), reason: "old", turnsOver: true)
        let plain = mark(at: noon + .days(2))
        try await store.change(
            marks: [points[0].id: .set(turning), points[1].id: .set(turning)],
            credit: CreditChange(of: etc, limit: 3, taken: 2, returned: 0), events: [])
        #expect(try await credit() == 1)
        try await store.change(marks: [points[2].id: .set(plain)], events: [])
        #expect(try await credit() == 1)
        try await store.change(
            marks: [points[0].id: .clear, points[2].id: .clear],
            credit: CreditChange(of: etc, limit: 3, taken: 0, returned: 1), events: [])
        #expect(try await credit() == 2)
        try await store.change(
            marks: [points[2].id: .set(plain)],
            credit: CreditChange(of: etc, limit: 1, taken: 9, returned: 0), events: [])
        #expect(try await credit() == 0)
        let found = try await store.availablePoints(of: etc)
        #expect(found.filter { $0.mark?.turnsOver == true }.map(\.id) == [points[1].id])
        #expect(try await store.retentionBasis(of: Fixture.assignment("other")).credit == 0)
        try await store.synchronise([], digest: "2", at: noon + .days(4))
        #expect(try await credit() == 0)
    }

    @Test(
        "Of two reviews of the same points the first one counts, and of points that are gone none",
        arguments: StoreUnderTest.allCases)
    func reviewsAtOnce(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 4)
        let etc = Fixture.assignment()
        let turning = PruneMark(
            at: noon + .days(2), deleteAfter: noon + .days(3), reason: "old", turnsOver: true)
        let before = try await store.retentionBasis(of: etc)
        let event = event(plan(points))
        func change(
            _ mark: MarkChange, of point: RecoveryPoint, seen: Timestamp?
        ) async throws -> Bool {
            try await store.change(
                RetentionChange(
                    marks: [point.id: mark], seen: seen.map { [point.id: $0] } ?? [:],
                    credit: CreditChange(of: etc, limit: 9, taken: 1, returned: 0)),
                events: [event])
        }
        let seen = try #require(points[0].mark?.at)
        #expect(try await change(.clear, of: points[0], seen: seen))
        #expect(try await change(.set(turning), of: points[0], seen: nil))
        let after = try await store.retentionBasis(of: etc)
        #expect(after.credit == before.credit - 2)
        let told = try await store.events(PageRequest()).rows.count
        // The same once more; what stands is another mark.
        #expect(try await !change(.set(turning), of: points[0], seen: nil))
        #expect(try await !change(.clear, of: points[0], seen: seen))
        try await store.retire(points[1].id, as: .missing, at: noon + .days(2), event: event)
        #expect(try await !change(.clear, of: points[1], seen: points[1].mark?.at))
        let left = try await store.retentionBasis(of: etc)
        #expect(left.credit == after.credit)
        #expect(
            left.points.map(\.mark) == after.points.filter { $0.id != points[1].id }.map(\.mark))
        #expect(try await store.events(PageRequest()).rows.count == told + 1)
    }

    @Test(
        "A mark comes with its hold, and one that is lifted is none any more",
        arguments: StoreUnderTest.allCases)
    func holding(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, marked: 4)
        let hold = GuardHold(since: noon + .days(2), scope: .assignment, total: 9)
        let held = PruneMark(
            at: noon + .days(2), deleteAfter: noon + .days(3), reason: "old", hold: hold)
        try await store.change(marks: [points[0].id: .set(held)], events: [])
        try await store.change(holds: [points[1].id: hold], lifted: [])
        func standing() async throws -> [GuardHold?] {
            try await store.availablePoints(of: Fixture.assignment()).sorted { $0.id < $1.id }
                .map(\.mark?.hold)
        }
        #expect(try await standing() == [hold, hold, nil, nil])
        try await store.change(
            holds: [
                points[1].id: GuardHold(since: noon + .days(3), scope: .provider, total: 1)
            ], lifted: [points[0].id])
        #expect(try await standing() == [nil, hold, nil, nil])
    }
}
