import GRDB
public import HoldfastCore

extension SQLiteHistory {
    /// See `History`.
    public func assignmentsChanging(
        _ declared: [Assignment], digest: String
    ) async throws(StoreError) -> AssignmentsChange {
        try await read { database in
            guard try MetaTable.get(MetaTable.assignmentsKey, database) != digest else {
                return AssignmentsChange()
            }
            return AssignmentsChange(
                from: Set(try AssignmentTable.current(database)), to: declared)
        }
    }

    /// See `History`.
    public func synchronise(
        _ declared: [Assignment], digest: String, at now: Timestamp
    ) async throws(StoreError) {
        try await writer.commit { context in
            guard try MetaTable.get(MetaTable.assignmentsKey, context.database) != digest else {
                return
            }
            let change = AssignmentsChange(
                from: Set(try AssignmentTable.current(context.database)), to: declared)
            try AssignmentTable.end(change.ended, at: now, in: context)
            try AssignmentTable.begin(change.begun, at: now, in: context)
            try MetaTable.set(MetaTable.assignmentsKey, to: digest, in: context)
        }
    }

    /// See `History`.
    public func assignmentStarts(
        of policy: PolicyID
    ) async throws(StoreError) -> [TargetID: Timestamp] {
        try await read { try AssignmentTable.starts(of: policy, $0) }
    }

    /// See `History`.
    public func remember(_ targets: [KnownTarget]) async throws(StoreError) {
        // Most of them are there already, and reading is cheaper than writing.
        let known = Set(try await knownTargets())
        let news = targets.filter {
            !known.contains(KnownTarget(id: $0.id, provider: $0.provider, subject: $0.subject))
        }
        guard !news.isEmpty else { return }
        try await writer.commit { context in
            for target in news { try KnownTargetTable.put(target, in: context) }
        }
    }

    /// See `History`.
    public func knownTargets() async throws(StoreError) -> [KnownTarget] {
        try await read { try KnownTargetTable.all($0) }
    }

    /// See `History`.
    public func discoveries() async throws(StoreError) -> [Discovery] {
        try await read { try DiscoveryTable.all($0) }
    }

    /// See `History`.
    public func discover(
        _ found: [DiscoveredTarget], at provider: ProviderID, now: Timestamp, events: [NewEvent]
    ) async throws(StoreError) {
        try await writer.commit { context in
            try DiscoveryTable.replace(found, at: provider, now: now, in: context)
            try EventChain.append(events, in: context)
        }
    }

    /// See `History`.
    public func append(_ events: [NewEvent]) async throws(StoreError) {
        try await writer.commit { try EventChain.append(events, in: $0) }
    }

    /// See `History`.
    public func availablePoints(
        of assignment: Assignment
    ) async throws(StoreError) -> [RecoveryPoint] {
        try await read { try PointTable.available(of: assignment, isVendors: false, $0) }
    }

    /// See `History`.
    public func vendorPoints(
        of assignment: Assignment
    ) async throws(StoreError) -> [RecoveryPoint] {
        try await read { try PointTable.available(of: assignment, isVendors: true, $0) }
    }

    /// See `History`.
    public func past(of job: Job) async throws(StoreError) -> TargetPast {
        try await read { database in
            let points = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT \(PointTable.columns) FROM \(PointTable.source)
                        WHERE target = ? AND provider = ? AND recovery_point.state = 'available'
                        ORDER BY taken_at DESC, recovery_point.id DESC
                        """),
                arguments: [job.request.slot.assignment.target.text, job.request.provider.text]
            ).map { RecoveryPoint(row: $0).remote }
            let intent = try Int64.fetchOne(
                database, sql: "SELECT min(started_at) FROM run WHERE job = ?",
                arguments: [job.id.number])
            return TargetPast(
                points: points, intentAt: intent.map(Timestamp.init(milliseconds:)))
        }
    }

    /// See `History`.
    public func duePrunes(at now: Timestamp) async throws(StoreError) -> DuePrunes {
        try await read { database in
            let due = try Row.fetchAll(
                database,
                sql: """
                    SELECT policy, target, provider, max(delete_after)
                    FROM recovery_point INDEXED BY recovery_point_due
                    WHERE state = 'available' AND marked_at IS NOT NULL AND delete_after <= ?
                    GROUP BY policy, target, provider ORDER BY policy, target, provider
                    """, arguments: [now.milliseconds]
            ).map { row in
                DuePrune(
                    assignment: Assignment(
                        policy: PolicyID(trusted: row[0]), target: TargetID(trusted: row[1])),
                    provider: ProviderID(trusted: row[2]),
                    since: Timestamp(milliseconds: row[3]))
            }
            let next = try Int64.fetchOne(
                database,
                sql: """
                    SELECT min(delete_after) FROM recovery_point INDEXED BY recovery_point_due
                    WHERE state = 'available' AND marked_at IS NOT NULL AND delete_after > ?
                    """, arguments: [now.milliseconds])
            return DuePrunes(due: due, next: next.map(Timestamp.init(milliseconds:)))
        }
    }

    /// See `History`.
    public func assignments(
        at provider: ProviderID, withPointsBefore instant: Timestamp
    ) async throws(StoreError) -> [Assignment] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT policy, target
                    FROM recovery_point INDEXED BY recovery_point_at
                    WHERE state = 'available' AND provider = ? AND taken_at < ?
                      AND origin <> 'vendor'
                    """, arguments: [provider.text, instant.milliseconds]
            ).map {
                Assignment(policy: PolicyID(trusted: $0[0]), target: TargetID(trusted: $0[1]))
            }.sorted()
        }
    }

    /// See `History`.
    public func retire(
        _ point: PointID, as state: PointState, at now: Timestamp, event: NewEvent
    ) async throws(StoreError) {
        try await writer.commit { context in
            guard try PointTable.retire(RetiredPoint(point, as: state), at: now, in: context)
            else { return }
            try EventChain.append([event], in: context)
        }
    }

    /// See `History`.
    public func assignments(
        ofNewestPoints count: Int
    ) async throws(StoreError) -> Set<Assignment> {
        try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT policy, target FROM recovery_point ORDER BY id DESC LIMIT ?",
                arguments: [count])
            return Set(
                rows.map {
                    Assignment(policy: PolicyID(trusted: $0[0]), target: TargetID(trusted: $0[1]))
                })
        }
    }

    /// See `History`.
    public func point(_ token: BackupToken) async throws(StoreError) -> RecoveryPoint? {
        try await read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT \(PointTable.columns) FROM \(PointTable.source) WHERE token = ?",
                arguments: [token.text]
            ).map(RecoveryPoint.init)
        }
    }

    /// See `History`.
    public func reviewedRules(of policy: PolicyID) async throws(StoreError) -> String? {
        try await read { try MetaTable.get(MetaTable.reviewedPrefix + policy.text, $0) }
    }

    /// See `History`.
    public func setReviewedRules(
        _ digest: String, of policy: PolicyID
    ) async throws(StoreError) {
        try await writer.commit { context in
            try MetaTable.set(MetaTable.reviewedPrefix + policy.text, to: digest, in: context)
        }
    }
}
