import HoldfastCore
import Logging

/// What a deletion is decided by, besides the points.
struct PruneAuthority: Sendable {
    /// The policy in force; `nil` when the target is no longer declared under it.
    let policy: Policy?
    /// Whether its rules are other ones than in the last review of all its assignments.
    let isNew: Bool
    /// Whether the policy is paused.
    let isPaused: Bool
    /// What is thought of the clock.
    let clock: ClockVerdict

    /// The policy under which points may be deleted now; `nil` while it is paused or the clock is in
    /// doubt, and until all targets were reviewed under its rules: the provider's guard sees only a
    /// part of what they cut.
    var standingPolicy: Policy? { isNew || isPaused || clock != .sane ? nil : policy }
}

/// Carries one claimed prune job through: lists what the provider has, reviews once more, asks the
/// deletion kernel for each point, deletes what it permits and records every step.
struct PruneRunner: Sendable {
    let context: EngineContext
    let recorder: Recorder
    let keeper: RetentionKeeper
    let provider: any BackupProvider
    /// As it was when the job began.
    let policy: Policy
    let target: Target
    /// What holds at the moment of asking: a reload or a clock that is set must stop a prune that
    /// is under way.
    let authority: @Sendable () async -> PruneAuthority
    /// What weighs at the provider as a whole, as it was a moment ago.
    let load: @Sendable () async throws(StoreError) -> PruneLoad
    /// Has it added up anew.
    let forgetLoads: @Sendable () async -> Void
    let logger: Logger

    /// Performs the job's attempt.
    ///
    /// - Returns: Whether it left points for a reason that passes: other rules came, the policy is
    ///   paused, or the clock is in doubt.
    func perform(_ claimed: ClaimedJob) async -> Bool {
        var tally = PruneTally()
        let (machine, failure) = await context.attempt(claimed, under: policy, what: "the prune") {
            try await prune(claimed, &tally)
            return nil
        }
        // What was refused under rules that are no more is asked again under the others.
        if tally.isCut { tally.refused = [] }
        let events = await refusalEvents(of: tally, claimed)
        _ = await recorder.record(outcome(claimed, machine, failure, tally, events: events))
        log(failure, tally)
        return tally.isCut
    }

    private var now: Timestamp { context.environment.wall.now }

    private func prune(_ claimed: ClaimedJob, _ tally: inout PruneTally) async throws {
        let listing = try await listing(for: claimed)
        tally.missingCount = try await retireVanished(claimed, from: listing)
        // A reload meanwhile has marked by other rules than those of the job's start.
        let authority = await authority()
        guard let policy = authority.standingPolicy,
            try await review(claimed, under: policy, isNew: false) != nil
        else {
            tally.isCut = true
            return
        }
        guard let verdicts = try await verdicts(claimed, listing, &tally) else { return }
        // Noted before anything is deleted: what the guard holds is held though the job may fail.
        for case .refused(let point, let refusal) in verdicts { tally.refuse(point, refusal) }
        // Oldest first: what made up for an old point may itself be due.
        for case .permitted(let first) in verdicts.reversed() {
            // Time went by since the first look, and others may have changed what it relied on.
            guard
                let again = try await self.verdicts(claimed, listing, &tally, of: first.point.id)
            else { return }
            switch again.first {
            case .refused(let point, let refusal): tally.refuse(point, refusal)
            case .permitted(let permission):
                tally.permitted.append(permission.point.id)
                let answer = try await self.provider.delete(permission)
                try await retire(
                    permission.point, as: .deleted, claimed,
                    reason: permission.point.mark?.reason ?? "", answer: answer)
                tally.deleted.append(permission.point)
            case nil: tally.refuse(first.point, .notMarked)
            }
        }
    }

    /// `nil` when another review was faster: the policy may be another one since.
    private func review(
        _ claimed: ClaimedJob, under policy: Policy, isNew: Bool
    ) async throws(StoreError) -> [PointReview]? {
        let reviews = try await keeper.reviewOnce(
            claimed.job.request.slot.assignment, under: policy, isNew: isNew)
        if reviews?.contains(where: \.weighs) ?? false { await forgetLoads() }
        return reviews
    }

    /// What is recorded of this job's assignment at this job's provider; the assignment may have
    /// points at others, from before its target moved.
    private func points(of claimed: ClaimedJob) async throws(StoreError) -> [RecoveryPoint] {
        let request = claimed.job.request
        return try await context.store.availablePoints(of: request.slot.assignment).filter {
            $0.provider == request.provider
        }
    }

    /// The kernel's word on every due point, or on one, by what is recorded and in force now.
    ///
    /// - Returns: `nil` when nothing is to be deleted for now.
    private func verdicts(
        _ claimed: ClaimedJob, _ listing: PointListing, _ tally: inout PruneTally,
        of id: PointID? = nil, waivesGrace: Bool = false
    ) async throws(StoreError) -> [DeletionVerdict]? {
        let load = try await load()
        let all = try await context.store.availablePoints(of: claimed.job.request.slot.assignment)
        // Read last: nothing is waited for between it and what is said.
        let authority = await authority()
        // What makes room is one point, which the guards weigh with all the marks there are.
        guard let policy = waivesGrace ? authority.policy : authority.standingPolicy else {
            tally.isCut = true
            return nil
        }
        let instant = now
        // A rule that a reload brought may keep a point whose mark is not cleared yet.
        let due = retentionReview(
            of: all, under: policy.retention, in: policy.schedule.zone, now: instant
        ).filter { review in
            !review.isKept && (id.map { $0 == review.point.id } ?? true)
                && (review.point.mark.map { waivesGrace || $0.deleteAfter <= instant } ?? false)
        }.map(\.point.id)
        let wanted = Set(due)
        return deletionVerdicts(
            for: all.filter {
                wanted.contains($0.id) && $0.provider == claimed.job.request.provider
            },
            in: DeletionContext(
                provider: claimed.job.request.provider, recorded: all, listing: listing,
                settings: policy.retention, zone: policy.schedule.zone, providerLoad: load,
                clock: authority.clock, now: instant, waivesGrace: waivesGrace))
    }

    /// Records points that a complete listing no longer shows.
    ///
    /// - Returns: How many are missing that should be there.
    private func retireVanished(
        _ claimed: ClaimedJob, from listing: PointListing
    ) async throws(StoreError) -> Int {
        let vanished = VanishedPoints(
            of: try await points(of: claimed), from: listing,
            lifetime: provider.capabilities.pointLifetime, now: now)
        for point in vanished.expired {
            try await retire(
                point, as: .expired, claimed,
                reason: "the vendor ended it when its time was over")
        }
        // So many gone at once make the listing itself doubtful; a look at the points decides.
        guard !vanished.isDoubtful else { return 0 }
        for point in vanished.gone {
            try await retire(point, as: .missing, claimed, reason: "not in the listing any more")
        }
        return vanished.gone.count
    }

    /// What the provider has of the job's target, adopted points among ours.
    private func listing(for claimed: ClaimedJob) async throws -> PointListing {
        let namesPoints = provider.capabilities.namesPoints
        let past = namesPoints ? .unknown : try await context.store.past(of: claimed.job)
        return try await provider.list(target, knowing: past)
            .recognising(try await points(of: claimed), namesPoints: namesPoints)
    }

    /// Deletes the oldest point that retention lets go, before its grace is over, so that a backup
    /// finds room.
    ///
    /// - Parameter tally: Gets what the kernel said.
    /// - Returns: Whether there is room now.
    func makeRoom(for claimed: ClaimedJob, _ tally: inout PruneTally) async throws -> Bool {
        let request = claimed.job.request
        let listing = try await listing(for: claimed)
        let authority = await authority()
        guard let policy = authority.policy else { return false }
        if case .doubtful(let reason) = authority.clock {
            // Counts as no attempt: a second look at the clock is a minute away.
            throw ProviderError(
                .throttled,
                "no point makes room while the clock is in doubt (\(reason)); it is tried again",
                retryAfter: now + ClockWatch.confirmationDistance)
        }
        guard let reviews = try await review(claimed, under: policy, isNew: authority.isNew) else {
            throw ProviderError(
                .transient,
                "the points of '\(request.slot.assignment.target)' changed while room was made; it is "
                    + "tried again")
        }
        // What is not there any more makes no room.
        let seen = Dictionary(
            listing.points.map { ($0.token, $0.remoteID) }, uniquingKeysWith: { first, _ in first })
        for review in reviews.reversed()
        where !review.isKept
            && seen[review.point.remote.token] == review.point.remote.remoteID
        {
            let verdict = try await verdicts(
                claimed, listing, &tally, of: review.point.id, waivesGrace: true)?.first
            if case .refused(let point, let refusal) = verdict {
                tally.refuse(point, refusal)
            }
            guard case .permitted(let permission) = verdict else { continue }
            tally.permitted.append(permission.point.id)
            let answer = try await provider.delete(permission)
            try await retire(
                permission.point, as: .deleted, claimed,
                reason: "made room for \(request.slot.token) (when_full: replace_oldest); "
                    + (permission.point.mark?.reason ?? ""), answer: answer)
            tally.deleted.append(permission.point)
            return true
        }
        return false
    }

    private func retire(
        _ point: RecoveryPoint, as state: PointState, _ claimed: ClaimedJob, reason: String,
        answer: DeletionAnswer? = nil
    ) async throws(StoreError) {
        let event = PointEvents(job: claimed.job.id, now: now)
            .retired(point, as: state, reason: reason, answer: answer)
        try await context.store.retire(point.id, as: state, at: now, event: event)
    }

    /// What is to be told of the refusals of a look.
    func refusalEvents(of tally: PruneTally, _ claimed: ClaimedJob) async -> [NewEvent] {
        guard !tally.refused.isEmpty else { return [] }
        var standing: [PointRefusal] = []
        do {
            standing = try await context.store.refusals(of: tally.refused.map(\.point.id))
        } catch {
            // Told once more rather than not at all.
            logger.warning(
                "refusals could not be read", metadata: ["error": "\(error)"])
        }
        return tally.refusalEvents(beyond: standing, of: claimed.job, at: now)
    }

    private func outcome(
        _ claimed: ClaimedJob, _ machine: JobMachine, _ failure: ProviderError?,
        _ tally: PruneTally, events: [NewEvent]
    ) -> AttemptOutcome {
        var events = events
        if let failure {
            events.append(
                NewEvent(
                    at: now, kind: .pruneFailed, actor: .scheduler,
                    assignment: claimed.job.request.slot.assignment, job: claimed.job.id,
                    detail: [
                        "error": .text(failure.kind.rawValue),
                        "reason": .text(BoundedText.cut(failure.message, to: 2048)),
                    ]))
        }
        let state: RunState =
            failure == nil ? .succeeded : Task.isCancelled ? .handedBack : .failed
        let lines =
            tally.deleted.map { "deleted \($0.remote.token)" }
            + tally.refused.map { "kept \($0.point.remote.token): \($0.refusal.text)" }
            + (tally.isCut
                ? [
                    "left the rest: other rules came, the policy was paused, or the clock is in doubt"
                ] : [])
        return AttemptOutcome(
            claimed: claimed,
            ending: RunEnding(
                state: state, errorKind: failure?.kind, message: failure?.message,
                output: lines.isEmpty ? nil : lines.joined(separator: "\n")),
            endedAt: now, next: machine.state, failures: machine.failures,
            isUncertain: machine.isUncertain, point: nil,
            kernelLook: tally.look(at: now), events: events)
    }

    private func log(_ failure: ProviderError?, _ tally: PruneTally) {
        var metadata: Logger.Metadata = [
            "target": "\(target.id)", "policy": "\(policy.id)",
            "deleted": "\(tally.deleted.count)",
        ]
        if tally.missingCount > 0 { metadata["missing"] = "\(tally.missingCount)" }
        if let first = tally.refused.first {
            metadata["refused"] = "\(tally.refused.count)"
            metadata["reason"] = "\(first.refusal.text)"
        }
        if let failure {
            metadata["error"] = "\(failure.message)"
            logger.error("prune failed", metadata: metadata)
        } else if !tally.refused.isEmpty || tally.missingCount > 0 {
            logger.warning("prune ended with refusals", metadata: metadata)
        } else {
            logger.notice("pruned", metadata: metadata)
        }
    }
}
