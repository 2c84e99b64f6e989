public import HoldfastCore

/// A request that a vendor answered, for a log: with the vendor's own name for it, its support finds
/// what it did.
public struct VendorExchange: Hashable, Sendable {
    /// Whose account.
    public let provider: ProviderID
    /// Such as `POST https://api.digitalocean.com/v2/droplets/1/actions`; no secrets.
    public let request: String
    /// Whether it was meant to change something.
    public let isChange: Bool
    /// The HTTP status.
    public let status: Int
    /// What the vendor calls it, at most 100 characters; `nil` where it does not tell.
    public let requestID: String?

    /// Takes it down; cheap, never blocks.
    public typealias Log = @Sendable (VendorExchange) -> Void
}
