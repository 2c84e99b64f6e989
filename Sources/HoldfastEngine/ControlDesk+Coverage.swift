public import HoldfastCore

extension ControlDesk {
    /// See `CoverageSurface`.
    public func coverage(
        target: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> Page<CoverageStatus> {
        let now = self.now
        let state = await scheduler.state
        let configuration = state.configuration
        let wanted = try target.map { name throws(ControlRefusal) in
            try declaredTarget(name, configuration).id
        }
        let records = try await stored { () async throws(StoreError) in
            try await context.store.coverage()
        }
        let windows = configuration.policies.mapValues { policy in
            (
                open: policy.schedule.openWindow(at: now),
                next: policy.schedule.nextWindow(after: now).opens
            )
        }
        // A reload may have ended some a moment ago, in the configuration or in the history.
        let all = records.compactMap { record -> CoverageStatus? in
            guard let declared = configuration.targets[record.assignment.target],
                wanted == nil || wanted == declared.id,
                let window = windows[record.assignment.policy]
            else { return nil }
            let pause = state.pauses[record.assignment.policy]
            let isOpen = window.open.map { open in
                record.newestPoint.map { $0 < open.opens } ?? true
            }
            let schedule = configuration.policies[record.assignment.policy]?.schedule
            let afterPause = pause?.until.flatMap { schedule?.nextWindow(atOrAfter: $0).opens }
            return CoverageStatus(
                record, provider: declared.provider, isWindowOpen: isOpen ?? false,
                nextOpening: pause == nil ? window.next : afterPause, isPaused: pause != nil,
                waiver: configuration.waiver(for: record.assignment, at: now), at: now)
        }
        return all.part(part)
    }

    /// See `CoverageSurface`.
    public func uncovered(
        provider: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> UncoveredList {
        let state = await scheduler.state
        let wanted = try provider.map { name throws(ControlRefusal) in
            let id = try state.configuration.provider(named: name).id
            guard state.listings.contains(where: { $0.provider == id }) else {
                throw ControlRefusal(
                    .invalid,
                    "what provider '\(id)' has is not listed: its kind has no inventory, or "
                        + "'inventory: off' is declared")
            }
            return id
        }
        return UncoveredList(
            page: uncovered(in: state, at: now).filter {
                wanted == nil || $0.record.provider == wanted
            }.part(part),
            listings: state.listings.filter { wanted == nil || $0.provider == wanted })
    }

    /// What no policy covers, the oldest gap first.
    func uncovered(in state: Scheduler.State, at now: Timestamp) -> [UncoveredTarget] {
        let watched = Set(state.listings.map(\.provider))
        return state.inventories.filter { watched.contains($0.key) }.values.joined().compactMap {
            record in
            guard record.uncoveredSince != nil else { return nil }
            return UncoveredTarget(
                record, waiver: state.configuration.waiver(for: record, at: now), at: now)
        }.sorted {
            ($0.record.uncoveredSince ?? now, $0.record.name)
                < ($1.record.uncoveredSince ?? now, $1.record.name)
        }
    }

    /// The targets that the vendor is going to end, the next one first.
    func ending(in state: Scheduler.State) async throws(StoreError) -> [EndingTarget] {
        var ending: [EndingTarget] = []
        for listing in state.listings {
            let provider = listing.provider
            for record in state.inventories[provider] ?? [] {
                guard let endsAt = record.item.endsAt else { continue }
                for target in state.configuration.targets(of: record) {
                    var count = 0
                    for assignment in target.assignments {
                        count += try await context.store.pointCount(of: assignment, at: provider)
                    }
                    let dies =
                        state.configuration.providers[provider]?.kind.capabilities
                        .pointsDieWithTarget ?? false
                    ending.append(
                        EndingTarget(
                            target: target.id, provider: provider, title: record.item.title,
                            endsAt: endsAt, pointCount: dies ? count : 0))
                }
            }
        }
        return ending.sorted { ($0.endsAt, $0.target) < ($1.endsAt, $1.target) }
    }

    /// See `CoverageSurface`.
    public func breaches(
        from: Timestamp, to: Timestamp, target: String?, _ part: ListPart
    ) async throws(ControlRefusal) -> BreachList {
        guard from < to else {
            throw ControlRefusal(.invalid, "'to' is not after 'from'")
        }
        let (found, waivers, since) = try await stored { () async throws(StoreError) in
            (
                try await context.store.breaches(from: from, to: to),
                try await context.store.waivers(from: from, to: to),
                try await context.store.recordsBegan()
            )
        }
        let wanted = found.filter { target == nil || $0.assignment.target.text == target }
        if let target, wanted.isEmpty { try await checkKnown(target) }
        return BreachList(
            page: wanted.part(part), waivers: waivers, recordedSince: since, now: now)
    }

    /// A name that nothing ever had must not read like a target without a breach.
    private func checkKnown(_ name: String) async throws(ControlRefusal) {
        let configuration = await scheduler.configuration
        let former = try await stored { () async throws(StoreError) in
            try await context.store.knownTargets().map(\.id)
                + (try await context.store.discoveries().map(\.target.id))
        }
        let known = Set(former).union(configuration.targets.keys)
        guard !known.contains(where: { $0.text == name }) else { return }
        throw ControlRefusal(
            .notFound,
            "no target is or was named '\(BoundedText.cut(name, to: 100))'"
                + Suggestion.clause(for: name, among: known.sorted().map(\.text)))
    }

    private func declaredTarget(
        _ name: String, _ configuration: Configuration
    ) throws(ControlRefusal) -> Target {
        guard let found = configuration.targets.values.first(where: { $0.id.text == name }) else {
            throw ControlRefusal(
                .notFound,
                "no target is named '\(BoundedText.cut(name, to: 100))'"
                    + Suggestion.clause(
                        for: name, among: configuration.targets.keys.sorted().map(\.text)))
        }
        return found
    }
}

extension Array where Element: Sendable {
    /// A part of a listing that is made as a whole.
    fileprivate func part(_ part: ListPart) -> Page<Element> {
        let rows = Array(dropFirst(part.offset).prefix(part.limit))
        let end = part.offset + rows.count
        return Page(rows: rows, next: end < count ? Int64(end) : nil)
    }
}
