/// How the simulated Pieces OS behaves where an operator may choose, or where nobody knows.
public struct PiecesSettings: CloudSettings, Hashable {
    /// How long a backup takes, on the simulator's clock; 0: it is there at once.
    public var backupSeconds: Int64 = 5
    /// Objects of a streamed creation before the one that ends it.
    public var progressObjects = 10
    /// How the objects of a stream are put together. The vendor does not say.
    public var framing = Framing.lines
    /// Whether the objects before the last one name the backup too.
    public var progressNamesBackup = false
    /// The stream ends, properly and without a last word, once so many percent are reached; the
    /// backup goes on. 100: it does not.
    public var streamStopsAt: Int64 = 100
    /// Whether a creation ends when the client of its stream goes away.
    public var leavingCancels = false
    /// Whether a user is signed in.
    public var signedIn = true
    /// How a reply tells that nobody is.
    public var signedOutUser = SignedOutUser.null
    /// The user's own cloud space.
    public var cloudStatus = CloudStatus.succeeded
    /// With which of them backups can be made and listed.
    public var connectedStatuses = [CloudStatus.running, .succeeded]
    /// Whether that cloud works.
    public var cloudHealth = CloudHealth.well
    /// Whether Pieces OS is too old for backups.
    public var needsUpdate = false
    /// Whether a request has to say which application it comes from.
    public var requiresApplication = false
    /// The header in which it does.
    public var applicationHeader = "X-Application-ID"
    /// The status for an application that is not known.
    public var unknownApplicationStatus = 401
    /// The status for a backup that is not known.
    public var unknownBackupStatus = 500
    /// How times are written.
    public var dates = DateForm.zoned
    /// So many bytes the local database grows in a minute.
    public var growthPerMinute: Int64 = 1024

    /// How objects of a stream follow each other.
    public enum Framing: String, Codable, CaseIterable, Sendable {
        /// One a line.
        case lines
        /// One right after the other.
        case joined
        /// As the items of one JSON list.
        case array
        /// Each as an event of a server-sent stream.
        case data
        /// One right after the other, each cut in two between pieces.
        case split
    }

    /// How a reply tells that nobody is signed in.
    public enum SignedOutUser: String, Codable, CaseIterable, Sendable {
        /// `user` is `null`.
        case null
        /// There is no `user`.
        case absent
    }

    /// What `allocation.status.cloud` may be.
    public enum CloudStatus: String, Codable, CaseIterable, Sendable {
        /// There is no cloud space, and no `allocation`.
        case none = "NONE"
        /// Not known.
        case unknown = "UNKNOWN"
        /// Not there yet.
        case pending = "PENDING"
        /// It runs.
        case running = "RUNNING"
        /// It could not be made.
        case failed = "FAILED"
        /// It is there.
        case succeeded = "SUCCEEDED"
        /// The user has cut it off.
        case disconnected = "DISCONNECTED"
    }

    /// Whether the vendor's cloud works.
    public enum CloudHealth: String, Codable, CaseIterable, Sendable {
        /// It does.
        case well
        /// Lists fail.
        case listsFail = "lists_fail"
        /// Everything that needs it fails.
        case down
    }

    /// How `created.value` is written.
    public enum DateForm: String, Codable, CaseIterable, Sendable {
        /// With `Z`.
        case zoned
        /// In UTC, without saying so.
        case zoneless
    }

    /// What is most likely.
    public init() {}

    /// Reads what is there; the rest is as it is in `init()`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try values.readNumber(.backupSeconds, in: 0...86_400, into: &backupSeconds)
        try values.readNumber(.progressObjects, in: 0...1000, into: &progressObjects)
        try values.readChoice(.framing, into: &framing)
        try values.read(.progressNamesBackup, into: &progressNamesBackup)
        try values.readNumber(.streamStopsAt, in: 0...100, into: &streamStopsAt)
        try values.read(.leavingCancels, into: &leavingCancels)
        try values.read(.signedIn, into: &signedIn)
        try values.readChoice(.signedOutUser, into: &signedOutUser)
        try values.readChoice(.cloudStatus, into: &cloudStatus)
        try values.read(.connectedStatuses, into: &connectedStatuses)
        try values.readChoice(.cloudHealth, into: &cloudHealth)
        try values.read(.needsUpdate, into: &needsUpdate)
        try values.read(.requiresApplication, into: &requiresApplication)
        try values.read(.applicationHeader, into: &applicationHeader)
        try values.readNumber(
            .unknownApplicationStatus, in: 400...599, into: &unknownApplicationStatus)
        try values.readNumber(.unknownBackupStatus, in: 400...599, into: &unknownBackupStatus)
        try values.readChoice(.dates, into: &dates)
        try values.readNumber(.growthPerMinute, in: 0...1_000_000_000, into: &growthPerMinute)
    }
}
