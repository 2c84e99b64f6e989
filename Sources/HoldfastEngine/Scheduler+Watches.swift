import HoldfastCore
import Logging

extension Scheduler {
    /// Between two looks at what the selectors find.
    static let discoveryDistance = Duration.minutes(15)
    /// Between two looks at whether the vendors' own policies are as declared.
    static let driftDistance = Duration.hours(1)
    /// What could not be mended for so long ends as failed; the next look asks again.
    private static let driftPatience = Duration.days(1)
    /// Before the next look, when the jobs of one could not all be put into the queue.
    private static let collisionDistance = Duration.minutes(1)
    /// Between two looks at which points a vendor has ended.
    static let expiryDistance = Duration.hours(6)
    /// A vendor ends points so much later than it says.
    private static let expiryGrace = Duration.hours(1)
    /// So many names stand in one event; its count tells the rest.
    private static let namedMax = 100

    /// The next instant at which a provider is asked about something.
    var nextWatch: Timestamp? {
        // While the clock is in doubt nothing is looked at for its age, so nothing is waited for.
        let ends = clock.verdict == .sane ? expiry.next : nil
        let seen = clock.verdict == .sane ? min(looks.next, orphans.next) : nil
        return [discovery.next, drift.next, inventory.watch.next, ends, nextDrill, seen]
            .compactMap { $0 }.min()
    }

    /// Watches what the configuration in force needs watched.
    func beginWatches() {
        let configuration = installation.configuration
        let able = installation.providers
        discovery.watch(
            Set(
                configuration.selectors.map(\.provider).filter {
                    able[$0] is any DiscoveringProvider
                }), from: now)
        expiry.watch(
            Set(able.filter { $0.value.capabilities.pointLifetime != nil }.keys), from: now)
        watchInventories()
        watchDrift()
    }

    /// Looks at once at everything that has to be kept as declared.
    func watchDrift() {
        let able = installation.providers
        looks.replan(at: now)
        orphans.next = now
        drift.watch(
            Set(reconcileRequests.keys.filter { able[$0] is any ReconcilingProvider }), from: now)
    }

    /// Has the points looked at that a vendor has ended by now.
    func planExpiries() async throws(StoreError) {
        guard clock.verdict == .sane else { return }
        let now = self.now
        for id in expiry.takeDue(at: now) {
            expiry.answered(id, isFailure: false, at: now)
            guard let lifetime = installation.providers[id]?.capabilities.pointLifetime else {
                continue
            }
            let ended = try await context.store.assignments(
                at: id, withPointsBefore: now - lifetime - Self.expiryGrace)
            let jobs = pruneJobs(
                for: ended.map { DuePrune(assignment: $0, provider: id, since: now) }
            ) { $0.since }
            guard !jobs.isEmpty else { continue }
            _ = try await context.store.enqueue(jobs, cursor: nil, events: [], at: now)
        }
    }

    /// Asks the providers that are due, each in a task of its own.
    func askDue(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        askInventories(&group)
        for id in discovery.takeDue(at: now) {
            let rules = installation.configuration.selectors.filter { $0.provider == id }
            guard let provider = installation.providers[id] as? any DiscoveringProvider else {
                discovery.answered(id, isFailure: false, at: now)
                continue
            }
            group.addTask {
                do throws(ProviderError) {
                    var picked: [(rule: SelectorRule, subjects: [DiscoveredSubject])] = []
                    for rule in rules {
                        picked.append((rule, try await provider.discover(rule.selector)))
                    }
                    let found = discoveredTargets(at: id, picked: picked)
                    await self.discovered(found, at: id, by: rules)
                } catch {
                    await self.discoveryFailed(error, at: id)
                }
            }
        }
        for id in drift.takeDue(at: now) {
            let requests = reconcileRequests[id] ?? []
            guard let provider = installation.providers[id] as? any ReconcilingProvider else {
                drift.answered(id, isFailure: false, at: now)
                continue
            }
            group.addTask {
                do throws(ProviderError) {
                    await self.drifted(try await provider.drifted(requests), at: id)
                } catch {
                    await self.driftUnknown(error, at: id)
                }
            }
        }
    }

    // MARK: Discovery

    private func discovered(
        _ found: [DiscoveredTarget], at provider: ProviderID, by rules: [SelectorRule]
    ) async {
        // Not before it is recorded: until then nobody knows what the selectors pick.
        defer {
            discovery.answered(provider, isFailure: false, at: now)
            context.environment.pacer.wake()
        }
        // A reload may have brought other selectors meanwhile; they are asked anew.
        guard rules == installation.configuration.selectors.filter({ $0.provider == provider })
        else { return }
        let known = discoveries.filter { $0.provider == provider }
        guard found != known else {
            doubted[provider] = nil
            return
        }
        guard isPlausible(found, after: known) || doubted[provider] == found else {
            doubted[provider] = found
            logger.warning(
                "far fewer targets than before were discovered; believed when seen twice",
                metadata: [
                    "provider": "\(provider)", "found": "\(found.count)",
                    "before": "\(known.count)",
                ])
            return
        }
        doubted[provider] = nil
        do throws(StoreError) {
            try await record(found, after: known, at: provider)
        } catch {
            logger.critical(
                "what was discovered can't be recorded; it is looked for again",
                metadata: ["provider": "\(provider)", "error": "\(error)"])
            return
        }
        isDiscoveryNew = true
    }

    /// What the selectors of a provider found is gone when it has none any more.
    func endUnselected(by selectors: [SelectorRule]) async throws(StoreError) {
        let asked = Set(selectors.map(\.provider))
        let ended = Dictionary(grouping: discoveries, by: \.provider).filter {
            !asked.contains($0.key)
        }
        for (provider, known) in ended.sorted(by: { $0.key < $1.key }) {
            doubted[provider] = nil
            try await record([], after: known, at: provider)
        }
    }

    private func record(
        _ found: [DiscoveredTarget], after known: [DiscoveredTarget], at provider: ProviderID
    ) async throws(StoreError) {
        let before = Set(known.map(\.id))
        let after = Set(found.map(\.id))
        let gained = after.subtracting(before).sorted().map(\.text)
        let lost = before.subtracting(after).sorted().map(\.text)
        let event = NewEvent(
            at: now, kind: .targetsDiscovered, actor: .scheduler,
            detail: [
                "count": .number(Int64(found.count)),
                "gained": .list(Array(gained.prefix(Self.namedMax))),
                "gained_count": .number(Int64(gained.count)),
                "lost": .list(Array(lost.prefix(Self.namedMax))),
                "lost_count": .number(Int64(lost.count)), "provider": .text(provider.text),
            ])
        try await context.store.discover(found, at: provider, now: now, events: [event])
        discoveries = discoveries.filter { $0.provider != provider } + found
        logger.notice(
            "targets discovered",
            metadata: [
                "provider": "\(provider)", "targets": "\(found.count)",
                "before": "\(known.count)",
            ])
    }

    private func discoveryFailed(_ error: ProviderError, at provider: ProviderID) async {
        defer { context.environment.pacer.wake() }
        // A question that the daemon's end cut short says nothing about the provider.
        guard !Task.isCancelled else { return }
        let isFirst = discovery.answered(provider, isFailure: true, at: now)
        logger.error(
            "the selectors can't be asked; what they found before stays",
            metadata: ["provider": "\(provider)", "error": "\(error)"])
        guard isFirst else { return }
        await tell(.discoveryFailed, error, at: provider)
    }

    // MARK: Drift

    /// What each provider has to keep as declared.
    private var reconcileRequests: [ProviderID: [ReconcileRequest]] {
        var requests: [ProviderID: [ReconcileRequest]] = [:]
        for assigned in installation.configuration.assignmentsByPolicy {
            for target in assigned.targets
            where assigned.policy.enforcement == .native || !target.subject.makesPoints {
                requests[target.provider, default: []].append(
                    ReconcileRequest(target, assigned.policy))
            }
        }
        return requests
    }

    private func drifted(_ requests: [ReconcileRequest], at provider: ProviderID) async {
        defer { context.environment.pacer.wake() }
        drift.answered(provider, isFailure: false, at: now)
        guard !requests.isEmpty else { return }
        let now = self.now
        // A window opens on a full minute, and its job must not be taken for this one.
        let second = now.roundedDownToSecond
        let opens = second.seconds % 60 == 0 ? second + .seconds(1) : second
        let assignments = requests.map {
            Assignment(policy: $0.policy.id, target: $0.target.id)
        }
        do throws(StoreError) {
            // What a vendor keeps waiting must not pile up.
            let waiting = Set(
                try await context.store.waitingJobs(of: assignments)
                    .filter { $0.request.kind == .reconcile && $0.request.closes == .distantFuture }
                    .map(\.request.slot.assignment))
            let jobs = assignments.filter { !waiting.contains($0) }.map {
                NewJob(
                    kind: .reconcile, trigger: .schedule,
                    slot: SlotKey(assignment: $0, opens: opens), provider: provider,
                    closes: .distantFuture, startBefore: now + Self.driftPatience, notBefore: now)
            }
            let added = try await context.store.enqueue(jobs, cursor: nil, events: [], at: now)
            // A job is known by its opening, a whole second, which may be taken.
            if added.addedCount < jobs.count {
                drift.answered(provider, isFailure: false, at: now, again: Self.collisionDistance)
            }
        } catch {
            // The next look finds the same again.
            logger.critical(
                "drift can't be put into the queue",
                metadata: ["provider": "\(provider)", "error": "\(error)"])
        }
    }

    private func driftUnknown(_ error: ProviderError, at provider: ProviderID) async {
        defer { context.environment.pacer.wake() }
        guard !Task.isCancelled else { return }
        let isFirst = drift.answered(provider, isFailure: true, at: now)
        logger.error(
            "whether the vendor's policies are as declared is not known",
            metadata: ["provider": "\(provider)", "error": "\(error)"])
        guard isFirst else { return }
        await tell(.driftUnknown, error, at: provider)
    }

    func tell(_ kind: EventKind, _ error: ProviderError, at provider: ProviderID) async {
        do throws(StoreError) {
            try await context.store.append([
                NewEvent(
                    at: now, kind: kind, actor: .scheduler,
                    detail: [
                        "error": .text(error.kind.rawValue), "provider": .text(provider.text),
                        "reason": .text(BoundedText.cut(error.message, to: 2048)),
                    ])
            ])
        } catch {
            logger.critical("an event can't be recorded", metadata: ["error": "\(error)"])
        }
    }
}
