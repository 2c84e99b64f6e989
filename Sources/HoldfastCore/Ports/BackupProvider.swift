/// One account or endpoint that can take backups.
///
/// Methods are idempotent where they can be and say `ambiguous` where a request may have been done.
/// Cancelling the task that awaits one stops the work and leaves nothing half-made in a listing.
public protocol BackupProvider: Sendable {
    /// What this kind of provider can do.
    var capabilities: ProviderCapabilities { get }

    /// Begins a backup and, where the provider works synchronously, completes it.
    func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress
    /// Asks how a backup that `start` left running stands.
    func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress
    /// Looks for the backup that carries a token; `nil` means that it is certainly not there.
    func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint?
    /// Lists every backup of a target.
    func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing
    /// Deletes a point. "Already gone" is success.
    ///
    /// - Returns: What the provider said.
    func delete(_ permission: DeletePermission) async throws(ProviderError) -> DeletionAnswer
    /// Removes what a crash left half-made; called once before the first job.
    ///
    /// - Returns: What was removed, for the log.
    func sweep() async throws(ProviderError) -> [String]
}

/// What a provider said of a deletion that it did, for the history.
public enum DeletionAnswer: Hashable, Sendable, CustomStringConvertible {
    /// It deleted the point.
    case deleted(String)
    /// It did not have the point any more.
    case alreadyGone(String)

    /// A vendor's words are cut to so many characters.
    public static let wordsMax = 500

    /// `deleted: status 204`; the words are cut.
    public var description: String {
        switch self {
        case .deleted(let words): "deleted: \(BoundedText.cut(words, to: Self.wordsMax))"
        case .alreadyGone(let words):
            "already gone: \(BoundedText.cut(words, to: Self.wordsMax))"
        }
    }
}

/// What a provider is asked to back up.
public struct BackupRequest: Sendable {
    /// The target.
    public let target: Target
    /// The slot, which names the policy too.
    public let slot: SlotKey
    /// The mark that the backup's name must carry.
    public let token: BackupToken
    /// Takes a report of progress whenever there is one; cheap, never blocks.
    public let report: @Sendable (TransferProgress) -> Void

    /// Takes all of it.
    public init(
        target: Target, slot: SlotKey, token: BackupToken,
        report: @escaping @Sendable (TransferProgress) -> Void
    ) {
        self.target = target
        self.slot = slot
        self.token = token
        self.report = report
    }
}

/// What the history knows of a target at a provider. A provider whose backups carry no name of ours
/// (`ProviderCapabilities.namesPoints`) tells by it which of them are ours; others don't look at it.
public struct TargetPast: Hashable, Sendable {
    /// Every point of the target that is recorded as available there, whatever its policy.
    public let points: [RemotePoint]
    /// When the first attempt at the backup that is looked for was recorded; `nil` in a listing.
    public let intentAt: Timestamp?

    /// Nothing is known, and nothing needs to be.
    public static let unknown = TargetPast(points: [])

    /// Joins both.
    public init(points: [RemotePoint], intentAt: Timestamp? = nil) {
        self.points = points
        self.intentAt = intentAt
    }
}

/// How far a transfer has come.
public struct TransferProgress: Hashable, Sendable {
    /// Bytes written to the backup, or read back from it; `nil` where nobody counts.
    public let bytes: ByteCount?
    /// Files or rows so far; `nil` where nobody counts.
    public let entries: Int64?
    /// 0 to 100, where the provider says so.
    public let percent: Int?

    /// Joins them.
    public init(bytes: ByteCount? = nil, entries: Int64? = nil, percent: Int? = nil) {
        self.bytes = bytes
        self.entries = entries
        self.percent = percent
    }
}

/// The provider's own name for work that is under way.
public struct OperationID: Hashable, Sendable {
    /// The provider's text.
    public let text: String
    /// Takes the provider's text.
    public init(_ text: String) { self.text = text }
}

/// How a backup stands at its provider.
public enum BackupProgress: Hashable, Sendable {
    /// Complete; the point is in the provider's listing.
    case finished(RemotePoint)
    /// Under way; ask again after this time.
    case running(OperationID, pollAfter: Duration)
}

/// What a provider holds of one target.
public struct PointListing: Hashable, Sendable {
    /// Every point that carries a token of ours, in any order.
    public let points: [RemotePoint]
    /// Every other backup of the target that the provider shows, in any order.
    public let strangers: [StrangePoint]
    /// Whether every page was read; a partial listing is never taken for the truth.
    public let isComplete: Bool
    /// What the provider's own clock said, where it tells.
    public let providerClock: Timestamp?

    /// Takes all of it.
    public init(
        points: [RemotePoint], strangers: [StrangePoint] = [], isComplete: Bool,
        providerClock: Timestamp?
    ) {
        self.points = points
        self.strangers = strangers
        self.isComplete = isComplete
        self.providerClock = providerClock
    }
}

/// A backup at the provider that is not ours.
public struct StrangePoint: Hashable, Sendable {
    /// Who made it.
    public enum Origin: String, Hashable, Sendable {
        /// The vendor, by a policy of its own.
        case vendor
        /// A person, or another program.
        case foreign
    }

    /// The provider's own identifier.
    public let remoteID: String
    /// The provider's name for it, for people.
    public let name: String
    /// The instant that it shows.
    public let takenAt: Timestamp
    /// Who made it.
    public let origin: Origin
    /// Size as stored; `nil` where the provider does not tell.
    public let storedBytes: ByteCount?

    /// Takes all of it.
    public init(
        remoteID: String, name: String, takenAt: Timestamp, origin: Origin,
        storedBytes: ByteCount? = nil
    ) {
        self.remoteID = remoteID
        self.name = name
        self.takenAt = takenAt
        self.origin = origin
        self.storedBytes = storedBytes
    }
}
