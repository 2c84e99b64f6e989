import HoldfastCore
import Logging

/// Carries one claimed restore job through: it runs once, because a second try would overwrite what
/// the first one left.
struct RestoreRunner: Sendable {
    let context: EngineContext
    let recorder: Recorder
    let provider: any RestoringProvider
    let target: Target
    let logger: Logger

    /// The wait after being asked for patience without an instant.
    private static let patience = Duration.seconds(60)
    /// So many looks at a restore under way may fail in a row.
    private static let pollFailureMax = 20
    /// A restore that the vendor has not ended by then is not waited for any longer.
    private static let lengthMax = Duration.hours(24)

    /// Performs the job.
    func perform(_ claimed: ClaimedJob) async {
        var machine = JobMachine(claimed.job, failureMax: 1)
        var action = machine.claimed()
        // An attempt that was only asked for patience has begun nothing.
        if action == .findToken, !claimed.job.isUncertain {
            action = machine.tokenAbsent(at: now, retryAt: now)
        }
        var failure: ProviderError?
        var destroyed: [RecoveryPoint] = []
        var point: RecoveryPoint?
        do {
            guard !machine.state.isEnd else {
                throw ProviderError(
                    .permanent, "it could not begin in the time after it was asked for; ask again")
            }
            guard action == .start else {
                throw ProviderError(
                    .ambiguous,
                    "the daemon ended while this restore ran; look at the target before asking for "
                        + "another")
            }
            point = try await recorded(claimed)
            guard let point else {
                throw ProviderError(.notFound, "the point is not in the history any more")
            }
            let request = RestoreRequest(point.remote, to: target)
            let preview = try await provider.preview(request)
            try check(preview, against: claimed.job.request.accepted)
            for remote in preview.destroyedPoints {
                guard let known = try await context.store.point(remote.token) else { continue }
                if let words = known.pinAgainstDestruction(at: now) {
                    throw ProviderError(.permanent, words)
                }
                destroyed.append(known)
            }
            try await restore(request)
        } catch let error as ProviderError {
            failure = error
            // It may have been done: what is gone is what the vendor does not list any more.
            destroyed = error.kind == .ambiguous ? await vanished(claimed) : []
        } catch {
            failure = ProviderError(.permanent, "\(error)")
            destroyed = []
        }
        if let failure {
            if !machine.state.isEnd {
                _ = machine.attemptFailed(
                    failure.kind == .throttled
                        ? failure : ProviderError(.permanent, failure.message),
                    retryAt: now + Self.patience)
            }
        } else {
            _ = machine.completed()
        }
        _ = await recorder.record(outcome(claimed, machine, failure, destroyed))
        log(failure, claimed)
    }

    private var now: Timestamp { context.environment.wall.now }

    private func recorded(_ claimed: ClaimedJob) async throws(StoreError) -> RecoveryPoint? {
        guard let token = claimed.job.request.point else { return nil }
        return try await context.store.point(token).flatMap {
            $0.state == .available ? $0 : nil
        }
    }

    /// What a restore costs may have grown since somebody accepted it.
    private func check(
        _ preview: RestorePreview, against accepted: Set<RestoreDanger>
    ) throws(ProviderError) {
        let missing = preview.dangers.filter { !accepted.contains($0) }
        guard missing.isEmpty else {
            throw ProviderError(
                .permanent,
                "what this restore costs has changed since it was asked for; nothing was restored. "
                    + "If it is still meant, ask again with "
                    + missing.flags)
        }
    }

    /// The recorded points that are newer than the one that was put back, and that the vendor lists
    /// no more; none when it can't be asked, because the next look at its points finds them.
    private func vanished(_ claimed: ClaimedJob) async -> [RecoveryPoint] {
        guard claimed.job.request.accepted.contains(.destroysNewerPoints) else { return [] }
        do {
            let past = try await context.store.past(of: claimed.job)
            guard let token = claimed.job.request.point,
                let restored = try await context.store.point(token)
            else { return [] }
            let listing = try await provider.list(target, knowing: past)
            guard listing.isComplete else { return [] }
            let seen = Set(listing.points.map(\.token))
            var gone: [RecoveryPoint] = []
            for remote in past.points
            where remote.takenAt > restored.remote.takenAt && !seen.contains(remote.token) {
                guard let point = try await context.store.point(remote.token),
                    point.state == .available, point.origin != .vendor
                else { continue }
                gone.append(point)
            }
            return gone
        } catch {
            logger.warning(
                "which points the restore destroyed is not known yet",
                metadata: ["target": "\(target.id)", "error": "\(error)"])
            return []
        }
    }

    private func restore(_ request: RestoreRequest) async throws(ProviderError) {
        var progress = try await provider.restore(request)
        let end = context.environment.steady() + Self.lengthMax
        var failures = 0
        var patience = Duration.zero
        while case .running(let operation, let pollAfter) = progress {
            guard context.environment.steady() < end else {
                throw ProviderError(
                    .ambiguous,
                    "the provider has not ended the restore in "
                        + "\(DurationText.brief(Self.lengthMax)); look at the target")
            }
            do {
                try await context.environment.timeouts.sleep(for: max(pollAfter, patience))
            } catch {
                throw ProviderError(
                    .ambiguous, "the daemon stopped while the provider restored; look at the target"
                )
            }
            do {
                progress = try await provider.pollRestore(operation)
                failures = 0
                patience = .zero
            } catch {
                // Only the vendor's own word ends it; whatever else goes wrong, it was ordered.
                guard error.kind != .permanent else { throw error }
                // A look that has to wait for its turn is none that failed.
                patience = error.retryAfter.map { $0 - now } ?? .zero
                if error.kind != .throttled || error.retryAfter == nil { failures += 1 }
                let mayPass = error.kind == .throttled || error.kind == .transient
                guard mayPass, failures < Self.pollFailureMax, !Task.isCancelled else {
                    throw ProviderError(
                        .ambiguous, "the restore may be under way: \(error.message)")
                }
            }
        }
    }

    private func outcome(
        _ claimed: ClaimedJob, _ machine: JobMachine, _ failure: ProviderError?,
        _ destroyed: [RecoveryPoint]
    ) -> AttemptOutcome {
        let request = claimed.job.request
        var detail: [String: DetailValue] = [
            "attempt": .number(Int64(claimed.job.attempt)),
            "provider": .text(request.provider.text), "to": .text(target.subject.source),
        ]
        if let failure {
            detail["error"] = .text(failure.kind.rawValue)
            detail["reason"] = .text(BoundedText.cut(failure.message, to: 2048))
        }
        var events = [
            NewEvent(
                at: now,
                kind: failure == nil
                    ? .pointRestored : machine.state.isEnd ? .restoreFailed : .attemptFailed,
                actor: .scheduler, assignment: request.slot.assignment, job: claimed.job.id,
                token: request.point, detail: detail)
        ]
        events += destroyed.map { point in
            NewEvent(
                at: now, kind: .pointDestroyed, actor: .scheduler, assignment: point.assignment,
                job: claimed.job.id, token: point.remote.token,
                detail: [
                    "provider": .text(point.provider.text),
                    "reason": .text(
                        "the restore of \(request.point?.text ?? "") destroyed what was newer"),
                    "remote_id": .text(point.remote.remoteID),
                    "taken_at": .text(point.remote.takenAt.rfc3339),
                ])
        }
        return AttemptOutcome(
            claimed: claimed,
            ending: RunEnding(
                state: failure == nil ? .succeeded : .failed, errorKind: failure?.kind,
                message: failure?.message),
            endedAt: now, next: machine.state, failures: machine.failures,
            isUncertain: false, retired: destroyed.map { RetiredPoint($0.id, as: .destroyed) },
            events: events)
    }

    private func log(_ failure: ProviderError?, _ claimed: ClaimedJob) {
        var metadata: Logger.Metadata = [
            "target": "\(target.id)", "point": "\(claimed.job.request.point?.text ?? "")",
        ]
        guard let failure else {
            return logger.notice("restored", metadata: metadata)
        }
        metadata["error"] = "\(failure.message)"
        logger.error("restore failed", metadata: metadata)
    }
}
