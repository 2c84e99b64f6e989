import HoldfastCore

/// Recovery points for tests: one assignment, tokens from the row numbers.
enum Points {
    static let assignment = Assignment(
        policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: "web-1"))

    static func token(_ number: Int64) -> BackupToken {
        SlotKey(assignment: assignment, opens: Timestamp(seconds: number * 3600)).token
    }

    static func remote(
        _ number: Int64, takenAt: Timestamp, remoteID: String? = nil
    ) -> RemotePoint {
        RemotePoint(
            token: token(number), remoteID: remoteID ?? "remote-\(number)", takenAt: takenAt)
    }

    static func mark(
        at instant: Timestamp, grace: Duration = .hours(24), turnsOver: Bool = false
    ) -> PruneMark {
        PruneMark(
            at: instant, deleteAfter: instant + grace, reason: "kept by none",
            turnsOver: turnsOver)
    }
}

/// A recovery point whose parts can be changed one by one.
struct PointDraft {
    var number: Int64
    var takenAt: Timestamp
    var state = PointState.available
    var verifiedAt: Timestamp?
    var mark: PruneMark?
    var pin: PointPin?
    /// Whether it has a pin; setting it pins without an end.
    var isPinned: Bool {
        get { pin != nil }
        set { pin = newValue ? PointPin(reason: "evidence", actor: "uid 0", at: takenAt) : nil }
    }

    init(_ number: Int64, takenAt: Timestamp) {
        self.number = number
        self.takenAt = takenAt
    }

    init(_ point: RecoveryPoint) {
        number = point.id.number
        takenAt = point.remote.takenAt
        state = point.state
        verifiedAt = point.verifiedAt
        mark = point.mark
        pin = point.pin
    }

    var point: RecoveryPoint {
        RecoveryPoint(
            id: PointID(number), assignment: Points.assignment,
            provider: ProviderID(trusted: "disk"), run: RunID(number),
            remote: Points.remote(number, takenAt: takenAt), state: state, recordedAt: takenAt,
            verifiedAt: verifiedAt, mark: mark,
            deletedAt: state == .deleted ? takenAt : nil, pin: pin)
    }
}
