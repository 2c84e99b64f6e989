/// One local day of a report on objectives.
public struct CoverageDay: Hashable, Sendable {
    /// How much of the day the history tells of.
    public enum Record: Hashable, Sendable {
        /// All of it.
        case whole
        /// It begins within the day.
        case since(Timestamp)
        /// The day is not over.
        case soFar
        /// The day was over before the history began.
        case none
        /// The day has not begun.
        case future
    }

    /// What was beyond its objective, and for how long.
    public struct Beyond: Hashable, Sendable {
        /// The policy and target.
        public let assignment: Assignment
        /// How much of the day.
        public let time: Duration
        /// How much of that was under a waiver.
        public let waived: Duration

        /// Takes all of it.
        public init(assignment: Assignment, time: Duration, waived: Duration = .zero) {
            self.assignment = assignment
            self.time = time
            self.waived = waived
        }
    }

    /// The local date.
    public let date: CivilDate
    /// How much of it the history tells of.
    public let record: Record
    /// By target and policy; empty where nothing was beyond its objective, or nothing is known.
    public let beyond: [Beyond]

    /// Whether something was beyond its objective without a waiver.
    public var hasBreach: Bool { beyond.contains { $0.waived < $0.time } }

    /// Whether the history tells anything of the day.
    public var isRecorded: Bool { record != .none && record != .future }
}

/// Works out on which local days anything was beyond its objective.
///
/// A day is as long as its zone makes it; a date that a zone skipped is left out.
///
/// - Parameters:
///   - first: The first date.
///   - last: The last date; not before the first.
///   - breaches: Those that lie, at least in part, in these days, in any order.
///   - waivers: Those that held then, in any order.
///   - recordedSince: When the history began; `nil` when it has no entry.
/// - Returns: Every date, ascending.
public func coverageDays(
    from first: CivilDate, to last: CivilDate, in zone: TimeZoneRules, breaches: [Breach],
    waivers: [RecordedWaiver] = [], recordedSince: Timestamp?, at now: Timestamp
) -> [CoverageDay] {
    precondition(first <= last, "a report ends after it begins")
    let bounds = (first.dayNumber...last.dayNumber + 1).map {
        zone.start(of: CivilDate(dayNumber: $0))
    }
    var times = [[Assignment: (time: Duration, waived: Duration)]](
        repeating: [:], count: bounds.count - 1)
    let waiversByTarget = Dictionary(grouping: waivers, by: \.waiver.target)
    for breach in breaches {
        let end = min(breach.endedAt ?? now, now)
        let waived = merged(
            (waiversByTarget[breach.assignment.target] ?? []).filter {
                $0.waiver.concerns(breach.assignment)
            })
        // The first day that ends after the breach began.
        var day = bounds.dropFirst().partitioningIndex { $0 > breach.beganAt } - 1
        while day < times.count, bounds[day] < end {
            let from = max(breach.beganAt, bounds[day])
            let to = min(end, bounds[day + 1])
            if to > from {
                var sum = times[day][breach.assignment] ?? (.zero, .zero)
                sum.time += to - from
                for span in waived {
                    sum.waived += max(.zero, min(to, span.to) - max(from, span.from))
                }
                times[day][breach.assignment] = sum
            }
            day += 1
        }
    }
    return times.indices.compactMap { index in
        let (start, end) = (bounds[index], bounds[index + 1])
        guard start < end else { return nil }
        return CoverageDay(
            date: first.advanced(byDays: Int64(index)),
            record: record(of: start, until: end, since: recordedSince, at: now),
            beyond: times[index].map {
                CoverageDay.Beyond(assignment: $0, time: $1.time, waived: $1.waived)
            }.sorted {
                ($0.assignment.target, $0.assignment.policy)
                    < ($1.assignment.target, $1.assignment.policy)
            })
    }
}

/// The spans of some waivers, ascending, none of which touches another.
private func merged(_ waivers: [RecordedWaiver]) -> [(from: Timestamp, to: Timestamp)] {
    var spans: [(from: Timestamp, to: Timestamp)] = []
    for next in waivers.sorted(by: { $0.since < $1.since }) where next.waiver.until > next.since {
        if let last = spans.last, next.since <= last.to {
            spans[spans.count - 1].to = max(last.to, next.waiver.until)
        } else {
            spans.append((next.since, next.waiver.until))
        }
    }
    return spans
}

private func record(
    of start: Timestamp, until end: Timestamp, since: Timestamp?, at now: Timestamp
) -> CoverageDay.Record {
    if start >= now { return .future }
    guard let since, since < end else { return .none }
    if since > start { return .since(since) }
    return end > now ? .soFar : .whole
}

extension TimeZoneRules {
    /// The first instant of a local date.
    public func start(of date: CivilDate) -> Timestamp {
        Timestamp(seconds: firstInstant(showing: date.dayNumber * 86_400).instant)
    }

    /// The local date at an instant.
    public func date(at instant: Timestamp) -> CivilDate {
        let local = instant.seconds + offset(at: instant.seconds)
        return CivilDate(dayNumber: local.flooredDivision(by: 86_400))
    }
}

extension CivilDate {
    /// Reads `2026-01-31`; `nil` for anything else.
    public init?(text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int64(parts[0]), year >= 1, let month = Int(parts[1]),
            let day = Int(parts[2])
        else { return nil }
        self.init(checkedYear: year, month: month, day: day)
    }
}

extension RandomAccessCollection {
    /// The first index whose element fulfils a condition that all after it fulfil too; `endIndex`
    /// where none does.
    fileprivate func partitioningIndex(where isAfter: (Element) -> Bool) -> Index {
        var low = startIndex
        var count = self.count
        while count > 0 {
            let half = count / 2
            let middle = index(low, offsetBy: half)
            if isAfter(self[middle]) {
                count = half
            } else {
                low = index(after: middle)
                count -= half + 1
            }
        }
        return low
    }
}
