import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract: drills and proofs")
struct DrillContractTests {
    private let noon = Fixture.noon
    private let etc = Fixture.assignment()

    private func drill(
        _ assignment: Assignment = Fixture.assignment(), after offset: Duration = .zero,
        provider: String = "disk"
    ) -> NewJob {
        NewJob(
            kind: .verify, trigger: .schedule,
            slot: SlotKey(assignment: assignment, opens: noon + offset),
            provider: ProviderID(trusted: provider), closes: .distantFuture,
            startBefore: .distantFuture, notBefore: noon + offset)
    }

    private func event(_ kind: EventKind = .pointVerified) -> NewEvent {
        NewEvent(at: noon, kind: kind, actor: .scheduler, assignment: etc)
    }

    /// A store with so many points of `nightly/etc`, an hour apart, newest first.
    private func store(
        _ kind: StoreUnderTest, points: Int
    ) async throws -> (any JobQueue & History, [RecoveryPoint]) {
        let store = try kind.make()
        try await store.synchronise([etc], digest: "1", at: noon)
        for hour in 0..<points {
            let opens = Duration.hours(hour)
            try await store.enqueue([Fixture.backup(opensAfter: opens)], at: noon + opens)
            let claimed = try #require(try await store.claim(at: noon + opens).first)
            try await store.succeed(claimed, at: noon + opens)
        }
        return (store, try await store.availablePoints(of: etc))
    }

    /// Records how a drill ended.
    private func end(
        _ claimed: ClaimedJob, _ next: JobState, at now: Timestamp, proven: ProvenPoint? = nil,
        retired: [RetiredPoint] = [], in store: any JobQueue & History
    ) async throws {
        _ = try await store.record(
            AttemptOutcome(
                claimed: claimed,
                ending: RunEnding(
                    state: proven == nil ? .failed : .succeeded,
                    message: proven == nil ? "the disk is full" : nil),
                endedAt: now, next: next, failures: 0, isUncertain: false, retired: retired,
                proven: proven, events: [event()]))
    }

    @Test("A proof is recorded with its attempt", arguments: StoreUnderTest.allCases)
    func proof(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 2)
        try await store.enqueue([drill(after: .hours(2))])
        let claimed = try #require(try await store.claim(at: noon + .hours(2)).first)
        #expect(claimed.job.request.kind == .verify)
        let proof = PointProof(.restored, restoreTime: .milliseconds(1234))
        try await end(
            claimed, .succeeded, at: noon + .hours(3), proven: ProvenPoint(points[1].id, proof),
            in: store)
        let point = try #require(try await store.point(points[1].remote.token))
        #expect(point.verifiedAt == noon + .hours(3))
        #expect(point.proof == proof)
        #expect(try await store.point(points[0].remote.token)?.proof == nil)
        #expect(try await store.job(claimed.job.id)?.state == .succeeded)
    }

    @Test(
        "A weaker proof takes nothing from a stronger one, and moves its date",
        arguments: StoreUnderTest.allCases)
    func strongest(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 1)
        let restored = PointProof(.restored, restoreTime: .seconds(7))
        let steps: [(PointProof, PointProof)] = [
            (PointProof(.seen), PointProof(.seen)), (PointProof(.read), PointProof(.read)),
            (PointProof(.seen), PointProof(.read)), (restored, restored),
            (PointProof(.read), restored),
            (
                PointProof(.restored, restoreTime: .seconds(9)),
                PointProof(.restored, restoreTime: .seconds(9))
            ),
        ]
        for (index, (noted, expected)) in steps.enumerated() {
            let now = noon + .hours(index)
            try await store.markVerified(points[0].id, as: noted, at: now, event: event())
            let point = try #require(try await store.point(points[0].remote.token))
            #expect(point.proof == expected, "step \(index)")
            #expect(point.verifiedAt == now)
        }
        #expect(try await store.events(PageRequest(state: "point.verified")).rows.count == 6)
    }

    @Test("A point that is gone is not proved any more", arguments: StoreUnderTest.allCases)
    func gone(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 1)
        try await store.retire(
            points[0].id, as: .deleted, at: noon, event: event(.pointDeleted))
        try await store.markVerified(
            points[0].id, as: PointProof(.read), at: noon, event: event())
        #expect(try await store.point(points[0].remote.token)?.verifiedAt == nil)
    }

    @Test("What a drill finds damaged counts no more", arguments: StoreUnderTest.allCases)
    func damaged(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 2)
        try await store.enqueue([drill(after: .hours(2))])
        let claimed = try #require(try await store.claim(at: noon + .hours(2)).first)
        try await end(
            claimed, .failed, at: noon + .hours(2),
            retired: [RetiredPoint(points[0].id, as: .damaged)], in: store)
        #expect(try await store.availablePoints(of: etc).map(\.id) == [points[1].id])
        let summary = try #require(try await store.summaries().first)
        #expect(summary.newestPoint == noon)
        #expect(
            summary.proofs
                == ProofSummary(
                    newestDamaged: noon + .hours(1), lastDrill: "failed",
                    lastDrillError: "the disk is full"))
    }

    @Test(
        "A summary tells the newest proven point and the newest drill",
        arguments: StoreUnderTest.allCases)
    func summary(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 4)
        let proof = PointProof(.restored, restoreTime: .seconds(3))
        // The point matters, not when it was looked at.
        try await store.markVerified(points[1].id, as: proof, at: noon + .days(1), event: event())
        try await store.markVerified(
            points[3].id, as: PointProof(.read), at: noon + .days(2), event: event())
        for (hour, state) in [(5, JobState.failed), (6, .succeeded)] {
            try await store.enqueue([drill(after: .hours(hour))])
            let claimed = try #require(try await store.claim(at: noon + .hours(hour)).first)
            try await end(
                claimed, state, at: noon + .hours(hour),
                proven: state == .succeeded ? ProvenPoint(points[1].id, proof) : nil, in: store)
        }
        let summary = try #require(try await store.summaries().first)
        #expect(
            summary.proofs
                == ProofSummary(
                    newest: ProofSummary.Proven(
                        takenAt: noon + .hours(2), provenAt: noon + .hours(6), proof: proof),
                    lastDrill: "succeeded"))
        // A drill is no backup: it says nothing of how the newest one ended.
        #expect(summary.lastState == "succeeded")
    }

    @Test(
        "What is known of drills begins with the first backup", arguments: StoreUnderTest.allCases)
    func records(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 2)
        let home = Fixture.assignment("nightly", "home")
        try await store.synchronise([etc, home], digest: "2", at: noon)
        let none = DrillRecord(lastEndedAt: nil, firstGoodAt: nil, hasPoint: false, isOpen: false)
        func found() async throws -> DrillRecord? {
            try await store.drillRecords(of: etc.policy, target: etc.target)[etc.target]
        }
        #expect(
            try await store.drillRecords(of: etc.policy, target: nil) == [
                etc.target: DrillRecord(
                    lastEndedAt: nil, firstGoodAt: noon, hasPoint: true, isOpen: false),
                home.target: none,
            ])
        #expect(
            try await store.drillRecords(of: etc.policy, target: home.target)
                == [home.target: none])
        #expect(try await store.drillRecords(of: PolicyID(trusted: "other"), target: nil) == [:])
        try await store.enqueue([drill(after: .hours(2))])
        #expect(try await found()?.isOpen == true)
        let claimed = try #require(try await store.claim(at: noon + .hours(2)).first)
        #expect(try await found()?.isOpen == true)
        try await end(claimed, .failed, at: noon + .hours(3), in: store)
        #expect(try await found()?.isOpen == false)
        #expect(try await found()?.lastEndedAt == noon + .hours(3))
        for point in points {
            try await store.retire(
                point.id, as: .missing, at: noon, event: event(.pointMissing))
        }
        #expect(try await found()?.hasPoint == false)
        #expect(try await found()?.firstGoodAt == noon)
    }

    @Test("A drill that was withdrawn is none", arguments: StoreUnderTest.allCases)
    func withdrawn(kind: StoreUnderTest) async throws {
        let (store, _) = try await store(kind, points: 1)
        try await store.enqueue([drill(after: .hours(2))])
        let claimed = try #require(try await store.claim(at: noon + .hours(2)).first)
        try await end(claimed, .cancelled, at: noon + .hours(3), in: store)
        let record = try await store.drillRecords(of: etc.policy, target: nil)[etc.target]
        #expect(record?.lastEndedAt == nil)
        #expect(record?.isOpen == false)
    }

    @Test("Since when drills are declared is noted once", arguments: StoreUnderTest.allCases)
    func declared(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        #expect(try await store.drillsDeclared(under: etc.policy, at: noon) == noon)
        #expect(try await store.drillsDeclared(under: etc.policy, at: noon + .days(1)) == noon)
        let other = PolicyID(trusted: "other")
        #expect(
            try await store.drillsDeclared(under: other, at: noon + .days(2)) == noon + .days(2))
    }

    @Test("Drills come after everything that has a window", arguments: StoreUnderTest.allCases)
    func order(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([
            drill(Fixture.assignment("nightly", "a")),
            Fixture.backup(Fixture.assignment("nightly", "b")),
        ])
        let kinds = try await store.claim(2).map(\.job.request.kind)
        #expect(kinds == [.backup, .verify])
    }

    @Test("Only so many drills of a provider run at once", arguments: StoreUnderTest.allCases)
    func places(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue(
            (1...5).map { drill(Fixture.assignment("nightly", "t\($0)")) }
                + [drill(Fixture.assignment("nightly", "far"), provider: "cloud")])
        func claim(_ max: Int, provider: String = "disk") async throws -> [ClaimedJob] {
            try await store.claim(
                Claim(
                    provider: ProviderID(trusted: provider), limit: 5, now: noon,
                    leaseUntil: noon + .hours(1), drillMax: max))
        }
        let first = try await claim(2)
        #expect(first.count == 2)
        #expect(try await claim(2).isEmpty)
        #expect(try await claim(2, provider: "cloud").count == 1)
        try await end(first[0], .failed, at: noon, in: store)
        #expect(try await claim(2).count == 1)
        #expect(try await claim(3).count == 1)
    }

    @Test(
        "A drill keeps no backup of its target waiting, and waits for one",
        arguments: StoreUnderTest.allCases)
    func together(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([drill()])
        let drilling = try #require(try await store.claim().first)
        let prune = NewJob(
            kind: .prune, trigger: .retention, slot: SlotKey(assignment: etc, opens: noon),
            provider: ProviderID(trusted: "disk"), closes: .distantFuture,
            startBefore: .distantFuture, notBefore: noon)
        try await store.enqueue([Fixture.backup(), prune])
        // The backup goes on; what deletes waits for the drill.
        let backups = try await store.claim(5)
        #expect(backups.map(\.job.request.kind) == [.backup])
        try await end(drilling, .failed, at: noon, in: store)
        #expect(try await store.claim(5).isEmpty)
        try await store.enqueue([drill(after: .seconds(1))])
        let backup = try #require(backups.first)
        #expect(try await store.claim(5, at: noon + .seconds(1)).isEmpty)
        try await store.succeed(backup)
        #expect(
            try await store.claim(5, at: noon + .seconds(1)).map(\.job.request.kind) == [.prune])
    }
}
