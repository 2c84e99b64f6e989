public import HoldfastCore
import Synchronization

/// The one clock of a simulated cloud: everything in its state, the `Date` header and the rate limit
/// go by it.
///
/// It reads another clock and adds what it was moved by, so that a rehearsal can leap over a night.
public final class SimulatedClock: WallClock {
    private let base: @Sendable () -> Timestamp
    private let lead = Mutex(Duration.zero)

    /// Follows a clock: the machine's, or one that runs faster.
    public init(following clock: any WallClock) {
        base = { clock.now }
    }

    /// Stands still until it is moved; for tests.
    public init(standingAt instant: Timestamp) {
        base = { instant }
    }

    /// The instant now.
    public var now: Timestamp { base() + lead.withLock { $0 } }

    /// Moves the clock, backwards too.
    public func advance(by time: Duration) {
        lead.withLock { $0 += time }
    }
}

/// An instant as state files and replies write it: RFC 3339, in UTC.
struct Stamp: Hashable, Comparable, Codable, Sendable {
    let instant: Timestamp

    init(_ instant: Timestamp) {
        self.instant = instant
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let instant = Timestamp(rfc3339: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an instant such as 2026-03-29T01:00:00Z")
        }
        self.instant = instant
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(instant.rfc3339)
    }

    static func < (lhs: Stamp, rhs: Stamp) -> Bool { lhs.instant < rhs.instant }
}

/// Writes the `Date` header.
enum HTTPDate {
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 29 Mar 2026 01:00:00 GMT`, as RFC 9110 has it.
    static func text(of instant: Timestamp) -> String {
        let stamp = instant.roundedDownToSecond.rfc3339
        // Rounded towards the past, for instants before 1970 too.
        let (days, rest) = instant.seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(dayNumber: rest < 0 ? days - 1 : days)
        let (year, month, day) = date.components
        let two = day < 10 ? "0\(day)" : "\(day)"
        let time = stamp.dropFirst(11).prefix(8)
        return "\(Self.days[date.weekday.isoNumber - 1]), \(two) \(Self.months[month - 1]) "
            + "\(year) \(time) GMT"
    }
}
