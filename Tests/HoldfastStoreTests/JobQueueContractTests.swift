import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The queue's contract")
struct JobQueueContractTests {
    private let noon = Fixture.noon

    @Test("Planning the same slot twice makes one job", arguments: StoreUnderTest.allCases)
    func planningTwice(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let jobs = [Fixture.backup(), Fixture.backup(Fixture.assignment("nightly", "home"))]
        #expect(try await store.enqueue(jobs) == 2)
        #expect(try await store.enqueue(jobs) == 0)
        #expect(try await store.jobs(PageRequest()).rows.count == 2)
    }

    @Test("A single job is answered with the one its slot has", arguments: StoreUnderTest.allCases)
    func single(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.append([
            NewEvent(at: noon, kind: .daemonStarted, actor: .recovery),
            NewEvent(at: noon, kind: .configurationLoaded, actor: .recovery),
        ])
        let event = NewEvent(at: noon, kind: .backupRequested, actor: .scheduler)
        let first = try await store.enqueue(Fixture.backup(), event: event, at: noon)
        let again = try await store.enqueue(Fixture.backup(), event: nil, at: noon + .hours(1))
        #expect(first == again)
        #expect(first.state == .ready(notBefore: noon))
        #expect(try await store.job(first.id) == first)
    }

    @Test("A prune and a backup of one slot are two jobs", arguments: StoreUnderTest.allCases)
    func kinds(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let backup = Fixture.backup()
        let prune = NewJob(
            kind: .prune, trigger: .retention, slot: backup.slot, provider: backup.provider,
            closes: .distantFuture, startBefore: .distantFuture, notBefore: noon)
        #expect(try await store.enqueue([backup, prune]) == 2)
    }

    @Test("The job whose time to start ends first is claimed", arguments: StoreUnderTest.allCases)
    func order(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let long = Fixture.backup(Fixture.assignment("long", "a"), window: .hours(9))
        let short = Fixture.backup(Fixture.assignment("short", "b"), window: .hours(1))
        try await store.enqueue([long, short])
        let claimed = try await store.claim(5)
        #expect(claimed.map(\.job.request) == [short, long])
        #expect(claimed.map(\.job.attempt) == [1, 1])
    }

    @Test("A claim records the intent with its token", arguments: StoreUnderTest.allCases)
    func intent(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([Fixture.backup()])
        let claimed = try #require(try await store.claim().first)
        let run = try #require(try await store.runs(PageRequest()).rows.first)
        #expect(run.id == claimed.run)
        #expect(run.state == .running)
        #expect(run.token == claimed.job.request.slot.token)
        #expect(run.startedAt == noon)
        #expect(try await store.runningJobs() == [claimed])
    }

    @Test(
        "What is not ready, not this provider's, or too late is not claimed",
        arguments: StoreUnderTest.allCases)
    func notClaimed(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([
            Fixture.backup(Fixture.assignment("p", "later"), notBefore: noon + .hours(1)),
            Fixture.backup(Fixture.assignment("p", "other"), provider: "cloud"),
            Fixture.backup(
                Fixture.assignment("p", "late"), opensAfter: .hours(-4), window: .hours(4)),
        ])
        #expect(try await store.claim(9).isEmpty)
        #expect(try await store.claim(9, provider: "cloud").count == 1)
        #expect(try await store.claim(9, at: noon + .hours(1)).count == 1)
    }

    @Test("Of one target one job runs at a time", arguments: StoreUnderTest.allCases)
    func oneATarget(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([
            Fixture.backup(Fixture.assignment("hourly", "db")),
            Fixture.backup(Fixture.assignment("weekly", "db")),
            Fixture.backup(Fixture.assignment("weekly", "etc")),
        ])
        let first = try await store.claim(9)
        #expect(first.map(\.job.request.slot.assignment.target.text) == ["db", "etc"])
        #expect(try await store.claim(9).isEmpty)
        try await store.succeed(first[0])
        #expect(
            try await store.claim(9).map(\.job.request.slot.assignment.policy.text) == ["weekly"])
    }

    @Test("A success leaves the job, its run and its point", arguments: StoreUnderTest.allCases)
    func success(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([Fixture.backup()])
        let claimed = try #require(try await store.claim().first)
        let point = try await store.succeed(claimed, at: noon + .minutes(5))
        let job = try #require(try await store.job(claimed.job.id))
        #expect(job.state == .succeeded)
        #expect(job.endedAt == noon + .minutes(5))
        let run = try #require(try await store.runs(PageRequest()).rows.first)
        #expect(run.state == .succeeded)
        #expect(run.endedAt == noon + .minutes(5))
        let stored = try #require(
            try await store.availablePoints(of: claimed.job.request.slot.assignment).first)
        #expect(stored.id == point)
        #expect(stored.remote == Fixture.remotePoint(of: claimed.job.request.slot))
        #expect(try await store.events(PageRequest()).rows.map(\.kind) == ["backup.succeeded"])
    }

    @Test("A retry is claimed again when its time comes", arguments: StoreUnderTest.allCases)
    func retry(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([Fixture.backup()])
        let claimed = try #require(try await store.claim().first)
        let retryAt = noon + .minutes(10)
        try await store.end(claimed, .failed, next: .ready(notBefore: retryAt))
        #expect(try await store.claim(at: noon + .minutes(9)).isEmpty)
        #expect(try await store.nextInstants(after: noon).nextReady == retryAt)
        let again = try #require(try await store.claim(at: retryAt).first)
        #expect(again.job.attempt == 2)
        #expect(again.job.failures == 1)
        #expect(again.job.lastError == "it rained")
        #expect(again.run != claimed.run)
    }

    @Test("An attempt that ended can't be recorded again", arguments: StoreUnderTest.allCases)
    func twice(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([Fixture.backup()])
        let claimed = try #require(try await store.claim().first)
        try await store.succeed(claimed)
        await #expect(throws: StoreError.self) { try await store.succeed(claimed) }
        #expect(try await store.points(PageRequest()).rows.count == 1)
    }

    @Test("A waiting job whose window closed is overdue", arguments: StoreUnderTest.allCases)
    func overdue(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        try await store.enqueue([Fixture.backup()])
        let closes = noon + .hours(4)
        #expect(try await store.overdueJobs(at: closes - .milliseconds(1), limit: 9).isEmpty)
        let job = try #require(try await store.overdueJobs(at: closes, limit: 9).first)
        let event = NewEvent(at: closes, kind: .backupMissed, actor: .scheduler)
        let closing = JobClosing(
            job: job.id, state: .missed, reason: "too late", at: closes, event: event)
        try await store.close([closing])
        try await store.close([closing])
        #expect(try await store.job(job.id)?.state == .missed)
        #expect(try await store.overdueJobs(at: closes, limit: 9).isEmpty)
        #expect(try await store.events(PageRequest()).rows.count == 1)
    }

    @Test(
        "An attempt that was cut short is claimed even after its window",
        arguments: StoreUnderTest.allCases, [RunState.interrupted, .handedBack])
    func cutShort(kind: StoreUnderTest, state: RunState) async throws {
        let store = try kind.make()
        try await store.enqueue([Fixture.backup()])
        let claimed = try #require(try await store.claim().first)
        let tomorrow = noon + .days(1)
        try await store.end(claimed, state, next: .ready(notBefore: tomorrow), at: tomorrow)
        #expect(try await store.overdueJobs(at: tomorrow, limit: 9).isEmpty)
        #expect(try await store.nextInstants(after: noon).nextClosing == nil)
        #expect(try await store.claim(at: tomorrow).first?.job.attempt == 2)
    }

    @Test("The queue tells when it needs attention", arguments: StoreUnderTest.allCases)
    func instants(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        #expect(
            try await store.nextInstants(after: noon)
                == QueueInstants(nextReady: nil, nextClosing: nil))
        try await store.enqueue([
            Fixture.backup(Fixture.assignment("p", "a"), notBefore: noon + .hours(2)),
            Fixture.backup(Fixture.assignment("p", "b"), opensAfter: .hours(-1)),
        ])
        #expect(
            try await store.nextInstants(after: noon)
                == QueueInstants(nextReady: noon + .hours(2), nextClosing: noon + .hours(3)))
    }

    @Test(
        "A slot that a wrong clock called missed waits again when it may still start",
        arguments: StoreUnderTest.allCases)
    func missedTooEarly(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let slot = Fixture.backup(opensAfter: .days(9))
        let ahead = noon + .days(30)
        let job = try await store.enqueue(slot, event: nil, at: ahead)
        let event = NewEvent(at: ahead, kind: .backupMissed, actor: .scheduler)
        try await store.close([
            JobClosing(job: job.id, state: .missed, reason: "closed", at: ahead, event: event)
        ])
        // Its window really is over: it stays missed.
        #expect(try await store.enqueue([slot], at: ahead) == 0)
        #expect(try await store.job(job.id)?.state == .missed)
        // The clock was ahead, and the window opens only now.
        #expect(try await store.enqueue([slot], at: noon + .days(9)) == 1)
        let again = try #require(try await store.job(job.id))
        #expect(again.state == .ready(notBefore: slot.notBefore))
        #expect(again.endedAt == nil)
        #expect(again.lastError == nil)
        let claimed = try #require(try await store.claim(at: noon + .days(9)).first)
        try await store.succeed(claimed, at: noon + .days(9))
        // One that ran is never run again.
        #expect(try await store.enqueue([slot], at: noon + .days(9)) == 0)
    }

    @Test("The planning cursor is what was planned last", arguments: StoreUnderTest.allCases)
    func cursor(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let policy = PolicyID(trusted: "nightly")
        for through in [noon, noon - .hours(1)] {
            _ = try await store.enqueue(
                [], cursor: PlanningCursor(policy: policy, through: through), events: [],
                at: noon)
        }
        #expect(try await store.planningCursors() == [policy: noon - .hours(1)])
    }
}
