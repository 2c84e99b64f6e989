public import HoldfastCore

/// An operator's word that a point stays.
public struct PinWire: Codable, Sendable {
    /// `pin` or `hold`.
    public let kind: String
    /// Why.
    public let reason: String
    /// Who pinned it.
    public let by: String
    /// Since when.
    public let at: Timestamp
    /// The first instant at which it pins no longer; absent: it has no end.
    public let until: Timestamp?

    init(_ pin: PointPin) {
        kind = pin.kind
        reason = pin.reason
        by = pin.actor
        at = pin.at
        until = pin.until
    }

    /// Whether it ends only by being lifted.
    public var isHold: Bool { kind == "hold" }
}
