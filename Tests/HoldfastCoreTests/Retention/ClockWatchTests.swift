import HoldfastCore
import Testing

@Suite("ClockWatch")
struct ClockWatchTests {
    private let start = Timestamp(seconds: 1_780_000_000)

    private static let justStarted =
        "the daemon has just started; the clock is read twice, a minute apart, before anything goes"

    private func watch(newestRecord: Timestamp? = nil) -> ClockWatch {
        ClockWatch(wall: start, steady: .seconds(5000), newestRecord: newestRecord)
    }

    @Test("One reading is not enough, a second one a minute later is")
    func confirmation() {
        var watch = watch()
        #expect(watch.verdict == .doubtful(Self.justStarted))
        #expect(watch.observe(wall: start + .seconds(59), steady: .seconds(5059)) == nil)
        #expect(watch.verdict != .sane)
        #expect(watch.observe(wall: start + .seconds(60), steady: .seconds(5060)) == nil)
        #expect(watch.verdict == .sane)
    }

    @Test(
        "A jump is told and doubted until a minute later",
        arguments: [
            (Duration.hours(3), "3h"), (.seconds(121), "2m1s"), (.hours(-30), "-1d6h"),
            (.seconds(-121), "-2m1s"),
        ])
    func jump(size: Duration, text: String) {
        var watch = watch()
        _ = watch.observe(wall: start + .minutes(5), steady: .seconds(5300))
        #expect(watch.verdict == .sane)
        let jumped = start + .minutes(6) + size
        #expect(watch.observe(wall: jumped, steady: .seconds(5360)) == size)
        #expect(watch.verdict == .doubtful("the clock jumped by \(text) at \(jumped)"))
        #expect(watch.observe(wall: jumped + .seconds(30), steady: .seconds(5390)) == nil)
        #expect(watch.verdict != .sane)
        #expect(watch.observe(wall: jumped + .seconds(61), steady: .seconds(5421)) == nil)
        #expect(watch.verdict == .sane)
    }

    @Test("A second jump begins the doubt anew")
    func jumpTwice() {
        var watch = watch()
        _ = watch.observe(wall: start + .hours(1), steady: .seconds(5010))
        _ = watch.observe(wall: start + .hours(5), steady: .seconds(5060))
        _ = watch.observe(wall: start + .hours(5) + .seconds(20), steady: .seconds(5080))
        #expect(watch.verdict != .sane)  // 70 s after the first jump, 20 s after the second
        _ = watch.observe(wall: start + .hours(5) + .seconds(60), steady: .seconds(5120))
        #expect(watch.verdict == .sane)
    }

    @Test("Drift within the tolerance is no jump", arguments: [120, 60, 0, -60, -120])
    func drift(seconds: Int) {
        var watch = watch()
        let wall = start + .minutes(10) + .seconds(seconds)
        #expect(watch.observe(wall: wall, steady: .seconds(5600)) == nil)
        #expect(watch.verdict == .sane)
    }

    @Test("A long sleep that both clocks count is no jump")
    func sleep() {
        var watch = watch()
        #expect(watch.observe(wall: start + .days(3), steady: .seconds(5000 + 3 * 86_400)) == nil)
        #expect(watch.verdict == .sane)
    }

    @Test("A clock behind the history stays in doubt until it has caught up")
    func behindHistory() {
        let newest = start + .hours(1)
        var watch = watch(newestRecord: newest)
        #expect(
            watch.verdict
                == .doubtful(
                    "the clock says \(start), but the history was last written at \(newest)"))
        _ = watch.observe(wall: start + .minutes(30), steady: .seconds(6800))
        #expect(watch.verdict != .sane)
        _ = watch.observe(wall: start + .minutes(58), steady: .seconds(8480))
        #expect(watch.verdict == .sane)
    }

    @Test("A history written just now is no reason for doubt")
    func history() {
        var watch = watch(newestRecord: start + .minutes(2))
        #expect(watch.verdict == .doubtful(Self.justStarted))
        _ = watch.observe(wall: start + .minutes(1), steady: .seconds(5060))
        #expect(watch.verdict == .sane)
    }
}
