import HoldfastCore
import Testing

@Suite("JobMachine")
struct JobMachineTests {
    private static let opens = Timestamp(seconds: 1_780_000_000)
    private static let startBefore = opens + .hours(4)
    private static let soon = opens + .minutes(30)
    private let now = Self.opens + .minutes(10)

    /// A job as the queue has it when an attempt begins.
    private func running(
        attempt: Int = 1, failures: Int = 0, failureMax: Int = 3
    ) -> JobMachine {
        JobMachine(
            Jobs.job(
                .running(leaseUntil: now + .minutes(5)), attempt: attempt, failures: failures,
                startBefore: Self.startBefore), failureMax: failureMax)
    }

    private func ready(attempt: Int) -> JobMachine {
        JobMachine(
            Jobs.job(
                .ready(notBefore: now), attempt: attempt, failures: 0,
                startBefore: Self.startBefore), failureMax: 3)
    }

    @Test(
        "What a failed attempt leads to",
        arguments: [
            (ProviderError.Kind.transient, soon, JobMachine.Action.retry(at: soon)),
            (
                .transient, startBefore - .milliseconds(1),
                .retry(at: startBefore - .milliseconds(1))
            ),
            (.transient, startBefore, .record(.failed)),  // too late for a start
            (.throttled, soon, .retry(at: soon)),
            (.throttled, startBefore, .record(.failed)),
            (.ambiguous, soon, .findToken),
            (.ambiguous, startBefore, .findToken),  // looking is never too late
            (.quota, soon, .record(.failed)),
            (.authentication, soon, .record(.failed)),
            (.permanent, soon, .record(.failed)),
            (.notFound, soon, .record(.failed)),
        ])
    func failure(kind: ProviderError.Kind, retryAt: Timestamp, expected: JobMachine.Action) {
        var machine = running()
        _ = machine.claimed()
        #expect(machine.attemptFailed(ProviderError(kind, "no"), retryAt: retryAt) == expected)
        switch expected {
        case .retry(let at): #expect(machine.state == .ready(notBefore: at))
        case .record(let state): #expect(machine.state == state)
        case .findToken, .start: #expect(machine.state.name == "running")
        }
    }

    @Test(
        "The provider's own time for a retry wins: if later, or if it asked for patience",
        arguments: [
            (ProviderError.Kind.transient, Duration.minutes(50), opens + .minutes(50)),
            (.transient, .minutes(5), soon),
            (.throttled, .minutes(50), opens + .minutes(50)),
            (.throttled, .minutes(5), opens + .minutes(5)),
        ])
    func retryAfter(kind: ProviderError.Kind, wait: Duration, expected: Timestamp) {
        var machine = running()
        _ = machine.claimed()
        let error = ProviderError(kind, "later", retryAfter: Self.opens + wait)
        #expect(machine.attemptFailed(error, retryAt: Self.soon) == .retry(at: expected))
    }

    @Test("A provider that asks for more patience than the window has ends the job")
    func retryAfterTooLate() {
        var machine = running()
        _ = machine.claimed()
        let error = ProviderError(.throttled, "later", retryAfter: Self.startBefore)
        #expect(machine.attemptFailed(error, retryAt: Self.soon) == .record(.failed))
        #expect(machine.failures == 0)
    }

    @Test(
        "What counts as a failure",
        arguments: [
            (ProviderError.Kind.transient, 1), (.throttled, 0), (.ambiguous, 0), (.quota, 1),
            (.authentication, 1), (.permanent, 1), (.notFound, 1),
        ])
    func counting(kind: ProviderError.Kind, failures: Int) {
        var machine = running()
        _ = machine.claimed()
        _ = machine.attemptFailed(ProviderError(kind, "no"), retryAt: Self.soon)
        #expect(machine.failures == failures)
    }

    @Test("The last of the allowed failures ends the job")
    func attemptsUsedUp() {
        var machine = running(attempt: 3, failures: 2)
        #expect(machine.claimed() == .findToken)
        #expect(machine.tokenAbsent(at: now, retryAt: Self.soon) == .start)
        let error = ProviderError(.transient, "no")
        #expect(machine.attemptFailed(error, retryAt: Self.soon) == .record(.failed))
        #expect(machine.failures == 3)
    }

    @Test("The first attempt starts at once, every later one looks for the token first")
    func looksFirst() {
        var first = running()
        #expect(first.claimed() == .start)
        var second = running(attempt: 2)
        #expect(second.claimed() == .findToken)
        #expect(second.tokenAbsent(at: now, retryAt: Self.soon) == .start)
    }

    @Test("A token that is there completes the job, whenever it is found")
    func adopted() {
        var late = running(attempt: 2, failures: 3)
        #expect(late.claimed() == .findToken)
        #expect(late.completed() == .record(.succeeded))
        var unsure = running()
        _ = unsure.claimed()
        _ = unsure.attemptFailed(ProviderError(.ambiguous, "cut off"), retryAt: Self.soon)
        #expect(unsure.completed() == .record(.succeeded))
    }

    @Test(
        "A start that is too late or one too many does not happen",
        arguments: [
            (startBefore, 0), (opens + .minutes(10), 3),
        ])
    func noStart(now: Timestamp, failures: Int) {
        var machine = running(attempt: 2, failures: failures)
        #expect(machine.claimed() == .findToken)
        #expect(machine.tokenAbsent(at: now, retryAt: Self.soon) == .record(.failed))
    }

    @Test("After an ambiguous answer an absent token is an ordinary failure")
    func ambiguousAndAbsent() {
        var machine = running()
        _ = machine.claimed()
        let error = ProviderError(.ambiguous, "cut off")
        #expect(machine.attemptFailed(error, retryAt: Self.soon) == .findToken)
        #expect(machine.tokenAbsent(at: now, retryAt: Self.soon) == .retry(at: Self.soon))
        #expect(machine.failures == 1)
    }

    @Test("A search that is ambiguous itself is tried again, not repeated at once")
    func ambiguousSearch() {
        let error = ProviderError(.ambiguous, "cut off")
        var before = running(attempt: 2)
        _ = before.claimed()
        #expect(before.attemptFailed(error, retryAt: Self.soon) == .retry(at: Self.soon))
        var after = running()
        _ = after.claimed()
        #expect(after.attemptFailed(error, retryAt: Self.soon) == .findToken)
        #expect(after.attemptFailed(error, retryAt: Self.soon) == .retry(at: Self.soon))
        #expect(after.failures == 1)
    }

    @Test(
        "Who could not look for a lost backup looks again, as often as the policy allows",
        arguments: [ProviderError.Kind.authentication, .permanent, .notFound])
    func failedSearch(kind: ProviderError.Kind) {
        let error = ProviderError(kind, "no")
        var machine = running()
        _ = machine.claimed()
        _ = machine.attemptFailed(ProviderError(.ambiguous, "cut off"), retryAt: Self.soon)
        let late = Self.startBefore + .hours(1)
        #expect(machine.attemptFailed(error, retryAt: late) == .retry(at: late))
        #expect(machine.isUncertain)
        var worn = running(attempt: 3, failures: 2)
        _ = worn.claimed()
        // Certain that nothing is there, because no attempt was ambiguous: the answer ends it.
        #expect(worn.attemptFailed(error, retryAt: Self.soon) == .record(.failed))
    }

    @Test("A job that is handed back waits from now on and lost nothing")
    func handedBack() {
        var machine = running()
        _ = machine.claimed()
        #expect(machine.handedBack(at: now) == .retry(at: now))
        #expect(machine.state == .ready(notBefore: now))
        #expect(machine.failures == 0)
    }

    @Test("An interrupted job goes back even after its window, to look for its token")
    func interrupted() {
        var machine = running()
        let late = Self.startBefore + .hours(1)
        #expect(machine.interrupted(at: late) == .retry(at: late))
        #expect(machine.failures == 1)
        // However often it is interrupted, the count stays within its limit.
        var worn = running(attempt: 9, failures: 3)
        #expect(worn.interrupted(at: now) == .retry(at: now))
        #expect(worn.failures == 3)
    }

    @Test(
        "A window that closes is missed when nothing was tried, else failed",
        arguments: [
            (0, JobState.missed), (1, .failed), (4, .failed),
        ])
    func windowClosed(attempt: Int, expected: JobState) {
        var machine = ready(attempt: attempt)
        #expect(machine.windowClosed() == .record(expected))
        #expect(machine.state == expected)
    }

    @Test("A waiting job can be cancelled")
    func cancelled() {
        var machine = ready(attempt: 1)
        #expect(machine.cancelled() == .record(.cancelled))
        #expect(machine.state == .cancelled)
    }

    @Test("A lower limit after a reload does not give failures back")
    func lowerLimit() {
        var machine = running(attempt: 5, failures: 4, failureMax: 2)
        #expect(machine.claimed() == .findToken)
        #expect(machine.tokenAbsent(at: now, retryAt: Self.soon) == .record(.failed))
        #expect(machine.failures == 4)
    }

    @Test("Every state has a word, and only four are ends")
    func states() {
        let all: [JobState] = [
            .ready(notBefore: now), .running(leaseUntil: now), .succeeded, .failed, .missed,
            .cancelled,
        ]
        #expect(all.map(\.name) == JobState.names)
        #expect(all.filter(\.isEnd) == [.succeeded, .failed, .missed, .cancelled])
    }
}
