import GRDB
import HoldfastCore

/// The statements on the table `run`.
enum RunTable {
    static let columns = """
        run.id, run.job, job.kind, job.policy, job.target, job.provider, run.attempt, run.token,
        run.state, run.started_at, run.ended_at, run.error_kind, run.message, run.output,
        run.adopted
        """

    /// Records the intent of an attempt before the provider is called.
    static func open(_ job: Job, at now: Timestamp, in context: WriteContext) throws -> RunID {
        let token = job.request.kind == .backup ? job.request.slot.token.text : nil
        try context.run(
            """
            INSERT INTO run (job, attempt, token, state, started_at)
            VALUES (?, ?, ?, 'running', ?)
            """,
            [job.id.number, job.attempt, token, now.milliseconds])
        return RunID(context.database.lastInsertedRowID)
    }

    /// Records how an attempt ended.
    static func end(_ outcome: AttemptOutcome, in context: WriteContext) throws {
        try context.run(
            """
            UPDATE run SET state = ?2, ended_at = ?3, error_kind = ?4, message = ?5, output = ?6,
                           adopted = ?7
            WHERE id = ?1 AND state = 'running'
            """,
            [
                outcome.claimed.run.number, outcome.ending.state.rawValue,
                outcome.endedAt.milliseconds, outcome.ending.errorKind?.rawValue,
                outcome.ending.message, outcome.ending.output, outcome.ending.isAdopted ? 1 : 0,
            ])
    }
}

extension Run {
    /// Reads a row with `RunTable.columns`.
    init(row: Row) {
        let kind: String = row[2]
        let state: String = row[8]
        guard let kind = JobKind(rawValue: kind), let state = RunState(rawValue: state) else {
            preconditionFailure("the schema let a run of kind \(kind), state \(state) in")
        }
        self.init(
            id: RunID(row[0]), job: JobID(row[1]), kind: kind,
            assignment: Assignment(
                policy: PolicyID(trusted: row[3]), target: TargetID(trusted: row[4])),
            provider: ProviderID(trusted: row[5]), attempt: row[6],
            token: (row[7] as String?).flatMap { BackupToken($0) }, state: state,
            startedAt: Timestamp(milliseconds: row[9]),
            endedAt: (row[10] as Int64?).map(Timestamp.init(milliseconds:)), errorKind: row[11],
            message: row[12], output: row[13], isAdopted: row[14])
    }
}
