import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract about vendors' points and restores")
struct VendorPointContractTests {
    private let noon = Fixture.noon
    private let disk = ProviderID(trusted: "disk")

    private func reconcile(
        _ assignment: Assignment = Fixture.assignment(), opensAfter offset: Duration = .zero,
        closes: Timestamp? = nil
    ) -> NewJob {
        let opens = noon + offset
        return NewJob(
            kind: .reconcile, trigger: .schedule,
            slot: SlotKey(assignment: assignment, opens: opens), provider: disk,
            closes: closes ?? opens + .hours(4), startBefore: .distantFuture, notBefore: opens)
    }

    private func vendorPoint(_ number: Int) -> RemotePoint {
        let slot = SlotKey(assignment: Fixture.assignment(), opens: noon + .hours(number))
        return RemotePoint(
            token: BackupToken(of: slot, remoteID: "\(number)"), remoteID: "\(number)",
            takenAt: slot.opens)
    }

    /// Records what one reconcile job of an hour saw.
    private func see(
        _ points: [RemotePoint], gone: [RetiredPoint] = [], hour: Int = 0, failing: Bool = false,
        in store: any JobQueue & History
    ) async throws {
        let now = noon + .hours(hour)
        try await store.enqueue([reconcile(opensAfter: .hours(hour))], at: now)
        let claimed = try #require(try await store.claim(at: now).first)
        _ = try await store.record(
            AttemptOutcome(
                claimed: claimed, ending: RunEnding(state: failing ? .failed : .succeeded),
                endedAt: now, next: failing ? .failed : .succeeded, failures: failing ? 1 : 0,
                isUncertain: false, vendorPoints: points, retired: gone, events: []))
    }

    /// A point of ours of the same assignment, made at an hour.
    private func makeOurs(
        hour: Int, in store: any JobQueue & History
    ) async throws -> RecoveryPoint {
        let now = noon + .hours(hour)
        let backup = Fixture.backup(opensAfter: .hours(hour))
        try await store.enqueue([backup], at: now)
        try await store.succeed(try #require(try await store.claim(at: now).first), at: now)
        return try #require(try await store.point(backup.slot.token))
    }

    @Test(
        "The vendor's points are listed apart from ours, newest first",
        arguments: StoreUnderTest.allCases)
    func apart(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let ours = try await makeOurs(hour: 1, in: store)
        try await see([vendorPoint(0), vendorPoint(2)], hour: 3, in: store)
        let vendors = try await store.vendorPoints(of: Fixture.assignment())
        #expect(vendors.map(\.remote) == [vendorPoint(2), vendorPoint(0)])
        #expect(vendors.allSatisfy { $0.origin == .vendor && $0.state == .available })
        #expect(try await store.availablePoints(of: Fixture.assignment()) == [ours])
        #expect(ours.origin == .managed)
        #expect(
            try await store.vendorPoints(of: Fixture.assignment("nightly", "other")).isEmpty)
        #expect(try await store.point(vendorPoint(2).token)?.origin == .vendor)
    }

    @Test(
        "The newest point of an assignment may be the vendor's", arguments: StoreUnderTest.allCases)
    func newest(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        _ = try await makeOurs(hour: 1, in: store)
        try await see([vendorPoint(2)], hour: 3, in: store)
        let summary = try #require(try await store.summaries().first)
        #expect(summary.newestPoint == noon + .hours(2))
        #expect(summary.pointCount == 2)
    }

    @Test(
        "A vendor's point that was seen before is not another one",
        arguments: StoreUnderTest.allCases)
    func seenAgain(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await see([vendorPoint(0)], in: store)
        let first = try #require(try await store.vendorPoints(of: Fixture.assignment()).first)
        try await see(
            [vendorPoint(0)], gone: [], hour: 1, in: store)
        let again = try await store.vendorPoints(of: Fixture.assignment())
        #expect(again == [first])
    }

    @Test(
        "What an outcome retires is available no longer, in its own state",
        arguments: StoreUnderTest.allCases, [PointState.expired, .missing, .destroyed])
    func retiring(kind: StoreUnderTest, state: PointState) async throws {
        let store = try kind.make()
        let ours = try await makeOurs(hour: 9, in: store)
        try await see([vendorPoint(0), vendorPoint(1)], hour: 1, in: store)
        let old = try #require(try await store.vendorPoints(of: Fixture.assignment()).last)
        try await see([], gone: [RetiredPoint(old.id, as: state)], hour: 2, in: store)
        #expect(
            try await store.vendorPoints(of: Fixture.assignment()).map(\.remote)
                == [vendorPoint(1)])
        let kept = try #require(try await store.point(old.remote.token))
        #expect(kept.state == state)
        #expect(kept.deletedAt == nil)
        // What has ended stays as it ended.
        try await see([], gone: [RetiredPoint(old.id, as: .missing)], hour: 3, in: store)
        #expect(try await store.point(old.remote.token)?.state == state)
        // Ours can be retired in the same way.
        try await see([], gone: [RetiredPoint(ours.id, as: state)], hour: 4, in: store)
        #expect(try await store.availablePoints(of: Fixture.assignment()).isEmpty)
        // Found again, it is back.
        try await see([vendorPoint(0)], hour: 5, in: store)
        #expect(try await store.point(old.remote.token)?.state == .available)
    }

    @Test(
        "The guard's total counts what could be pruned, not the vendor's own",
        arguments: StoreUnderTest.allCases)
    func load(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        let ours = try await makeOurs(hour: 0, in: store)
        try await store.change(
            marks: [
                ours.id: .set(
                    PruneMark(
                        at: noon + .hours(3), deleteAfter: noon + .hours(4), reason: "old"))
            ], events: [])
        try await see((1...8).map(vendorPoint), hour: 9, in: store)
        let load = try await store.pruneLoad(of: disk, orphansUnder: [])
        #expect(load == PruneLoad(excess: 1, total: 1))
    }

    @Test(
        "The past of a job is what its target has at its provider, and when it was first tried",
        arguments: StoreUnderTest.allCases)
    func past(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let ours = try await makeOurs(hour: 1, in: store)
        let weekly = Fixture.assignment("weekly", "etc")
        for (number, job) in [
            Fixture.backup(weekly, opensAfter: .hours(2)),
            Fixture.backup(Fixture.assignment("nightly", "home"), opensAfter: .hours(2)),
            Fixture.backup(weekly, opensAfter: .hours(3), provider: "cloud"),
        ].enumerated() {
            let now = noon + .hours(3 + number)
            try await store.enqueue([job], at: now)
            let claimed = try await store.claim(at: now, provider: job.provider.text)
            try await store.succeed(try #require(claimed.first), at: now)
        }
        let job = try await store.enqueue(
            Fixture.backup(opensAfter: .hours(10)), event: nil, at: noon + .hours(10))
        #expect(
            try await store.past(of: job)
                == TargetPast(
                    points: [
                        Fixture.remotePoint(
                            of: SlotKey(assignment: weekly, opens: noon + .hours(2))),
                        ours.remote,
                    ], intentAt: nil))
        for attempt in 1...2 {
            let claimed = try #require(
                try await store.claim(at: noon + .hours(10) + .minutes(attempt)).first)
            try await store.end(claimed, .failed, next: .ready(notBefore: noon + .hours(10)))
        }
        try await store.retire(
            ours.id, as: .missing, at: noon,
            event: NewEvent(at: noon, kind: .pointMissing, actor: .scheduler))
        let past = try await store.past(of: job)
        #expect(past.intentAt == noon + .hours(10) + .minutes(1))
        #expect(past.points.map(\.takenAt) == [noon + .hours(2)])
    }

    @Test(
        "A restore keeps its point and what was accepted, in every state",
        arguments: StoreUnderTest.allCases, [Set(RestoreDanger.allCases), [.overwritesTarget], []])
    func restore(kind: StoreUnderTest, accepted: Set<RestoreDanger>) async throws {
        let store = try kind.make()
        let ours = try await makeOurs(hour: 0, in: store)
        let request = NewJob(
            kind: .restore, trigger: .operatorRequest,
            slot: SlotKey(assignment: Fixture.assignment(), opens: noon + .hours(1)),
            provider: disk, closes: noon + .hours(2), startBefore: noon + .hours(2),
            notBefore: noon, point: ours.remote.token, accepted: accepted)
        let job = try await store.enqueue(request, event: nil, at: noon)
        #expect(job.request == request)
        #expect(try await store.job(job.id)?.request == request)
        let claimed = try #require(try await store.claim().first)
        #expect(claimed.job.request == request)
        #expect(try await store.runningJobs() == [claimed])
        #expect(try await store.runs(PageRequest()).rows.first?.kind == .restore)
        #expect(try await store.runs(PageRequest()).rows.first?.token == nil)
        try await store.end(claimed, .interrupted, next: .ready(notBefore: noon + .hours(3)))
        let later = try #require(try await store.claim(at: noon + .hours(3)).first)
        #expect(later.job.request.point == ours.remote.token)
        #expect(later.job.request.accepted == accepted)
        // It is no backup: the assignment's state does not hang on it.
        try await store.end(later, .failed, next: .failed, at: noon + .hours(3))
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        #expect(try await store.summaries().first?.lastState == "succeeded")
    }

    @Test(
        "A window's result stays an assignment's state, unless mending between windows fails",
        arguments: StoreUnderTest.allCases,
        [
            (window: false, mending: true), (false, false), (true, true), (true, false),
        ])
    func lastState(
        kind: StoreUnderTest, results: (window: Bool, mending: Bool)
    ) async throws {
        let (window, mending) = results
        let store = try kind.make()
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        for (offset, isWindow, succeeds) in [(0, true, window), (1, false, mending)] {
            let now = noon + .hours(offset)
            let closes: Timestamp? = isWindow ? nil : .distantFuture
            try await store.enqueue(
                [reconcile(opensAfter: .hours(offset), closes: closes)], at: now)
            let claimed = try #require(try await store.claim(at: now).first)
            let state: JobState = succeeds ? .succeeded : .failed
            try await store.end(
                claimed, succeeds ? .succeeded : .failed, next: state, failures: succeeds ? 0 : 1,
                at: now)
        }
        let summary = try #require(try await store.summaries().first)
        #expect(summary.lastState == (window && mending ? "succeeded" : "failed"))
        #expect(summary.lastEndedAt == noon + .hours(window && !mending ? 1 : 0))
    }
}
