import GRDB
import HoldfastCore

/// The statements on the table `job`.
enum JobTable {
    static let columns = """
        job.id, job.kind, job.cause, job.policy, job.target, job.provider, job.opens, job.closes,
        job.start_before, job.state, job.not_before, job.lease_until, job.attempt, job.failures,
        job.created_at, job.ended_at, job.last_error, job.uncertain, job.point, job.accepted,
        job.survey
        """

    /// Inserts a job whose slot has none. One that was missed without an attempt, or cancelled
    /// because its target was gone for a while, and may start after all, waits again.
    private static let insertion = """
        INSERT INTO job (kind, cause, policy, target, provider, opens, closes, start_before,
                         state, not_before, created_at, point, accepted, survey)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ready', ?, ?, ?, ?, ?)
        ON CONFLICT (kind, policy, target, opens) DO UPDATE
            SET state = 'ready', ended_at = NULL, last_error = NULL, cause = excluded.cause,
                provider = excluded.provider, closes = excluded.closes,
                start_before = excluded.start_before, not_before = excluded.not_before,
                survey = excluded.survey
            WHERE (state = 'missed' AND attempt = 0 OR state = 'cancelled')
              AND excluded.start_before > excluded.created_at
        """

    /// Inserts a job; `false` when its slot has one already.
    static func insert(_ job: NewJob, at now: Timestamp, in context: WriteContext) throws -> Bool {
        try context.run(insertion, arguments(job, at: now))
        return context.database.changesCount > 0
    }

    /// Inserts a job; `nil` when its slot has one already.
    static func insertOne(
        _ job: NewJob, at now: Timestamp, in context: WriteContext
    ) throws -> (id: JobID, createdAt: Timestamp)? {
        let statement = try context.database.cachedStatement(
            sql: insertion + " RETURNING id, created_at")
        return try Row.fetchOne(statement, arguments: arguments(job, at: now)).map {
            (JobID($0[0]), Timestamp(milliseconds: $0[1]))
        }
    }

    private static func arguments(_ job: NewJob, at now: Timestamp) -> StatementArguments {
        [
            job.kind.rawValue, job.trigger.rawValue, job.slot.assignment.policy.text,
            job.slot.assignment.target.text, job.provider.text, job.slot.opens.milliseconds,
            job.closes.milliseconds, job.startBefore.milliseconds,
            job.notBefore.milliseconds, now.milliseconds, job.point?.text,
            job.point.map { _ in job.accepted.map(\.rawValue).sorted().joined(separator: ",") },
            job.survey?.column,
        ]
    }

    /// The job of a slot.
    static func fetch(kind: JobKind, slot: SlotKey, in context: WriteContext) throws -> Job? {
        let statement = try context.database.cachedStatement(
            sql: """
                SELECT \(columns) FROM job
                WHERE kind = ? AND policy = ? AND target = ? AND opens = ?
                """)
        return try Row.fetchOne(
            statement,
            arguments: [
                kind.rawValue, slot.assignment.policy.text, slot.assignment.target.text,
                slot.opens.milliseconds,
            ]
        ).map(Job.init)
    }

    /// Takes the ready job whose time to start ends first; there is no gap between choosing and
    /// taking. A target that somebody works on is passed over, except that a drill of it keeps
    /// neither a backup nor a reconcile nor a restore waiting.
    static func claimOne(_ claim: Claim, in context: WriteContext) throws -> Job? {
        let statement = try context.database.cachedStatement(
            sql: """
                UPDATE job SET state = 'running', lease_until = ?3, attempt = attempt + 1
                WHERE id = (
                    SELECT candidate.id FROM job AS candidate
                    WHERE candidate.state = 'ready' AND candidate.provider = ?1
                      AND candidate.not_before <= ?2
                      AND (candidate.start_before > ?2 OR candidate.uncertain = 1)
                      AND NOT EXISTS (
                          SELECT 1 FROM job AS other
                          WHERE other.state = 'running' AND other.target = candidate.target
                            AND NOT (other.kind = 'verify'
                                     AND candidate.kind IN ('backup', 'reconcile', 'restore')))
                      AND (candidate.kind <> 'prune' OR ?5)
                      AND (candidate.kind <> 'verify' OR ?4 > (
                          SELECT count(*) FROM job AS drill INDEXED BY job_running
                          WHERE drill.state = 'running' AND drill.kind = 'verify'
                            AND drill.provider = ?1))
                    ORDER BY candidate.start_before, candidate.id LIMIT 1)
                RETURNING \(columns)
                """)
        return try Row.fetchOne(
            statement,
            arguments: [
                claim.provider.text, claim.now.milliseconds, claim.leaseUntil.milliseconds,
                claim.drillMax, claim.takesPrunes,
            ]
        ).map(Job.init)
    }

    /// Moves a running job to where its attempt left it.
    static func settle(_ outcome: AttemptOutcome, in context: WriteContext) throws {
        var notBefore: Int64?
        if case .ready(let instant) = outcome.next { notBefore = instant.milliseconds }
        try context.run(
            """
            UPDATE job SET state = ?2, lease_until = NULL, not_before = coalesce(?3, not_before),
                           failures = ?4, uncertain = ?5, ended_at = ?6, last_error = ?7
            WHERE id = ?1 AND state = 'running' AND attempt = ?8
            """,
            [
                outcome.claimed.job.id.number, outcome.next.name, notBefore, outcome.failures,
                outcome.isUncertain ? 1 : 0,
                outcome.next.isEnd ? outcome.endedAt.milliseconds : nil, outcome.ending.message,
                outcome.claimed.job.attempt,
            ])
        guard context.database.changesCount == 1 else {
            throw StoreError(
                .corrupt,
                "job \(outcome.claimed.job.id) is not running attempt "
                    + "\(outcome.claimed.job.attempt) any more; another daemon may be using the "
                    + "same history")
        }
    }

    /// Ends a waiting job; a job that was claimed meanwhile is left alone.
    static func close(_ closing: JobClosing, in context: WriteContext) throws -> Bool {
        try context.run(
            """
            UPDATE job SET state = ?2, ended_at = ?3, last_error = ?4
            WHERE id = ?1 AND state = 'ready'
            """,
            [closing.job.number, closing.state.name, closing.at.milliseconds, closing.reason])
        return context.database.changesCount > 0
    }
}

extension Job {
    /// Reads a row with `JobTable.columns`.
    init(row: Row) {
        let slot = SlotKey(
            assignment: Assignment(
                policy: PolicyID(trusted: row[3]), target: TargetID(trusted: row[4])),
            opens: Timestamp(milliseconds: row[6]))
        let kind: String = row[1]
        let trigger: String = row[2]
        guard let kind = JobKind(rawValue: kind), let trigger = JobTrigger(rawValue: trigger) else {
            preconditionFailure("the schema let a job of kind \(kind), cause \(trigger) in")
        }
        let column: String? = row[20]
        let survey = column.flatMap { Survey(column: $0) }
        guard (column == nil) == (survey == nil) else {
            preconditionFailure("the history has a job with the survey \(column ?? "")")
        }
        self.init(
            id: JobID(row[0]),
            request: NewJob(
                kind: kind, trigger: trigger, slot: slot,
                provider: ProviderID(trusted: row[5]), closes: Timestamp(milliseconds: row[7]),
                startBefore: Timestamp(milliseconds: row[8]),
                notBefore: Timestamp(milliseconds: row[10]),
                point: (row[18] as String?).flatMap { BackupToken($0) },
                accepted: Set(
                    ((row[19] as String?) ?? "").split(separator: ",").compactMap {
                        RestoreDanger(rawValue: String($0))
                    }), survey: survey),
            state: JobState(name: row[9], notBefore: row[10], leaseUntil: row[11]),
            attempt: row[12], failures: row[13], createdAt: Timestamp(milliseconds: row[14]),
            endedAt: (row[15] as Int64?).map(Timestamp.init(milliseconds:)), lastError: row[16],
            isUncertain: row[17])
    }
}

extension JobState {
    fileprivate init(name: String, notBefore: Int64, leaseUntil: Int64?) {
        switch name {
        case "ready": self = .ready(notBefore: Timestamp(milliseconds: notBefore))
        case "running": self = .running(leaseUntil: Timestamp(milliseconds: leaseUntil ?? 0))
        case "succeeded": self = .succeeded
        case "failed": self = .failed
        case "missed": self = .missed
        case "cancelled": self = .cancelled
        default: preconditionFailure("the schema let a job in state \(name) in")
        }
    }
}
