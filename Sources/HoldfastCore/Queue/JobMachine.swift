/// The life of a job as a value: takes what happened and says what to do.
///
/// It keeps the promise that a slot gets one backup: after an ambiguous answer, a crash or a lost
/// lease it asks for the token before it lets anything start again.
public struct JobMachine: Hashable, Sendable {
    /// What the runner has to do next.
    public enum Action: Hashable, Sendable {
        /// Ask the provider to begin.
        case start
        /// Ask the provider whether the token's backup is there already.
        case findToken
        /// Give up this attempt; the job waits until then.
        case retry(at: Timestamp)
        /// The job has reached its end.
        case record(JobState)
    }

    private enum Phase: Hashable {
        case waiting
        case lookingBeforeStart
        case working
        case lookingAfterAmbiguity
    }

    /// Where the job stands.
    public private(set) var state: JobState
    /// How often it was claimed.
    public private(set) var attempt: Int
    /// How many attempts count against the limit.
    public private(set) var failures: Int
    /// Whether the provider may have a backup of this slot that nobody knows of.
    public private(set) var isUncertain: Bool

    private let failureMax: Int
    private let startBefore: Timestamp
    private var phase = Phase.waiting

    /// Continues the life of a job as the queue has it.
    ///
    /// - Parameters:
    ///   - job: In any state.
    ///   - failureMax: The policy's `attempts`.
    public init(_ job: Job, failureMax: Int) {
        state = job.state
        attempt = job.attempt
        failures = job.failures
        isUncertain = job.isUncertain
        self.failureMax = failureMax
        startBefore = job.request.startBefore
        if case .running = state { phase = .working }
    }

    /// The job was claimed and its intent recorded; the queue has counted the attempt.
    public mutating func claimed() -> Action {
        guard case .running = state else { preconditionFailure("claimed in \(state)") }
        phase = attempt > 1 ? .lookingBeforeStart : .working
        return attempt > 1 ? .findToken : .start
    }

    /// The provider does not have the token's backup.
    public mutating func tokenAbsent(at now: Timestamp, retryAt: Timestamp) -> Action {
        isUncertain = false
        switch phase {
        case .lookingBeforeStart:
            guard failures < failureMax, now < startBefore else { return end(.failed) }
            phase = .working
            return .start
        case .lookingAfterAmbiguity:
            return retryOrFail(at: retryAt)
        case .waiting, .working: preconditionFailure("tokenAbsent in \(phase)")
        }
    }

    /// The backup is there: made just now, or found by its token.
    public mutating func completed() -> Action {
        guard case .running = state else { preconditionFailure("completed in \(state)") }
        isUncertain = false
        return end(.succeeded)
    }

    /// The provider could not do what it was asked, or could not tell about the token.
    public mutating func attemptFailed(_ error: ProviderError, retryAt: Timestamp) -> Action {
        guard case .running = state else { preconditionFailure("attemptFailed in \(state)") }
        switch error.kind {
        case .ambiguous where phase == .working:
            // It may have been done: look before starting again.
            phase = .lookingAfterAmbiguity
            isUncertain = true
            return .findToken
        case .throttled:
            // Being asked for patience is no failure; the window is the bound. The provider's own
            // time wins, also over a longer back-off.
            return retryOrFail(at: error.retryAfter ?? retryAt, counts: false)
        case .transient, .ambiguous:
            return retryOrFail(at: max(retryAt, error.retryAfter ?? retryAt))
        case .authentication, .permanent, .notFound:
            // Who could not look does not know: only finding out whether it is there ends the job.
            if isUncertain, phase != .working { return retryOrFail(at: retryAt) }
            countFailure()
            return end(.failed)
        case .quota:
            countFailure()
            return end(.failed)
        }
    }

    /// The daemon is stopping and the attempt was given up cleanly.
    public mutating func handedBack(at now: Timestamp) -> Action {
        guard case .running = state else { preconditionFailure("handedBack in \(state)") }
        isUncertain = true
        return wait(until: now)
    }

    /// Whoever ran the job died or lost its lease. It goes back even when its window has closed,
    /// because the provider may have finished the backup: the next claim looks for the token.
    public mutating func interrupted(at now: Timestamp) -> Action {
        guard case .running = state else { preconditionFailure("interrupted in \(state)") }
        isUncertain = true
        countFailure()
        return wait(until: now)
    }

    /// A waiting job can no longer start in time.
    public mutating func windowClosed() -> Action {
        guard case .ready = state else { preconditionFailure("windowClosed in \(state)") }
        return end(attempt == 0 ? .missed : .failed)
    }

    /// An operator stopped a waiting job, or its target was removed.
    public mutating func cancelled() -> Action {
        guard case .ready = state else { preconditionFailure("cancelled in \(state)") }
        return end(.cancelled)
    }

    private mutating func retryOrFail(at retryAt: Timestamp, counts: Bool = true) -> Action {
        if counts { countFailure() }
        // Looking for what may be there needs no open window.
        let isInTime = retryAt < startBefore || isUncertain
        guard failures < failureMax, isInTime else { return end(.failed) }
        return wait(until: retryAt)
    }

    /// Interruptions may go on after the limit is reached; there is nothing more to count then.
    private mutating func countFailure() {
        if failures < failureMax { failures += 1 }
    }

    private mutating func wait(until instant: Timestamp) -> Action {
        state = .ready(notBefore: instant)
        phase = .waiting
        return .retry(at: instant)
    }

    private mutating func end(_ state: JobState) -> Action {
        self.state = state
        phase = .waiting
        return .record(state)
    }
}
