import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("A rate limit that fills up again")
struct TokenBucketTests {
    private let noon = CloudUnderTest.noon

    @Test("It admits a burst, then refuses and says exactly how long to wait")
    func burst() throws {
        var bucket = TokenBucket(perMinute: 7, burst: 3, at: noon)
        #expect((0..<3).map { _ in bucket.admit(at: noon).remaining } == [2, 1, 0])
        let refused = bucket.admit(at: noon)
        #expect(!refused.isAdmitted)
        let wait = try #require(refused.wait)
        #expect(wait == .milliseconds(8572))
        let early = bucket.admit(at: noon + wait - .milliseconds(1))
        #expect(!early.isAdmitted)
        #expect(bucket.admit(at: noon + wait).isAdmitted)
    }

    @Test("It holds no more than its burst, however long nobody asked")
    func cap() {
        var bucket = TokenBucket(perMinute: 600, burst: 2, at: noon)
        let later = noon + .days(40_000)
        #expect(bucket.admit(at: later).remaining == 1)
        #expect(bucket.admit(at: later).isAdmitted)
        #expect(!bucket.admit(at: later).isAdmitted)
    }

    @Test("A clock that is set back brings nothing, and takes nothing")
    func setBack() {
        var bucket = TokenBucket(perMinute: 60, burst: 1, at: noon)
        #expect(bucket.admit(at: noon).isAdmitted)
        #expect(!bucket.admit(at: noon - .hours(1)).isAdmitted)
        #expect(bucket.admit(at: noon - .hours(1) + .seconds(1)).isAdmitted)
    }
}
