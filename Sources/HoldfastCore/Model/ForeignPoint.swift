/// A backup of a target at its provider that is not ours: made by a person, another program, or a
/// Holdfast that this history knows nothing of. It is shown and left alone.
public struct ForeignPoint: Hashable, Sendable {
    /// Its row.
    public let id: Int64
    /// Who holds it.
    public let provider: ProviderID
    /// The target that it is a backup of.
    public let target: TargetID
    /// The provider's own identifier.
    public let remoteID: String
    /// The provider's name for it, for people.
    public let title: String
    /// The instant that it shows.
    public let takenAt: Timestamp
    /// Size as stored; `nil` where the provider does not tell.
    public let storedBytes: ByteCount?
    /// When it was seen first.
    public let firstSeen: Timestamp
    /// Since when it is not there any more, or is ours; `nil` while it is there.
    public let goneAt: Timestamp?

    /// Takes all of it, as a history reads it.
    public init(
        id: Int64, provider: ProviderID, target: TargetID, remoteID: String, title: String,
        takenAt: Timestamp, storedBytes: ByteCount?, firstSeen: Timestamp, goneAt: Timestamp?
    ) {
        self.id = id
        self.provider = provider
        self.target = target
        self.remoteID = remoteID
        self.title = title
        self.takenAt = takenAt
        self.storedBytes = storedBytes
        self.firstSeen = firstSeen
        self.goneAt = goneAt
    }

    /// Whether its name is a token: another Holdfast made it, or this one before its history was
    /// lost.
    public var hasToken: Bool { BackupToken(title) != nil }
}
