import GRDB
import HoldfastCore

/// The statements on the table `prune_refusal`: what the deletion kernel refused last.
enum RefusalTable {
    /// Adds what is refused for the first time and has a mark still, counts what is refused again, and removes what was
    /// permitted.
    static func note(_ look: KernelLook, at now: Timestamp, in context: WriteContext) throws {
        for refusal in look.refused {
            try context.run(
                """
                INSERT INTO prune_refusal (point, code, reason, since, last_at, count)
                SELECT id, ?2, ?3, ?4, ?4, 1 FROM recovery_point
                WHERE id = ?1 AND state = 'available' AND marked_at IS NOT NULL
                ON CONFLICT (point) DO UPDATE SET
                    count = CASE WHEN code = excluded.code THEN count + 1 ELSE 1 END,
                    since = CASE WHEN code = excluded.code THEN since ELSE excluded.since END,
                    code = excluded.code, reason = excluded.reason, last_at = excluded.last_at
                """,
                [refusal.point.number, refusal.code, refusal.reason, now.milliseconds])
            if let hold = refusal.hold {
                try PointTable.hold(refusal.point, hold, in: context)
            }
        }
        try remove(look.permitted, in: context)
    }

    static func remove(_ points: [PointID], in context: WriteContext) throws {
        for point in points {
            try context.run("DELETE FROM prune_refusal WHERE point = ?", [point.number])
        }
    }

    static func all(of points: [PointID], _ database: Database) throws -> [PointRefusal] {
        let statement = try database.cachedStatement(
            sql: "SELECT point, code, reason FROM prune_refusal WHERE point = ?")
        return try points.compactMap { point in
            try Row.fetchOne(statement, arguments: [point.number]).map {
                PointRefusal(point: PointID($0[0]), code: $0[1], reason: $0[2])
            }
        }
    }

    static func counts(_ database: Database) throws -> [String: Int] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT code, count(*) FROM prune_refusal GROUP BY code")
        return Dictionary(
            rows.map { ($0[0] as String, $0[1] as Int) }, uniquingKeysWith: { first, _ in first })
    }
}
