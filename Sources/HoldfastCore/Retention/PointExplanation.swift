/// Everything that an explanation of a point is made of.
public struct PointCircumstances: Sendable {
    /// The configuration in force.
    public var configuration: Configuration
    /// The available points of the assignment, the vendor's own not among them.
    public var recorded: [RecoveryPoint]
    /// What is due at the point's provider as a whole.
    public var providerLoad: PruneLoad
    /// When the vendor ends the machine and deletes the point with it; `nil`: not as far as is known.
    public var targetEndsAt: Timestamp?
    /// The pause of the point's policy; `nil`: it is not paused.
    public var pause: Pause?
    /// What is thought of the clock.
    public var clock: ClockVerdict
    /// The events about the point, newest first.
    public var events: [Event]
    /// The instant of the explanation.
    public var now: Timestamp

    /// Takes all of it.
    public init(
        configuration: Configuration, recorded: [RecoveryPoint], providerLoad: PruneLoad,
        targetEndsAt: Timestamp? = nil, pause: Pause? = nil, clock: ClockVerdict, events: [Event],
        now: Timestamp
    ) {
        self.configuration = configuration
        self.recorded = recorded
        self.providerLoad = providerLoad
        self.targetEndsAt = targetEndsAt
        self.pause = pause
        self.clock = clock
        self.events = events
        self.now = now
    }
}

/// Why a recovery point is kept and until when, why and when it goes, or what became of it.
public struct PointExplanation: Sendable {
    /// Why a point stays.
    public struct Keeping: Hashable, Sendable {
        /// The rules that keep it, each with its place.
        public let places: [RulePlace]
        /// What keeps it besides rules, for people: no rule is set, it is from the future.
        public let others: [String]
        /// What keeps it below the rules, whether a rule keeps it or not.
        public let floors: [DeletionRefusal]
        /// Until when.
        public let forecast: KeepForecast
    }

    /// Why a point goes.
    public struct Going: Hashable, Sendable {
        /// Why each rule that is on does not keep it.
        public let misses: [RuleMiss]
        /// The mark; `nil` when the review that sets it is still to come.
        public let mark: PruneMark?
        /// What the deletion kernel would refuse it for now, its grace aside, if the provider lists
        /// exactly what the history has; `nil` when nothing.
        public let refusal: DeletionRefusal?
    }

    /// What becomes of the point.
    public enum Verdict: Sendable {
        case kept(Keeping)
        case going(Going)
        /// Its target is under its policy no more, and that says what becomes of such points.
        case orphan(OrphanRules)
        /// Nothing prunes it; the clause says why.
        case unmanaged(String)
        /// The vendor made it and ends it, at about this instant where that is known.
        case vendors(endsAt: Timestamp?)
        /// It can't be restored from any more; the event that tells of its end.
        case gone(Event?)
    }

    /// The point.
    public let point: RecoveryPoint
    /// What becomes of it.
    public let verdict: Verdict
    /// The policy in force by which that was decided; `nil` when there is none.
    public let policy: Policy?
    /// Which configuration is in force.
    public let configurationDigest: String
    /// The vendor itself ends the point then, whatever the policy says; `nil`: it does not.
    public let vendorEndsAt: Timestamp?
    /// The vendor ends the machine then and deletes the point with it; `nil`: not as far as is known.
    public let targetEndsAt: Timestamp?
    /// The pause of its policy, before whose end it is not deleted; `nil`: there is none.
    public let pause: Pause?
    /// Whether a backup that finds no room takes the place of the oldest point that was let go,
    /// before its grace is over (`when_full: replace_oldest`).
    public let mayMakeRoom: Bool
    /// What happened to the point, newest first.
    public let events: [Event]
    /// The instant of the explanation.
    public let now: Timestamp
}

/// Explains one point.
public func explanation(
    of point: RecoveryPoint, in circumstances: PointCircumstances
) -> PointExplanation {
    let configuration = circumstances.configuration
    let kind = configuration.providers[point.provider]?.kind
    let lifetime = point.origin == .vendor ? nil : kind?.capabilities.pointLifetime
    let isThere = point.state == .available
    return PointExplanation(
        point: point, verdict: verdict(on: point, in: circumstances),
        policy: configuration.policies[point.assignment.policy],
        configurationDigest: configuration.digest,
        vendorEndsAt: isThere ? lifetime.map { point.remote.takenAt + $0 } : nil,
        targetEndsAt: isThere ? circumstances.targetEndsAt : nil,
        pause: isThere ? circumstances.pause : nil,
        mayMakeRoom: isThere && point.origin != .vendor && kind?.replacesOldest == true,
        events: circumstances.events, now: circumstances.now)
}

private func verdict(
    on point: RecoveryPoint, in circumstances: PointCircumstances
) -> PointExplanation.Verdict {
    let configuration = circumstances.configuration
    guard point.state == .available else {
        let end = point.state.endingEvents
        return .gone(circumstances.events.first { end.contains($0.kind) })
    }
    let policy = configuration.policies[point.assignment.policy]
    if point.origin == .vendor {
        let lifetime = policy.flatMap { policy in
            configuration.providers[point.provider]?.kind.ownPointLifetime(of: policy.schedule.plan)
        }
        return .vendors(endsAt: lifetime.map { point.remote.takenAt + $0 })
    }
    guard let policy else {
        return .unmanaged("the policy '\(point.assignment.policy)' is not declared any more")
    }
    if let absence = absence(of: point, in: configuration) {
        guard configuration.providers[point.provider] != nil,
            let rules = policy.retention.orphans,
            configuration.targets[point.assignment.target]?.policies
                .contains(point.assignment.policy) != true
        else { return .unmanaged(absence) }
        return .orphan(rules)
    }
    let reviews = retentionReview(
        of: circumstances.recorded, under: policy.retention, in: policy.schedule.zone,
        now: circumstances.now)
    guard let review = reviews.first(where: { $0.point.id == point.id }),
        let words = ruleWords(
            of: point.id, in: reviews, keeping: policy.retention.rules,
            zone: policy.schedule.zone, now: circumstances.now)
    else {
        return .unmanaged("it is not among the available points of its assignment")
    }
    guard review.isKept else {
        return .going(
            PointExplanation.Going(
                misses: words.misses, mark: point.mark,
                refusal: refusal(of: point, under: policy, in: circumstances)))
    }
    return .kept(
        PointExplanation.Keeping(
            places: words.places,
            others: review.reasons.intersection([.noRules, .future]).texts,
            floors: DeletionFloors(
                newestFirst: circumstances.recorded.filter { $0.state == .available }
                    .map(\.facts).sorted { PointFacts.isNewer($0, than: $1) },
                settings: policy.retention, now: circumstances.now
            ).refusals(for: point.facts),
            forecast: keepForecast(
                of: point, among: circumstances.recorded, under: policy,
                makesPoints: policy.enforcement == .managed, pause: circumstances.pause,
                now: circumstances.now)))
}

/// Why no prune job comes for the point's assignment; `nil` when one may.
private func absence(of point: RecoveryPoint, in configuration: Configuration) -> String? {
    let (policy, target) = (point.assignment.policy, point.assignment.target)
    guard let declared = configuration.targets[target] else {
        return "the target '\(target)' is not declared any more"
    }
    guard declared.policies.contains(policy) else {
        return "the target '\(target)' is not under the policy '\(policy)' any more"
    }
    guard configuration.providers[point.provider] != nil else {
        return "the provider '\(point.provider)', which has it, is not declared any more"
    }
    return nil
}

/// The kernel's word as far as it can be known without asking the provider.
private func refusal(
    of point: RecoveryPoint, under policy: Policy, in circumstances: PointCircumstances
) -> DeletionRefusal? {
    // A preview's mark is not recorded yet.
    let marked = circumstances.recorded.map { $0.id == point.id ? point : $0 }
    guard point.mark != nil else {
        // The kernel would tell of the missing mark alone; what holds back the review is the clock.
        if case .doubtful(let reason) = circumstances.clock { return .clock(reason) }
        return nil
    }
    let verdicts = deletionVerdicts(
        for: [point],
        in: DeletionContext(
            provider: point.provider, recorded: marked,
            listing: PointListing(
                points: marked.filter { $0.provider == point.provider }.map(\.remote),
                isComplete: true, providerClock: nil),
            settings: policy.retention, zone: policy.schedule.zone,
            providerLoad: circumstances.providerLoad, clock: circumstances.clock,
            now: circumstances.now, waivesGrace: true))
    guard case .refused(_, let refusal) = verdicts.first else { return nil }
    return refusal
}

extension PointState {
    /// The kinds of event that tell of a point's end in this state.
    fileprivate var endingEvents: Set<String> {
        let kinds: [EventKind] =
            switch self {
            case .available: []
            case .damaged: [.pointDamaged]
            case .deleted: [.pointDeleted]
            case .missing: [.pointMissing]
            case .expired: [.pointExpired]
            case .destroyed: [.pointDestroyed]
            }
        return Set(kinds.map(\.rawValue))
    }
}

extension ProviderSettings.Kind {
    /// How long the vendor keeps what its own policy of this plan makes; `nil` where that is not
    /// known. DigitalOcean publishes a week for daily and four weeks for weekly backups.
    public func ownPointLifetime(of plan: Plan) -> Duration? {
        guard case .digitalOcean = self else { return nil }
        switch plan {
        case .daily: return .days(7)
        case .weekly: return .days(28)
        case .hourly, .monthly: return nil
        }
    }
}
