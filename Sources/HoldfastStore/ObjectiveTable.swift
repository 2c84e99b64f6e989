import GRDB
import HoldfastCore

/// The statements on the table `objective`.
enum ObjectiveTable {
    /// A standing's columns, for a query that has `objective` and, joined to it, `breach`.
    static let columns = """
        objective.policy, objective.target, objective.since, objective.objective,
        objective.in_force, objective.newest, objective.is_lost, breach.id, breach.began_at,
        breach.objective, breach.reason,
        (SELECT max(past.ended_at) FROM breach AS past
         WHERE past.policy = objective.policy AND past.target = objective.target),
        objective.unseen_since, objective.unseen_reason, objective.unseen_objective
        """

    struct Kept {
        let objective: Duration
        let breach: BreachID?
    }

    static func all(_ database: Database) throws -> [Assignment: Kept] {
        try Row.fetchAll(
            database, sql: "SELECT policy, target, objective, breach FROM objective"
        ).reduce(into: [:]) { kept, row in
            let key = Assignment(
                policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
            kept[key] = Kept(
                objective: .milliseconds(row[2] as Int64),
                breach: (row[3] as Int64?).map(BreachID.init))
        }
    }

    /// Begins to keep an assignment's objective, with the points that it has already.
    static func insert(
        _ assignment: Assignment, since: Timestamp, objective: Duration, inForce: Timestamp,
        in context: WriteContext
    ) throws {
        try context.run(
            """
            INSERT INTO objective (policy, target, since, objective, in_force, newest)
            VALUES (?1, ?2, ?3, ?4, ?5, (
                SELECT max(taken_at) FROM recovery_point
                WHERE policy = ?1 AND target = ?2 AND state = 'available'))
            """,
            [
                assignment.policy.text, assignment.target.text, since.milliseconds,
                objective.wholeMilliseconds, inForce.milliseconds,
            ])
    }

    static func change(
        _ assignment: Assignment, to objective: Duration, inForce: Timestamp,
        in context: WriteContext
    ) throws {
        try context.run(
            """
            UPDATE objective SET objective = ?3, in_force = ?4,
                unseen_since = iif(
                    breach IS NULL AND deadline < ?4, coalesce(unseen_since, deadline), unseen_since),
                unseen_objective = iif(
                    breach IS NULL AND deadline < ?4, coalesce(unseen_objective, objective),
                    unseen_objective),
                unseen_reason = iif(
                    breach IS NULL AND deadline < ?4,
                    coalesce(unseen_reason, iif(newest IS NULL, 'no_point', 'age')), unseen_reason)
            WHERE policy = ?1 AND target = ?2
            """,
            [
                assignment.policy.text, assignment.target.text, objective.wholeMilliseconds,
                inForce.milliseconds,
            ])
    }

    static func delete(_ assignment: Assignment, in context: WriteContext) throws {
        try context.run(
            "DELETE FROM objective WHERE policy = ?1 AND target = ?2",
            [assignment.policy.text, assignment.target.text])
    }

    /// What the record does not have as it is.
    enum Difference: String, CaseIterable {
        /// Beyond the objective without an open breach.
        case due = "breach IS NULL AND deadline <= ?1"
        /// Within it with one.
        case mended = "breach IS NOT NULL AND deadline > ?1"
        /// Within it again before anybody saw that it was not.
        case unseen = "unseen_since IS NOT NULL"
    }

    static func all(
        _ difference: Difference, at now: Timestamp, limit: Int, _ database: Database
    ) throws -> [ObjectiveStanding] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT \(columns)
                    FROM objective INDEXED BY objective_\(difference)
                    LEFT JOIN breach ON breach.id = objective.breach
                    WHERE objective.\(difference.rawValue)
                    ORDER BY deadline, objective.policy, objective.target LIMIT ?2
                    """), arguments: [now.milliseconds, limit]
        ).map { ObjectiveStanding(row: $0) }
    }

    static func nextDeadline(after now: Timestamp, _ database: Database) throws -> Timestamp? {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT min(deadline) FROM objective INDEXED BY objective_due
                    WHERE breach IS NULL AND deadline > ?
                    """), arguments: [now.milliseconds]
        ).map(Timestamp.init(milliseconds:))
    }

    /// The good points of an assignment that were taken after an instant, oldest first.
    static func points(
        of assignment: Assignment, after instant: Timestamp, limit: Int, _ database: Database
    ) throws -> [GoodPoint] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT taken_at, recorded_at, origin FROM recovery_point
                    WHERE policy = ? AND target = ? AND state = 'available' AND taken_at > ?
                    ORDER BY taken_at, id LIMIT ?
                    """),
            arguments: [
                assignment.policy.text, assignment.target.text, instant.milliseconds, limit,
            ]
        ).map { row in
            let origin: String = row[2]
            return GoodPoint(
                takenAt: Timestamp(milliseconds: row[0]),
                recordedAt: Timestamp(milliseconds: row[1]),
                origin: PointOrigin(rawValue: origin) ?? .managed)
        }
    }
}

/// The statements on the table `breach`.
enum BreachTable {
    /// - Returns: `false` where the assignment is not beyond its objective any more, or is noted so.
    static func begin(
        _ assignment: Assignment, at began: Timestamp, objective: Duration, reason: BreachReason,
        now: Timestamp, in context: WriteContext
    ) throws -> Bool {
        let names = [assignment.policy.text, assignment.target.text]
        let isDue = try Bool.fetchOne(
            context.database.cachedStatement(
                sql: """
                    SELECT breach IS NULL AND deadline <= ?3 FROM objective
                    WHERE policy = ?1 AND target = ?2
                    """), arguments: [names[0], names[1], now.milliseconds])
        guard isDue == true else { return false }
        try context.run(
            """
            INSERT INTO breach (policy, target, began_at, objective, reason)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                names[0], names[1], began.milliseconds, objective.wholeMilliseconds,
                reason.rawValue,
            ])
        try context.run(
            "UPDATE objective SET breach = ?3 WHERE policy = ?1 AND target = ?2",
            [names[0], names[1], context.database.lastInsertedRowID])
        return true
    }

    /// - Returns: `false` where it has ended already.
    static func end(
        _ breach: BreachID, at now: Timestamp, by cause: BreachEnd, in context: WriteContext
    ) throws -> Bool {
        try context.run(
            """
            UPDATE breach SET ended_at = max(began_at, ?2), ended_by = ?3
            WHERE id = ?1 AND ended_at IS NULL
            """, [breach.number, now.milliseconds, cause.rawValue])
        guard context.database.changesCount > 0 else { return false }
        try context.run(
            """
            UPDATE objective SET breach = NULL
            WHERE breach = ?1 AND (policy, target) = (SELECT policy, target FROM breach WHERE id = ?1)
            """, [breach.number])
        return true
    }

    /// What passed unseen is noted.
    static func settle(_ assignment: Assignment, in context: WriteContext) throws {
        try context.run(
            """
            UPDATE objective
            SET unseen_since = NULL, unseen_reason = NULL, unseen_objective = NULL
            WHERE policy = ?1 AND target = ?2
            """, [assignment.policy.text, assignment.target.text])
    }

    /// Notes a breach that is over already.
    static func insert(
        _ assignment: Assignment, from began: Timestamp, until ended: Timestamp,
        objective: Duration, reason: BreachReason, by cause: BreachEnd, in context: WriteContext
    ) throws {
        try context.run(
            """
            INSERT INTO breach (policy, target, began_at, ended_at, objective, reason, ended_by)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                assignment.policy.text, assignment.target.text, began.milliseconds,
                ended.milliseconds, objective.wholeMilliseconds, reason.rawValue, cause.rawValue,
            ])
    }

    static func all(
        from: Timestamp, to: Timestamp, _ database: Database
    ) throws -> [Breach] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, policy, target, began_at, ended_at, objective, reason, ended_by
                FROM breach
                WHERE began_at < ?2 AND (ended_at IS NULL OR ended_at > ?1)
                ORDER BY began_at, id
                """, arguments: [from.milliseconds, to.milliseconds]
        ).map { row in
            Breach(
                id: BreachID(row[0]),
                assignment: Assignment(
                    policy: PolicyID(trusted: row[1]), target: TargetID(trusted: row[2])),
                beganAt: Timestamp(milliseconds: row[3]),
                endedAt: (row[4] as Int64?).map(Timestamp.init(milliseconds:)),
                objective: .milliseconds(row[5] as Int64), reason: BreachReason(trusted: row[6]),
                endedBy: (row[7] as String?).map(BreachEnd.init(trusted:)))
        }
    }
}

extension BreachReason {
    fileprivate init(trusted word: String) {
        guard let known = BreachReason(rawValue: word) else {
            preconditionFailure("the schema let a breach's reason '\(word)' in")
        }
        self = known
    }
}

extension BreachEnd {
    fileprivate init(trusted word: String) {
        guard let known = BreachEnd(rawValue: word) else {
            preconditionFailure("the schema let a breach's end '\(word)' in")
        }
        self = known
    }
}

extension ObjectiveStanding {
    /// Reads a row with `ObjectiveTable.columns`, from a column on.
    init(row: Row, at first: Int = 0) {
        let assignment = Assignment(
            policy: PolicyID(trusted: row[first]), target: TargetID(trusted: row[first + 1]))
        let breach = (row[first + 7] as Int64?).map { id in
            Breach(
                id: BreachID(id), assignment: assignment,
                beganAt: Timestamp(milliseconds: row[first + 8]),
                objective: .milliseconds(row[first + 9] as Int64),
                reason: BreachReason(trusted: row[first + 10]))
        }
        self.init(
            assignment: assignment, objective: .milliseconds(row[first + 3] as Int64),
            since: Timestamp(milliseconds: row[first + 2]),
            inForceSince: Timestamp(milliseconds: row[first + 4]),
            newestPoint: (row[first + 5] as Int64?).map(Timestamp.init(milliseconds:)),
            isLost: row[first + 6], breach: breach,
            unseen: (row[first + 12] as Int64?).map {
                UnseenBreach(
                    since: Timestamp(milliseconds: $0),
                    reason: BreachReason(trusted: row[first + 13]),
                    objective: .milliseconds(row[first + 14] as Int64))
            },
            lastEndedAt: (row[first + 11] as Int64?).map(Timestamp.init(milliseconds:)))
    }
}
