import HoldfastCore

/// Configurations of four clouds, and histories, for forecasts.
struct ForecastScene {
    var policies: [PolicyID: Policy] = [:]
    var targets: [TargetID: Target] = [:]
    var isReplacing = false

    /// 2026-01-01T00:00:00Z.
    static let newYear = Timestamp(seconds: 1_767_225_600)

    static let clouds: [ProviderID: Subject] = [
        ProviderID(trusted: "contabo"): .instance(id: 12345),
        ProviderID(trusted: "do"): .droplet(id: 3_164_444),
        ProviderID(trusted: "ionos"): .datacenterVolume(datacenter: "d", volume: "v"),
        ProviderID(trusted: "pieces"): .device(name: nil),
    ]

    mutating func declare(
        _ name: String, at provider: String = "do", _ plan: Plan = .daily, _ time: String = "02:00",
        zone: TimeZoneRules = .utc, window: Duration = .minutes(15),
        retention: RetentionSettings, objective: Duration? = nil,
        enforcement: Enforcement = .managed, targets names: [String] = []
    ) {
        let id = PolicyID(trusted: name)
        guard let opensAt = LocalTime(time) else { preconditionFailure("'\(time)' is a time") }
        policies[id] = Policy(
            id: id,
            schedule: Schedule(plan: plan, opensAt: opensAt, length: window, zone: zone),
            enforcement: enforcement, timeout: .hours(6), retention: retention,
            recoveryPointObjective: objective, retry: RetrySettings(), catchUp: .latest,
            hooks: Hooks())
        for target in names.isEmpty ? [name] : names { add(id, to: target, at: provider) }
    }

    private mutating func add(_ policy: PolicyID, to name: String, at provider: String) {
        let id = TargetID(trusted: name)
        let provider = ProviderID(trusted: provider)
        let own = targets[id]?.policies ?? []
        targets[id] = Target(
            id: id, provider: provider, subject: Self.clouds[provider] ?? .droplet(id: 1),
            policies: (own + [policy]).sorted())
    }

    var configuration: Configuration {
        let secret = SecretReference.environment("SECRET")
        let kinds: [String: ProviderSettings.Kind] = [
            "contabo": .contabo(
                ContaboAccount(
                    clientID: "c", clientSecret: secret, user: "u", password: secret,
                    whenFull: isReplacing ? .replaceOldest : .fail)),
            "do": .digitalOcean(DigitalOceanAccount(token: secret)),
            "ionos": .ionos(IONOSAccount(login: .token(secret))),
            "pieces": .pieces(PiecesInstallation()),
        ]
        var providers: [ProviderID: ProviderSettings] = [:]
        for (name, kind) in kinds {
            let id = ProviderID(trusted: name)
            providers[id] = ProviderSettings(id: id, kind: kind, concurrency: 1)
        }
        return Configuration(
            providers: providers, policies: policies, targets: targets,
            control: ControlSettings(), digest: "forecast")
    }

    /// Replays over these assignments' points; what is not among them has none.
    func forecast(
        _ recorded: [RecordedAssignment] = [], from: Timestamp = newYear, days: Int,
        knownAt: Set<ProviderID> = [], reviewedRules: [PolicyID: String] = [:]
    ) -> [TargetForecast] {
        let forecaster = Forecaster(
            configuration, from: from, until: from + .days(days), reviewedRules: reviewedRules)
        var byTarget = Dictionary(grouping: recorded, by: \.assignment.target)
        for assigned in configuration.assignmentsByPolicy {
            for assignment in assigned.assignments
            where !(byTarget[assignment.target] ?? []).contains(where: {
                $0.assignment == assignment
            }) {
                byTarget[assignment.target, default: []].append(
                    RecordedAssignment(assignment: assignment, isInForce: false))
            }
        }
        let all = byTarget.map {
            RecordedTarget(id: $0.key, assignments: $0.value, knownAt: knownAt)
        }
        var part = forecaster.replay(all)
        var known = ProviderHolds()
        for _ in 1..<ProviderHolds.replayMax {
            guard let holds = part.holds(after: known) else { break }
            known = holds
            part = forecaster.replay(all, holding: known)
        }
        return part.targets.sorted { $0.id < $1.id }
    }

    /// Points at these ages in hours before an instant, the newest first.
    static func past(
        _ name: String, policy: String? = nil, at provider: String = "do", agesInHours: [Int],
        before now: Timestamp = newYear, placesTold: Int? = nil, isInForce: Bool = true,
        endedAt: Timestamp? = nil, reviewedRules: String? = nil,
        adjust: (inout PointDraft) -> Void = { _ in }
    ) -> RecordedAssignment {
        let assignment = Assignment(
            policy: PolicyID(trusted: policy ?? name), target: TargetID(trusted: name))
        let points = agesInHours.enumerated().map { index, age in
            var draft = PointDraft(Int64(agesInHours.count - index), takenAt: now - .hours(age))
            adjust(&draft)
            let point = draft.point
            return RecoveryPoint(
                id: point.id, assignment: assignment, provider: ProviderID(trusted: provider),
                run: point.run, remote: point.remote, state: .available,
                recordedAt: point.recordedAt, verifiedAt: point.verifiedAt, mark: point.mark,
                pin: point.pin)
        }
        return RecordedAssignment(
            assignment: assignment, isInForce: isInForce, endedAt: endedAt,
            reviewedRules: reviewedRules, points: points, placesTold: placesTold)
    }
}

extension RetentionSettings {
    static func keeping(
        last: Int = 0, hourly: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0,
        grace: Duration = .hours(24), minimum: Int = 1
    ) -> RetentionSettings {
        var settings = RetentionSettings(minimum: minimum, grace: grace)
        settings.rules.last = .periods(last)
        settings.rules.hourly = .periods(hourly)
        settings.rules.daily = .periods(daily)
        settings.rules.weekly = .periods(weekly)
        settings.rules.monthly = .periods(monthly)
        return settings
    }
}
