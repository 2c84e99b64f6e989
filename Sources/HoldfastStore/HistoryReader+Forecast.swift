import GRDB
public import HoldfastCore

/// What a forecast begins with, besides the points.
public struct RecordedOutline: Sendable {
    /// The assignments that are declared now.
    public let inForce: Set<Assignment>
    /// Those that have an available point, declared or not.
    public let withPoints: Set<Assignment>
    /// What selectors find now.
    public let discovered: [DiscoveredTarget]
    /// The turnover credit of those in force.
    public let credits: [Assignment: Int]
    /// The rules that each policy's targets were reviewed under last.
    public let reviewedRules: [PolicyID: String]
    /// Of the assignments that have ended and have points: when.
    public let endings: [Assignment: Timestamp]
    /// The policies that are paused.
    public let pauses: [Pause]
    /// The instant of the newest entry of the audit log.
    public let newestRecord: Timestamp?
    /// Where it is known what targets are or were.
    public let knownAt: [TargetID: Set<ProviderID>]
}

extension HistoryReader {
    /// Reads which assignments there are.
    ///
    /// - Complexity: One walk through the index of the available points.
    public func outline() async throws(StoreError) -> RecordedOutline {
        try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT policy, target
                    FROM recovery_point INDEXED BY recovery_point_of
                    WHERE state = 'available'
                    """)
            let inForce = Set(try AssignmentTable.current(database))
            let withPoints = Set(
                rows.map {
                    Assignment(policy: PolicyID(trusted: $0[0]), target: TargetID(trusted: $0[1]))
                })
            let ended = withPoints.subtracting(inForce)
            let discoveries = try DiscoveryTable.all(database)
            let known =
                try KnownTargetTable.all(database) + discoveries.map { KnownTarget($0.target) }
            return RecordedOutline(
                inForce: inForce, withPoints: withPoints,
                discovered: discoveries.filter { $0.goneAt == nil }.map(\.target),
                credits: try AssignmentTable.credits(database),
                reviewedRules: Dictionary(
                    uniqueKeysWithValues: try MetaTable.all(
                        prefix: MetaTable.reviewedPrefix, database
                    ).map { (PolicyID(trusted: $0), $1) }),
                endings: try AssignmentTable.endings(database).filter { ended.contains($0.key) },
                pauses: try PauseTable.open(database),
                newestRecord: try Int64.fetchOne(
                    database, sql: "SELECT at FROM event ORDER BY id DESC LIMIT 1"
                ).map(Timestamp.init(milliseconds:)),
                knownAt: Dictionary(grouping: known, by: \.id).mapValues {
                    Set($0.map(\.provider))
                })
        }
    }

    /// Reads what some targets have; a part at a time, so that a large history is never whole in
    /// memory. Each part is as of one instant.
    ///
    /// - Parameters:
    ///   - targets: Each with the assignments that matter.
    ///   - outline: What was read first.
    ///   - earliest: Windows that opened before this are not looked at.
    public func recorded(
        _ targets: [(id: TargetID, assignments: [Assignment])], in outline: RecordedOutline,
        from earliest: Timestamp
    ) async throws(StoreError) -> [RecordedTarget] {
        try await read { database in
            try targets.map { target in
                RecordedTarget(
                    id: target.id,
                    assignments: try target.assignments.map {
                        try assignmentRecord($0, outline, earliest, database)
                    }, knownAt: outline.knownAt[target.id] ?? [])
            }
        }
    }
}

private func assignmentRecord(
    _ assignment: Assignment, _ outline: RecordedOutline, _ earliest: Timestamp,
    _ database: Database
) throws -> RecordedAssignment {
    let points = try availablePoints(of: assignment, database)
    let windows = try windows(of: assignment, from: earliest, database)
    return RecordedAssignment(
        assignment: assignment, isInForce: outline.inForce.contains(assignment),
        endedAt: outline.endings[assignment], credit: outline.credits[assignment] ?? 0,
        reviewedRules: outline.reviewedRules[assignment.policy],
        points: points.filter { $0.origin != .vendor },
        vendorPoints: points.filter { $0.origin == .vendor }, successes: windows.successes,
        completions: windows.completions,
        placesTold: windows.placesTold)
}

/// Without copying each row, which costs more than all the rest where there are a million.
private func availablePoints(
    of assignment: Assignment, _ database: Database
) throws -> [RecoveryPoint] {
    let cursor = try Row.fetchCursor(
        database.cachedStatement(
            sql: """
                SELECT \(PointTable.columns) FROM \(PointTable.source)
                WHERE policy = ? AND target = ? AND recovery_point.state = 'available'
                ORDER BY taken_at DESC, recovery_point.id DESC
                """),
        arguments: [assignment.policy.text, assignment.target.text])
    var points: [RecoveryPoint] = []
    while let row = try cursor.next() { points.append(RecoveryPoint(row: row)) }
    return points
}

/// The openings that got their backup and when it was done, both ascending, and the places that the
/// newest refusal for want of one told. Under a vendor's own policy the job that found the vendor's backup is the success; a
/// job that only mended has no end of a window.
private func windows(
    of assignment: Assignment, from earliest: Timestamp, _ database: Database
) throws -> (successes: [Timestamp], completions: [Timestamp], placesTold: Int?) {
    var successes: [Timestamp] = []
    var completions: [Timestamp] = []
    var placesTold: Int?
    for kind in [JobKind.backup, .reconcile] {
        let cursor = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT opens, state = 'succeeded', last_error, ended_at FROM job
                    WHERE kind = ? AND policy = ? AND target = ? AND opens >= ? AND closes < ?
                      AND state IN ('succeeded', 'failed')
                    ORDER BY opens
                    """),
            arguments: [
                kind.rawValue, assignment.policy.text, assignment.target.text,
                earliest.milliseconds, Timestamp.distantFuture.milliseconds,
            ])
        while let row = try cursor.next() {
            if row[1] as Bool {
                successes.append(Timestamp(milliseconds: row[0]))
                if let end = row[3] as Int64? { completions.append(Timestamp(milliseconds: end)) }
            } else if let words = row[2] as String? {
                placesTold = ProviderPlaces.told(in: words) ?? placesTold
            }
        }
    }
    return (successes.sorted(), completions.sorted(), placesTold)
}
