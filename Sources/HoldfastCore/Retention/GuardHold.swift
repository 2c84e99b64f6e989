/// Whose points the guard counts.
public enum GuardScope: String, Hashable, Sendable {
    /// Those of one assignment at one provider.
    case assignment
    /// All that a provider holds.
    case provider
}

/// That the guard held a marked point back.
///
/// It stands although more points come and the share that would go is smaller then: a cut that was
/// too large on one day does not pass by itself on another. What is marked after it is judged without
/// it, so that the turnover goes on while a cut waits.
public struct GuardHold: Hashable, Sendable {
    /// When it did so first.
    public let since: Timestamp
    /// Which guard.
    public let scope: GuardScope

    /// Joins both.
    public init(since: Timestamp, scope: GuardScope) {
        self.since = since
        self.scope = scope
    }
}
