import GRDB
import HoldfastCore

/// The statements on the table `recovery_point`.
enum PointTable {
    static let columns = """
        recovery_point.id, recovery_point.policy, recovery_point.target, recovery_point.provider,
        recovery_point.run, token, remote_id, taken_at, source_bytes, stored_bytes, entries,
        warnings, recovery_point.state, recorded_at, verified_at, marked_at, delete_after,
        mark_reason, deleted_at, pin.reason, origin, confirmed_plan, proof, restore_ms,
        pin.actor, pin.pinned_at, pin.until, pin.is_hold, held_since, held_by,
        held_of, turns_over
        """
    static let source = """
        recovery_point LEFT JOIN pin ON pin.point = recovery_point.id
        """

    /// Records what a backup left. A point that is recorded already, because it had vanished from
    /// the listing and was found again, becomes available again.
    static func insert(
        _ point: RemotePoint, of claimed: ClaimedJob, origin: PointOrigin = .managed,
        at now: Timestamp, in context: WriteContext
    ) throws -> PointID {
        let assignment = claimed.job.request.slot.assignment
        let statement = try context.database.cachedStatement(
            sql: """
                INSERT INTO recovery_point (run, policy, target, provider, origin, token,
                    remote_id, taken_at, recorded_at, source_bytes, stored_bytes, entries,
                    warnings, state)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'available')
                ON CONFLICT (token) DO UPDATE SET
                    state = 'available', remote_id = excluded.remote_id, deleted_at = NULL,
                    marked_at = NULL, delete_after = NULL, mark_reason = NULL,
                    confirmed_plan = NULL, turns_over = 0,
                    held_since = NULL, held_by = NULL, held_of = NULL
                RETURNING id
                """)
        let warnings = point.warnings.isEmpty ? nil : point.warnings.joined(separator: "\n")
        let id = try Int64.fetchOne(
            statement,
            arguments: [
                claimed.run.number, assignment.policy.text, assignment.target.text,
                claimed.job.request.provider.text, origin.rawValue, point.token.text,
                point.remoteID,
                point.takenAt.milliseconds, now.milliseconds, point.sourceBytes?.bytes,
                point.storedBytes?.bytes, point.entries, warnings,
            ])
        guard let id else { preconditionFailure("an insert returned no row") }
        return PointID(id)
    }

    /// The available points of an assignment, newest first: the vendor's own, or all others.
    static func available(
        of assignment: Assignment, isVendors: Bool, _ database: Database
    ) throws -> [RecoveryPoint] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT \(columns) FROM \(source)
                    WHERE policy = ? AND target = ? AND recovery_point.state = 'available'
                      AND (origin = 'vendor') = ?
                    ORDER BY taken_at DESC, recovery_point.id DESC
                    """),
            arguments: [assignment.policy.text, assignment.target.text, isVendors]
        ).map(RecoveryPoint.init)
    }

    /// Notes that a point is not available any more; `false` when it was not before.
    static func retire(
        _ point: RetiredPoint, at now: Timestamp, in context: WriteContext
    ) throws -> Bool {
        try context.run(
            """
            UPDATE recovery_point SET state = ?2, deleted_at = ?3
            WHERE id = ?1 AND state = 'available'
            """,
            [
                point.id.number, point.state.rawValue,
                point.state == .deleted ? now.milliseconds : nil,
            ])
        guard context.database.changesCount > 0 else { return false }
        try RefusalTable.remove([point.id], in: context)
        return true
    }

    /// Notes that a point that was gone is there again. What retention thought of it is thought anew.
    static func restore(_ point: PointID, in context: WriteContext) throws {
        try context.run(
            """
            UPDATE recovery_point
            SET state = 'available', deleted_at = NULL, marked_at = NULL, delete_after = NULL,
                mark_reason = NULL, confirmed_plan = NULL, turns_over = 0,
                held_since = NULL, held_by = NULL, held_of = NULL
            WHERE id = ?1 AND state IN ('deleted', 'missing', 'expired', 'destroyed')
            """, [point.number])
    }

    /// Whether a point is available and was marked at that instant; `nil`: and is not marked.
    static func isMarked(
        _ point: PointID, since instant: Timestamp?, _ database: Database
    ) throws -> Bool {
        let statement = try database.cachedStatement(
            sql:
                "SELECT 1 FROM recovery_point WHERE id = ? AND state = 'available' AND marked_at IS ?"
        )
        return try Int.fetchOne(
            statement, arguments: [point.number, instant?.milliseconds]) != nil
    }

    static func change(
        _ change: MarkChange, of point: PointID, in context: WriteContext
    ) throws {
        // What was confirmed, and what was refused, was the mark before this one.
        try RefusalTable.remove([point], in: context)
        switch change {
        case .set(let mark):
            try context.run(
                """
                UPDATE recovery_point
                SET marked_at = ?2, delete_after = ?3, mark_reason = ?4, confirmed_plan = NULL,
                    turns_over = ?5, held_since = ?6, held_by = ?7, held_of = ?8
                WHERE id = ?1 AND state = 'available'
                """,
                [
                    point.number, mark.at.milliseconds, mark.deleteAfter.milliseconds,
                    mark.reason, mark.turnsOver, mark.hold?.since.milliseconds,
                    mark.hold?.scope.rawValue, mark.hold.map { Int64($0.total) },
                ])
        case .clear:
            try context.run(
                """
                UPDATE recovery_point
                SET marked_at = NULL, delete_after = NULL, mark_reason = NULL,
                    confirmed_plan = NULL, turns_over = 0,
                    held_since = NULL, held_by = NULL, held_of = NULL
                WHERE id = ?1
                """,
                [point.number])
        }
    }

    /// Notes that the guard does not hold a point back any more.
    static func lift(_ point: PointID, in context: WriteContext) throws {
        try context.run(
            """
            UPDATE recovery_point SET held_since = NULL, held_by = NULL, held_of = NULL
            WHERE id = ?1
            """, [point.number])
        try RefusalTable.remove([point], in: context)
    }

    /// Notes that the guard holds a marked point back, unless it does already.
    static func hold(
        _ point: PointID, _ hold: GuardHold, in context: WriteContext
    ) throws {
        try context.run(
            """
            UPDATE recovery_point SET held_since = ?2, held_by = ?3, held_of = ?4
            WHERE id = ?1 AND state = 'available' AND marked_at IS NOT NULL
              AND confirmed_plan IS NULL AND held_since IS NULL
            """,
            [
                point.number, hold.since.milliseconds, hold.scope.rawValue, Int64(hold.total),
            ])
    }
}

extension RecoveryPoint {
    /// Reads a row with `PointTable.columns`.
    init(row: Row) {
        let token: String = row[5]
        let state: String = row[12]
        let origin: String = row[20]
        guard let token = BackupToken(token), let state = PointState(rawValue: state),
            let origin = PointOrigin(rawValue: origin)
        else {
            preconditionFailure("the schema let a point \(token), \(state), \(origin) in")
        }
        var mark: PruneMark?
        if let markedAt = row[15] as Int64? {
            mark = PruneMark(
                at: Timestamp(milliseconds: markedAt),
                deleteAfter: Timestamp(milliseconds: row[16]), reason: row[17],
                confirmedPlan: row[21], turnsOver: row[31],
                hold: GuardHold(row: row, at: 28))
        }
        let warnings: String? = row[11]
        self.init(
            id: PointID(row[0]),
            assignment: Assignment(
                policy: PolicyID(trusted: row[1]), target: TargetID(trusted: row[2])),
            provider: ProviderID(trusted: row[3]), origin: origin, run: RunID(row[4]),
            remote: RemotePoint(
                token: token, remoteID: row[6], takenAt: Timestamp(milliseconds: row[7]),
                sourceBytes: (row[8] as Int64?).map { ByteCount($0) },
                storedBytes: (row[9] as Int64?).map { ByteCount($0) }, entries: row[10],
                warnings: warnings?.split(separator: "\n").map(String.init) ?? []),
            state: state, recordedAt: Timestamp(milliseconds: row[13]),
            verifiedAt: (row[14] as Int64?).map(Timestamp.init(milliseconds:)),
            proof: PointProof(row: row, isVerified: row[14] != nil), mark: mark,
            deletedAt: (row[18] as Int64?).map(Timestamp.init(milliseconds:)),
            pin: PointPin(row: row))
    }
}
