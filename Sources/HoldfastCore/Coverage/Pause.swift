/// A policy that an operator paused: no window of it makes a slot meanwhile.
public struct Pause: Hashable, Sendable {
    /// Which policy.
    public let policy: PolicyID
    /// Why, in the operator's words.
    public let reason: String
    /// Who paused it.
    public let actor: String
    /// Since when.
    public let pausedAt: Timestamp
    /// When it ends by itself; `nil`: when somebody resumes the policy.
    public let until: Timestamp?
    /// When it was told to be forgotten; `nil` while it is not.
    public let forgottenAt: Timestamp?

    /// Takes all of it.
    public init(
        policy: PolicyID, reason: String, actor: String, pausedAt: Timestamp, until: Timestamp?,
        forgottenAt: Timestamp? = nil
    ) {
        self.policy = policy
        self.reason = reason
        self.actor = actor
        self.pausedAt = pausedAt
        self.until = until
        self.forgottenAt = forgottenAt
    }

    /// A pause without an end is forgotten after so long.
    public static let patience = Duration.days(7)
    /// The longest reason, in bytes.
    public static let reasonMax = 500

    /// The next instant at which this pause needs something.
    public var nextInstant: Timestamp? {
        if let until { return until }
        return forgottenAt == nil ? pausedAt + Self.patience : nil
    }

    /// Decides whether the pause is to be told as forgotten now: something under the policy went
    /// beyond its objective meanwhile, or nobody ended it for a week.
    public func isForgotten(at now: Timestamp, hasBreach: Bool) -> Bool {
        guard forgottenAt == nil else { return false }
        return hasBreach || (until == nil && now >= pausedAt + Self.patience)
    }

    /// Whether it has ended by itself.
    public func isOver(at now: Timestamp) -> Bool { until.map { $0 <= now } ?? false }
}
