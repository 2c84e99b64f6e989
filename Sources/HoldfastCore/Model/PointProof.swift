/// How much is proved of a recovery point, from the weakest to the strongest.
public enum ProofKind: String, Hashable, Comparable, Sendable, CaseIterable {
    /// The provider was asked again and shows it, complete and of the recorded size. Nothing of
    /// its data was read: no vendor gives that.
    case seen
    /// All of its data was read back, and is what was written.
    case read
    /// It was unpacked into a scratch directory and checked there.
    case restored

    /// Weaker comes first.
    public static func < (lhs: ProofKind, rhs: ProofKind) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What is proved of a recovery point.
public struct PointProof: Hashable, Sendable {
    /// How much.
    public let kind: ProofKind
    /// How long unpacking took, in elapsed time; `nil` unless it was.
    public let restoreTime: Duration?

    /// Joins both.
    public init(_ kind: ProofKind, restoreTime: Duration? = nil) {
        self.kind = kind
        self.restoreTime = restoreTime
    }

    /// With what was known before: data that does not change stays proved, so a weaker proof takes
    /// nothing from a stronger one.
    public func joined(to known: PointProof?) -> PointProof {
        guard let known, known.kind > kind else { return self }
        return known
    }
}

/// A point that an attempt proved.
public struct ProvenPoint: Hashable, Sendable {
    /// The point.
    public let id: PointID
    /// What was proved.
    public let proof: PointProof

    /// Joins both.
    public init(_ id: PointID, _ proof: PointProof) {
        self.id = id
        self.proof = proof
    }
}

/// What is proved of one assignment.
public struct ProofSummary: Hashable, Sendable {
    /// A point that is there and was proved.
    public struct Proven: Hashable, Sendable {
        /// The instant that it shows.
        public let takenAt: Timestamp
        /// When it was last proved.
        public let provenAt: Timestamp
        /// What is proved of it.
        public let proof: PointProof

        /// Takes all of it.
        public init(takenAt: Timestamp, provenAt: Timestamp, proof: PointProof) {
            self.takenAt = takenAt
            self.provenAt = provenAt
            self.proof = proof
        }
    }

    /// The newest point that was proved and is available; `nil` when none is.
    public var newest: Proven?
    /// The instant of the newest point whose data is not what was written.
    public var newestDamaged: Timestamp?
    /// How the newest drill ended: the word of its job's state; `nil` when there was none.
    public var lastDrill: String?
    /// Its failure's words.
    public var lastDrillError: String?

    /// Takes all of it.
    public init(
        newest: Proven? = nil, newestDamaged: Timestamp? = nil, lastDrill: String? = nil,
        lastDrillError: String? = nil
    ) {
        self.newest = newest
        self.newestDamaged = newestDamaged
        self.lastDrill = lastDrill
        self.lastDrillError = lastDrillError
    }
}
