import HoldfastCore
import Logging
import Synchronization

/// Carries one claimed drill through one attempt: chooses a point, has it unpacked and checked, or
/// asked for again where nobody can unpack it, and records what that proved.
struct VerifyRunner: Sendable {
    let context: EngineContext
    let recorder: Recorder
    let provider: any BackupProvider
    let policy: Policy
    let target: Target
    let progress: ProgressBoard
    let logger: Logger

    /// What an attempt proved.
    private struct Finding: Sendable {
        let proof: PointProof
        var report: DrillReport?
        /// What the command printed; `nil` when none ran.
        var output: String?
    }

    /// What an attempt changed of what is known of a point.
    enum Change {
        case none
        /// It is proved.
        case proven
        /// It is damaged, and another one is the newest good one now.
        case damaged
    }

    /// Performs the attempt.
    func perform(_ claimed: ClaimedJob) async -> Change {
        var point: RecoveryPoint?
        var finding: Finding?
        let (machine, failure) = await context.attempt(claimed, under: policy) {
            let chosen = try await choose(for: claimed)
            point = chosen
            finding = try await prove(chosen, claimed)
            return nil
        }
        let outcome = outcome(claimed, machine, point, finding, failure)
        let isRecorded = await recorder.record(outcome)
        log(outcome, point, finding, failure)
        guard isRecorded else { return .none }
        return failure?.isDamage == true ? .damaged : finding == nil ? .none : .proven
    }

    private var now: Timestamp { context.environment.wall.now }

    private var settings: DrillSettings { policy.drills ?? .unplanned }

    private func choose(for claimed: ClaimedJob) async throws -> RecoveryPoint {
        let request = claimed.job.request
        let points = try await context.store.availablePoints(of: request.slot.assignment).filter {
            $0.provider == request.provider
        }
        var rng = DerivedGenerator(seed: context.environment.seed, stream: request.slot.stream)
        let chosen =
            switch settings.pick {
            case .newest: points.first
            case .random: points.randomElement(using: &rng)
            }
        guard let chosen else {
            throw ProviderError(
                .notFound,
                "'\(target.id)' has no good point under policy '\(policy.id)' that could be proved; "
                    + "back it up")
        }
        return chosen
    }

    /// Lets the provider work, within the policy's timeout.
    private func prove(
        _ point: RecoveryPoint, _ claimed: ClaimedJob
    ) async throws(ProviderError) -> Finding {
        let timeout = policy.timeout
        let clock = context.environment.timeouts
        defer { progress.clear(claimed.job.id) }
        let result = await withTaskGroup(of: Result<Finding, ProviderError>?.self) { group in
            group.addTask { await self.examine(point, claimed) }
            group.addTask {
                do {
                    try await clock.sleep(for: timeout)
                    return nil
                } catch {
                    return nil  // the examination ended first
                }
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            // The provider stops its work and removes its copy before it returns.
            if case .success(let late)? = await group.next() ?? nil { return .success(late) }
            return .failure(
                ProviderError(
                    .transient,
                    "the drill was stopped because it took longer than "
                        + "\(DurationText.brief(timeout)) (timeout)"))
        }
        return try result.get()
    }

    private func examine(
        _ point: RecoveryPoint, _ claimed: ClaimedJob
    ) async -> Result<Finding, ProviderError> {
        do throws(ProviderError) {
            guard let provider = provider as? any DrillingProvider else {
                try await reread(point, claimed)
                return .success(Finding(proof: PointProof(.seen)))
            }
            return .success(try await drill(point, claimed, with: provider))
        } catch {
            return .failure(error)
        }
    }

    private func drill(
        _ point: RecoveryPoint, _ claimed: ClaimedJob, with provider: any DrillingProvider
    ) async throws(ProviderError) -> Finding {
        let output = Mutex<String?>(nil)
        let board = progress
        let id = claimed.job.id
        let request = DrillRequest(
            point.remote, of: target.id, clock: context.environment.steady,
            inspect: { place throws(ProviderError) in
                guard let command = settings.command else { return }
                let ended = await context.hooks.run(
                    command,
                    variables: HookVariables.make(
                        drillOf: point, at: place, claimed: claimed, target: target),
                    in: place.directory, mustEnd: false)
                output.withLock { $0 = ended.output }
                guard let failure = ended.failure else { return }
                let said = ended.output.isEmpty ? "" : "; it printed: \(ended.output)"
                throw ProviderError(
                    .transient,
                    "\(point.remote.token) was unpacked and is whole, but the drill's command "
                        + failure + BoundedText.cut(said, to: 1024))
            }, report: { board.post($0, of: id) })
        let report = try await provider.drill(request)
        return Finding(
            proof: PointProof(.restored, restoreTime: report.restoreTime), report: report,
            output: output.withLock { $0 })
    }

    /// Asks for a point again that only its vendor can read.
    private func reread(
        _ point: RecoveryPoint, _ claimed: ClaimedJob
    ) async throws(ProviderError) {
        let token = point.remote.token
        guard let found = try await asked(for: token, claimed) else {
            throw ProviderError(
                .notFound,
                "provider '\(point.provider)' does not have \(token) any more; take a new backup, "
                    + "and look for who removed it")
        }
        guard found.remoteID == point.remote.remoteID else {
            throw ProviderError(
                .permanent,
                "provider '\(point.provider)' shows \(token) as '\(found.remoteID)', and the "
                    + "history has '\(point.remote.remoteID)'; look at both there")
        }
        guard let recorded = point.remote.storedBytes, let size = found.storedBytes,
            size != recorded
        else { return }
        throw ProviderError(
            .permanent,
            "provider '\(point.provider)' shows \(token) with \(size), and it had \(recorded) when "
                + "it was taken; take a new backup, and look at this one there")
    }

    private func asked(
        for token: BackupToken, _ claimed: ClaimedJob
    ) async throws(ProviderError) -> RemotePoint? {
        // Where backups have a name, only one that is complete is found by it.
        if provider.capabilities.namesPoints {
            return try await provider.find(token, on: target, knowing: .unknown)
        }
        let past: TargetPast
        do throws(StoreError) {
            past = TargetPast(points: try await context.store.past(of: claimed.job).points)
        } catch {
            throw ProviderError(.transient, error.message)
        }
        let listing = try await provider.list(target, knowing: past)
        guard listing.isComplete else {
            throw ProviderError(.transient, "the provider's listing was not complete")
        }
        return listing.points.first { $0.token == token }
    }
}

// MARK: - What is recorded

extension VerifyRunner {
    private func outcome(
        _ claimed: ClaimedJob, _ machine: JobMachine, _ point: RecoveryPoint?,
        _ finding: Finding?, _ failure: ProviderError?
    ) -> AttemptOutcome {
        let isDamaged = failure?.isDamage == true && point != nil
        var detail: [String: DetailValue] = [
            "attempt": .number(Int64(claimed.job.attempt)),
            "provider": .text(claimed.job.request.provider.text),
        ]
        if let point { detail["taken_at"] = .text(point.remote.takenAt.rfc3339) }
        if let failure {
            detail["error"] = .text(failure.kind.rawValue)
            detail["reason"] = .text(BoundedText.cut(failure.message, to: 2048))
        }
        if let finding {
            detail["proof"] = .text(finding.proof.kind.rawValue)
            if settings.command != nil {
                detail["command"] = .text(finding.report == nil ? "not_run" : "succeeded")
            }
        }
        if let report = finding?.report {
            detail["bytes"] = .number(report.storedBytes.bytes)
            detail["entries"] = .number(report.entries)
            detail["milliseconds"] = .number(report.restoreTime.wholeMilliseconds)
        }
        let kind: EventKind =
            if finding != nil {
                .pointVerified
            } else if isDamaged {
                .pointDamaged
            } else if machine.state.isEnd {
                .drillFailed
            } else {
                Task.isCancelled ? .attemptInterrupted : .attemptFailed
            }
        let event = NewEvent(
            at: now, kind: kind, actor: .scheduler,
            assignment: claimed.job.request.slot.assignment, job: claimed.job.id,
            token: point?.remote.token, detail: detail)
        let state: RunState =
            failure == nil
            ? .succeeded : Task.isCancelled && !machine.state.isEnd ? .handedBack : .failed
        return AttemptOutcome(
            claimed: claimed,
            ending: RunEnding(
                state: state, errorKind: failure?.kind, message: failure?.message,
                output: point.flatMap { told(of: $0, finding) }),
            endedAt: now, next: machine.state, failures: machine.failures,
            isUncertain: machine.isUncertain,
            retired: point.map { isDamaged ? [RetiredPoint($0.id, as: .damaged)] : [] } ?? [],
            proven: point.flatMap { point in
                finding.map { ProvenPoint(point.id, $0.proof) }
            }, events: [event])
    }

    /// The report, for people.
    private func told(of point: RecoveryPoint, _ finding: Finding?) -> String? {
        guard let finding else { return nil }
        let name = "\(point.remote.token), taken at \(point.remote.takenAt)"
        guard let report = finding.report else {
            let command = settings.command == nil ? "" : "; the command was not run"
            return "[\(name): seen at the provider, complete; not restored\(command)]"
        }
        var text =
            "[\(name): restored into a scratch directory in "
            + "\(report.restoreTime.wholeMilliseconds) ms; \(report.storedBytes) read, SHA-256 as "
            + "recorded, \(report.entries) entries]"
        if let output = finding.output, !output.isEmpty {
            text += "\n[the drill's command printed]\n\(output)"
        }
        return text
    }

    private func log(
        _ outcome: AttemptOutcome, _ point: RecoveryPoint?, _ finding: Finding?,
        _ failure: ProviderError?
    ) {
        var metadata: Logger.Metadata = ["target": "\(target.id)", "policy": "\(policy.id)"]
        if let point { metadata["point"] = "\(point.remote.token)" }
        guard let failure else {
            metadata["proof"] = "\(finding?.proof.kind.rawValue ?? "")"
            if let time = finding?.proof.restoreTime {
                metadata["restore_ms"] = "\(time.wholeMilliseconds)"
            }
            return logger.notice("point proved", metadata: metadata)
        }
        metadata["error"] = "\(failure.message)"
        if case .ready(let retryAt) = outcome.next {
            metadata["retry_at"] = "\(retryAt)"
            return logger.warning("drill attempt failed", metadata: metadata)
        }
        logger.error(
            failure.isDamage ? "a point is damaged" : "drill failed", metadata: metadata)
    }
}
