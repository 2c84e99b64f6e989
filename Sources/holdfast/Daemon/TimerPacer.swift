import CLinux
import Dispatch
import Glibc
import HoldfastCore
import Synchronization

/// Rests on the kernel's timers: one on the wall clock, which a clock step cancels, and one on
/// elapsed time. Nothing wakes up in between.
///
/// Timer events, signals and `wake` come from synchronous callbacks, hence the lock.
final class TimerPacer: Pacer {
    private struct State {
        var waiter: CheckedContinuation<Wake, Never>?
        var hasNews = false
        var isStopped = false
        var sources: [any DispatchSourceRead] = []
    }

    private let state = Mutex(State())
    private let wallTimer: Int32
    private let steadyTimer: Int32
    private let accelerated: AcceleratedWallClock?

    /// - Parameter accelerated: The clock that instants are on; `nil` for the machine's own.
    init(accelerated: AcceleratedWallClock?) {
        let flags = Int32(TFD_NONBLOCK | TFD_CLOEXEC)
        let wall = timerfd_create(CLOCK_REALTIME, flags)
        let steady = timerfd_create(CLOCK_MONOTONIC, flags)
        precondition(wall >= 0 && steady >= 0, "the kernel gives no timer")
        wallTimer = wall
        steadyTimer = steady
        self.accelerated = accelerated
        for timer in [wall, steady] {
            state.withLock { state in
                let source = DispatchSource.makeReadSource(
                    fileDescriptor: timer, queue: DispatchQueue(label: "holdfast.pacer"))
                source.setEventHandler { [weak self] in
                    if let wake = TimerPacer.take(timer) { self?.resume(with: wake) }
                }
                source.setCancelHandler { close(timer) }
                source.activate()
                state.sources.append(source)
            }
        }
    }

    deinit {
        state.withLock { state in
            for source in state.sources { source.cancel() }
        }
    }

    func rest(until instant: Timestamp?, atMost limit: Duration?) async -> Wake {
        await withTaskCancellationHandler {
            await pause(until: instant, atMost: limit)
        } onCancel: {
            stop()
        }
    }

    private func pause(until instant: Timestamp?, atMost limit: Duration?) async -> Wake {
        await withCheckedContinuation { continuation in
            let immediate = state.withLock { state -> Wake? in
                if state.isStopped { return .stop }
                if state.hasNews {
                    state.hasNews = false
                    return .news
                }
                precondition(state.waiter == nil, "two rest at one pacer")
                state.waiter = continuation
                return nil
            }
            if let immediate {
                continuation.resume(returning: immediate)
            } else {
                arm(until: instant, atMost: limit)
            }
        }
    }

    func wake() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.hasNews = true }
            return state.waiter
        }
        waiter?.resume(returning: .news)
    }

    /// Ends this rest and every further one.
    func stop() {
        state.withLock { $0.isStopped = true }
        resume(with: .stop)
    }

    private func resume(with wake: Wake) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: wake)
    }

    private func arm(until instant: Timestamp?, atMost limit: Duration?) {
        var steadyWait = limit
        var wallInstant = Timestamp.distantFuture
        if let accelerated {
            if let instant {
                let distance = max(.zero, instant - accelerated.now)
                let real = Duration.milliseconds(
                    distance.wholeMilliseconds / accelerated.speed + 1)
                steadyWait = min(real, limit ?? real)
            }
        } else if let instant {
            wallInstant = instant
        }
        var wall = itimerspec()
        wall.it_value.tv_sec = Int(max(1, wallInstant.seconds))
        wall.it_value.tv_nsec = Int(
            (wallInstant.milliseconds - wallInstant.seconds * 1000) * 1_000_000)
        timerfd_settime(wallTimer, Int32(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET), &wall, nil)
        var steady = itimerspec()
        if let steadyWait {
            let nanoseconds = max(1, steadyWait.wholeMilliseconds * 1_000_000)
            steady.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
            steady.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        }
        timerfd_settime(steadyTimer, 0, &steady, nil)
    }

    /// Reads a timer that became readable; `nil` when it had not fired.
    private static func take(_ timer: Int32) -> Wake? {
        var count: UInt64 = 0
        if read(timer, &count, 8) == 8 { return .due }
        return errno == ECANCELED ? .clockStep : nil
    }
}
