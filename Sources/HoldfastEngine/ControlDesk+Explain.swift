public import HoldfastCore

/// What is told of single points.
extension ControlDesk {
    /// So many of a point's newest events are told.
    private static var explainedEventsMax: Int { 50 }

    /// See `PointSurface`.
    public func explain(_ name: String) async throws(ControlRefusal) -> PointExplanation {
        let point = try await point(named: name, inAnyState: true)
        let state = await scheduler.state
        let now = self.now
        let circumstances = try await stored { () async throws(StoreError) in
            PointCircumstances(
                configuration: state.configuration,
                recorded: try await context.store.availablePoints(of: point.assignment),
                providerLoad: try await context.store.pruneLoad(
                    of: point.provider,
                    orphansUnder: state.configuration.orphanPolicies),
                targetEndsAt: targetEnd(of: point, in: state),
                pause: state.pauses[point.assignment.policy], clock: state.clock,
                events: try await context.store.events(
                    of: point.remote.token, limit: Self.explainedEventsMax), now: now)
        }
        // The point may have been marked, or have gone, since it was looked up.
        let current = circumstances.recorded.first { $0.id == point.id } ?? point
        return explanation(of: current, in: circumstances)
    }

    /// When the vendor ends the machine that a point goes with.
    private func targetEnd(of point: RecoveryPoint, in state: Scheduler.State) -> Timestamp? {
        guard let kind = state.configuration.providers[point.provider]?.kind,
            kind.capabilities.pointsDieWithTarget,
            state.listings.contains(where: { $0.provider == point.provider }),
            let target = state.configuration.targets[point.assignment.target]
        else { return nil }
        return state.inventories[point.provider]?.first {
            $0.item.subject == target.subject
        }?.item.endsAt
    }
}
