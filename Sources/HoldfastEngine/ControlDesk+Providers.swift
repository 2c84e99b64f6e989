public import HoldfastCore

/// What people ask the daemon to do at its providers.
extension ControlDesk {
    /// A restore that has not begun so long after it was asked for does not begin at all.
    private static var restorePatience: Duration { .minutes(10) }
    private static var noteMax: Int { 250 }

    /// See `ProviderSurface`.
    public func providers() async -> [ProviderStatus] {
        let state = await scheduler.state
        let counts = Dictionary(
            grouping: state.configuration.targets.values, by: \.provider
        ).mapValues(\.count)
        return state.configuration.providers.values.sorted { $0.id < $1.id }.map {
            ProviderStatus(
                settings: $0, targetCount: counts[$0.id] ?? 0,
                activeCount: state.activeCounts[$0.id] ?? 0,
                isFailing: state.failingProviders.contains($0.id))
        }
    }

    /// See `ProviderSurface`.
    public func discoveries() async throws(StoreError) -> [Discovery] {
        let configuration = await scheduler.configuration
        return try await context.store.discoveries().map {
            Discovery(
                target: configuration.named($0.target), firstSeen: $0.firstSeen,
                goneAt: $0.goneAt)
        }
    }

    /// See `ProviderSurface`.
    public func checkProvider(_ name: String) async throws(ControlRefusal) -> ProviderCheckup {
        try await ProviderExamination(await scheduler.installation).checkup(of: name)
    }

    // MARK: Points

    /// See `ProviderSurface`.
    public func previewRestore(_ name: String) async throws(ControlRefusal) -> RestoreOffer {
        let point = try await point(named: name)
        let (provider, target) = try await restorer(of: point)
        let preview = try await asking { () async throws(ProviderError) in
            try await provider.preview(RestoreRequest(point.remote, to: target))
        }
        return RestoreOffer(point: point, preview: preview)
    }

    /// See `ProviderSurface`.
    public func requestRestore(
        _ name: String, accepting accepted: Set<RestoreDanger>, by actor: Actor
    ) async throws(ControlRefusal) -> Job {
        let offer = try await previewRestore(name)
        let missing = offer.preview.dangers.filter { !accepted.contains($0) }
        guard missing.isEmpty else {
            throw ControlRefusal(
                .conflict,
                "restoring \(offer.point.remote.token) overwrites \(offer.preview.overwrites)"
                    + destruction(offer.preview) + "; if that is meant, add "
                    + missing.flags
                    + " (accept=\(missing.map(\.rawValue).joined(separator: ",")))")
        }
        try await checkUnpinned(offer.preview.destroyedPoints)
        let now = self.now
        let opens = now.roundedDownToSecond
        if let open = try await openRestore(of: offer.point), open.request.slot.opens != opens {
            throw ControlRefusal(
                .conflict,
                "restore job \(open.id) of '\(offer.point.assignment.target)' is waiting or running; "
                    + "wait for its end ('holdfast jobs')")
        }
        let job = NewJob(
            kind: .restore, trigger: .operatorRequest,
            slot: SlotKey(assignment: offer.point.assignment, opens: opens),
            provider: offer.point.provider, closes: opens + Self.restorePatience,
            startBefore: opens + Self.restorePatience, notBefore: now,
            point: offer.point.remote.token, accepted: accepted)
        let event = NewEvent(
            at: now, kind: .restoreRequested, actor: actor, assignment: offer.point.assignment,
            token: offer.point.remote.token,
            detail: ["accepted": .list(accepted.map(\.rawValue).sorted())])
        let queued = try await stored { () async throws(StoreError) in
            try await context.store.enqueue(job, event: event, at: now)
        }
        guard queued.request.point == job.point, queued.request.accepted == accepted,
            !queued.state.isEnd
        else {
            throw ControlRefusal(
                .conflict, "another restore was asked for in this very second; ask again")
        }
        context.environment.pacer.wake()
        return queued
    }

    /// A restore of the point's target that has not ended: a second one would overwrite the first.
    private func openRestore(of point: RecoveryPoint) async throws(ControlRefusal) -> Job? {
        let target = point.assignment.target
        let policies = await scheduler.configuration.targets[target]?.policies ?? []
        let assignments = Set(
            policies.map { Assignment(policy: $0, target: target) } + [point.assignment])
        return try await stored { () async throws(StoreError) in
            let waiting = try await context.store.waitingJobs(of: assignments.sorted())
            let running = try await context.store.runningJobs().map(\.job)
            return (waiting + running).first {
                $0.request.kind == .restore && $0.request.slot.assignment.target == target
            }
        }
    }

    private func destruction(_ preview: RestorePreview) -> String {
        let names =
            preview.destroyedPoints.map(\.token.text)
            + preview.destroyedStrangers.map { "'\(BoundedText.cut($0.name, to: 60))'" }
        guard !names.isEmpty else { return "" }
        let shown = names.prefix(10).joined(separator: ", ")
        return " and destroys \(names.count) newer: \(shown)" + (names.count > 10 ? ", …" : "")
    }

    /// See `ProviderSurface`.
    public func annotate(
        _ name: String, with note: String, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint {
        let isPossible =
            note.utf8.count <= Self.noteMax
            && note.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPossible else {
            throw ControlRefusal(
                .invalid,
                "a note has at most \(Self.noteMax) bytes and no control characters; shorten it")
        }
        let point = try await point(named: name)
        let (any, target) = try await provider(of: point)
        guard let provider = any as? any AnnotatingProvider else {
            throw ControlRefusal(
                .invalid,
                "provider '\(point.provider)' has no place for notes beside its points")
        }
        try await asking { () async throws(ProviderError) in
            try await provider.annotate(point.remote, of: target, with: note)
        }
        try await recorded(
            NewEvent(
                at: now, kind: .pointAnnotated, actor: actor, assignment: point.assignment,
                token: point.remote.token, detail: ["note": .text(note)]))
        return point
    }

    func point(
        named name: String, inAnyState: Bool = false
    ) async throws(ControlRefusal) -> RecoveryPoint {
        let shown = BoundedText.cut(name, to: 100)
        if let token = BackupToken(name) {
            let found = try await stored { () async throws(StoreError) in
                try await context.store.point(token)
            }
            guard let found else {
                throw ControlRefusal(.notFound, "the history has no point \(token)")
            }
            guard inAnyState || found.state == .available else {
                throw ControlRefusal(
                    .conflict,
                    "point \(token) is \(found.state.rawValue); 'holdfast events' and 'holdfast "
                        + "explain \(token)' tell what became of it")
            }
            return found
        }
        let parts = name.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "latest" else {
            throw ControlRefusal(
                .invalid,
                "'\(shown)' names no point: give its id, as 'holdfast points' shows it, or "
                    + "TARGET@latest")
        }
        let page = PageRequest(
            limit: PageRequest.limitMax, target: String(parts[0]), state: "available")
        let found = try await stored { () async throws(StoreError) in
            try await context.store.points(page)
        }.rows.max { $0.remote.takenAt < $1.remote.takenAt }
        guard let found else {
            throw ControlRefusal(
                .notFound,
                "target '\(BoundedText.cut(String(parts[0]), to: 100))' has no point that is available; "
                    + "'holdfast points --state all --target TARGET' shows what it had")
        }
        return found
    }

    private func provider(
        of point: RecoveryPoint
    ) async throws(ControlRefusal) -> (any BackupProvider, Target) {
        let installation = await scheduler.installation
        guard let provider = installation.providers[point.provider] else {
            throw ControlRefusal(
                .conflict,
                "provider '\(point.provider)', which has the point, is not declared any more; "
                    + "declare it again")
        }
        guard let target = installation.configuration.targets[point.assignment.target],
            target.provider == point.provider
        else {
            throw ControlRefusal(
                .conflict,
                "target '\(point.assignment.target)' is not declared at provider "
                    + "'\(point.provider)' any more; declare it again")
        }
        return (provider, target)
    }

    private func restorer(
        of point: RecoveryPoint
    ) async throws(ControlRefusal) -> (any RestoringProvider, Target) {
        let (provider, target) = try await provider(of: point)
        guard let restorer = provider as? any RestoringProvider else {
            throw ControlRefusal(
                .invalid,
                "points of provider '\(point.provider)' are unpacked into a directory: add --to DIR"
            )
        }
        return (restorer, target)
    }

    /// What a provider refuses is refused to whoever asked.
    func asking<Value>(
        _ body: () async throws(ProviderError) -> Value
    ) async throws(ControlRefusal) -> Value {
        do {
            return try await body()
        } catch {
            throw ControlRefusal(error)
        }
    }

    func recorded(_ event: NewEvent) async throws(ControlRefusal) {
        try await stored { () async throws(StoreError) in
            try await context.store.append([event])
        }
    }
}

extension ControlRefusal {
    /// What a provider's refusal means for whoever asked.
    init(_ error: ProviderError) {
        switch error.kind {
        case .transient, .throttled: self.init(.unavailable, error.message)
        case .notFound: self.init(.notFound, error.message)
        case .quota, .authentication, .permanent, .ambiguous: self.init(.provider, error.message)
        }
    }
}
