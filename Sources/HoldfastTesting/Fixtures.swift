public import HoldfastCore

/// Small values that many tests begin with.
public enum Fixture {
    /// A Monday at noon, long after the epoch.
    public static let noon = Timestamp(seconds: 1_773_057_600)

    /// `policy/target`.
    public static func assignment(
        _ policy: String = "nightly", _ target: String = "etc"
    ) -> Assignment {
        Assignment(policy: PolicyID(trusted: policy), target: TargetID(trusted: target))
    }

    /// A backup job whose window opened at `noon` plus an offset.
    public static func backup(
        _ assignment: Assignment = assignment(), opensAfter offset: Duration = .zero,
        window: Duration = .hours(4), notBefore: Timestamp? = nil, provider: String = "disk"
    ) -> NewJob {
        let opens = noon + offset
        return NewJob(
            kind: .backup, trigger: .schedule,
            slot: SlotKey(assignment: assignment, opens: opens),
            provider: ProviderID(trusted: provider), closes: opens + window,
            startBefore: opens + window, notBefore: notBefore ?? opens)
    }

    /// What a backup of a slot left.
    public static func remotePoint(
        of slot: SlotKey, takenAt: Timestamp? = nil, storedBytes: Int64 = 1000
    ) -> RemotePoint {
        RemotePoint(
            token: slot.token, remoteID: "\(slot.assignment.target)/\(slot.token)",
            takenAt: takenAt ?? slot.opens, sourceBytes: ByteCount(storedBytes * 3),
            storedBytes: ByteCount(storedBytes), entries: 7)
    }

    /// A policy that opens every hour and keeps what the rules say.
    public static func policy(
        _ name: String = "nightly", plan: Plan = .hourly(every: 1),
        window: Duration = .hours(1), retention: RetentionSettings = RetentionSettings(),
        timeout: Duration = .hours(6), retry: RetrySettings = RetrySettings(),
        catchUp: CatchUp = .latest, hooks: Hooks = Hooks(), objective: Duration? = nil,
        drills: DrillSettings? = nil
    ) -> Policy {
        Policy(
            id: PolicyID(trusted: name),
            schedule: Schedule(plan: plan, opensAt: .midnight, length: window, zone: .utc),
            timeout: timeout, retention: retention, recoveryPointObjective: objective,
            retry: retry, catchUp: catchUp, hooks: hooks, drills: drills)
    }

    /// A directory target.
    public static func target(
        _ name: String = "etc", policies: [String] = ["nightly"], provider: String = "disk"
    ) -> Target {
        Target(
            id: TargetID(trusted: name), provider: ProviderID(trusted: provider),
            subject: .directory(path: "/\(name)", exclude: []),
            policies: policies.map { PolicyID(trusted: $0) })
    }

    /// A configuration of these policies and targets with one provider `disk`.
    public static func configuration(
        policies: [Policy], targets: [Target], concurrency: Int = 2, digest: String = "one",
        reconcile: Duration? = nil
    ) -> Configuration {
        let disk = ProviderID(trusted: "disk")
        return Configuration(
            providers: [
                disk: ProviderSettings(
                    id: disk, kind: .local(repository: "/repository"), concurrency: concurrency,
                    reconcile: reconcile)
            ],
            policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.id, $0) }),
            targets: Dictionary(uniqueKeysWithValues: targets.map { ($0.id, $0) }),
            control: ControlSettings(), digest: digest)
    }
}
