/// Why a provider did not do what it was asked.
///
/// Every adapter maps its vendor's replies to one of the kinds; callers choose by the kind and show
/// the message.
public struct ProviderError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the failure means for the next step.
    public enum Kind: String, Sendable, CaseIterable {
        /// Trying again later may help.
        case transient
        /// The provider asks for patience; `retryAfter` says until when.
        case throttled
        /// There is no room: disk, slots, contract.
        case quota
        /// The credentials are missing, wrong or not allowed to do this.
        case authentication
        /// Trying again changes nothing until somebody mends it.
        case permanent
        /// What was named does not exist.
        case notFound = "not_found"
        /// The request may have been done; look before asking again.
        case ambiguous
    }

    /// What the failure means.
    public let kind: Kind
    /// What happened, where, and what to do now; for people.
    public let message: String
    /// The instant that the provider gave for the next try, if it gave one.
    public let retryAfter: Timestamp?
    /// Whether a recovery point's data was read and is not what was written.
    public let isDamage: Bool

    /// Takes the kind, the words, and the provider's own time for a retry.
    public init(
        _ kind: Kind, _ message: String, retryAfter: Timestamp? = nil, isDamage: Bool = false
    ) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
        self.isDamage = isDamage
    }

    /// The message.
    public var description: String { message }
}
