/// How a policy spaces its retries: exponential back-off with full jitter.
public struct RetrySettings: Hashable, Sendable {
    /// How many failures a job may have; 1 means no retry.
    public let attempts: Int
    /// The upper bound of the first wait; each further one is twice as long.
    public let backoff: Duration
    /// The upper bound of every wait.
    public let maxBackoff: Duration

    /// Takes bounds that have been checked; `attempts` is 1 or more.
    public init(
        attempts: Int = 5, backoff: Duration = .seconds(30), maxBackoff: Duration = .minutes(15)
    ) {
        precondition(attempts >= 1, "a job is attempted at least once")
        self.attempts = attempts
        self.backoff = backoff
        self.maxBackoff = maxBackoff
    }

    /// Draws the wait after a failure.
    ///
    /// - Parameter failure: 1 for the first failure.
    /// - Returns: Between 0 and the smaller of `maxBackoff` and `backoff · 2^(failure − 1)`,
    ///   evenly, in whole milliseconds.
    public func wait(
        afterFailure failure: Int, using rng: inout some RandomNumberGenerator
    ) -> Duration {
        let doublings = min(max(failure, 1) - 1, 30)
        let (raised, overflow) = backoff.wholeMilliseconds.multipliedReportingOverflow(
            by: 1 << Int64(doublings))
        let bound =
            overflow
            ? maxBackoff.wholeMilliseconds : min(raised, maxBackoff.wholeMilliseconds)
        return .milliseconds(Int64.random(in: 0...max(0, bound), using: &rng))
    }
}
