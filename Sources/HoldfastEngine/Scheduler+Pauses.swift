import HoldfastCore
import Logging

extension Scheduler {
    /// Reads which policies are paused; before anything is planned.
    func readPauses() async throws(StoreError) {
        pauses = Dictionary(
            try await context.store.pauses().map { ($0.policy, $0) },
            uniquingKeysWith: { first, _ in first })
        resumptions = try await context.store.resumptions()
    }

    /// When a pause next ends by itself, or is to be told as forgotten.
    var nextPause: Timestamp? { pauses.values.compactMap(\.nextInstant).min() }

    /// Gives the planner what was paused and resumed while it planned; what it planned for a policy
    /// that was paused meanwhile is cancelled.
    func holdPlanner() async throws(StoreError) {
        let late = Set(pauses.keys).subtracting(planner.paused)
        planner.hold(pauses.keys, resumed: resumptions)
        for policy in late.sorted() { try await cancelPlanned(of: policy) }
    }

    private func cancelPlanned(of policy: PolicyID) async throws(StoreError) {
        let assigned = installation.configuration.assignmentsByPolicy.first {
            $0.policy.id == policy
        }
        try await cancelJobs(of: assigned?.assignments ?? [], because: "the policy was paused") {
            [.schedule, .catchUp, .retention].contains($0.request.trigger)
        }
    }

    /// Pauses a policy from now on: waiting jobs of its schedule are cancelled, running ones go on.
    ///
    /// - Returns: `false` when it is paused already.
    func pause(_ pause: Pause, by actor: Actor) async throws(StoreError) -> Bool {
        var detail: [String: DetailValue] = ["reason": .text(pause.reason)]
        if let until = pause.until { detail["until"] = .text(until.rfc3339) }
        let isNew = try await context.store.pause(
            pause,
            event: NewEvent(
                at: pause.pausedAt, kind: .policyPaused, actor: actor, policy: pause.policy,
                detail: detail))
        guard isNew else { return false }
        pauses[pause.policy] = pause
        planner.hold(pauses.keys, resumed: resumptions)
        try await cancelPlanned(of: pause.policy)
        context.environment.pacer.wake()
        return true
    }

    /// Ends a pause. Nothing runs by that alone: the next window to open is the next backup.
    ///
    /// - Parameter instant: When it ended; windows that opened before are not made up for.
    /// - Returns: `false` when the policy is not paused.
    func resume(
        _ policy: PolicyID, at instant: Timestamp, by actor: Actor
    ) async throws(StoreError) -> Bool {
        let isNew = try await context.store.resume(
            policy, at: instant, by: actor,
            event: NewEvent(
                at: now, kind: .policyResumed, actor: actor, policy: policy,
                detail: ["resumed_at": .text(instant.rfc3339)]))
        guard isNew else { return false }
        let pausedAt = pauses.removeValue(forKey: policy)?.pausedAt ?? instant
        let resumed = max(pausedAt, instant)
        resumptions[policy] = max(resumptions[policy] ?? resumed, resumed)
        planner.hold(pauses.keys, resumed: resumptions)
        planner.reset(at: now)
        askAgain(prunable(under: policy))
        context.environment.pacer.wake()
        return true
    }

    private func prunable(under policy: PolicyID) -> Set<Assignment> {
        let assigned = installation.configuration.assignmentsByPolicy.first {
            $0.policy.id == policy
        }
        return Set(assigned?.assignments ?? []).union(
            orphans.cared.keys.lazy.map(\.assignment).filter { $0.policy == policy })
    }

    /// Ends the pauses whose time is over, and tells of those that were forgotten. Not while the clock
    /// is in doubt: a policy must not be resumed by a clock that is ahead.
    func endPauses() async throws(StoreError) {
        guard clock.verdict == .sane else { return }
        for pause in pauses.values.sorted(by: { $0.policy < $1.policy }) {
            if pause.isOver(at: now), let until = pause.until {
                _ = try await resume(pause.policy, at: until, by: .scheduler)
                logger.notice("policy resumed", metadata: ["policy": "\(pause.policy)"])
            } else if pause.isForgotten(at: now, hasBreach: false) {
                try await tellForgotten(pause)
            }
        }
    }

    /// A pause during which something went beyond its objective was forgotten.
    func tellForgotten(by notes: [BreachNote]) async throws(StoreError) {
        for note in notes {
            guard case .began(let began, _) = note.change,
                let pause = pauses[note.assignment.policy],
                began >= pause.pausedAt, pause.isForgotten(at: now, hasBreach: true)
            else { continue }
            try await tellForgotten(pause, target: note.assignment.target)
        }
    }

    private func tellForgotten(
        _ pause: Pause, target: TargetID? = nil
    ) async throws(StoreError) {
        let now = self.now
        try await context.store.noteForgotten(
            pause.policy, at: now,
            event: NewEvent(
                at: now, kind: .pauseForgotten, actor: .scheduler, policy: pause.policy,
                target: target,
                detail: [
                    "paused_at": .text(pause.pausedAt.rfc3339), "reason": .text(pause.reason),
                ]))
        pauses[pause.policy] = Pause(
            policy: pause.policy, reason: pause.reason, actor: pause.actor,
            pausedAt: pause.pausedAt, until: pause.until, forgottenAt: now)
        logger.error(
            "a paused policy was forgotten",
            metadata: ["policy": "\(pause.policy)", "since": "\(pause.pausedAt.rfc3339)"])
    }
}
