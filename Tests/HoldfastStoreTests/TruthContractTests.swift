import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract about what is really at a provider")
struct TruthContractTests {
    private let noon = Fixture.noon
    private let etc = TargetID(trusted: "etc")
    private let disk = ProviderID(trusted: "disk")

    private var adoption: Adoption {
        Adoption(
            remoteIDs: ["12", "a/b \"c\""], reason: "before the \\ migration: ä", uid: 1000,
            user: "anna")
    }

    private func job(
        hour: Int, target: String = "etc", survey: Survey? = .look
    ) -> NewJob {
        NewJob(
            kind: .reconcile, trigger: .schedule,
            slot: SlotKey(
                assignment: Fixture.assignment("nightly", target), opens: noon + .hours(hour)),
            provider: disk, closes: .distantFuture, startBefore: .distantFuture,
            notBefore: noon, survey: survey)
    }

    private func stranger(_ id: String, hour: Int = 0, name: String = "by hand") -> StrangePoint {
        StrangePoint(
            remoteID: id, name: name, takenAt: noon + .hours(hour), origin: .foreign,
            storedBytes: ByteCount(5))
    }

    /// Records what one look of an hour found.
    private func look(
        hour: Int, target: String = "etc", foreign: [StrangePoint]? = nil,
        returned: [PointID] = [], adopted: [RemotePoint] = [], fails: Bool = false,
        in store: any JobQueue & History
    ) async throws {
        let now = noon + .hours(hour)
        try await store.enqueue([job(hour: hour, target: target)], at: now)
        let claimed = try #require(try await store.claim(at: now).first)
        _ = try await store.record(
            AttemptOutcome(
                claimed: claimed, ending: RunEnding(state: fails ? .failed : .succeeded),
                endedAt: now, next: fails ? .failed : .succeeded, failures: fails ? 1 : 0,
                isUncertain: false, returned: returned, adopted: adopted, foreign: foreign,
                events: []))
    }

    private func makeOurs(
        hour: Int, in store: any JobQueue & History
    ) async throws -> RecoveryPoint {
        let now = noon + .hours(hour)
        let backup = Fixture.backup(opensAfter: .hours(hour))
        try await store.enqueue([backup], at: now)
        try await store.succeed(try #require(try await store.claim(at: now).first), at: now)
        return try #require(try await store.point(backup.slot.token))
    }

    @Test("A job keeps what it looks for", arguments: StoreUnderTest.allCases)
    func surveys(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let wanted: [Survey?] = [nil, .look, .adopt(adoption)]
        for (hour, survey) in wanted.enumerated() {
            let request = job(hour: hour, survey: survey)
            let queued = try await store.enqueue(request, event: nil, at: noon)
            #expect(queued.request == request)
            #expect(try await store.job(queued.id)?.request == request)
        }
        let waiting = try await store.waitingJobs(of: [Fixture.assignment()])
        #expect(waiting.map(\.request.survey) == wanted)
        let claimed = try await store.claim()
        #expect(claimed.map(\.job.request.survey) == [nil])
    }

    @Test(
        "A look is no backup: an assignment's state does not hang on it",
        arguments: StoreUnderTest.allCases)
    func state(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        try await look(hour: 0, fails: true, in: store)
        #expect(try await store.summaries().isEmpty)
        _ = try await makeOurs(hour: 1, in: store)
        try await look(hour: 2, fails: true, in: store)
        #expect(try await store.summaries().first?.lastState == "succeeded")
    }

    @Test("Looks wait behind every backup", arguments: StoreUnderTest.allCases)
    func order(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([job(hour: 0), job(hour: 0, target: "home")])
        let backup = Fixture.backup(Fixture.assignment("weekly", "srv"), window: .days(6))
        try await store.enqueue([backup])
        let first = try #require(try await store.claim().first)
        #expect(first.job.request == backup)
    }

    @Test(
        "What was gone and is there again is available, and retention thinks of it anew",
        arguments: StoreUnderTest.allCases, [PointState.missing, .expired, .destroyed, .deleted])
    func returning(kind: StoreUnderTest, state: PointState) async throws {
        let store = try kind.make()
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        let ours = try await makeOurs(hour: 0, in: store)
        let mark = PruneMark(at: noon, deleteAfter: noon + .hours(1), reason: "old")
        try await store.change(marks: [ours.id: .set(mark)], events: [])
        let plan = PrunePlan(
            scope: .provider, provider: disk,
            points: try await store.markedPoints(at: disk, orphansUnder: []),
            load: PruneLoad(excess: 1, total: 1), percent: 20)
        let isConfirmed = try await store.confirm(
            plan, jobs: [],
            event: NewEvent(at: noon, kind: .pruneConfirmed, actor: .scheduler), at: noon,
            orphansUnder: [])
        #expect(isConfirmed)
        try await store.retire(
            ours.id, as: state, at: noon + .hours(1),
            event: NewEvent(at: noon, kind: .pointMissing, actor: .scheduler))
        #expect(try await store.availablePoints(of: Fixture.assignment()).isEmpty)
        try await look(hour: 2, returned: [ours.id], in: store)
        let back = try #require(try await store.point(ours.remote.token))
        #expect(back == ours)
        #expect(try await store.availablePoints(of: Fixture.assignment()) == [ours])
        // What is available stays as it is.
        try await store.change(marks: [ours.id: .set(mark)], events: [])
        try await look(hour: 3, returned: [ours.id], in: store)
        #expect(try await store.point(ours.remote.token)?.mark == mark)
    }

    @Test(
        "An adopted backup is a point of the job's assignment, and retention counts it",
        arguments: StoreUnderTest.allCases)
    func adopting(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let slot = SlotKey(assignment: Fixture.assignment(), opens: noon)
        let remote = RemotePoint(
            token: BackupToken(of: slot, remoteID: "12"), remoteID: "12", takenAt: noon)
        try await look(hour: 1, foreign: [], adopted: [remote], in: store)
        let point = try #require(
            try await store.availablePoints(of: Fixture.assignment()).first)
        #expect(point.origin == .adopted && point.remote == remote && point.provider == disk)
        #expect(point.recordedAt == noon + .hours(1))
        #expect(try await store.pruneLoad(of: disk, orphansUnder: []).total == 1)
    }

    @Test(
        "What can be traced is what a listing may show as ours",
        arguments: StoreUnderTest.allCases)
    func traceable(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        var ours: [RecoveryPoint] = []
        let ends: [PointState?] = [nil, .missing, .expired, .destroyed, .damaged, .deleted]
        for (hour, state) in ends.enumerated() {
            let point = try await makeOurs(hour: hour, in: store)
            ours.append(point)
            guard let state else { continue }
            try await store.retire(
                point.id, as: state, at: noon,
                event: NewEvent(at: noon, kind: .pointMissing, actor: .scheduler))
        }
        let remote = RemotePoint(
            token: BackupToken(
                of: SlotKey(assignment: Fixture.assignment(), opens: noon), remoteID: "12"),
            remoteID: "12", takenAt: noon - .hours(1))
        try await look(hour: 9, adopted: [remote], in: store)
        let adopted = try #require(try await store.point(remote.token))
        try await store.retire(
            adopted.id, as: .deleted, at: noon,
            event: NewEvent(at: noon, kind: .pointDeleted, actor: .scheduler))
        let found = try await store.traceablePoints(of: etc, at: disk)
        #expect(
            found.map(\.remote.token)
                == ours.prefix(4).reversed().map(\.remote.token) + [remote.token])
        #expect(found.map(\.state) == [.destroyed, .expired, .missing, .available, .deleted])
        #expect(
            try await store.traceablePoints(of: etc, at: ProviderID(trusted: "cloud")).isEmpty)
        #expect(
            try await store.traceablePoints(of: TargetID(trusted: "home"), at: disk).isEmpty)
    }

    @Test(
        "What is not ours is kept until a complete listing lacks it, and comes back",
        arguments: StoreUnderTest.allCases)
    func foreign(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await look(hour: 0, foreign: [stranger("1"), stranger("2", hour: 1)], in: store)
        try await look(hour: 1, target: "home", foreign: [stranger("3")], in: store)
        var found = try await store.foreignPoints(of: etc, at: disk)
        #expect(found.map(\.remoteID) == ["2", "1"])
        #expect(found.map(\.firstSeen) == [noon, noon])
        #expect(found.allSatisfy { $0.title == "by hand" && $0.storedBytes == ByteCount(5) })
        // A look that could not list says nothing.
        try await look(hour: 2, foreign: nil, in: store)
        #expect(try await store.foreignPoints(of: etc, at: disk) == found)
        try await look(hour: 3, foreign: [stranger("2", hour: 1, name: "renamed")], in: store)
        found = try await store.foreignPoints(of: etc, at: disk)
        #expect(found.map(\.title) == ["renamed"])
        try await look(hour: 4, foreign: [stranger("1")], in: store)
        found = try await store.foreignPoints(of: etc, at: disk)
        #expect(found.map(\.remoteID) == ["1"])
        #expect(found.first?.firstSeen == noon)
        let page = try await store.foreignPoints(PageRequest(limit: 1))
        #expect(page.rows.map(\.remoteID) == ["3"])
        let rest = try await store.foreignPoints(PageRequest(limit: 1, before: page.next))
        #expect(rest.rows.map(\.remoteID) == ["1"] && rest.next == nil)
        #expect(
            try await store.foreignPoints(PageRequest(target: "home")).rows.map(\.remoteID)
                == ["3"])
    }

    @Test(
        "A backup that two targets' listings show belongs to the first until it is gone there",
        arguments: StoreUnderTest.allCases)
    func shared(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await look(hour: 0, foreign: [stranger("1")], in: store)
        try await look(hour: 1, target: "home", foreign: [stranger("1")], in: store)
        #expect(try await store.foreignPoints(PageRequest()).rows.map(\.target) == [etc])
        try await look(hour: 2, foreign: [], in: store)
        #expect(try await store.foreignPoints(PageRequest()).rows.isEmpty)
        try await look(hour: 3, target: "home", foreign: [stranger("1")], in: store)
        #expect(
            try await store.foreignPoints(PageRequest()).rows.map(\.target)
                == [TargetID(trusted: "home")])
    }

    @Test(
        "The points of an assignment that has ended are an orphan's, until it begins again",
        arguments: StoreUnderTest.allCases)
    func orphans(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let home = Fixture.assignment("nightly", "home")
        try await store.synchronise([Fixture.assignment(), home], digest: "1", at: noon)
        let ours = try await makeOurs(hour: 0, in: store)
        _ = try await makeOurs(hour: 1, in: store)
        try await store.change(
            marks: [
                ours.id: .set(PruneMark(at: noon, deleteAfter: noon + .hours(1), reason: "old"))
            ], events: [])
        #expect(try await store.orphans().isEmpty)
        try await store.synchronise([home], digest: "2", at: noon + .hours(2))
        #expect(
            try await store.orphans() == [
                Orphan(
                    assignment: Fixture.assignment(), provider: disk, endedAt: noon + .hours(2),
                    pointCount: 2, markedCount: 1, newestPoint: noon + .hours(1),
                    storedBytes: ByteCount(2000))
            ])
        try await store.synchronise(
            [home, Fixture.assignment()], digest: "3", at: noon + .hours(3))
        #expect(try await store.orphans().isEmpty)
        try await store.synchronise([home], digest: "4", at: noon + .hours(4))
        #expect(try await store.orphans().first?.endedAt == noon + .hours(4))
    }
}
