/// The row number of a recovery point in the history.
public struct PointID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts from 1.
    public let number: Int64
    /// Takes a row number.
    public init(_ number: Int64) { self.number = number }
    /// The number.
    public var description: String { String(number) }
    /// Older comes first.
    public static func < (lhs: PointID, rhs: PointID) -> Bool { lhs.number < rhs.number }
}

/// What a provider reports of one backup that it holds.
public struct RemotePoint: Hashable, Sendable {
    /// The mark in the backup's name.
    public let token: BackupToken
    /// The provider's own identifier; for a local point its path below the repository.
    public let remoteID: String
    /// The instant that the backup shows.
    public let takenAt: Timestamp
    /// Size before compression; `nil` where the provider does not tell.
    public let sourceBytes: ByteCount?
    /// Size as stored; `nil` where the provider does not tell.
    public let storedBytes: ByteCount?
    /// Number of files or rows of a listing; `nil` where the provider does not tell.
    public let entries: Int64?
    /// What went less than well, for people; at most 20 lines.
    public let warnings: [String]

    /// Takes all of it.
    public init(
        token: BackupToken, remoteID: String, takenAt: Timestamp, sourceBytes: ByteCount? = nil,
        storedBytes: ByteCount? = nil, entries: Int64? = nil, warnings: [String] = []
    ) {
        self.token = token
        self.remoteID = remoteID
        self.takenAt = takenAt
        self.sourceBytes = sourceBytes
        self.storedBytes = storedBytes
        self.entries = entries
        self.warnings = warnings
    }
}

/// Whether a recovery point can still be restored from.
public enum PointState: String, Sendable, CaseIterable {
    /// At the provider, as far as is known.
    case available
    /// There, but its data was read back and is not what was written.
    case damaged
    /// Deleted by Holdfast.
    case deleted
    /// No longer in the provider's listing, and not deleted by Holdfast.
    case missing
    /// Ended by the vendor when the time that it keeps points was over.
    case expired
    /// Gone with a restore that put an older point back.
    case destroyed
}

/// Who made a recovery point.
public enum PointOrigin: String, Sendable, CaseIterable {
    /// Holdfast.
    case managed
    /// Somebody else; it was put under a policy on purpose.
    case adopted
    /// The vendor, by a policy of its own that Holdfast enforces. Never deleted by Holdfast.
    case vendor
}

/// The note that retention lets a point go.
public struct PruneMark: Hashable, Sendable {
    /// When retention let it go.
    public let at: Timestamp
    /// The end of the grace: not deleted before.
    public let deleteAfter: Timestamp
    /// Why no rule keeps it, for people.
    public let reason: String
    /// The hash of the plan with which an operator confirmed the deletion; `nil` when none did.
    public let confirmedPlan: String?
    /// Whether a new point made up for this one, so that the guard has nothing against its going.
    public let turnsOver: Bool
    /// That the guard held the point back; stands until the deletion is confirmed or the mark is
    /// gone. `nil`: it never did.
    public let hold: GuardHold?

    /// Takes all of it.
    public init(
        at: Timestamp, deleteAfter: Timestamp, reason: String, confirmedPlan: String? = nil,
        turnsOver: Bool = false, hold: GuardHold? = nil
    ) {
        self.at = at
        self.deleteAfter = deleteAfter
        self.reason = reason
        self.confirmedPlan = confirmedPlan
        self.turnsOver = turnsOver
        self.hold = hold
    }
}

/// What a successful backup left at the provider, with its retention state.
public struct RecoveryPoint: Hashable, Sendable {
    /// Its row.
    public let id: PointID
    /// The policy and target it was made for.
    public let assignment: Assignment
    /// Who holds it.
    public let provider: ProviderID
    /// Who made it.
    public let origin: PointOrigin
    /// The run that made or adopted it.
    public let run: RunID
    /// What the provider reported.
    public let remote: RemotePoint
    /// Whether it can still be restored from.
    public let state: PointState
    /// When it was recorded.
    public let recordedAt: Timestamp
    /// When it was last verified; `nil` when never.
    public let verifiedAt: Timestamp?
    /// The strongest that is proved of it; `nil` when it was never verified.
    public let proof: PointProof?
    /// Present once retention let it go.
    public let mark: PruneMark?
    /// When it was deleted, if it was.
    public let deletedAt: Timestamp?
    /// An operator's word that it stays, if there is one; it may be over.
    public let pin: PointPin?

    /// Takes all of it, as a history reads it.
    public init(
        id: PointID, assignment: Assignment, provider: ProviderID, origin: PointOrigin = .managed,
        run: RunID, remote: RemotePoint, state: PointState, recordedAt: Timestamp,
        verifiedAt: Timestamp? = nil, proof: PointProof? = nil, mark: PruneMark? = nil,
        deletedAt: Timestamp? = nil, pin: PointPin? = nil
    ) {
        self.id = id
        self.assignment = assignment
        self.provider = provider
        self.origin = origin
        self.run = run
        self.remote = remote
        self.state = state
        self.recordedAt = recordedAt
        self.verifiedAt = verifiedAt
        self.proof = proof
        self.mark = mark
        self.deletedAt = deletedAt
        self.pin = pin
    }

    /// Whether an operator forbids its deletion at an instant.
    public func isPinned(at now: Timestamp) -> Bool {
        pin?.holds(at: now) ?? false
    }
}
