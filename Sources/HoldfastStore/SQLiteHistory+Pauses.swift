import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// See `PauseHistory`.
    public func pauses() async throws(StoreError) -> [Pause] {
        try await read { try PauseTable.open($0) }
    }

    /// See `PauseHistory`.
    public func resumptions() async throws(StoreError) -> [PolicyID: Timestamp] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT policy, max(resumed_at) FROM pause
                    WHERE resumed_at IS NOT NULL GROUP BY policy
                    """
            ).reduce(into: [:]) {
                $0[PolicyID(trusted: $1[0])] = Timestamp(milliseconds: $1[1])
            }
        }
    }

    /// See `PauseHistory`.
    public func pause(_ pause: Pause, event: NewEvent) async throws(StoreError) -> Bool {
        try await writer.commit { context in
            try context.run(
                """
                INSERT INTO pause (policy, reason, actor, paused_at, until) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (policy) WHERE resumed_at IS NULL DO NOTHING
                """,
                [
                    pause.policy.text, pause.reason, pause.actor, pause.pausedAt.milliseconds,
                    pause.until?.milliseconds,
                ])
            guard context.database.changesCount > 0 else { return false }
            try EventChain.append([event], in: context)
            return true
        }
    }

    /// See `PauseHistory`.
    public func resume(
        _ policy: PolicyID, at instant: Timestamp, by actor: Actor, event: NewEvent
    ) async throws(StoreError) -> Bool {
        try await writer.commit { context in
            try context.run(
                """
                UPDATE pause SET resumed_at = max(paused_at, ?2), resumed_by = ?3
                WHERE policy = ?1 AND resumed_at IS NULL
                """, [policy.text, instant.milliseconds, actor.description])
            guard context.database.changesCount > 0 else { return false }
            try EventChain.append([event], in: context)
            return true
        }
    }

    /// See `PauseHistory`.
    public func noteForgotten(
        _ policy: PolicyID, at now: Timestamp, event: NewEvent
    ) async throws(StoreError) {
        try await writer.commit { context in
            try context.run(
                """
                UPDATE pause SET forgotten_at = max(paused_at, ?2)
                WHERE policy = ?1 AND resumed_at IS NULL AND forgotten_at IS NULL
                """, [policy.text, now.milliseconds])
            guard context.database.changesCount > 0 else { return }
            try EventChain.append([event], in: context)
        }
    }
}

/// The questions about pauses that more than one reader asks.
enum PauseTable {
    /// Those that are not over, by policy.
    static func open(_ database: Database) throws -> [Pause] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT policy, reason, actor, paused_at, until, forgotten_at FROM pause
                WHERE resumed_at IS NULL ORDER BY policy
                """
        ).map { row in
            Pause(
                policy: PolicyID(trusted: row[0]), reason: row[1], actor: row[2],
                pausedAt: Timestamp(milliseconds: row[3]),
                until: (row[4] as Int64?).map(Timestamp.init(milliseconds:)),
                forgottenAt: (row[5] as Int64?).map(Timestamp.init(milliseconds:)))
        }
    }
}
