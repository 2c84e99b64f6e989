import HoldfastCore
import HoldfastTesting
import Testing

@Suite("What becomes of the points of targets that are gone")
struct OrphanRulesTests {
    private let ended = Fixture.noon

    private func policy(_ orphans: OrphanRules?) -> Policy {
        var rules = KeepRules()
        rules.last = .all
        return Fixture.policy(
            retention: RetentionSettings(
                rules: rules, minimum: 30, grace: .hours(7), guardPercent: 15, orphans: orphans))
    }

    @Test(
        "The newest few stay for a time, then the newest one",
        arguments: [
            (Duration.zero, 3), (.days(90) - .seconds(1), 3), (.days(90), 1), (.days(999), 1),
        ])
    func kept(after: Duration, count: Int) throws {
        let rules = OrphanRules(keepLast: 3, for: .days(90))
        #expect(rules.kept(endedAt: ended, at: ended + after) == count)
        let policy = try #require(
            policy(rules).forOrphan(endedAt: ended, at: ended + after))
        #expect(policy.retention.rules.last == .periods(count))
        #expect(policy.retention.minimum == 1)
        #expect(policy.retention.grace == .hours(24) && policy.retention.guardPercent == 15)
    }

    @Test("A policy that says nothing of orphans prunes none")
    func silent() {
        #expect(policy(nil).forOrphan(endedAt: ended, at: ended + .days(9999)) == nil)
    }

    @Test("Only at Contabo do points die with their machine")
    func endangered() {
        let all: [ProviderCapabilities] = [.local, .digitalOcean, .contabo, .ionos, .pieces]
        #expect(all.map(\.pointsDieWithTarget) == [false, false, true, false, false])
    }
}
