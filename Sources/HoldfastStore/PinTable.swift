import GRDB
public import HoldfastCore

/// The statements on the table `pin`.
enum PinTable {
    /// Sets or removes a point's pin; a point that is pinned loses its mark.
    static func set(_ pin: PointPin?, of point: PointID, in context: WriteContext) throws {
        guard let pin else {
            try context.run("DELETE FROM pin WHERE point = ?", [point.number])
            return
        }
        try context.run(
            """
            INSERT INTO pin (point, reason, actor, pinned_at, is_hold, until)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (point) DO UPDATE SET
                reason = excluded.reason, actor = excluded.actor, pinned_at = excluded.pinned_at,
                is_hold = excluded.is_hold, until = excluded.until
            """,
            [
                point.number, pin.reason, pin.actor, pin.at.milliseconds, pin.isHold ? 1 : 0,
                pin.until?.milliseconds,
            ])
        try PointTable.change(.clear, of: point, in: context)
    }
}

extension PointTable {
    /// As `source`, by the index of what is marked.
    static let markedSource = """
        recovery_point INDEXED BY recovery_point_due
        LEFT JOIN pin ON pin.point = recovery_point.id
        """
    static let isMarked = "recovery_point.state = 'available' AND marked_at IS NOT NULL"

    static func point(_ id: PointID, _ database: Database) throws -> RecoveryPoint? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT \(columns) FROM \(source) WHERE recovery_point.id = ?"),
            arguments: [id.number]
        ).map(RecoveryPoint.init)
    }
}

extension PointPin {
    /// Reads the pin of a row with `PointTable.columns`; `nil` when it has none.
    init?(row: Row) {
        guard let reason = row[19] as String? else { return nil }
        self.init(
            reason: reason, actor: row[24], at: Timestamp(milliseconds: row[25]),
            until: (row[26] as Int64?).map(Timestamp.init(milliseconds:)), isHold: row[27])
    }
}

extension SQLiteHistory {
    /// See `PinHistory`.
    public func change(
        pin: PointPin?, of point: RecoveryPoint, events: [NewEvent]
    ) async throws(StoreError) -> Bool {
        try await writer.commit { context in
            guard let found = try PointTable.point(point.id, context.database),
                found.state == .available, found.pin == point.pin,
                pin == nil || found.mark == point.mark
            else { return false }
            try PinTable.set(pin, of: point.id, in: context)
            try EventChain.append(events, in: context)
            return true
        }
    }

    /// See `PinHistory`.
    public func endedPins(
        at now: Timestamp, limit: Int
    ) async throws(StoreError) -> [RecoveryPoint] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(PointTable.columns) FROM \(PointTable.source)
                    WHERE pin.until <= ? AND recovery_point.state = 'available'
                    ORDER BY pin.until, recovery_point.id LIMIT ?
                    """, arguments: [now.milliseconds, limit]
            ).map(RecoveryPoint.init)
        }
    }

    /// See `PinHistory`.
    public func nextPinEnd(after now: Timestamp) async throws(StoreError) -> Timestamp? {
        try await read { database in
            try Int64.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT pin.until FROM pin
                        JOIN recovery_point ON recovery_point.id = pin.point
                        WHERE pin.until > ? AND recovery_point.state = 'available'
                        ORDER BY pin.until LIMIT 1
                        """),
                arguments: [now.milliseconds]
            ).map(Timestamp.init(milliseconds:))
        }
    }

    /// See `PinHistory`.
    public func events(
        of token: BackupToken, limit: Int
    ) async throws(StoreError) -> [Event] {
        try await inquire { database in
            try Row.fetchAll(
                database, sql: "\(eventSelect) WHERE token = ? ORDER BY id DESC LIMIT ?",
                arguments: [token.text, limit]
            ).map(Event.init)
        }
    }
}
