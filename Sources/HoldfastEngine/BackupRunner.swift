import HoldfastCore
import Logging

/// Carries one claimed backup job through one attempt: looks for the token where that is due, runs
/// the hooks, lets the provider work, and records what came of it.
struct BackupRunner: Sendable {
    let context: EngineContext
    let recorder: Recorder
    let provider: any BackupProvider
    let policy: Policy
    let target: Target
    let progress: ProgressBoard
    /// Makes room at a full provider; `nil` where a full one is a failure.
    let room: PruneRunner?
    let logger: Logger

    /// So many looks at a backup under way may fail in a row before the attempt is given up.
    private static let pollFailureMax = 20

    /// What an attempt came to, before the job's machine has judged it.
    private enum Result {
        case point(RemotePoint, isAdopted: Bool)
        case absent
        case failed(ProviderError)
    }

    /// Performs the attempt.
    ///
    /// - Returns: Whether there is a new recovery point.
    func perform(_ claimed: ClaimedJob) async -> Bool {
        var machine = JobMachine(claimed.job, failureMax: policy.retry.attempts)
        var transcript = HookTranscript()
        var tally = PruneTally()
        var lastError: ProviderError?
        var found: (point: RemotePoint, isAdopted: Bool)?
        var action = machine.claimed()
        // The attempt that was cut short may have begun with `before` and never come to `after`.
        var owesAfter = claimed.job.isUncertain
        while true {
            let result: Result
            switch action {
            case .start:
                owesAfter = false
                result = await attempt(claimed, &transcript, &tally)
            case .findToken: result = await find(claimed)
            case .retry, .record:
                if owesAfter, !Task.isCancelled {
                    await runAfter(claimed, lastError, &transcript)
                }
                let refusals = await room?.refusalEvents(of: tally, claimed) ?? []
                let outcome = conclude(
                    claimed, machine, action, found: found, error: lastError, transcript,
                    tally.look(at: now), refusals)
                let isRecorded = await recorder.record(outcome)
                log(outcome)
                return isRecorded && found != nil
            }
            switch result {
            case .point(let point, let isAdopted):
                found = (point, isAdopted)
                action = machine.completed()
            case .absent:
                action = machine.tokenAbsent(
                    at: now, retryAt: context.retryAt(machine, claimed.job.id, under: policy))
                if case .record = action, lastError == nil {
                    lastError = ProviderError(
                        .permanent,
                        "an earlier attempt was cut short, left nothing at the provider, and the "
                            + "time to start again is over")
                }
            case .failed where Task.isCancelled:
                lastError = ProviderError(.transient, "the daemon was stopped")
                action = machine.handedBack(at: now)
            case .failed(let error):
                lastError = error
                action = machine.attemptFailed(
                    error, retryAt: context.retryAt(machine, claimed.job.id, under: policy))
            }
        }
    }

    private var now: Timestamp { context.environment.wall.now }

    private func find(_ claimed: ClaimedJob) async -> Result {
        do {
            let token = claimed.job.request.slot.token
            let past =
                provider.capabilities.namesPoints
                ? .unknown : try await context.store.past(of: claimed.job)
            guard let point = try await provider.find(token, on: target, knowing: past) else {
                return .absent
            }
            return .point(point, isAdopted: true)
        } catch let error as ProviderError {
            return .failed(error)
        } catch {
            return .failed(ProviderError(.transient, "\(error)"))
        }
    }

    private func attempt(
        _ claimed: ClaimedJob, _ transcript: inout HookTranscript, _ tally: inout PruneTally
    ) async -> Result {
        if let before = policy.hooks.before {
            let result = await context.hooks.run(
                before, variables: HookVariables.make(.before, claimed: claimed, target: target),
                mustEnd: false)
            transcript.add("before", result)
            if let failure = result.failure, before.onError == .fail {
                let error = ProviderError(.transient, "the before hook \(failure)")
                await runOnFailure(claimed, error, &transcript)
                return .failed(error)
            }
        }
        var result = await transfer(claimed)
        if case .failed(let error) = result, error.kind == .quota, let room {
            result = await retryWithRoom(claimed, room, error, &tally)
        }
        var failure: ProviderError?
        if case .failed(let error) = result { failure = error }
        await runAfter(claimed, failure, &transcript)
        if let failure { await runOnFailure(claimed, failure, &transcript) }
        return result
    }

    private func retryWithRoom(
        _ claimed: ClaimedJob, _ room: PruneRunner, _ full: ProviderError,
        _ tally: inout PruneTally
    ) async -> Result {
        do {
            guard try await room.makeRoom(for: claimed, &tally) else {
                let kept = tally.refused.first.map {
                    "\($0.point.remote.token), the oldest that no rule keeps, stays: "
                        + $0.refusal.text
                }
                return .failed(
                    ProviderError(
                        full.kind,
                        "\(full.message); nothing makes room (when_full: replace_oldest): "
                            + (kept ?? "the rules want every point that is there")))
            }
            return await transfer(claimed)
        } catch let error as ProviderError where error.kind != .ambiguous {
            // Whether there is something that may go is not known yet.
            return .failed(error)
        } catch {
            return .failed(ProviderError(.transient, "no room could be made: \(error)"))
        }
    }

    private func runAfter(
        _ claimed: ClaimedJob, _ failure: ProviderError?, _ transcript: inout HookTranscript
    ) async {
        guard let after = policy.hooks.after else { return }
        let ended = await context.hooks.run(
            after,
            variables: HookVariables.make(
                .after, claimed: claimed, target: target, failure: failure?.message),
            mustEnd: true)
        transcript.add("after", ended)
        if let words = ended.failure, after.onError == .fail, failure == nil {
            // The backup is there and is recorded; the hook's failure is told beside it.
            transcript.note("the after hook \(words); the backup itself is complete")
        }
    }

    private func runOnFailure(
        _ claimed: ClaimedJob, _ error: ProviderError, _ transcript: inout HookTranscript
    ) async {
        guard let hook = policy.hooks.onFailure else { return }
        let result = await context.hooks.run(
            hook,
            variables: HookVariables.make(
                .onFailure, claimed: claimed, target: target, failure: error.message),
            mustEnd: true)
        transcript.add("on_failure", result)
    }

    /// Lets the provider work, within the policy's timeout.
    private func transfer(_ claimed: ClaimedJob) async -> Result {
        let timeout = policy.timeout
        let clock = context.environment.timeouts
        defer { progress.clear(claimed.job.id) }
        return await withTaskGroup(of: Result?.self) { group in
            group.addTask { await self.startAndPoll(claimed) }
            group.addTask {
                do {
                    try await clock.sleep(for: timeout)
                    return nil
                } catch {
                    return nil  // the transfer ended first
                }
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            // The provider stops its work and leaves nothing half-made before it returns.
            let late = await group.next() ?? nil
            if let late, case .point = late { return late }
            // A backup that goes on without us may still come to its end.
            var kind = ProviderError.Kind.transient
            if let late, case .failed(let error) = late, error.kind == .ambiguous {
                kind = .ambiguous
            }
            return .failed(
                ProviderError(
                    kind,
                    "the backup was stopped because it took longer than "
                        + "\(DurationText.brief(timeout)) (timeout)"))
        }
    }

    private func startAndPoll(_ claimed: ClaimedJob) async -> Result {
        let board = progress
        let id = claimed.job.id
        let request = BackupRequest(
            target: target, slot: claimed.job.request.slot, token: claimed.job.request.slot.token
        ) { board.post($0, of: id) }
        do throws(ProviderError) {
            var state = try await provider.start(request)
            while case .running(let operation, let pollAfter) = state {
                state = try await poll(operation, after: pollAfter)
            }
            guard case .finished(let point) = state else {
                preconditionFailure("a backup neither runs nor is finished")
            }
            return .point(point, isAdopted: false)
        } catch {
            return .failed(error)
        }
    }

    /// Looks at a backup under way. A look that fails says nothing about the backup, so it is
    /// repeated.
    private func poll(
        _ operation: OperationID, after distance: Duration
    ) async throws(ProviderError) -> BackupProgress {
        var failures = 0
        var wait = distance
        while true {
            do {
                try await context.environment.timeouts.sleep(for: wait)
            } catch {
                throw ProviderError(.ambiguous, "the daemon stopped waiting for the provider")
            }
            do {
                return try await provider.poll(operation)
            } catch  where error.kind != .ambiguous && error.kind != .quota {
                // A look that is refused (a token that was replaced, a gateway's page) says nothing
                // of the backup.
                // A look that has to wait for its turn is none that failed.
                wait = max(distance, (error.retryAfter ?? now) - now)
                if error.kind != .throttled || error.retryAfter == nil { failures += 1 }
                guard failures < Self.pollFailureMax else {
                    throw ProviderError(.ambiguous, "the backup may be under way: \(error.message)")
                }
            }
        }
    }

    private func conclude(
        _ claimed: ClaimedJob, _ machine: JobMachine, _ action: JobMachine.Action,
        found: (point: RemotePoint, isAdopted: Bool)?, error: ProviderError?,
        _ transcript: HookTranscript, _ look: KernelLook, _ refusals: [NewEvent]
    ) -> AttemptOutcome {
        let events = BackupEvents(claimed: claimed, actor: .scheduler)
        let endedAt = now
        var state = RunState.failed
        var list: [NewEvent] = transcript.failures.map {
            NewEvent(
                at: endedAt, kind: .hookFailed, actor: .scheduler,
                assignment: claimed.job.request.slot.assignment, job: claimed.job.id,
                detail: ["reason": .text(BoundedText.cut($0, to: 2048))])
        }
        let reason = error?.message ?? ""
        if let found {
            state = .succeeded
            list.append(
                events.succeeded(found.point, at: endedAt, isAdopted: found.isAdopted))
        } else if case .retry(let retryAt) = action {
            if Task.isCancelled { state = .handedBack }
            list.append(
                Task.isCancelled
                    ? events.interrupted(reason, at: endedAt)
                    : events.attemptFailed(
                        reason, kind: error?.kind, retryAt: retryAt, at: endedAt))
        } else {
            list.append(events.failed(reason, kind: error?.kind, at: endedAt))
        }
        return AttemptOutcome(
            claimed: claimed,
            ending: RunEnding(
                state: state, errorKind: found == nil ? error?.kind : nil,
                message: found == nil ? error?.message : nil,
                output: transcript.text(warnings: found?.point.warnings ?? []),
                isAdopted: found?.isAdopted ?? false),
            endedAt: endedAt, next: machine.state, failures: machine.failures,
            isUncertain: machine.isUncertain, point: found?.point, kernelLook: look,
            events: list + refusals)
    }

    private func log(_ outcome: AttemptOutcome) {
        let job = outcome.claimed.job
        var metadata: Logger.Metadata = [
            "target": "\(target.id)", "policy": "\(policy.id)",
            "token": "\(job.request.slot.token)", "attempt": "\(job.attempt)",
        ]
        switch (outcome.ending.state, outcome.next) {
        case (.succeeded, _):
            if let bytes = outcome.point?.storedBytes { metadata["stored"] = "\(bytes)" }
            let warnings = outcome.point?.warnings.count ?? 0
            if warnings > 0 { metadata["warnings"] = "\(warnings)" }
            logger.notice("backup succeeded", metadata: metadata)
        case (.handedBack, _):
            logger.notice("backup handed back: the daemon stops", metadata: metadata)
        case (_, .ready(let retryAt)):
            metadata["retry_at"] = "\(retryAt)"
            metadata["error"] = "\(outcome.ending.message ?? "")"
            logger.warning("backup attempt failed", metadata: metadata)
        default:
            metadata["error"] = "\(outcome.ending.message ?? "")"
            logger.error("backup failed", metadata: metadata)
        }
    }
}
