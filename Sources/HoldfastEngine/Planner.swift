import HoldfastCore
import Logging

/// Keeps, for every policy, the instant of its next opening, and turns what is due into jobs.
struct Planner: Sendable {
    private struct Entry {
        let planner: SlotPlanner
        var nextOpening: Timestamp
        var cursor: Timestamp?
        /// The newest opening that was told in an event.
        var announced: Timestamp?
    }

    private var entries: [Entry]
    /// The policies that are paused; nothing is planned for them.
    private(set) var paused: Set<PolicyID> = []
    /// Of windows that opened before, the policy makes no slots: it was paused then.
    private var resumed: [PolicyID: Timestamp] = [:]

    /// So many jobs share a transaction, so that what ends meanwhile is not kept waiting.
    private static let chunk = 5000

    /// - Parameter cursors: Up to which opening each policy was planned before.
    init(_ configuration: Configuration, cursors: [PolicyID: Timestamp], now: Timestamp) {
        entries = configuration.assignmentsByPolicy.filter { !$0.targets.isEmpty }.map {
            // Everything is due at once after a start or a reload: windows that are open, and
            // windows that were missed.
            Entry(
                planner: SlotPlanner(policy: $0.policy, targets: $0.targets), nextOpening: now,
                cursor: cursors[$0.policy.id], announced: cursors[$0.policy.id])
        }
    }

    /// The earliest instant at which there is something to plan.
    var nextOpening: Timestamp? {
        entries.map(\.nextOpening).min()
    }

    /// The next opening of any policy after an instant, and whose it is.
    func nextOpening(after now: Timestamp) -> (policy: PolicyID, opens: Timestamp)? {
        entries.filter { !paused.contains($0.planner.policy.id) }
            .map { ($0.planner.policy.id, $0.planner.nextOpening(after: now)) }
            .min { $0.1 < $1.1 }
    }

    /// Plans nothing for these policies, and for others nothing of windows that opened before they
    /// were resumed.
    mutating func hold(_ paused: some Sequence<PolicyID>, resumed: [PolicyID: Timestamp]) {
        self.paused = Set(paused)
        self.resumed = resumed
    }

    /// After the clock was set: looks at every policy again.
    mutating func reset(at now: Timestamp) {
        for index in entries.indices { entries[index].nextOpening = now }
    }

    /// Puts the jobs of every policy that is due into the queue.
    ///
    /// - Parameter isClockSane: While the clock is in doubt only windows that are open are planned:
    ///   what it skipped may still come. `reset` once it is sane plans the rest.
    /// - Returns: How many jobs were new.
    mutating func planDue(
        at now: Timestamp, isClockSane: Bool, into store: any JobQueue & History,
        heartbeat: Heartbeat?, logger: Logger
    ) async throws(StoreError) -> Int {
        var added = 0
        for index in entries.indices where entries[index].nextOpening <= now {
            guard !paused.contains(entries[index].planner.policy.id) else {
                entries[index].nextOpening = entries[index].planner.nextOpening(after: now)
                continue
            }
            added += try await plan(
                &entries[index], at: now, isClockSane: isClockSane, into: store,
                heartbeat: heartbeat, logger: logger)
        }
        return added
    }

    private func plan(
        _ entry: inout Entry, at now: Timestamp, isClockSane: Bool,
        into store: any JobQueue & History, heartbeat: Heartbeat?, logger: Logger
    ) async throws(StoreError) -> Int {
        let policy = entry.planner.policy
        // A cursor ahead of the clock was set by a clock that was ahead. Planning twice makes no
        // second job, so going back is harmless.
        let resumed = resumed[policy.id].map { min($0, now) }
        let planned = entry.cursor.map { max($0, resumed.map { $0 - .milliseconds(1) } ?? $0) }
        let cursor = isClockSane ? planned.map { min($0, now) } : nil
        let hasMissed = !entry.planner.missedWindows(at: now, cursor: cursor).windows.isEmpty
        let starts = hasMissed ? try await store.assignmentStarts(of: policy.id) : [:]
        let plan = entry.planner.plan(
            at: now, cursor: cursor, starts: starts, resumedAt: resumed)
        let reached = isClockSane ? plan.cursor : nil
        var added = 0
        var rest = plan.jobs[...]
        while rest.count > Self.chunk {
            let some = Array(rest.prefix(Self.chunk))
            added += try await store.enqueue(some, cursor: nil, events: [], at: now).addedCount
            rest = rest.dropFirst(Self.chunk)
            heartbeat?.beat()
        }
        if !rest.isEmpty || (reached != nil && entry.cursor == nil) {
            added += try await store.enqueue(
                Array(rest),
                cursor: reached.map { PlanningCursor(policy: policy.id, through: $0) },
                events: events(of: plan, policy, since: entry.announced, at: now), at: now
            ).addedCount
            entry.announced = plan.open?.opens ?? entry.announced
            heartbeat?.beat()
        }
        if added > 0 {
            logger.info(
                "window planned",
                metadata: ["policy": "\(policy.id)", "jobs": "\(added)"])
        }
        if let reached { entry.cursor = reached }
        entry.nextOpening = entry.planner.nextOpening(after: now)
        return added
    }

    private func events(
        of plan: SlotPlan, _ policy: Policy, since announced: Timestamp?, at now: Timestamp
    ) -> [NewEvent] {
        var events: [NewEvent] = []
        if let newest = plan.missed.last {
            events.append(
                NewEvent(
                    at: now, kind: .windowsMissed, actor: .recovery, policy: policy.id,
                    detail: [
                        "count": .number(Int64(plan.missed.count)),
                        "earlier_not_recorded": .flag(plan.hasEarlierMissed),
                        "newest": .text(newest.opens.rfc3339),
                        "oldest": .text(plan.missed[0].opens.rfc3339),
                    ]))
        }
        if let open = plan.open, announced.map({ $0 != open.opens }) ?? true {
            events.append(
                NewEvent(
                    at: now, kind: .windowOpened, actor: .scheduler, policy: policy.id,
                    detail: [
                        "closes": .text(open.closes.rfc3339),
                        "opens": .text(open.opens.rfc3339),
                        "slots": .number(Int64(plan.jobs.count { $0.slot.opens == open.opens })),
                    ]))
        }
        return events
    }
}
