public import HoldfastCore

/// A policy that is paused.
public struct PauseWire: Codable, Sendable {
    /// The policy's name.
    public let policy: String
    /// Why, in the operator's words.
    public let reason: String
    /// Who paused it.
    public let actor: String
    /// Since when.
    public let pausedAt: Timestamp
    /// When it ends by itself; absent: when somebody resumes the policy.
    public let until: Timestamp?
    /// When it was told to be forgotten; absent while it is not.
    public let forgottenAt: Timestamp?

    init(_ pause: Pause) {
        policy = pause.policy.text
        reason = pause.reason
        actor = pause.actor
        pausedAt = pause.pausedAt
        until = pause.until
        forgottenAt = pause.forgottenAt
    }
}
