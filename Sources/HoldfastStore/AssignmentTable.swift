import GRDB
import HoldfastCore

/// The statements on the table `assignment`.
enum AssignmentTable {
    static func current(_ database: Database) throws -> [Assignment] {
        try Row.fetchAll(
            database, sql: "SELECT policy, target FROM assignment WHERE ended_at IS NULL"
        ).map {
            Assignment(policy: PolicyID(trusted: $0[0]), target: TargetID(trusted: $0[1]))
        }
    }

    static func starts(of policy: PolicyID, _ database: Database) throws -> [TargetID: Timestamp] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT target, since FROM assignment WHERE ended_at IS NULL AND policy = ?",
            arguments: [policy.text])
        return Dictionary(
            uniqueKeysWithValues: rows.map {
                (TargetID(trusted: $0[0]), Timestamp(milliseconds: $0[1]))
            })
    }

    /// Since when each assignment in force has been declared.
    static func allStarts(_ database: Database) throws -> [Assignment: Timestamp] {
        try Row.fetchAll(
            database, sql: "SELECT policy, target, since FROM assignment WHERE ended_at IS NULL"
        ).reduce(into: [:]) { starts, row in
            let key = Assignment(
                policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
            starts[key] = Timestamp(milliseconds: row[2])
        }
    }

    /// How many new points of each assignment in force made up for none yet.
    static func credits(_ database: Database) throws -> [Assignment: Int] {
        try Row.fetchAll(
            database, sql: "SELECT policy, target, credit FROM assignment WHERE ended_at IS NULL"
        ).reduce(into: [:]) { credits, row in
            let key = Assignment(
                policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
            credits[key] = row[2]
        }
    }

    static func credit(of assignment: Assignment, _ database: Database) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT credit FROM assignment
                    WHERE policy = ? AND target = ? AND ended_at IS NULL
                    """), arguments: [assignment.policy.text, assignment.target.text]) ?? 0
    }

    /// `CreditChange.applied` in SQL.
    static func change(_ change: CreditChange, in context: WriteContext) throws {
        try context.run(
            """
            UPDATE assignment SET credit = max(0, min(credit, ?3) - ?4) + ?5
            WHERE policy = ?1 AND target = ?2 AND ended_at IS NULL
            """,
            [
                change.assignment.policy.text, change.assignment.target.text, Int64(change.limit),
                Int64(change.taken), Int64(change.returned),
            ])
    }

    /// When each assignment ended last that has ended.
    static func endings(_ database: Database) throws -> [Assignment: Timestamp] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT policy, target, max(ended_at) FROM assignment WHERE ended_at IS NOT NULL
                GROUP BY policy, target
                """
        ).reduce(into: [:]) { endings, row in
            let key = Assignment(
                policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1]))
            endings[key] = Timestamp(milliseconds: row[2])
        }
    }

    static func begin(
        _ assignments: [Assignment], at now: Timestamp, in context: WriteContext
    ) throws {
        for assignment in assignments {
            try context.run(
                "INSERT INTO assignment (policy, target, since) VALUES (?, ?, ?)",
                [assignment.policy.text, assignment.target.text, now.milliseconds])
        }
    }

    static func end(
        _ assignments: [Assignment], at now: Timestamp, in context: WriteContext
    ) throws {
        for assignment in assignments {
            // A clock that went back must not make an assignment end before it began.
            try context.run(
                """
                UPDATE assignment SET ended_at = max(?, since)
                WHERE policy = ? AND target = ? AND ended_at IS NULL
                """, [now.milliseconds, assignment.policy.text, assignment.target.text])
        }
    }
}
