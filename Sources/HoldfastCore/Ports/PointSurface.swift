/// What the status socket asks the daemon about single points, and has it do with them.
///
/// Every `point` is a token, or `TARGET@latest`.
public protocol PointSurface: Sendable {
    /// Why a point is kept and until when, why and when it goes, or what became of it; no provider
    /// is asked.
    func explain(_ point: String) async throws(ControlRefusal) -> PointExplanation
    /// Pins a point or places a hold on it; one that is pinned already is pinned otherwise.
    func pin(
        _ point: String, as request: PinRequest, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint
    /// Takes a pin away, or lifts a hold.
    func unpin(
        _ point: String, as request: UnpinRequest, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint
    /// Clears the mark of a point that retention let go, and pins it.
    ///
    /// - Parameter reason: `nil`: `kept from pruning`.
    func keep(
        _ point: String, because reason: String?, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint
}

/// A pin as somebody asks for it.
public struct PinRequest: Hashable, Sendable {
    /// Why.
    public let reason: String?
    /// When it ends, as `PinEnd` reads it; `nil`: never.
    public let until: String?
    /// Whether it is a hold.
    public let isHold: Bool

    /// Takes what was written, unchecked.
    public init(reason: String?, until: String? = nil, isHold: Bool = false) {
        self.reason = reason
        self.until = until
        self.isHold = isHold
    }
}

/// The end of a pin or hold as somebody asks for it.
public struct UnpinRequest: Hashable, Sendable {
    /// Why; a hold is not lifted without.
    public let reason: String?
    /// Whether a hold is meant to be lifted.
    public let isLiftingHold: Bool

    /// Takes what was written, unchecked.
    public init(reason: String? = nil, isLiftingHold: Bool = false) {
        self.reason = reason
        self.isLiftingHold = isLiftingHold
    }
}
