import HoldfastControl
import HoldfastCore
import HoldfastTesting
import Testing

@testable import holdfast

@Suite("What coverage tells")
struct CoverageTextTests {
    private let now = Fixture.noon

    private func status(
        _ target: String, newest: Int?, objective: Duration? = .hours(26), isOpen: Bool = false,
        next: Int = 14,
        waiver: Waiver? = nil, isPaused: Bool = false
    ) -> CoverageWire {
        let assignment = Fixture.assignment("nightly", target)
        let since = now - .days(40)
        let newestPoint = newest.map { now - .hours($0) }
        let standing = objective.map {
            ObjectiveStanding(
                assignment: assignment, objective: $0, since: since, inForceSince: since,
                newestPoint: newestPoint)
        }
        return CoverageWire(
            CoverageStatus(
                CoverageRecord(
                    assignment: assignment, since: since, newestPoint: newestPoint,
                    standing: standing), provider: ProviderID(trusted: "disk"),
                isWindowOpen: isOpen, nextOpening: isPaused ? nil : now + .hours(next),
                isPaused: isPaused, waiver: waiver, at: now))
    }

    private func date(_ day: Int) -> CivilDate { CivilDate(year: 2026, month: 3, day: day) }

    private func breach(_ target: String, _ from: Int, _ to: Int?) -> BreachWire {
        BreachWire(
            Breach(
                id: BreachID(1), assignment: Fixture.assignment("nightly", target),
                beganAt: now + .hours(from), endedAt: to.map { now + .hours($0) },
                objective: .hours(26), reason: .age, endedBy: to == nil ? nil : .point))
    }

    private func waiver(_ target: String) -> Waiver {
        Waiver(
            target: TargetID(trusted: target), policy: nil, owner: "anna", reason: "moving",
            until: now + .days(3))
    }

    private func report(
        _ from: Int, _ to: Int, _ breaches: [BreachWire], since: Int?, target: String? = nil,
        waivers: [WaiverWire] = []
    ) -> CoverageReportWire {
        CoverageReportWire(
            from: date(from), to: date(to), in: .utc, target: target,
            list: BreachListWire(
                items: breaches, nextCursor: nil, waivers: waivers,
                recordedSince: since.map { now + .hours($0) },
                now: now))
    }

    @Test("Every assignment now")
    func listing() throws {
        let rows = [
            status("etc", newest: 10), status("home", newest: 20),
            status("new-disk", newest: nil, objective: .days(60)),
            status("old-disk", newest: nil), status("scratch", newest: 3, objective: nil),
            status("wiki", newest: 30), status("wiki-2", newest: 30, waiver: waiver("wiki-2")),
            status("yard", newest: 1, isPaused: true),
        ]
        try expectGolden(CoverageText.now(rows, at: now) + "\n", "coverage/now.txt")
        try expectGolden(
            CoverageText.now([status("etc", newest: 1)], at: now) + "\n", "coverage/all-good.txt")
        #expect(CoverageText.now([], at: now) == "No target is under any policy.")
    }

    @Test("Past days, with what is not known of them")
    func days() throws {
        // Now is noon of the 9th.
        let breaches = [
            breach("etc", -100, -60), breach("wiki", -63, -62), breach("home", -3, nil),
        ]
        try expectGolden(
            CoverageText.days(report(3, 11, breaches, since: -130)) + "\n", "coverage/days.txt")
        let waived = WaiverWire(waiver("etc"), since: now - .hours(90))
        try expectGolden(
            CoverageText.days(report(4, 8, breaches, since: -900, waivers: [waived])) + "\n",
            "coverage/days-waived.txt")
        try expectGolden(
            CoverageText.days(report(6, 8, [], since: -900, target: "etc")) + "\n",
            "coverage/days-good.txt")
        try expectGolden(
            CoverageText.days(report(1, 2, [], since: -10)) + "\n", "coverage/days-unknown.txt")
    }

    @Test("A date is written in one way", arguments: ["2026-3-01", "20260301", "2026-02-30", ""])
    func dates(text: String) {
        #expect(throws: (any Error).self) { try DateArgument.parse(text) }
        #expect(throws: Never.self) { try DateArgument.parse("2024-02-29") }
    }
}
