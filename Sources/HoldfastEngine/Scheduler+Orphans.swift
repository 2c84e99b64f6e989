import HoldfastCore
import Logging

/// An orphan that a policy says something of, and that can be asked for at its provider.
struct OrphanCare: Sendable {
    let policy: Policy
    let target: Target
    let endedAt: Timestamp
}

/// An ended assignment at one of the providers that have its points.
struct OrphanPlace: Hashable, Comparable, Sendable {
    let assignment: Assignment
    let provider: ProviderID

    static func < (left: OrphanPlace, right: OrphanPlace) -> Bool {
        (left.assignment, left.provider) < (right.assignment, right.provider)
    }
}

/// What targets were that are declared no more, by name and provider.
struct FormerTargets: Sendable {
    private let found: [TargetID: [ProviderID: KnownTarget]]

    init(_ targets: [KnownTarget]) {
        found = targets.reduce(into: [:]) { $0[$1.id, default: [:]][$1.provider] = $1 }
    }

    func target(_ id: TargetID, at provider: ProviderID) -> KnownTarget? { found[id]?[provider] }
}

/// What is known of the points of targets that are gone.
struct OrphanWatch: Sendable {
    var next = Timestamp.distantFuture
    var cared: [OrphanPlace: OrphanCare] = [:]

    static let distance = Duration.hours(6)
}

extension Scheduler {
    /// Tells of the points of assignments that end, before they end: a crash in between tells it
    /// twice, and never not at all.
    func announceOrphans(_ ended: [Assignment]) async throws(StoreError) {
        var events: [NewEvent] = []
        for assignment in ended {
            let points = try await context.store.availablePoints(of: assignment)
            let holders = Dictionary(grouping: points, by: \.provider)
            for (provider, points) in holders.sorted(by: { $0.key < $1.key }) {
                events.append(announcement(of: points, assignment, at: provider))
            }
        }
        guard !events.isEmpty else { return }
        try await context.store.append(events)
    }

    private func announcement(
        of points: [RecoveryPoint], _ assignment: Assignment, at provider: ProviderID
    ) -> NewEvent {
        let configuration = installation.configuration
        let dies = installation.providers[provider]?.capabilities.pointsDieWithTarget ?? false
        let rules = configuration.policies[assignment.policy]?.retention.orphans
        var detail: [String: DetailValue] = [
            "count": .number(Int64(points.count)),
            "points": .list(points.prefix(PointEvents.namedMax).map(\.remote.token.text)),
            "provider": .text(provider.text),
            "rules": .text(rules?.text ?? "none: they stay for ever"),
        ]
        if let newest = points.map(\.remote.takenAt).max() {
            detail["newest"] = .text(newest.rfc3339)
        }
        if dies {
            detail["reason"] = .text(
                "the vendor deletes these points with the machine; copy what is to stay before it "
                    + "is deleted")
            logger.error(
                "points of a target that is gone are lost when its machine is deleted",
                metadata: [
                    "target": "\(assignment.target)", "policy": "\(assignment.policy)",
                    "points": "\(points.count)",
                ])
        }
        return NewEvent(
            at: now, kind: dies ? .orphanEndangered : .orphanKept, actor: .scheduler,
            assignment: assignment, detail: detail)
    }

    /// Looks at the orphans that policies say something of, and lets go what they don't keep.
    func reviewOrphans() async throws(StoreError) {
        let now = self.now
        guard clock.verdict == .sane, orphans.next <= now else { return }
        guard
            installation.configuration.policies.values.contains(where: {
                $0.retention.orphans != nil
            })
        else {
            orphans.cared = [:]
            orphans.next = now + OrphanWatch.distance
            return
        }
        let known = try await formerTargets()
        var cared: [OrphanPlace: OrphanCare] = [:]
        for orphan in try await context.store.orphans() {
            guard let care = care(of: orphan, known, at: now) else { continue }
            cared[OrphanPlace(assignment: orphan.assignment, provider: orphan.provider)] = care
        }
        // What was due while nothing was said of it is due now.
        let fresh = Set(cared.keys).subtracting(orphans.cared.keys)
        prunesAsked = prunesAsked.filter {
            !fresh.contains(OrphanPlace(assignment: $0.assignment, provider: $0.provider))
        }
        orphans.cared = cared
        let keeper = RetentionKeeper(context: context, logger: logger)
        var reviewed: Set<Assignment> = []
        for (place, care) in cared.sorted(by: { $0.key < $1.key })
        where reviewed.insert(place.assignment).inserted {
            let reviews = try await keeper.review(
                place.assignment, under: care.policy, isNew: false)
            if reviews.contains(where: \.weighs) { isWeighingDue = true }
            heartbeat?.beat()
        }
        // Last: what failed on the way is done again.
        orphans.next = now + OrphanWatch.distance
    }

    /// What is known of targets that were declared or found.
    func formerTargets() async throws(StoreError) -> FormerTargets {
        FormerTargets(
            try await context.store.knownTargets()
                + (try await context.store.discoveries()).map { KnownTarget($0.target) })
    }

    /// The orphan's policy and target; `nil` where nothing is declared, or nothing can be asked.
    func care(
        of orphan: Orphan, _ known: FormerTargets, at now: Timestamp
    ) -> OrphanCare? {
        let configuration = installation.configuration
        let id = orphan.assignment.policy
        guard !isDeclared(orphan.assignment), configuration.providers[orphan.provider] != nil,
            let policy = configuration.policies[id]?.forOrphan(endedAt: orphan.endedAt, at: now)
        else { return nil }
        let target = orphan.assignment.target
        // One that lost this policy alone is still declared.
        if let declared = configuration.targets[target], declared.provider == orphan.provider {
            return OrphanCare(policy: policy, target: declared, endedAt: orphan.endedAt)
        }
        // A name that now stands for something at another provider was another thing here.
        guard let found = known.target(target, at: orphan.provider) else { return nil }
        return OrphanCare(
            policy: policy,
            target: Target(
                id: target, provider: found.provider, subject: found.subject, policies: [id],
                title: found.title), endedAt: orphan.endedAt)
    }

    /// The care for an orphan with its rules as they are now; `nil` when it is no orphan any more.
    func orphanCare(_ assignment: Assignment, at provider: ProviderID) -> OrphanCare? {
        guard !isDeclared(assignment),
            let care = orphans.cared[OrphanPlace(assignment: assignment, provider: provider)],
            let policy = configuration.policies[assignment.policy]?
                .forOrphan(endedAt: care.endedAt, at: now)
        else { return nil }
        return OrphanCare(policy: policy, target: care.target, endedAt: care.endedAt)
    }

    func pruneAuthority(
        over assignment: Assignment, at provider: ProviderID
    ) -> PruneAuthority {
        // A look only: the loop's own reading tells of a jump and acts on it.
        var watch = clock
        _ = watch.observe(wall: now, steady: context.environment.steady())
        return PruneAuthority(
            policy: isDeclared(assignment)
                ? configuration.policies[assignment.policy]
                : orphanCare(assignment, at: provider)?.policy,
            isNew: rulesToNote[assignment.policy] != nil,
            isPaused: pauses[assignment.policy] != nil, clock: watch.verdict)
    }
}
