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
/// too large on one day does not pass by itself on another. It ends with the mark, with an operator's
/// confirmation, and with other rules, when what is left of the marks is no more than the guard would
/// have let pass on that day.
public struct GuardHold: Hashable, Sendable {
    /// When it did so first.
    public let since: Timestamp
    /// Which guard.
    public let scope: GuardScope
    /// How many points there were, of which it lets a share pass.
    public let total: Int

    /// Takes all of it.
    public init(since: Timestamp, scope: GuardScope, total: Int) {
        self.since = since
        self.scope = scope
        self.total = total
    }
}
