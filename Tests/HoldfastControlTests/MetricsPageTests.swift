import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastControl

@Suite("Metrics")
struct MetricsPageTests {
    private var status: DaemonStatus {
        let event = Event(
            id: 44, at: Fixture.noon, kind: "daemon.started", actor: "recovery", policy: nil,
            target: nil, job: nil, token: nil, detail: "{}", hash: "")
        var status = DaemonStatus(
            version: #"1.2 "beta"\x"#, now: Fixture.noon + .hours(1), startedAt: Fixture.noon,
            configurationDigest: "abc", configurationLoadedAt: Fixture.noon + .milliseconds(1500),
            configurationRejection: "broken", configurationWarnings: [], providerCount: 1,
            policyCount: 1, targetCount: 2, nextOpening: nil, nextPolicy: nil,
            totals: HistoryTotals(
                readyJobs: 3, runningJobs: 1, points: 12, storedBytes: ByteCount(5_000_000_000),
                lastEvent: event), problems: [], pruningHeld: nil,
            failingProviders: [ProviderID(trusted: "do-prod")])
        status.healthCounts = [.ok: 7, .missed: 2]
        status.prunePlans = [plan([1, 2]), plan([2, 3])]
        status.uncovered.counts = [
            ProviderID(trusted: "vps"): 0, ProviderID(trusted: "do-prod"): 2,
        ]
        status.uncovered.listedAt = [ProviderID(trusted: "do-prod"): Fixture.noon]
        status.uncovered.oldest = Fixture.noon - .days(9)
        status.ending = [
            EndingTarget(
                target: TargetID(trusted: "web-1"), provider: ProviderID(trusted: "vps"),
                title: "web", endsAt: Fixture.noon + .days(9), pointCount: 3)
        ]
        return status
    }

    private func plan(_ numbers: [Int64]) -> PrunePlan {
        let points = numbers.map { number in
            let slot = Fixture.backup(opensAfter: .hours(Int(number))).slot
            return RecoveryPoint(
                id: PointID(number), assignment: slot.assignment,
                provider: ProviderID(trusted: "disk"), run: RunID(number),
                remote: Fixture.remotePoint(of: slot, takenAt: slot.opens), state: .available,
                recordedAt: slot.opens)
        }
        return PrunePlan(
            scope: .provider, provider: ProviderID(trusted: "disk"), points: points,
            load: PruneLoad(excess: 2, total: 9), percent: 20)
    }

    @Test("The page is as Prometheus reads it")
    func page() throws {
        let page = MetricsPage(status: status, refusals: ["prune_guard": 25, "clock": 1])
        try expectGolden(page.text, "metrics.txt")
    }

    @Test("What a label or a help text may hold is escaped")
    func escaping() {
        var page = MetricsPage()
        page.add(
            "holdfast_test", .gauge, help: "A \\ and a\nline.",
            [MetricsPage.Sample(0.5, [("name", "a\"b\\c\nd")])])
        #expect(
            page.text == #"""
                # HELP holdfast_test A \\ and a\nline.
                # TYPE holdfast_test gauge
                holdfast_test{name="a\"b\\c\nd"} 0.5

                """#)
    }

    @Test("Every name is one that Prometheus takes, and is told once")
    func names() throws {
        let text = MetricsPage(status: status, refusals: [:]).text
        let families = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            .map { $0.split(separator: " ")[2] }
        #expect(Set(families).count == families.count)
        let pattern = try Regex("holdfast_[a-z_]+")
        for name in families { #expect(name.wholeMatch(of: pattern) != nil, "\(name)") }
    }
}
