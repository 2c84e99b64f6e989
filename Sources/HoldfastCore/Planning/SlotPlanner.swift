/// Which jobs an instant calls for under one policy.
public struct SlotPlan: Sendable {
    /// One job a slot: first those of the window that is open now, then those of windows that
    /// opened and closed unseen (their time to start is over already, except for the one that is
    /// caught up).
    public let jobs: [NewJob]
    /// Up to which instant openings are now planned; `nil` when that is as before. A policy's first
    /// plan begins the count, even when no window is open.
    public let cursor: Timestamp?
    /// The window that is open now.
    public let open: Window?
    /// Windows that opened and closed since the last plan, as far as jobs stand for them.
    public let missed: [Window]
    /// Whether there were more missed windows than jobs were made for.
    public let hasEarlierMissed: Bool
}

/// Plans the slots of one policy.
public struct SlotPlanner: Sendable {
    /// For so many missed windows of an assignment each slot gets its own record; older ones are
    /// told in one event.
    public static let missedMax = 100
    /// So many slots of missed windows are recorded at once at most, over all targets; the newest
    /// window always is.
    public static let missedSlotMax = 100_000

    /// A backup that a vendor began in its window is in its list so long after the window's end.
    public static let vendorGrace = Duration.hours(2)

    /// The policy.
    public let policy: Policy
    /// The targets that it applies to.
    public let targets: [Target]

    /// Joins a policy and its targets.
    public init(policy: Policy, targets: [Target]) {
        self.policy = policy
        self.targets = targets
    }

    /// The next instant at which this policy has something to plan.
    public func nextOpening(after now: Timestamp) -> Timestamp {
        policy.schedule.nextWindow(after: now).opens
    }

    /// Plans every slot that opened up to now. Planning twice gives the same slots.
    ///
    /// - Parameters:
    ///   - cursor: The newest opening that was planned before; `nil` when none was, in which case
    ///     nothing counts as missed.
    ///   - starts: Since when each target has been declared; windows that opened earlier are not
    ///     its own, unless they are still open. Asked for only when windows were missed.
    ///   - resumedAt: When the policy was resumed last; a window that opened before is not its own,
    ///     although it may still be open.
    public func plan(
        at now: Timestamp, cursor: Timestamp?, starts: [TargetID: Timestamp],
        resumedAt: Timestamp? = nil
    ) -> SlotPlan {
        let schedule = policy.schedule
        let open = schedule.openWindow(at: now).flatMap { window in
            resumedAt.map { window.opens >= $0 } ?? true ? window : nil
        }
        let (past, hasEarlier) = missedWindows(at: now, cursor: cursor)
        var jobs: [NewJob] = []
        if let open {
            for target in targets {
                jobs.append(
                    job(target, open, trigger: .schedule, startBefore: open.closes, now))
            }
        }
        for window in past {
            let isCaughtUp =
                open == nil && policy.catchUp == .latest && window == past.last
            for target in targets where (starts[target.id] ?? now) <= window.opens {
                jobs.append(
                    job(
                        target, window, trigger: isCaughtUp ? .catchUp : .schedule,
                        startBefore: isCaughtUp ? nextOpening(after: now) : window.closes, now))
            }
        }
        return SlotPlan(
            jobs: jobs, cursor: open?.opens ?? past.last?.opens ?? (cursor == nil ? now : nil),
            open: open, missed: past, hasEarlierMissed: hasEarlier)
    }

    /// Windows that opened after the cursor and are closed by now, ascending.
    public func missedWindows(
        at now: Timestamp, cursor: Timestamp?
    ) -> (windows: [Window], hasEarlier: Bool) {
        guard let cursor else { return ([], false) }
        let (windows, hasEarlier) = policy.schedule.latestWindows(
            after: cursor, upTo: now,
            countMax: max(1, min(Self.missedMax, Self.missedSlotMax / max(1, targets.count))))
        return (windows.filter { $0.closes <= now }, hasEarlier)
    }

    private func job(
        _ target: Target, _ window: Window, trigger: JobTrigger, startBefore: Timestamp,
        _ now: Timestamp
    ) -> NewJob {
        let slot = SlotKey(
            assignment: Assignment(policy: policy.id, target: target.id), opens: window.opens)
        if policy.enforcement == .native {
            // The vendor works in the window; whether it did is looked at afterwards, and never
            // too late.
            return NewJob(
                kind: .reconcile, trigger: trigger, slot: slot, provider: target.provider,
                closes: window.closes, startBefore: .distantFuture,
                notBefore: window.closes + Self.vendorGrace)
        }
        return NewJob(
            kind: target.subject.makesPoints ? .backup : .reconcile, trigger: trigger, slot: slot,
            provider: target.provider, closes: window.closes, startBefore: startBefore,
            notBefore: window.opens)
    }
}
