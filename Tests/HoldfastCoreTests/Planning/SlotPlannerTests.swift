import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Planning slots")
struct SlotPlannerTests {
    private let noon = Fixture.noon
    private let web = Fixture.droplet(1, named: "web")

    private func unit() -> Target {
        Target(
            id: TargetID(trusted: "unit"), provider: Fixture.cloud,
            subject: .backupUnit(
                BackupUnit(name: "unit1", email: "a@example.com", password: .environment("P"))),
            policies: [PolicyID(trusted: "nightly")])
    }

    private func plan(
        _ policy: Policy, _ targets: [Target], at now: Timestamp, cursor: Timestamp? = nil,
        since start: Timestamp? = nil
    ) -> SlotPlan {
        var starts: [TargetID: Timestamp] = [:]
        if let start { for target in targets { starts[target.id] = start } }
        return SlotPlanner(policy: policy, targets: targets).plan(
            at: now, cursor: cursor, starts: starts)
    }

    @Test("An open window of ours is a backup that may start until the window closes")
    func managed() throws {
        let policy = Fixture.policy(plan: .daily, window: .hours(4)).opening(at: 12)
        let job = try #require(plan(policy, [web], at: noon + .minutes(5)).jobs.first)
        #expect(job.kind == .backup)
        #expect(job.notBefore == noon)
        #expect(job.closes == noon + .hours(4))
        #expect(job.startBefore == job.closes)
    }

    @Test("A window of the vendor's is looked at when it is over, and never too late")
    func native() throws {
        let planned = plan(Fixture.nativePolicy(), [web], at: noon + .minutes(5))
        let job = try #require(planned.jobs.first)
        #expect(planned.jobs.count == 1)
        #expect(job.kind == .reconcile)
        #expect(job.trigger == .schedule)
        #expect(job.slot.opens == noon)
        #expect(job.closes == noon + .hours(4))
        #expect(job.notBefore == noon + .hours(4) + SlotPlanner.vendorGrace)
        #expect(job.startBefore == .distantFuture)
        #expect(planned.cursor == noon)
    }

    @Test("The vendor's windows that closed unseen are all looked at, whatever is caught up")
    func nativeMissed() {
        let now = noon + .days(3) - .hours(1)
        let planned = plan(
            Fixture.nativePolicy(), [web], at: now, cursor: noon, since: noon - .days(9))
        #expect(planned.jobs.map(\.slot.opens) == [1, 2].map { noon + .days($0) })
        for job in planned.jobs {
            #expect(job.kind == .reconcile)
            #expect(job.startBefore == .distantFuture)
            #expect(job.notBefore == job.closes + SlotPlanner.vendorGrace)
        }
        // A target that is new has none of them.
        let fresh = plan(Fixture.nativePolicy(), [web], at: now, cursor: noon, since: now)
        #expect(fresh.jobs.isEmpty)
    }

    @Test("A backup unit has no points: its window keeps it as declared, while it is open")
    func backupUnit() throws {
        let policy = Fixture.policy(plan: .daily, window: .hours(4)).opening(at: 12)
        let jobs = plan(policy, [unit(), web], at: noon + .minutes(5)).jobs
        #expect(jobs.map(\.kind) == [.reconcile, .backup])
        let job = try #require(jobs.first)
        #expect(job.notBefore == noon)
        #expect(job.closes == noon + .hours(4))
        #expect(job.startBefore == noon + .hours(4))
    }

    @Test("Planning twice gives the same slots")
    func twice() {
        for policy in [Fixture.nativePolicy(), Fixture.policy()] {
            let first = plan(policy, [web, unit()], at: noon)
            let second = plan(policy, [web, unit()], at: noon + .minutes(9))
            #expect(first.jobs.map(\.slot) == second.jobs.map(\.slot))
            #expect(first.jobs.count == 2)
        }
    }

    @Test("The mark of a vendor's backup is its own, and reads back as a mark")
    func vendorToken() throws {
        let slot = SlotKey(assignment: Fixture.assignment(), opens: noon)
        let one = BackupToken(of: slot, remoteID: "1")
        #expect(one != slot.token)
        #expect(one != BackupToken(of: slot, remoteID: "2"))
        #expect(one == BackupToken(of: slot, remoteID: "1"))
        #expect(try #require(BackupToken(one.text)) == one)
        #expect(one.text.suffix(16) == slot.token.text.suffix(16))
    }
}

extension Policy {
    /// The same policy with its windows opening at this hour.
    fileprivate func opening(at hour: Int) -> Policy {
        Policy(
            id: id,
            schedule: Schedule(
                plan: schedule.plan, opensAt: LocalTime(hour: hour, minute: 0) ?? .midnight,
                length: schedule.length, zone: schedule.zone),
            timeout: timeout, retention: retention,
            recoveryPointObjective: recoveryPointObjective, retry: retry, catchUp: catchUp,
            hooks: hooks)
    }
}
