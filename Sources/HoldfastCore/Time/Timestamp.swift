/// An instant as the history stores it: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Leap seconds do not exist, as in POSIX time.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the epoch; negative before 1970.
    public let milliseconds: Int64

    /// Takes milliseconds since the epoch as they are.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Takes whole seconds since the epoch.
    public init(seconds: Int64) {
        self.milliseconds = seconds * 1000
    }

    /// Whole seconds since the epoch, rounded down.
    public var seconds: Int64 {
        milliseconds.flooredDivision(by: 1000)
    }

    /// The first whole second that is not before this instant.
    public var roundedUpToSecond: Timestamp {
        Timestamp(seconds: (milliseconds + 999).flooredDivision(by: 1000))
    }

    /// This instant without its fraction of a second.
    public var roundedDownToSecond: Timestamp {
        Timestamp(seconds: seconds)
    }

    /// Later than anything the daemon will plan (year 9999); used where a bound is asked for and
    /// there is none.
    public static let distantFuture = Timestamp(seconds: 253_402_300_799)

    /// Whether the instant lies in the years 0001 to 9999, which RFC 3339 can write.
    public var isPrintable: Bool {
        milliseconds >= -62_135_596_800_000 && milliseconds <= 253_402_300_799_999
    }

    /// Earlier comes first.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.milliseconds < rhs.milliseconds
    }

    /// The instant this much elapsed time later; stays at the ends of the range instead of
    /// trapping.
    public static func + (lhs: Timestamp, rhs: Duration) -> Timestamp {
        let (sum, overflow) = lhs.milliseconds.addingReportingOverflow(rhs.wholeMilliseconds)
        guard overflow else { return Timestamp(milliseconds: sum) }
        return Timestamp(milliseconds: rhs > .zero ? .max : .min)
    }

    /// The instant this much elapsed time earlier.
    public static func - (lhs: Timestamp, rhs: Duration) -> Timestamp {
        lhs + (.zero - rhs)
    }

    /// The elapsed time from the right instant to the left one.
    public static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
        .milliseconds(lhs.milliseconds - rhs.milliseconds)
    }
}

extension Duration {
    /// The duration in milliseconds, cut towards zero; the ends of `Int64` where it does not fit.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds > 0 ? .max : .min }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return sumOverflow ? (seconds > 0 ? .max : .min) : sum
    }

    /// The duration in whole seconds, cut towards zero.
    public var wholeSeconds: Int64 { components.seconds }

    /// A number of hours; an hour is 3,600 seconds.
    public static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }

    /// A number of minutes.
    public static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }

    /// A number of days of 24 hours.
    public static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}

extension FixedWidthInteger {
    /// Division that rounds towards negative infinity; the divisor is positive.
    func flooredDivision(by divisor: Self) -> Self {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    /// What `flooredDivision` leaves: 0 up to, not including, the divisor.
    func flooredRemainder(by divisor: Self) -> Self {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
