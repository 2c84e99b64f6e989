import HoldfastCore
import Testing

@Suite("When drills are due")
struct DrillSettingsTests {
    private let noon = Timestamp(seconds: 1_773_057_600)
    private let weekly = DrillSettings(every: .days(7))

    private func assignment(_ target: String = "etc") -> Assignment {
        Assignment(policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: target))
    }

    private func record(
        last: Timestamp? = nil, first: Timestamp? = nil, hasPoint: Bool = true,
        isOpen: Bool = false
    ) -> DrillRecord {
        DrillRecord(
            lastEndedAt: last, firstGoodAt: first, hasPoint: hasPoint, isOpen: isOpen)
    }

    private func due(
        _ record: DrillRecord, since: Timestamp, now: Timestamp, target: String = "etc"
    ) -> Timestamp? {
        weekly.due(of: assignment(target), after: record, since: since, now: now)
    }

    @Test("The next one is due so long after the last one ended, on a whole second")
    func next() {
        let last = noon + .milliseconds(1)
        #expect(
            due(record(last: last, first: noon), since: noon, now: noon + .days(1))
                == noon + .days(7) + .seconds(1))
    }

    @Test("Without a good point, or while one is under way, none is due")
    func none() {
        #expect(due(record(first: noon, hasPoint: false), since: noon, now: noon) == nil)
        #expect(due(record(first: noon, isOpen: true), since: noon, now: noon) == nil)
    }

    @Test("The first one comes within a day of what is newer, the point or the declaration")
    func first() throws {
        let byPoint = try #require(
            due(record(first: noon + .days(2)), since: noon, now: noon + .days(3)))
        let byDeclaration = try #require(
            due(record(first: noon), since: noon + .days(2), now: noon + .days(3)))
        #expect(byPoint == byDeclaration)
        #expect(byPoint >= noon + .days(2) && byPoint < noon + .days(3))
        // The same after any restart.
        #expect(
            due(record(first: noon + .days(2)), since: noon, now: noon + .days(9)) == byPoint)
    }

    @Test("What a clock that was ahead has recorded does not put drills off for ever")
    func aheadClock() {
        let far = noon + .days(3650)
        #expect(due(record(last: far, first: far), since: far, now: noon) == noon + .days(7))
        let first = due(record(first: far), since: far, now: noon)
        #expect(first.map { $0 < noon + .days(1) } == true)
    }

    @Test("Ten thousand targets that begin together do not drill in one minute")
    func spread() {
        var minutes: [Int64: Int] = [:]
        for number in 1...10_000 {
            guard
                let instant = due(
                    record(first: noon), since: noon, now: noon, target: "web-\(number)")
            else {
                Issue.record("no drill is due")
                return
            }
            minutes[(instant - noon).wholeSeconds / 60, default: 0] += 1
        }
        // Seven in a minute is the mean.
        #expect(minutes.keys.allSatisfy { (0..<1440).contains($0) })
        #expect(minutes.count > 1400)
        #expect((minutes.values.max() ?? 0) < 30)
    }

    @Test("A slot has one number, and other slots have others")
    func stream() {
        let slot = SlotKey(assignment: assignment(), opens: noon)
        #expect(slot.stream == SlotKey(assignment: assignment(), opens: noon).stream)
        #expect(slot.stream != SlotKey(assignment: assignment("home"), opens: noon).stream)
        #expect(
            slot.stream != SlotKey(assignment: assignment(), opens: noon + .seconds(1)).stream)
    }
}
