import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Back-off")
struct RetrySettingsTests {
    @Test(
        "A wait is anything up to the doubled bound, and never more than the largest",
        arguments: [
            (1, Duration.seconds(30)), (2, .seconds(60)), (3, .seconds(120)), (5, .seconds(480)),
            (6, .seconds(900)), (7, .seconds(900)), (500, .seconds(900)), (0, .seconds(30)),
            (-3, .seconds(30)),
        ])
    func bounds(failure: Int, bound: Duration) {
        let settings = RetrySettings()
        var rng = SeededGenerator(seed: 42)
        var smallest = Duration.days(1)
        var largest = Duration.zero
        for _ in 0..<2000 {
            let wait = settings.wait(afterFailure: failure, using: &rng)
            smallest = min(smallest, wait)
            largest = max(largest, wait)
        }
        #expect(smallest >= .zero && smallest < bound / 50)
        #expect(largest <= bound && largest > bound * 49 / 50)
    }

    @Test(
        "Bounds of any size are no trap",
        arguments: [
            (Duration.seconds(Int64.max), Duration.minutes(15)), (.days(36_500), .days(36_500)),
            (.zero, .zero), (.milliseconds(1), .seconds(Int64.max)), (.seconds(30), .zero),
        ])
    func extremes(backoff: Duration, maxBackoff: Duration) {
        let settings = RetrySettings(attempts: 1, backoff: backoff, maxBackoff: maxBackoff)
        var rng = SeededGenerator(seed: 1)
        for failure in [1, 2, 30, 31, 32, 64, 1000] {
            let wait = settings.wait(afterFailure: failure, using: &rng)
            #expect(wait >= .zero && wait <= maxBackoff)
        }
    }

    @Test("The same seed draws the same wait")
    func deterministic() {
        var first = SeededGenerator(seed: 7)
        var second = SeededGenerator(seed: 7)
        let settings = RetrySettings()
        for failure in 1...20 {
            #expect(
                settings.wait(afterFailure: failure, using: &first)
                    == settings.wait(afterFailure: failure, using: &second))
        }
    }
}
