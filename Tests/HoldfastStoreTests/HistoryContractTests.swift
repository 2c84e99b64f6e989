import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract")
struct HistoryContractTests {
    private let noon = Fixture.noon

    /// A store with points of one assignment, taken on the hours after noon.
    private func store(
        _ kind: StoreUnderTest, points: Int
    ) async throws -> (any JobQueue & History, [RecoveryPoint]) {
        let store = try kind.make()
        for hour in 0..<points {
            let opens = Duration.hours(hour)
            try await store.enqueue([Fixture.backup(opensAfter: opens)], at: noon + opens)
            let claimed = try #require(try await store.claim(at: noon + opens).first)
            try await store.succeed(claimed, at: noon + opens)
        }
        return (store, try await store.availablePoints(of: Fixture.assignment()))
    }

    private func mark(_ point: RecoveryPoint, grace: Duration = .hours(24)) -> PruneMark {
        PruneMark(
            at: point.remote.takenAt, deleteAfter: point.remote.takenAt + grace, reason: "old")
    }

    private func event(_ kind: EventKind) -> NewEvent {
        NewEvent(at: noon, kind: kind, actor: .scheduler, assignment: Fixture.assignment())
    }

    @Test("Points are listed newest first", arguments: StoreUnderTest.allCases)
    func listing(kind: StoreUnderTest) async throws {
        let (_, points) = try await store(kind, points: 3)
        #expect(points.map(\.remote.takenAt) == [2, 1, 0].map { noon + .hours($0) })
    }

    @Test("A mark is due when its grace is over", arguments: StoreUnderTest.allCases)
    func marks(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 3)
        let marks = [
            points[2].id: MarkChange.set(mark(points[2])), points[1].id: .set(mark(points[1])),
        ]
        try await store.change(marks: marks, events: [event(.pointMarked)])
        let first = noon + .hours(24)
        #expect(
            try await store.duePrunes(at: first - .milliseconds(1))
                == DuePrunes(due: [], next: first))
        let due = try await store.duePrunes(at: first)
        #expect(due.due.map(\.assignment) == [Fixture.assignment()])
        #expect(due.due.first?.since == first)
        #expect(due.next == noon + .hours(25))
    }

    @Test(
        "What is due at a provider counts by assignment, as one assignment counts",
        arguments: StoreUnderTest.allCases)
    func load(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let busy = Fixture.assignment("nightly", "busy")
        let shrinking = Fixture.assignment("nightly", "shrinking")
        let ended = Fixture.assignment("nightly", "ended")
        for assignment in [busy, shrinking, ended] {
            for hour in 0..<6 {
                try await store.enqueue(
                    [Fixture.backup(assignment, opensAfter: .hours(hour))], at: noon)
                let claimed = try #require(
                    try await store.claim(at: noon + .hours(hour)).first)
                try await store.succeed(
                    claimed, at: noon + .hours(hour), takenAt: noon + .hours(hour))
            }
        }
        try await store.synchronise([busy, shrinking], digest: "1", at: noon)
        var marks: [PointID: MarkChange] = [:]
        // Three that a new point made up for each; five at once after the newest one; and one of a
        // target that nobody declares any more, which will not go.
        for (assignment, instants) in [
            (busy, [1, 2, 3]), (shrinking, [7, 7, 7, 7, 7]), (ended, [7]),
        ] {
            let points = try await store.availablePoints(of: assignment).reversed()
            for (point, hour) in zip(points, instants) {
                let at = noon + .hours(hour)
                marks[point.id] = .set(
                    PruneMark(
                        at: at, deleteAfter: at + .hours(24), reason: "let go",
                        turnsOver: assignment == busy))
            }
        }
        try await store.change(marks: marks, events: [])
        let found = try await store.pruneLoad(
            of: ProviderID(trusted: "disk"), orphansUnder: [])
        #expect(found == PruneLoad(excess: 5, total: 14))
        var excess = 0
        for assignment in [busy, shrinking] {
            excess += PruneLoad(of: try await store.availablePoints(of: assignment)).excess
        }
        #expect(excess == found.excess)
    }

    @Test("A cleared mark is due no longer", arguments: StoreUnderTest.allCases)
    func clearing(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 1)
        try await store.change(marks: [points[0].id: .set(mark(points[0]))], events: [])
        try await store.change(
            marks: [points[0].id: .clear], events: [event(.pointUnmarked)])
        #expect(try await store.duePrunes(at: noon + .days(9)) == DuePrunes(due: [], next: nil))
        #expect(try await store.availablePoints(of: Fixture.assignment()).first?.mark == nil)
    }

    @Test(
        "A retired point is available no longer, and is told once",
        arguments: StoreUnderTest.allCases, [PointState.deleted, .missing])
    func retiring(kind: StoreUnderTest, state: PointState) async throws {
        let (store, points) = try await store(kind, points: 2)
        let later = noon + .days(1)
        for _ in 1...2 {
            try await store.retire(
                points[1].id, as: state, at: later, event: event(.pointDeleted))
        }
        #expect(
            try await store.availablePoints(of: Fixture.assignment()).map(\.id) == [points[0].id])
        let kept = try #require(try await store.point(points[1].remote.token))
        #expect(kept.state == state)
        #expect(kept.deletedAt == (state == .deleted ? later : nil))
        #expect(try await store.events(PageRequest(state: "point.deleted")).rows.count == 1)
    }

    @Test("A missing point that is found again returns", arguments: StoreUnderTest.allCases)
    func foundAgain(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([Fixture.backup()])
        let first = try #require(try await store.claim().first)
        let id = try #require(try await store.succeed(first))
        try await store.retire(id, as: .missing, at: noon, event: event(.pointMissing))
        let other = NewJob(
            kind: .reconcile, trigger: .schedule, slot: first.job.request.slot,
            provider: first.job.request.provider, closes: .distantFuture,
            startBefore: .distantFuture, notBefore: noon)
        try await store.enqueue([other])
        let again = try #require(try await store.claim().first)
        #expect(try await store.succeed(again) == id)
        #expect(try await store.point(first.job.request.slot.token)?.state == .available)
    }

    @Test("A verification is kept", arguments: StoreUnderTest.allCases)
    func verifying(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 1)
        try await store.markVerified(
            points[0].id, as: PointProof(.read), at: noon + .hours(3),
            event: event(.pointVerified))
        #expect(
            try await store.point(points[0].remote.token)?.verifiedAt == noon + .hours(3))
    }

    @Test("Assignments begin and end as the declarations do", arguments: StoreUnderTest.allCases)
    func assignments(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let etc = Fixture.assignment("nightly", "etc")
        let home = Fixture.assignment("nightly", "home")
        #expect(
            try await store.assignmentsChanging([home, etc], digest: "1")
                == AssignmentsChange(begun: [etc, home]))
        try await store.synchronise([etc, home], digest: "1", at: noon)
        let later = noon + .days(1)
        #expect(try await store.assignmentsChanging([home], digest: "2").ended == [etc])
        // Asking ends nothing.
        #expect(try await store.assignmentsChanging([home], digest: "2").ended == [etc])
        try await store.synchronise([home], digest: "2", at: later)
        #expect(
            try await store.assignmentsChanging([home, etc], digest: "3")
                == AssignmentsChange(begun: [etc]))
        try await store.synchronise([home, etc], digest: "3", at: later)
        #expect(
            try await store.assignmentStarts(of: home.policy)
                == [home.target: noon, etc.target: later])
        // The same digest can't declare anything else, so it is not compared.
        #expect(try await store.assignmentsChanging([], digest: "3") == AssignmentsChange())
        try await store.synchronise([], digest: "3", at: later)
        #expect(try await store.assignmentStarts(of: home.policy).count == 2)
    }

    @Test("Summaries tell the newest point and the newest end", arguments: StoreUnderTest.allCases)
    func summaries(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 2)
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        try await store.change(marks: [points[1].id: .set(mark(points[1]))], events: [])
        try await store.enqueue([Fixture.backup(opensAfter: .hours(5))], at: noon)
        let claimed = try #require(try await store.claim(at: noon + .hours(5)).first)
        try await store.end(claimed, .failed, next: .failed, at: noon + .hours(6))
        let summary = try #require(try await store.summaries().first)
        #expect(
            summary
                == AssignmentSummary(
                    assignment: Fixture.assignment(), newestPoint: noon + .hours(1),
                    pointCount: 2, markedCount: 1, storedBytes: ByteCount(2000),
                    lastState: "failed", lastEndedAt: noon + .hours(6), lastError: "it rained"))
        let totals = try await store.totals()
        #expect(totals.points == 2)
        #expect(totals.storedBytes == ByteCount(2000))
        #expect(totals.readyJobs == 0)
    }

    @Test("A listing is read in parts, without gaps or repeats", arguments: StoreUnderTest.allCases)
    func paging(kind: StoreUnderTest) async throws {
        let (store, _) = try await store(kind, points: 7)
        var seen: [Int64] = []
        var before: Int64?
        repeat {
            let page = try await store.runs(PageRequest(limit: 3, before: before))
            #expect(page.rows.count <= 3)
            seen += page.rows.map(\.id.number)
            before = page.next
        } while before != nil
        #expect(seen == [7, 6, 5, 4, 3, 2, 1])
    }

    @Test("A listing keeps to its filters", arguments: StoreUnderTest.allCases)
    func filters(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([
            Fixture.backup(Fixture.assignment("a", "x")),
            Fixture.backup(Fixture.assignment("a", "y")),
            Fixture.backup(Fixture.assignment("b", "z")),
        ])
        let claimed = try await store.claim(1)
        #expect(try await store.jobs(PageRequest(policy: "a")).rows.count == 2)
        #expect(try await store.jobs(PageRequest(target: "z")).rows.count == 1)
        #expect(
            try await store.jobs(PageRequest(state: "running")).rows.map(\.id)
                == claimed.map(\.job.id))
        #expect(try await store.jobs(PageRequest(policy: "b", state: "running")).rows.isEmpty)
        #expect(try await store.runs(PageRequest(policy: "a")).rows.count == 1)
    }

    @Test("The digest of reviewed rules is kept", arguments: StoreUnderTest.allCases)
    func reviewed(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let policy = PolicyID(trusted: "nightly")
        #expect(try await store.reviewedRules(of: policy) == nil)
        try await store.setReviewedRules("a", of: policy)
        try await store.setReviewedRules("b", of: policy)
        #expect(try await store.reviewedRules(of: policy) == "b")
    }
}
