/// An operator's word that a recovery point stays, whatever the rules say.
public struct PointPin: Hashable, Sendable {
    /// Why, for people; one line.
    public let reason: String
    /// Who pinned it, as an event's actor is written.
    public let actor: String
    /// Since when.
    public let at: Timestamp
    /// The first instant at which it pins no longer; `nil`: it has no end.
    public let until: Timestamp?
    /// Whether it is a hold, which ends only by being lifted.
    public let isHold: Bool

    /// A reason has at most so many characters.
    public static let reasonMax = 500

    /// Takes all of it; a hold has no end.
    public init(
        reason: String, actor: String, at: Timestamp, until: Timestamp? = nil, isHold: Bool = false
    ) {
        precondition(!isHold || until == nil, "a hold is lifted, it does not end")
        self.reason = reason
        self.actor = actor
        self.at = at
        self.until = until
        self.isHold = isHold
    }

    /// Whether it keeps its point at an instant.
    public func holds(at now: Timestamp) -> Bool {
        until.map { now < $0 } ?? true
    }

    /// `hold` or `pin`.
    public var kind: String { isHold ? "hold" : "pin" }

    /// `it is pinned`, `it is pinned until 2026-12-31T00:00:00Z` or `it is on hold`.
    public var text: String {
        if isHold { return "it is on hold" }
        return "it is pinned" + (until.map { " until \($0)" } ?? "")
    }
}

/// When a pin ends, as operators write it.
public enum PinEnd {
    /// What a message tells the user to write.
    public static let hint =
        "a date such as 2026-12-31 (the end of that day in UTC), an instant such as "
        + "2026-12-31T12:00:00Z, or a span of weeks, days and hours such as 90d"

    /// Reads a date, an RFC 3339 instant, or a span from `now` on; `nil` for anything else.
    ///
    /// A date means the first instant after that day in UTC. A span has no minutes or seconds, in
    /// which `m` would be taken for months.
    public static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        guard text.utf8.count <= 64 else { return nil }
        if let instant = Timestamp(rfc3339: text) { return instant }
        if let day = Timestamp(rfc3339: text + "T00:00:00Z") { return day + .days(1) }
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: "m") || $0 == UInt8(ascii: "s") })
        else { return nil }
        return DurationText.parse(text).map { (now + $0).roundedUpToSecond }
    }
}
