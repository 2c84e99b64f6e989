/// What a policy declares of the points of targets that are under it no longer: gone from the files,
/// or found by no selector any more. Without it they stay for ever.
public struct OrphanRules: Hashable, Sendable {
    /// The newest so many stay for `duration`; 1 or more. Afterwards the newest one does.
    public let keepLast: Int
    /// From the end of the assignment on.
    public let duration: Duration

    /// Joins both.
    public init(keepLast: Int, for duration: Duration) {
        precondition(keepLast >= 1, "the last copy of an orphan stays")
        self.keepLast = keepLast
        self.duration = duration
    }

    /// A target may be gone because somebody took a tag off it by mistake, so what is let go waits at
    /// least so long, also where the policy has a shorter grace.
    public static let graceMin = Duration.hours(24)

    /// How many of the newest points stay now.
    public func kept(endedAt: Timestamp, at now: Timestamp) -> Int {
        now < endedAt + duration ? keepLast : 1
    }

    /// `keep_last: 3, for: 90d`.
    public var text: String { "keep_last: \(keepLast), for: \(DurationText.exact(duration))" }
}

extension Configuration {
    /// The policies that say something of orphans.
    public var orphanPolicies: Set<PolicyID> {
        Set(policies.values.filter { $0.retention.orphans != nil }.map(\.id))
    }
}

extension Policy {
    /// What is done with the points of an orphan: the orphans' rules in place of the policy's, and
    /// everything else as ever, the floors, a grace of a day or more, and the guard; `nil` where it
    /// says nothing of orphans.
    public func forOrphan(endedAt: Timestamp, at now: Timestamp) -> Policy? {
        guard let orphans = retention.orphans else { return nil }
        var settings = retention
        settings.rules = KeepRules()
        settings.rules.last = .periods(orphans.kept(endedAt: endedAt, at: now))
        // What the policy wants of a target that goes on says nothing of one that has ended.
        settings.minimum = 1
        settings.grace = max(settings.grace, OrphanRules.graceMin)
        return Policy(
            id: id, schedule: schedule, enforcement: enforcement, timeout: timeout,
            retention: settings, recoveryPointObjective: recoveryPointObjective, retry: retry,
            catchUp: catchUp, hooks: hooks)
    }
}

/// The points of an assignment that has ended, at one provider.
public struct Orphan: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// Who holds the points.
    public let provider: ProviderID
    /// When the assignment ended.
    public let endedAt: Timestamp
    /// How many points are available; 1 or more.
    public let pointCount: Int
    /// How many of them are marked.
    public let markedCount: Int
    /// The newest point's instant.
    public let newestPoint: Timestamp
    /// What they take at the provider, as far as is known.
    public let storedBytes: ByteCount

    /// Takes all of it.
    public init(
        assignment: Assignment, provider: ProviderID, endedAt: Timestamp, pointCount: Int,
        markedCount: Int, newestPoint: Timestamp, storedBytes: ByteCount
    ) {
        self.assignment = assignment
        self.provider = provider
        self.endedAt = endedAt
        self.pointCount = pointCount
        self.markedCount = markedCount
        self.newestPoint = newestPoint
        self.storedBytes = storedBytes
    }
}
