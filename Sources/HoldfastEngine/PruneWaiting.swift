import HoldfastCore

extension EngineContext {
    /// What waits behind the guards of a configuration, by provider.
    ///
    /// - Parameter mayLift: Whether a hold is weighed anew.
    func pruneWaits(
        under configuration: Configuration,
        mayLift: (RecoveryPoint, GuardHold) -> Bool = { _, _ in false }
    ) async throws(StoreError) -> [PruneWaits] {
        let percents = configuration.policies.mapValues(\.retention.guardPercent)
        let orphanPolicies = configuration.orphanPolicies
        let found = try await store.pruneStandings(at: nil, orphansUnder: orphanPolicies)
        var waits: [PruneWaits] = []
        for (provider, standings) in Dictionary(grouping: found.standings, by: \.provider)
            .sorted(by: { $0.key < $1.key })
        {
            let load = found.load(of: provider)
            // Few exceed the floor below every guard, so the others' points are not counted.
            let heavy = standings.filter(\.isHeavy).map(\.assignment)
            let isWholeWithin = percents.values.allSatisfy { load.isWithin(percent: $0) }
            guard !heavy.isEmpty || !isWholeWithin else { continue }
            waits.append(
                HoldfastCore.pruneWaits(
                    at: provider,
                    marked: try await store.markedPoints(
                        at: provider, orphansUnder: orphanPolicies),
                    standings: standings,
                    unmarked: try await store.unmarkedCounts(of: heavy, at: provider),
                    providerLoad: load, percents: percents, now: environment.wall.now,
                    mayLift: mayLift))
        }
        return waits
    }
}
