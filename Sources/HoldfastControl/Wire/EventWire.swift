import Foundation
public import HoldfastCore

/// A row of `GET /v1/events`.
public struct EventWire: Codable, Sendable {
    /// Its number; entries have no gaps.
    public let id: Int64
    /// When it happened.
    public let at: Timestamp
    /// What happened.
    public let kind: String
    /// Who caused it.
    public let actor: String
    /// The policy it concerns.
    public let policy: String?
    /// The target it concerns.
    public let target: String?
    /// The job it concerns.
    public let job: Int64?
    /// The recovery point it concerns.
    public let token: String?
    /// What else there is to know, as the canonical JSON that was hashed.
    public let detail: String
    /// The chain's hash after this entry.
    public let hash: String

    init(_ event: Event) {
        id = event.id
        at = event.at
        kind = event.kind
        actor = event.actor
        policy = event.policy
        target = event.target
        job = event.job?.number
        token = event.token
        detail = event.detail
        hash = event.hash
    }
}

/// An error as RFC 9457 writes it.
public struct ProblemWire: Codable, Sendable {
    /// A word of ours after `about:holdfast:`, or `about:blank`.
    public let type: String
    /// The fixed sentence of the type.
    public let title: String
    /// The HTTP status.
    public let status: Int
    /// What happened and what to do now.
    public let detail: String

    /// Takes all of it.
    public init(type: String, title: String, status: Int, detail: String) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
    }
}
