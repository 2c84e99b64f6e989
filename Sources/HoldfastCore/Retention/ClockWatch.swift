/// Whether the wall clock can be trusted with a deletion.
public enum ClockVerdict: Hashable, Sendable {
    /// Two readings agree with the clock that never jumps.
    case sane
    /// Not yet, or no longer; the clause says why.
    case doubtful(String)
}

/// Compares the wall clock with one that never jumps, and remembers doubt until two readings agree.
public struct ClockWatch: Sendable {
    /// How far the clocks may drift apart between two readings.
    public static let tolerance = Duration.minutes(2)
    /// How far apart two readings are at least that may end a doubt.
    public static let confirmationDistance = Duration.minutes(1)

    private var wall: Timestamp
    private var steady: Duration
    private var confirmedFrom: (wall: Timestamp, steady: Duration)
    /// What is thought of the clock now.
    public private(set) var verdict: ClockVerdict

    /// Takes the first reading.
    ///
    /// - Parameters:
    ///   - wall: The wall clock.
    ///   - steady: A clock that counts elapsed time, sleep included, from any start.
    ///   - newestRecord: The latest instant in the history; a clock that is behind it went back
    ///     while the daemon was down.
    public init(wall: Timestamp, steady: Duration, newestRecord: Timestamp?) {
        self.wall = wall
        self.steady = steady
        confirmedFrom = (wall, steady)
        if let newestRecord, wall + Self.tolerance < newestRecord {
            verdict = .doubtful(
                "the clock says \(wall), but the history was last written at \(newestRecord)")
        } else {
            verdict = .doubtful(
                "the daemon has just started; the clock is read twice, a minute apart, before anything goes"
            )
        }
        floor = newestRecord
    }

    private var floor: Timestamp?

    /// Takes another reading.
    ///
    /// - Returns: How far the wall clock jumped since the last reading, when it jumped.
    public mutating func observe(wall now: Timestamp, steady nowSteady: Duration) -> Duration? {
        let drift = (now - wall) - (nowSteady - steady)
        wall = now
        steady = nowSteady
        if drift > Self.tolerance || drift < .zero - Self.tolerance {
            verdict = .doubtful("the clock jumped by \(DurationText.brief(drift)) at \(now)")
            confirmedFrom = (now, nowSteady)
            return drift
        }
        guard case .doubtful = verdict,
            nowSteady - confirmedFrom.steady >= Self.confirmationDistance
        else { return nil }
        if let floor, now + Self.tolerance < floor { return nil }
        verdict = .sane
        return nil
    }
}
