/// The rules of one time zone: which offset from UTC holds at which instant.
///
/// Made from the bytes of a TZif file (see `init(name:tzif:)`). Instants and local times are whole
/// seconds; a local time is written as the seconds since 1970-01-01T00:00 that a clock on the wall
/// would count.
public struct TimeZoneRules: Sendable, Equatable {
    /// The zone's name in the tz database, for example `Europe/Berlin`.
    public let name: String

    /// The instants at which an interval of constant offset begins; the first is `Int64.min`.
    private let starts: [Int64]
    /// Seconds east of UTC, one an interval.
    private let offsets: [Int32]
    /// The largest local time up to which the intervals so far reach (exclusive).
    private let localEnds: [Int64]
    /// Instants from here on repeat those of 400 years earlier; `nil` when the last offset stays.
    private let cycleLimit: Int64?

    /// The Gregorian calendar repeats after 400 years: 146,097 days, which are whole weeks.
    static let cycle: Int64 = 146_097 * 86_400

    /// Coordinated Universal Time, which needs no file.
    public static let utc = TimeZoneRules(name: "UTC", offset: 0, changes: [], cycleLimit: nil)

    /// Takes the offset that held first and the changes after it, in ascending order. Changes to
    /// the same offset are dropped; of two changes at one instant the later in the list holds.
    init(
        name: String, offset: Int32, changes: [(at: Int64, offset: Int32)], cycleLimit: Int64?
    ) {
        var starts = [Int64.min]
        var offsets = [offset]
        for change in changes {
            if starts.last == change.at {
                starts.removeLast()
                offsets.removeLast()
            }
            if offsets.last == change.offset { continue }
            starts.append(change.at)
            offsets.append(change.offset)
        }
        var localEnds: [Int64] = []
        localEnds.reserveCapacity(starts.count)
        for index in starts.indices {
            let end = index + 1 < starts.count ? starts[index + 1] + Int64(offsets[index]) : .max
            localEnds.append(max(end, localEnds.last ?? .min))
        }
        self.name = name
        self.starts = starts
        self.offsets = offsets
        self.localEnds = localEnds
        self.cycleLimit = cycleLimit
    }

    /// Seconds east of UTC at an instant given in seconds since the epoch.
    ///
    /// - Complexity: O(log *n*) in the number of the zone's offset changes.
    public func offset(at seconds: Int64) -> Int64 {
        Int64(offsets[intervalIndex(at: seconds - cycleShift(of: seconds))])
    }

    /// The interval of constant offset around an instant: its offset and its bounds `[from, until)`.
    ///
    /// A caller that walks through many instants in order keeps it and asks again only outside it.
    public func interval(at seconds: Int64) -> ZoneInterval {
        let shift = cycleShift(of: seconds)
        let index = intervalIndex(at: seconds - shift)
        let from = starts[index] == .min ? Int64.min : starts[index] + shift
        var until = index + 1 < starts.count ? starts[index + 1] + shift : Int64.max
        // The interval may go on past the seam of the cycle; a caller asks again there.
        if let cycleLimit { until = min(until, cycleLimit + shift) }
        return ZoneInterval(from: from, until: until, offset: Int64(offsets[index]))
    }

    /// The first instant at which a clock on the wall shows this local time or a later one.
    ///
    /// For a local time that occurs twice this is its first occurrence; for one that a clock change
    /// skips it is the first instant after the gap, and `isSkipped` is true.
    public func firstInstant(showing local: Int64) -> (instant: Int64, isSkipped: Bool) {
        let shift = cycleShift(of: local)
        let wanted = local - shift
        var low = 0
        var high = localEnds.count - 1
        while low < high {
            let middle = (low + high) / 2
            if localEnds[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        let exact = wanted - Int64(offsets[low])
        guard exact < starts[low] else { return (exact + shift, false) }
        return (starts[low] + shift, true)
    }

    private func cycleShift(of seconds: Int64) -> Int64 {
        guard let cycleLimit, seconds >= cycleLimit else { return 0 }
        return ((seconds - cycleLimit) / Self.cycle + 1) * Self.cycle
    }

    private func intervalIndex(at seconds: Int64) -> Int {
        var low = 0
        var high = starts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= seconds { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

/// A stretch of time in which a zone's offset does not change.
public struct ZoneInterval: Sendable, Equatable {
    /// The first second of the stretch.
    public let from: Int64
    /// The first second after it.
    public let until: Int64
    /// Seconds east of UTC.
    public let offset: Int64

    /// Whether an instant, in seconds, lies inside.
    public func contains(_ seconds: Int64) -> Bool {
        seconds >= from && seconds < until
    }
}
