import HoldfastCore
import Logging

/// Carries one claimed reconcile job through one attempt: what the vendor keeps by itself is
/// compared with what is declared and mended, and its own backups are looked for.
struct ReconcileRunner: Sendable {
    let context: EngineContext
    let recorder: Recorder
    let provider: any ReconcilingProvider
    let policy: Policy
    let target: Target
    let logger: Logger

    /// What was learnt of the vendor's own backups.
    private struct Sight {
        var fresh: [RemotePoint] = []
        var gone: [(point: RecoveryPoint, state: PointState)] = []
        /// The backup of the job's window.
        var match: StrangePoint?
        /// Whether there should be one.
        var isMissing = false
        /// Whether one would be gone by now, so that nobody can tell.
        var isTooLate = false
    }

    /// Performs the attempt.
    func perform(_ claimed: ClaimedJob) async {
        var report = ReconcileReport()
        var sight = Sight()
        let (machine, failure) = await context.attempt(claimed, under: policy) {
            report = try await provider.reconcile(ReconcileRequest(target, policy))
            sight = try await look(at: report, claimed)
            return sight.isMissing ? missing(claimed, sight, report.pointLifetime) : nil
        }
        let outcome = outcome(claimed, machine, failure, report, sight)
        _ = await recorder.record(outcome)
        log(failure, report, outcome)
    }

    private var now: Timestamp { context.environment.wall.now }

    /// The window that the job looks back on; `nil` when it only mends.
    private func window(of claimed: ClaimedJob) -> Window? {
        let request = claimed.job.request
        guard policy.enforcement == .native, request.closes != .distantFuture else { return nil }
        return Window(opens: request.slot.opens, closes: request.closes)
    }

    private func look(
        at report: ReconcileReport, _ claimed: ClaimedJob
    ) async throws(StoreError) -> Sight {
        var sight = Sight()
        guard let listed = report.points?.filter({ $0.origin == .vendor }) else { return sight }
        let assignment = claimed.job.request.slot.assignment
        // A target that moved has points at another provider, which this listing says nothing of.
        let known = try await context.store.vendorPoints(of: assignment).filter {
            $0.provider == claimed.job.request.provider
        }
        let knownIDs = Set(known.map(\.remote.remoteID))
        let listedIDs = Set(listed.map(\.remoteID))
        sight.fresh = listed.filter { !knownIDs.contains($0.remoteID) }.map {
            RemotePoint(
                token: BackupToken(
                    of: SlotKey(assignment: assignment, opens: $0.takenAt), remoteID: $0.remoteID),
                remoteID: $0.remoteID, takenAt: $0.takenAt)
        }
        sight.gone = known.filter { !listedIDs.contains($0.remote.remoteID) }.map { point in
            let age = now - point.remote.takenAt
            let isOver = report.pointLifetime.map { age + .days(1) >= $0 } ?? false
            return (point, isOver ? .expired : .missing)
        }
        guard let window = window(of: claimed) else { return sight }
        let end = window.closes + SlotPlanner.vendorGrace
        sight.match = listed.first { $0.takenAt >= window.opens && $0.takenAt < end }
        guard sight.match == nil else { return sight }
        // Whoever came under the policy in the middle of a window has its first backup in the next.
        let since = try await context.store.assignmentStarts(of: policy.id)[target.id]
        sight.isMissing = (since ?? now) <= window.opens
        sight.isTooLate = report.pointLifetime.map { now - window.opens >= $0 } ?? false
        return sight
    }

    private func missing(
        _ claimed: ClaimedJob, _ sight: Sight, _ lifetime: Duration?
    ) -> ProviderError {
        let request = claimed.job.request
        if sight.isTooLate {
            return ProviderError(
                .permanent,
                "whether the vendor backed \(target.id) up in its window from "
                    + "\(request.slot.opens) to \(request.closes) can't be told any more: it keeps "
                    + "its backups for \(DurationText.brief(lifetime ?? .zero)), and nobody looked "
                    + "before")
        }
        return ProviderError(
            .transient,
            "the vendor made no backup of \(target.id) in its window from \(request.slot.opens) to "
                + "\(request.closes); look at its control panel, or back up with "
                + "'enforce: managed'")
    }

    private func outcome(
        _ claimed: ClaimedJob, _ machine: JobMachine, _ failure: ProviderError?,
        _ report: ReconcileReport, _ sight: Sight
    ) -> AttemptOutcome {
        let assignment = claimed.job.request.slot.assignment
        func event(
            _ kind: EventKind, token: BackupToken? = nil, _ detail: [String: DetailValue]
        ) -> NewEvent {
            NewEvent(
                at: now, kind: kind, actor: .scheduler, assignment: assignment,
                job: claimed.job.id, token: token, detail: detail)
        }
        var events: [NewEvent] = []
        if !report.repairs.isEmpty {
            events.append(event(.driftRepaired, ["repairs": .list(report.repairs)]))
        }
        events += sight.fresh.map {
            event(
                .vendorBackupSeen, token: $0.token,
                ["remote_id": .text($0.remoteID), "taken_at": .text($0.takenAt.rfc3339)])
        }
        events += sight.gone.map { point, state in
            event(
                state == .expired ? .pointExpired : .pointMissing, token: point.remote.token,
                [
                    "provider": .text(point.provider.text),
                    "reason": .text("the vendor does not list it any more"),
                    "remote_id": .text(point.remote.remoteID),
                    "taken_at": .text(point.remote.takenAt.rfc3339),
                ])
        }
        if let failure, machine.state.isEnd {
            events.append(
                event(
                    sight.isMissing ? .vendorBackupMissing : .driftRefused,
                    [
                        "error": .text(failure.kind.rawValue),
                        "opens": .text(claimed.job.request.slot.opens.rfc3339),
                        "reason": .text(BoundedText.cut(failure.message, to: 2048)),
                    ]))
        }
        let state: RunState =
            failure == nil ? .succeeded : Task.isCancelled ? .handedBack : .failed
        return AttemptOutcome(
            claimed: claimed,
            ending: RunEnding(
                state: state, errorKind: failure?.kind, message: failure?.message,
                output: report.repairs.isEmpty ? nil : report.repairs.joined(separator: "\n")),
            endedAt: now, next: machine.state, failures: machine.failures,
            isUncertain: machine.isUncertain, vendorPoints: sight.fresh,
            retired: sight.gone.map { RetiredPoint($0.point.id, as: $0.state) }, events: events)
    }

    private func log(
        _ failure: ProviderError?, _ report: ReconcileReport, _ outcome: AttemptOutcome
    ) {
        var metadata: Logger.Metadata = ["target": "\(target.id)", "policy": "\(policy.id)"]
        for repair in report.repairs {
            metadata["repair"] = "\(repair)"
            logger.warning("not as declared; mended", metadata: metadata)
        }
        metadata["repair"] = nil
        guard let failure else { return }
        metadata["error"] = "\(failure.message)"
        if case .ready(let retryAt) = outcome.next { metadata["retry_at"] = "\(retryAt)" }
        logger.error("can't be kept as declared", metadata: metadata)
    }
}
