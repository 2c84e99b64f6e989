import HoldfastCore
import Logging

/// Keeps, for every policy, the instant of its next opening, and turns what is due into jobs.
struct Planner: Sendable {
    private struct Entry {
        let planner: SlotPlanner
        var nextOpening: Timestamp
        var cursor: Timestamp?
    }

    private var entries: [Entry]

    /// - Parameter cursors: Up to which opening each policy was planned before.
    init(_ configuration: Configuration, cursors: [PolicyID: Timestamp], now: Timestamp) {
        entries = configuration.assignmentsByPolicy.filter { !$0.targets.isEmpty }.map {
            // Everything is due at once after a start or a reload: windows that are open, and
            // windows that were missed.
            Entry(
                planner: SlotPlanner(policy: $0.policy, targets: $0.targets), nextOpening: now,
                cursor: cursors[$0.policy.id])
        }
    }

    /// The earliest instant at which there is something to plan.
    var nextOpening: Timestamp? {
        entries.map(\.nextOpening).min()
    }

    /// The next opening of any policy after an instant, and whose it is.
    func nextOpening(after now: Timestamp) -> (policy: PolicyID, opens: Timestamp)? {
        entries.map { ($0.planner.policy.id, $0.planner.nextOpening(after: now)) }
            .min { $0.1 < $1.1 }
    }

    /// After the clock was set: looks at every policy again.
    mutating func reset(at now: Timestamp) {
        for index in entries.indices { entries[index].nextOpening = now }
    }

    /// Puts the jobs of every policy that is due into the queue.
    ///
    /// - Returns: How many jobs were new.
    mutating func planDue(
        at now: Timestamp, into store: any JobQueue & History, logger: Logger
    ) async throws(StoreError) -> Int {
        var added = 0
        for index in entries.indices where entries[index].nextOpening <= now {
            added += try await plan(&entries[index], at: now, into: store, logger: logger)
        }
        return added
    }

    private func plan(
        _ entry: inout Entry, at now: Timestamp, into store: any JobQueue & History,
        logger: Logger
    ) async throws(StoreError) -> Int {
        let policy = entry.planner.policy
        let hasMissed = !entry.planner.missedWindows(at: now, cursor: entry.cursor).windows.isEmpty
        let starts = hasMissed ? try await store.assignmentStarts(of: policy.id) : [:]
        let plan = entry.planner.plan(at: now, cursor: entry.cursor, starts: starts)
        let cursor = plan.cursor.map { PlanningCursor(policy: policy.id, through: $0) }
        var added = 0
        if !plan.jobs.isEmpty || entry.cursor == nil {
            added = try await store.enqueue(
                plan.jobs, cursor: cursor,
                events: events(of: plan, policy, since: entry.cursor, at: now), at: now
            ).addedCount
        }
        if added > 0 {
            logger.info(
                "window planned",
                metadata: ["policy": "\(policy.id)", "jobs": "\(added)"])
        }
        // A clock that went back must not make the cursor forget.
        if let planned = plan.cursor { entry.cursor = max(planned, entry.cursor ?? planned) }
        entry.nextOpening = entry.planner.nextOpening(after: now)
        return added
    }

    private func events(
        of plan: SlotPlan, _ policy: Policy, since cursor: Timestamp?, at now: Timestamp
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
        if let open = plan.open, cursor.map({ $0 < open.opens }) ?? true {
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
