import HoldfastCore
import Testing

@Suite("Days beyond an objective")
struct CoverageDaysTests {
    private let march = CivilDate(year: 2026, month: 3, day: 28)
    private let recorded = Timestamp(seconds: 0)
    private let later = Timestamp(rfc3339: "2027-01-01T00:00:00Z") ?? .distantFuture

    private func breach(
        _ from: String, _ to: String?, _ target: String = "etc"
    ) throws -> Breach {
        Breach(
            id: BreachID(1),
            assignment: Assignment(
                policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: target)),
            beganAt: try #require(Timestamp(rfc3339: from)),
            endedAt: try to.map { try #require(Timestamp(rfc3339: $0)) }, objective: .hours(26),
            reason: .age, endedBy: to == nil ? nil : .point)
    }

    private func text(_ days: [CoverageDay]) -> [String] {
        days.map { day in
            let (_, month, number) = day.date.components
            let rows = day.beyond.map {
                " \($0.assignment.target) \(DurationText.brief($0.time))"
            }
            return "\(month)-\(number)" + rows.joined()
        }
    }

    @Test("Each day has what of the breach lies in it, as long as the day is in its zone")
    func springDay() throws {
        let berlin = try ZoneFiles.rules("Europe/Berlin")
        let breaches = [try breach("2026-03-28T22:00:00Z", "2026-03-29T22:30:00Z")]
        let days = coverageDays(
            from: march, to: march.advanced(byDays: 3), in: berlin, breaches: breaches,
            recordedSince: recorded, at: later)
        // The 29th has 23 hours there.
        #expect(text(days) == ["3-28 etc 1h", "3-29 etc 23h", "3-30 etc 30m", "3-31"])
        let utc = coverageDays(
            from: march, to: march.advanced(byDays: 1), in: .utc, breaches: breaches,
            recordedSince: recorded, at: later)
        #expect(text(utc) == ["3-28 etc 2h", "3-29 etc 22h30m"])
    }

    @Test("A breach that lasts counts up to now; days to come have none")
    func lasting() throws {
        let now = try #require(Timestamp(rfc3339: "2026-03-29T06:00:00Z"))
        let days = coverageDays(
            from: march, to: march.advanced(byDays: 2), in: .utc,
            breaches: [try breach("2026-01-01T00:00:00Z", nil)], recordedSince: recorded, at: now)
        #expect(text(days) == ["3-28 etc 1d", "3-29 etc 6h", "3-30"])
        #expect(days.map(\.record) == [.whole, .soFar, .future])
    }

    @Test("Days before the history began are not counted as good")
    func unrecorded() throws {
        let since = try #require(Timestamp(rfc3339: "2026-03-29T06:00:00Z"))
        let days = coverageDays(
            from: march, to: march.advanced(byDays: 2), in: .utc, breaches: [],
            recordedSince: since, at: later)
        #expect(days.map(\.record) == [.none, .since(since), .whole])
        #expect(days.map(\.isRecorded) == [false, true, true])
        let empty = coverageDays(
            from: march, to: march, in: .utc, breaches: [], recordedSince: nil, at: later)
        #expect(empty.map(\.record) == [.none])
    }

    @Test("Two breaches of a day are added, targets and what only touches a day are kept apart")
    func several() throws {
        let breaches = [
            try breach("2026-03-28T20:00:00Z", "2026-03-28T21:00:00Z"),
            try breach("2026-03-28T02:00:00Z", "2026-03-28T02:30:00Z"),
            try breach("2026-03-28T23:00:00Z", "2026-03-29T00:00:00Z", "a"),
            try breach("2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z", "b"),
        ]
        let days = coverageDays(
            from: march, to: march.advanced(byDays: 1), in: .utc, breaches: breaches,
            recordedSince: recorded, at: later)
        #expect(text(days) == ["3-28 a 1h etc 1h30m", "3-29"])
    }

    @Test("What is under a waiver is counted apart, and no instant of it twice")
    func waived() throws {
        func waiver(_ from: String, _ until: String, policy: String? = nil) throws -> RecordedWaiver
        {
            RecordedWaiver(
                Waiver(
                    target: TargetID(trusted: "etc"),
                    policy: policy.map { PolicyID(trusted: $0) }, owner: "anna", reason: "moving",
                    until: try #require(Timestamp(rfc3339: until))),
                since: try #require(Timestamp(rfc3339: from)))
        }
        let breaches = [
            try breach("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
            try breach("2026-03-29T06:00:00Z", "2026-03-29T07:00:00Z", "home"),
        ]
        let days = coverageDays(
            from: march, to: march.advanced(byDays: 1), in: .utc, breaches: breaches,
            waivers: [
                try waiver("2026-03-01T00:00:00Z", "2026-03-28T20:00:00Z"),
                try waiver("2026-03-28T18:00:00Z", "2026-03-29T00:00:00Z", policy: "nightly"),
                try waiver("2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z"),
                try waiver("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", policy: "weekly"),
            ], recordedSince: recorded, at: later)
        #expect(days.map { $0.beyond.map(\.time) } == [[.hours(12)], [.hours(12), .hours(1)]])
        #expect(days.map { $0.beyond.map(\.waived) } == [[.hours(12)], [.hours(3), .zero]])
        #expect(days.map(\.hasBreach) == [false, true])
    }

    @Test("A date that a zone skipped is no day")
    func skippedDate() throws {
        let apia = try ZoneFiles.rules("Pacific/Apia")
        let days = coverageDays(
            from: CivilDate(year: 2011, month: 12, day: 29),
            to: CivilDate(year: 2011, month: 12, day: 31), in: apia, breaches: [],
            recordedSince: recorded, at: later)
        #expect(text(days) == ["12-29", "12-31"])
    }
}

@Suite("How an assignment stands")
struct CoverageStatusTests {
    private let noon = Timestamp(seconds: 1_773_057_600)
    private let assignment = Assignment(
        policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: "etc"))

    private func state(
        newest: Int?, at now: Int, next: Int, isWindowOpen: Bool = false
    ) -> CoverageStatus {
        let newestPoint = newest.map { noon + .hours($0) }
        let standing = ObjectiveStanding(
            assignment: assignment, objective: .hours(10), since: noon, inForceSince: noon,
            newestPoint: newestPoint)
        return CoverageStatus(
            CoverageRecord(
                assignment: assignment, since: noon, newestPoint: newestPoint,
                standing: standing),
            provider: ProviderID(trusted: "disk"), isWindowOpen: isWindowOpen,
            nextOpening: noon + .hours(next), at: noon + .hours(now))
    }

    @Test(
        "One word for each state",
        arguments: [
            (1, 2, 11, false, CoverageStatus.State.ok), (1, 2, 12, false, .atRisk),
            (1, 2, 12, true, .ok), (1, 11, 12, true, .beyond), (nil, 2, 10, false, .new),
            (nil, 2, 12, false, .atRisk), (nil, 10, 12, false, .beyond),
        ] as [(Int?, Int, Int, Bool, CoverageStatus.State)])
    func states(
        newest: Int?, now: Int, next: Int, isWindowOpen: Bool, expected: CoverageStatus.State
    ) {
        let found = state(newest: newest, at: now, next: next, isWindowOpen: isWindowOpen)
        #expect(found.state == expected)
        #expect(found.brokenAt == noon + .hours((newest ?? 0) + 10))
    }

    @Test("Without an objective nothing is broken")
    func withoutObjective() {
        let found = CoverageStatus(
            CoverageRecord(
                assignment: assignment, since: noon, newestPoint: nil, standing: nil),
            provider: ProviderID(trusted: "disk"), isWindowOpen: false, nextOpening: noon,
            at: noon + .days(900))
        #expect(found.state == .noObjective)
        #expect(found.brokenAt == nil)
    }
}
