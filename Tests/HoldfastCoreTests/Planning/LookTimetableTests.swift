import HoldfastCore
import HoldfastTesting
import Testing

@Suite("When a target's points are looked at")
struct LookTimetableTests {
    private func opening(
        _ name: String, every period: Duration = .hours(24), at now: Timestamp = Fixture.noon
    ) -> Timestamp {
        LookTimetable.newestOpening(
            of: TargetID(trusted: name), every: period, notAfter: now)
    }

    @Test(
        "Once a period, at the same instant until the next, never on a full minute",
        arguments: [
            Duration.hours(1), .hours(24), .hours(25), .days(30), .seconds(61),
        ])
    func once(period: Duration) {
        for number in 0..<50 {
            let name = "target-\(number)"
            let first = opening(name, every: period)
            #expect(first <= Fixture.noon)
            // An instant that is moved off a full minute may be a second late.
            #expect(Fixture.noon - first <= period + .seconds(1))
            #expect(first.seconds % 60 != 0)
            #expect(opening(name, every: period, at: first) == first)
            let next = opening(name, every: period, at: first + period + .seconds(1))
            #expect(next > first && next - first <= period + .seconds(1))
            #expect(opening(name, every: period, at: first - .seconds(1)) < first)
        }
    }

    @Test("Ten thousand targets are spread over the day")
    func spread() {
        var hours = Array(repeating: 0, count: 24)
        for number in 0..<10_000 {
            let opens = opening("do-prod-droplet-\(3_164_000 + number)")
            hours[Int(opens.seconds % 86_400) / 3600] += 1
        }
        // 417 an hour on average.
        #expect(hours.allSatisfy { (300...550).contains($0) }, "\(hours)")
    }

    @Test("A clock before the epoch is no reason to fail")
    func early() {
        let now = Timestamp(seconds: -5)
        let opens = opening("etc", at: now)
        #expect(opens <= now && now - opens <= .hours(24) + .seconds(1))
    }
}
