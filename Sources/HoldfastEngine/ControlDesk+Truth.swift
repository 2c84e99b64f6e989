public import HoldfastCore

/// What people ask about what is really at the providers.
extension ControlDesk {
    /// So many seconds are tried for one request.
    private static var secondMax: Int { 10 }

    /// See `TruthSurface`.
    public func foreignPoints(
        _ page: PageRequest
    ) async throws(StoreError) -> Page<ForeignPoint> {
        try await context.store.foreignPoints(page)
    }

    /// See `TruthSurface`.
    public func orphans() async throws(StoreError) -> [OrphanStatus] {
        let configuration = await scheduler.configuration
        let known = try await scheduler.formerTargets()
        var rows: [OrphanStatus] = []
        for orphan in try await context.store.orphans() {
            let rules = configuration.policies[orphan.assignment.policy]?.retention.orphans
            var hindrance: String?
            if rules != nil, await scheduler.care(of: orphan, known, at: now) == nil {
                hindrance =
                    configuration.providers[orphan.provider] == nil
                    ? "provider '\(orphan.provider)' is not declared any more"
                    : "it is not recorded what this target was, because it ended before version 4 "
                        + "of the history; declare it again to have it pruned"
            }
            rows.append(
                OrphanStatus(
                    orphan: orphan, rules: rules, hindrance: hindrance,
                    isEndangered: configuration.providers[orphan.provider]?.kind.capabilities
                        .pointsDieWithTarget ?? false))
        }
        return rows
    }

    /// See `TruthSurface`.
    public func requestLook(
        target name: String, by actor: Actor
    ) async throws(ControlRefusal) -> Job {
        let target = try await target(named: name)
        let now = self.now
        let job = await scheduler.lookJob(
            at: target, opens: Self.opening(at: now), trigger: .operatorRequest)
        guard let job else { throw pointless(target) }
        let event = NewEvent(
            at: now, kind: .reconcileRequested, actor: actor, assignment: job.slot.assignment,
            detail: ["provider": .text(job.provider.text)])
        return try await queue(job, event)
    }

    /// See `TruthSurface`.
    public func requestLooks(by actor: Actor) async throws(ControlRefusal) -> Int {
        let now = self.now
        let count = try await stored { () async throws(StoreError) in
            try await scheduler.lookAtAll(
                opens: Self.opening(at: now), trigger: .operatorRequest
            ) {
                NewEvent(
                    at: now, kind: .reconcileRequested, actor: actor,
                    detail: ["jobs": .number(Int64($0))])
            }
        }
        context.environment.pacer.wake()
        return count
    }

    /// See `TruthSurface`.
    public func requestAdoption(
        _ wish: AdoptionWish, by actor: Actor
    ) async throws(ControlRefusal) -> Job {
        let target = try await target(named: wish.target)
        let policy = try await policy(named: wish.policy, of: target)
        try check(wish)
        guard case .user(let uid, let user) = actor else {
            throw ControlRefusal(.invalid, "only a person adopts, and the daemon is none")
        }
        let now = self.now
        let adoption = Adoption(
            remoteIDs: wish.remoteIDs, reason: wish.reason, uid: uid, user: user)
        let job = await scheduler.lookJob(
            at: target, opens: Self.opening(at: now), trigger: .operatorRequest,
            survey: .adopt(adoption), under: policy)
        guard let job else { throw pointless(target) }
        return try await queue(job, nil)
    }

    private func check(_ wish: AdoptionWish) throws(ControlRefusal) {
        guard (1...Adoption.countMax).contains(wish.remoteIDs.count) else {
            throw ControlRefusal(
                .invalid,
                "name 1 to \(Adoption.countMax) backups by their provider's ids; 'holdfast points "
                    + "--foreign' lists them")
        }
        var seen: Set<String> = []
        for id in wish.remoteIDs {
            guard (1...Adoption.remoteIDMax).contains(id.utf8.count) else {
                throw ControlRefusal(
                    .invalid,
                    "an id has 1 to \(Adoption.remoteIDMax) bytes; see 'holdfast points "
                        + "--foreign'")
            }
            guard seen.insert(id).inserted else {
                throw ControlRefusal(
                    .invalid, "'\(BoundedText.cut(id, to: 100))' is named twice; remove one")
            }
        }
        let isReason =
            (1...Adoption.reasonMax).contains(wish.reason.utf8.count)
            && wish.reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isReason else {
            throw ControlRefusal(
                .invalid,
                "say why, in 1 to \(Adoption.reasonMax) bytes without control characters: the "
                    + "audit log keeps it")
        }
    }

    private func target(named name: String) async throws(ControlRefusal) -> Target {
        let targets = await scheduler.configuration.targets
        guard let found = targets.values.first(where: { $0.id.text == name }) else {
            throw ControlRefusal(
                .notFound,
                "no target is named '\(BoundedText.cut(name, to: 100))'"
                    + Suggestion.clause(for: name, among: targets.keys.sorted().map(\.text)))
        }
        return found
    }

    private func policy(
        named name: String, of target: Target
    ) async throws(ControlRefusal) -> PolicyID {
        let policies = await scheduler.configuration.policies
        guard let id = target.policies.first(where: { $0.text == name }),
            let policy = policies[id]
        else {
            throw ControlRefusal(
                .notFound,
                "target '\(target.id)' has no policy '\(BoundedText.cut(name, to: 100))'; it has "
                    + target.policies.map(\.text).joined(separator: ", "))
        }
        guard policy.enforcement == .managed else {
            throw ControlRefusal(
                .invalid,
                "policy '\(policy.id)' is enforced by the provider itself, which keeps what it "
                    + "made and nothing else; adopt under a policy with 'enforce: managed'")
        }
        return id
    }

    private func pointless(_ target: Target) -> ControlRefusal {
        ControlRefusal(
            .invalid,
            "target '\(target.id)' has no recovery points: its backups are made by the vendor's own "
                + "software, and this provider does not list them")
    }

    /// A second beside the full minute, where the windows of vendors' policies open.
    private static func opening(at now: Timestamp) -> Timestamp {
        let second = now.roundedDownToSecond
        return second.seconds % 60 == 0 ? second + .seconds(1) : second
    }

    /// A job is known by its opening, a whole second: one that is taken leaves the next.
    private func queue(
        _ wish: NewJob, _ event: NewEvent?
    ) async throws(ControlRefusal) -> Job {
        var opens = wish.slot.opens
        for _ in 0..<Self.secondMax {
            let job = wish.opening(at: opens)
            opens = Self.opening(at: opens + .seconds(1))
            let queued = try await stored { () async throws(StoreError) in
                try await context.store.enqueue(job, event: event, at: now)
            }
            if queued.request == job, queued.attempt == 0, !queued.state.isEnd {
                context.environment.pacer.wake()
                return queued
            }
        }
        throw ControlRefusal(
            .conflict, "too many were asked for in these seconds; ask again")
    }
}

extension NewJob {
    /// The same job of another second.
    fileprivate func opening(at opens: Timestamp) -> NewJob {
        NewJob(
            kind: kind, trigger: trigger,
            slot: SlotKey(assignment: slot.assignment, opens: opens), provider: provider,
            closes: closes, startBefore: startBefore, notBefore: notBefore, survey: survey)
    }
}

extension Scheduler {
    /// Puts a look at every target into the queue.
    ///
    /// - Parameter event: Made of how many there are.
    /// - Returns: How many there are.
    func lookAtAll(
        opens: Timestamp, trigger: JobTrigger, event: @escaping @Sendable (Int) -> NewEvent
    ) async throws(StoreError) -> Int {
        let jobs = installation.configuration.targets.values.compactMap {
            lookJob(at: $0, opens: opens, trigger: trigger)
        }
        return try await enqueueLooks(jobs, event: event)
    }
}
