import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// See `JobQueue`.
    public func enqueue(
        _ jobs: [NewJob], cursor: PlanningCursor?, events: [NewEvent], at now: Timestamp
    ) async throws(StoreError) -> EnqueueResult {
        try await writer.commit { context in
            var added = 0
            for job in jobs where try JobTable.insert(job, at: now, in: context) { added += 1 }
            if let cursor {
                try MetaTable.set(
                    MetaTable.cursorPrefix + cursor.policy.text,
                    to: String(cursor.through.milliseconds), in: context)
            }
            try EventChain.append(events, in: context)
            return EnqueueResult(addedCount: added)
        }
    }

    /// See `JobQueue`.
    public func enqueue(
        _ job: NewJob, event: NewEvent?, at now: Timestamp
    ) async throws(StoreError) -> Job {
        try await writer.commit { context in
            guard let row = try JobTable.insertOne(job, at: now, in: context) else {
                let found = try JobTable.fetch(kind: job.kind, slot: job.slot, in: context)
                guard let found else { preconditionFailure("a slot has a job and has none") }
                return found
            }
            if let event { try EventChain.append([event], in: context) }
            return Job(
                id: row.id, request: job, state: .ready(notBefore: job.notBefore), attempt: 0,
                failures: 0, createdAt: row.createdAt, endedAt: nil, lastError: nil)
        }
    }

    /// See `JobQueue`.
    public func claim(_ claim: Claim) async throws(StoreError) -> [ClaimedJob] {
        try await writer.commit { context in
            var claimed: [ClaimedJob] = []
            while claimed.count < claim.limit,
                let job = try JobTable.claimOne(claim, in: context)
            {
                let run = try RunTable.open(job, at: claim.now, in: context)
                claimed.append(ClaimedJob(job: job, run: run))
            }
            return claimed
        }
    }

    /// See `JobQueue`.
    public func record(_ outcome: AttemptOutcome) async throws(StoreError) -> PointID? {
        try await writer.commit { context in
            try JobTable.settle(outcome, in: context)
            try RunTable.end(outcome, in: context)
            let point = try outcome.point.map {
                try PointTable.insert($0, of: outcome.claimed, at: outcome.endedAt, in: context)
            }
            for found in outcome.vendorPoints {
                _ = try PointTable.insert(
                    found, of: outcome.claimed, origin: .vendor, at: outcome.endedAt, in: context)
            }
            for found in outcome.adopted {
                _ = try PointTable.insert(
                    found, of: outcome.claimed, origin: .adopted, at: outcome.endedAt, in: context)
            }
            for gone in outcome.retired {
                _ = try PointTable.retire(gone, at: outcome.endedAt, in: context)
            }
            try RefusalTable.note(outcome.kernelLook, at: outcome.endedAt, in: context)
            if let proven = outcome.proven {
                try ProofTable.note(proven, at: outcome.endedAt, in: context)
            }
            for back in outcome.returned { try PointTable.restore(back, in: context) }
            if let foreign = outcome.foreign {
                let request = outcome.claimed.job.request
                try ForeignTable.replace(
                    foreign, of: request.slot.assignment.target, at: request.provider,
                    now: outcome.endedAt, in: context)
            }
            try EventChain.append(outcome.events, in: context)
            return point
        }
    }

    /// See `JobQueue`.
    public func close(_ closings: [JobClosing]) async throws(StoreError) {
        try await writer.commit { context in
            for closing in closings where try JobTable.close(closing, in: context) {
                try EventChain.append([closing.event], in: context)
            }
        }
    }

    /// See `JobQueue`.
    public func overdueJobs(at now: Timestamp, limit: Int) async throws(StoreError) -> [Job] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(JobTable.columns) FROM job
                    WHERE state = 'ready' AND uncertain = 0 AND start_before <= ?
                    ORDER BY start_before, id LIMIT ?
                    """, arguments: [now.milliseconds, limit]
            ).map(Job.init)
        }
    }

    /// See `JobQueue`.
    public func runningJobs() async throws(StoreError) -> [ClaimedJob] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(JobTable.columns), run.id AS run_id
                    FROM job JOIN run ON run.job = job.id AND run.attempt = job.attempt
                    WHERE job.state = 'running' ORDER BY job.id
                    """
            ).map { ClaimedJob(job: Job(row: $0), run: RunID($0["run_id"])) }
        }
    }

    /// See `JobQueue`.
    public func waitingJobs(of assignments: [Assignment]) async throws(StoreError) -> [Job] {
        let wanted = Set(assignments)
        guard !wanted.isEmpty else { return [] }
        return try await read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT \(JobTable.columns) FROM job WHERE state = 'ready' ORDER BY id"
            ).map(Job.init).filter { wanted.contains($0.request.slot.assignment) }
        }
    }

    /// See `JobQueue`.
    public func nextInstants(after now: Timestamp) async throws(StoreError) -> QueueInstants {
        try await read { database in
            let ready = try Int64.fetchOne(
                database,
                sql: "SELECT min(not_before) FROM job WHERE state = 'ready' AND not_before > ?",
                arguments: [now.milliseconds])
            let closing = try Int64.fetchOne(
                database,
                sql: "SELECT min(start_before) FROM job WHERE state = 'ready' AND uncertain = 0")
            return QueueInstants(
                nextReady: ready.map(Timestamp.init(milliseconds:)),
                nextClosing: closing.map(Timestamp.init(milliseconds:)))
        }
    }

    /// See `JobQueue`.
    public func planningCursors() async throws(StoreError) -> [PolicyID: Timestamp] {
        try await read { database in
            let found = try MetaTable.all(prefix: MetaTable.cursorPrefix, database)
            return Dictionary(
                uniqueKeysWithValues: found.compactMap { name, value in
                    Int64(value).map {
                        (PolicyID(trusted: name), Timestamp(milliseconds: $0))
                    }
                })
        }
    }
}
