import Glibc
import HoldfastCore

/// The machine's own clocks.
struct SystemWallClock: WallClock {
    var now: Timestamp { Timestamp(milliseconds: ClockReading.milliseconds(of: CLOCK_REALTIME)) }
}

/// A wall clock that runs faster than the machine's, for rehearsals: it agrees with the machine's at
/// one instant and never jumps. Two processes with the same instant and speed agree.
struct AcceleratedWallClock: WallClock {
    let speed: Int64
    private let beginning: Timestamp
    private let steadyBeginning: Int64

    /// - Parameter beginning: When it agrees with the machine's clock; `nil`: now.
    init(speed: Int64, beginning: Timestamp? = nil) {
        let now = SystemWallClock().now
        self.speed = speed
        self.beginning = beginning ?? now
        steadyBeginning =
            ClockReading.milliseconds(of: CLOCK_BOOTTIME)
            - (now - self.beginning).wholeMilliseconds
    }

    var now: Timestamp {
        beginning + .milliseconds(elapsed * speed)
    }

    private var elapsed: Int64 {
        ClockReading.milliseconds(of: CLOCK_BOOTTIME) - steadyBeginning
    }
}

/// A clock for waits and timeouts that keeps pace with an accelerated wall clock.
struct AcceleratedClock: Clock {
    struct Instant: InstantProtocol {
        fileprivate let real: ContinuousClock.Instant
        fileprivate let speed: Int

        func advanced(by duration: Duration) -> Instant {
            Instant(real: real.advanced(by: duration / speed), speed: speed)
        }

        func duration(to other: Instant) -> Duration { real.duration(to: other.real) * speed }

        static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.real < rhs.real }
    }

    let speed: Int

    var now: Instant { Instant(real: ContinuousClock.now, speed: speed) }
    var minimumResolution: Duration { ContinuousClock().minimumResolution * speed }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await ContinuousClock().sleep(
            until: deadline.real, tolerance: tolerance.map { $0 / speed })
    }
}

/// Reads the kernel's clocks.
enum ClockReading {
    static func milliseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Elapsed time since boot, sleep included.
    static func steady() -> Duration {
        .milliseconds(milliseconds(of: CLOCK_BOOTTIME))
    }
}
