/// A declared acceptance that a target may be beyond its objective for a while.
public struct Waiver: Hashable, Sendable {
    /// For which target.
    public let target: TargetID
    /// Under which of its policies; `nil`: all of them.
    public let policy: PolicyID?
    /// Who answers for it.
    public let owner: String
    /// Why.
    public let reason: String
    /// The first instant at which it does not hold any more.
    public let until: Timestamp

    /// The longest owner and the longest reason, in bytes.
    public static let textMax = 200

    /// Takes all of it.
    public init(
        target: TargetID, policy: PolicyID?, owner: String, reason: String, until: Timestamp
    ) {
        self.target = target
        self.policy = policy
        self.owner = owner
        self.reason = reason
        self.until = until
    }

    /// Whether it is about an assignment.
    public func concerns(_ assignment: Assignment) -> Bool {
        target == assignment.target && (policy.map { $0 == assignment.policy } ?? true)
    }
}

/// A waiver with its place in the files, for what is said about it.
public struct PlacedWaiver: Hashable, Sendable {
    /// The waiver.
    public let waiver: Waiver
    /// File, line, column and key path.
    public let place: String

    /// Joins both.
    public init(_ waiver: Waiver, at place: String) {
        self.waiver = waiver
        self.place = place
    }

    /// What is said about it once it has expired; `nil` while it holds.
    public func warning(at now: Timestamp) -> String? {
        guard waiver.until <= now else { return nil }
        return "\(place): the waiver for target '\(waiver.target)' of \(waiver.owner) expired at "
            + "\(waiver.until.rfc3339); renew it or remove it"
    }
}

/// A waiver as the history has it: from when it was put in force to when it ended.
public struct RecordedWaiver: Hashable, Sendable {
    /// The waiver; its `until` is when it ended, by itself or by being taken out of the files.
    public let waiver: Waiver
    /// Since when.
    public let since: Timestamp

    /// Joins both.
    public init(_ waiver: Waiver, since: Timestamp) {
        self.waiver = waiver
        self.since = since
    }
}
