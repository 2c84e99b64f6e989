/// How one assignment stands against its policy's objective, as the history has it.
public struct ObjectiveStanding: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// The age from which on the newest good point is too old.
    public let objective: Duration
    /// Since when the target is declared under the policy; counts while there is no point.
    public let since: Timestamp
    /// Since when this objective is in force; nothing was broken by it before.
    public let inForceSince: Timestamp
    /// The newest good point's instant, whoever made it.
    public let newestPoint: Timestamp?
    /// Whether a newer point was there and is not any more.
    public let isLost: Bool
    /// The breach that is open.
    public let breach: Breach?
    /// A deadline that passed before anybody noted it, and was over when somebody did; with the reason
    /// of that breach. `nil` while a breach is open.
    public let unseen: UnseenBreach?
    /// When the newest breach that is over ended; the next one begins no earlier.
    public let lastEndedAt: Timestamp?

    /// Takes all of it.
    public init(
        assignment: Assignment, objective: Duration, since: Timestamp, inForceSince: Timestamp,
        newestPoint: Timestamp?, isLost: Bool = false, breach: Breach? = nil,
        unseen: UnseenBreach? = nil, lastEndedAt: Timestamp? = nil
    ) {
        self.assignment = assignment
        self.objective = objective
        self.since = since
        self.inForceSince = inForceSince
        self.newestPoint = newestPoint
        self.isLost = isLost
        self.breach = breach
        self.unseen = unseen
        self.lastEndedAt = lastEndedAt
    }

    /// The first instant beyond the objective, as far as is known now.
    public var deadline: Timestamp {
        max((newestPoint ?? since) + objective, inForceSince)
    }

    /// Points that were taken after this instant are needed for deciding what to note; `nil`: none.
    public var pointsNeededAfter: Timestamp? {
        if let breach { return breach.beganAt - breach.objective }
        return unseen.map { $0.since - $0.objective }
    }

    /// Why a breach that begins now would begin.
    public var reason: BreachReason {
        if isLost { return .lost }
        return newestPoint == nil ? .noPoint : .age
    }
}

/// A breach that began while nobody looked.
public struct UnseenBreach: Hashable, Sendable {
    /// The first instant beyond the objective.
    public let since: Timestamp
    /// Why it began.
    public let reason: BreachReason
    /// The objective that was broken.
    public let objective: Duration

    /// Takes all of it.
    public init(since: Timestamp, reason: BreachReason, objective: Duration) {
        self.since = since
        self.objective = objective
        self.reason = reason
    }
}

/// One thing that the record of breaches has to note.
public enum BreachChange: Hashable, Sendable {
    /// The assignment is beyond its objective since then.
    case began(at: Timestamp, reason: BreachReason)
    /// The open breach is over.
    case ended(BreachID, at: Timestamp, by: BreachEnd)
    /// There was a breach that is over already: nobody looked, or points were seen late.
    case was(from: Timestamp, until: Timestamp, reason: BreachReason, by: BreachEnd)
    /// What passed unseen is noted.
    case settled
}

extension ObjectiveStanding {
    /// Decides what to note of this assignment now.
    ///
    /// A breach begins when the newest good point is as old as the objective, also when nobody
    /// looked then: after a restart, or when a newer point turned out to be lost, it begins in the
    /// past, but never inside one that is noted already. It ends with the first point that was young
    /// enough when it began to count. When several points come at once, because a vendor made them
    /// while nobody looked, the gaps between them that were too long are breaches of their own.
    ///
    /// - Parameter points: The good points; needed only while a breach is open, or one passed unseen.
    /// - Returns: Changes in the order in which they happened; empty when all is as noted.
    public func changes(points: [GoodPoint], at now: Timestamp) -> [BreachChange] {
        if let breach { return deadline > now ? ends(of: breach, points: points, at: now) : [] }
        var changes: [BreachChange] = []
        if let unseen {
            let began = max(unseen.since, lastEndedAt ?? unseen.since)
            let past = gaps(
                from: began, objective: unseen.objective, reason: unseen.reason, points: points,
                at: now)
            changes = past
            if past.isEmpty, inForceSince > began {
                changes.append(
                    .was(
                        from: began, until: min(inForceSince, now), reason: unseen.reason,
                        by: .objective))
            }
            changes = changes.filter(\.hasLength) + [.settled]
        }
        guard deadline <= now else { return changes }
        return changes + [.began(at: max(deadline, lastEndedAt ?? deadline), reason: reason)]
    }

    private func ends(
        of open: Breach, points: [GoodPoint], at now: Timestamp
    ) -> [BreachChange] {
        let found = gaps(
            from: open.beganAt, objective: open.objective, reason: .age, points: points, at: now)
        guard case .was(_, let end, _, _) = found.first else {
            return [.ended(open.id, at: max(open.beganAt, now), by: .objective)]
        }
        return [.ended(open.id, at: end, by: .point)] + found.dropFirst().filter(\.hasLength)
    }

    /// The intervals that no point covers, from one that has begun on; that one may have no length.
    ///
    /// - Parameter objective: The one that was broken then: points that it had made too old do not
    ///   end the breach.
    private func gaps(
        from began: Timestamp, objective broken: Duration, reason: BreachReason,
        points: [GoodPoint], at now: Timestamp
    ) -> [BreachChange] {
        var changes: [BreachChange] = []
        var coveredUntil = began
        for point in points.sorted(by: { $0.countsFrom < $1.countsFrom })
        where point.takenAt + broken > began {
            let good = max(coveredUntil, min(point.countsFrom, now))
            let until = point.takenAt + objective
            guard until > good else { continue }  // too old already when it came
            changes.append(
                .was(
                    from: coveredUntil, until: good, reason: changes.isEmpty ? reason : .age,
                    by: .point))
            coveredUntil = until
        }
        return changes
    }
}

extension BreachChange {
    fileprivate var hasLength: Bool {
        if case .was(let from, let until, _, _) = self { until > from } else { true }
    }
}
