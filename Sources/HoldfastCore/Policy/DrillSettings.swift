/// How often a policy has its points proved, and how.
public struct DrillSettings: Hashable, Sendable {
    /// Which good point of an assignment a drill takes.
    public enum Pick: String, Hashable, Sendable, CaseIterable {
        case newest
        /// Any, drawn anew for each drill.
        case random
    }

    /// Between the end of one drill of an assignment and the next; at least a day.
    public let every: Duration
    /// Which point is taken.
    public let pick: Pick
    /// Runs in the scratch directory once a point is unpacked there and checked; `nil`: nothing.
    public let command: Hook?

    /// What a drill is that somebody asks for under a policy that has none.
    public static let unplanned = DrillSettings(every: .days(7))

    /// A first drill comes within so much time, so that many that begin together are spread.
    static let spreadMax = Duration.days(1)

    /// Takes all of it.
    public init(every: Duration, pick: Pick = .newest, command: Hook? = nil) {
        precondition(every >= .days(1), "drills are at least a day apart")
        self.every = every
        self.pick = pick
        self.command = command
    }

    /// When the next drill of an assignment is due.
    ///
    /// Later ones are due `every` after the one before ended. The first one comes within a day of
    /// the first good point, or of the declaration where that is newer, at an instant that depends
    /// on the assignment's name alone, so it is the same after a restart.
    ///
    /// - Parameters:
    ///   - record: What the history knows of the assignment's drills.
    ///   - since: When drills were declared under the policy.
    ///   - now: Bounds what a clock that was ahead has recorded.
    /// - Returns: A whole second; `nil` while there is no good point, or a drill is under way.
    public func due(
        of assignment: Assignment, after record: DrillRecord, since: Timestamp, now: Timestamp
    ) -> Timestamp? {
        guard record.hasPoint, !record.isOpen else { return nil }
        if let last = record.lastEndedAt {
            return (min(last, now) + every).roundedUpToSecond
        }
        let base = max(min(record.firstGoodAt ?? since, now), min(since, now))
        var hash = StableHash()
        hash.combine(assignment.policy.text)
        hash.combine(assignment.target.text)
        let span = UInt64(min(every, Self.spreadMax).wholeSeconds)
        return base.roundedUpToSecond + .seconds(Int(hash.value % span))
    }
}

/// What the history knows of the drills of one assignment.
public struct DrillRecord: Hashable, Sendable {
    /// When its newest drill ended, well or not; `nil` when there was none.
    public let lastEndedAt: Timestamp?
    /// When its first backup was complete; `nil` when none is.
    public let firstGoodAt: Timestamp?
    /// Whether there is a point of ours to take.
    public let hasPoint: Bool
    /// Whether a drill waits or runs.
    public let isOpen: Bool

    /// Takes all of it.
    public init(
        lastEndedAt: Timestamp?, firstGoodAt: Timestamp?, hasPoint: Bool, isOpen: Bool
    ) {
        self.lastEndedAt = lastEndedAt
        self.firstGoodAt = firstGoodAt
        self.hasPoint = hasPoint
        self.isOpen = isOpen
    }
}

extension SlotKey {
    /// A number that is the same for the same slot in every process and version; for choosing the
    /// stream of a generator.
    public var stream: UInt64 {
        var hash = StableHash()
        hash.combine(assignment.policy.text)
        hash.combine(assignment.target.text)
        hash.combine(UInt64(bitPattern: opens.milliseconds))
        return hash.value
    }
}
