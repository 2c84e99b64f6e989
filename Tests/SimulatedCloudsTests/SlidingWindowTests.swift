import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("The rate limit of a simulated vendor")
struct SlidingWindowTests {
    private let noon = Timestamp(seconds: 1_774_612_800)

    @Test("Requests fall out one by one, not all at the full hour")
    func sliding() {
        var limiter = RateLimiter(hourLimit: 2, minuteLimit: 0)
        #expect(limiter.admit(at: noon).hour?.remaining == 1)
        let second = limiter.admit(at: noon + .minutes(30))
        #expect(second.hour?.remaining == 0)
        #expect(second.hour?.oldestFallsOut == noon + .hours(1))
        #expect(!limiter.admit(at: noon + .minutes(59)).isAdmitted)
        #expect(limiter.admit(at: noon + .hours(1)).isAdmitted)
        #expect(!limiter.admit(at: noon + .minutes(61)).isAdmitted)
    }

    @Test("The minute's refusal says when there is room, and is not counted")
    func minute() {
        var limiter = RateLimiter(hourLimit: 10, minuteLimit: 1)
        #expect(limiter.admit(at: noon).isAdmitted)
        let refused = limiter.admit(at: noon + .seconds(10))
        #expect(!refused.isAdmitted)
        #expect(refused.minuteHasRoom == noon + .minutes(1))
        #expect(refused.hour?.remaining == 9)
        #expect(limiter.admit(at: noon + .minutes(1)).isAdmitted)
    }

    @Test("A limit of 0 is no limit")
    func off() {
        var limiter = RateLimiter(hourLimit: 0, minuteLimit: 0)
        for _ in 0..<10_000 {
            let verdict = limiter.admit(at: noon)
            #expect(verdict.isAdmitted && verdict.hour == nil)
        }
    }
}
