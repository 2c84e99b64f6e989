public import HoldfastCore

extension ControlDesk {
    /// So many tokens are named in the event of a confirmation; the count tells the rest.
    private static let namedMax = 100

    /// See `PruneSurface`.
    public func prunePlans() async throws(ControlRefusal) -> [PrunePlan] {
        let configuration = await scheduler.state.configuration
        return try await stored { () async throws(StoreError) in
            try await context.pruneWaits(under: configuration).flatMap(\.plans)
        }
    }

    /// See `PruneSurface`.
    public func confirmPrune(
        _ hash: String, by actor: Actor
    ) async throws(ControlRefusal) -> PruneConfirmation {
        let plan = try await prunePlans().first { $0.hash == hash }
        let orphanPolicies = await scheduler.configuration.orphanPolicies
        let moved = ControlRefusal(
            .conflict,
            "no plan that waits has the hash '\(BoundedText.cut(hash, to: 100))': something moved "
                + "since it was shown, or it was confirmed already; nothing was changed; look "
                + "again with 'holdfast prune plans'")
        guard let plan else { throw moved }
        let now = self.now
        let due = Dictionary(
            grouping: plan.points.filter { $0.mark.map { $0.deleteAfter <= now } ?? false },
            by: \.assignment)
        let jobs = await scheduler.pruneJobs(
            for: due.keys.map { DuePrune(assignment: $0, provider: plan.provider, since: now) },
            trigger: .operatorRequest
        ) { _ in now }
        let event = confirmation(of: plan, by: actor, at: now)
        let isConfirmed = try await stored { () async throws(StoreError) in
            try await context.store.confirm(
                plan, jobs: jobs, event: event, at: now, orphansUnder: orphanPolicies)
        }
        guard isConfirmed else { throw moved }
        await scheduler.confirmed(at: plan.provider)
        return PruneConfirmation(plan: plan, jobCount: jobs.count)
    }

    /// See `PruneSurface`.
    public func pruneRefusals() async throws(StoreError) -> [String: Int] {
        try await context.store.refusalCounts()
    }

    private func confirmation(of plan: PrunePlan, by actor: Actor, at now: Timestamp) -> NewEvent {
        let detail: [String: DetailValue] = [
            "hash": .text(plan.hash), "count": .number(Int64(plan.points.count)),
            "provider": .text(plan.provider.text),
            "points": .list(plan.points.prefix(Self.namedMax).map(\.remote.token.text)),
        ]
        switch plan.scope {
        case .assignment(let assignment):
            return NewEvent(
                at: now, kind: .pruneConfirmed, actor: actor, assignment: assignment,
                detail: detail)
        case .provider:
            return NewEvent(at: now, kind: .pruneConfirmed, actor: actor, detail: detail)
        }
    }
}
