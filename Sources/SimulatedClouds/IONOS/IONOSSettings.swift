/// How the simulated IONOS Cloud behaves where an operator may choose, and where public sources do
/// not say how the vendor behaves.
public struct IONOSSettings: CloudSettings, Hashable {
    /// Which bodies `create-snapshot` and `restore-snapshot` take.
    public enum SnapshotBodies: String, Codable, Hashable, Sendable {
        /// JSON with everything in `properties`, as today's official clients send.
        case json
        /// `application/x-www-form-urlencoded`, as the vendor's document had it until 2023.
        case form
        /// Either.
        case both
    }

    /// How contracts count gigabytes.
    public enum QuotaUnit: String, Codable, Hashable, Sendable {
        /// A gigabyte is 1024 of them.
        case megabytes
        /// As sizes of volumes are told.
        case gigabytes
    }

    /// From acceptance to the end of a request, on the simulator's clock; 0: at once.
    public var requestSeconds: Int64 = 60
    /// The first part of that, in which a request is `QUEUED`; a quarter at most.
    public var queuedSeconds: Int64 = 5
    /// How long a new snapshot stays `BUSY` after its request is `DONE`.
    public var settlingSeconds: Int64 = 0
    /// Requests a minute on average; 0: as many as one likes.
    public var rateMinute = 600
    /// Requests at one time.
    public var rateBurst = 200
    /// Whether 429 says how long to wait; the vendor's words are that it may.
    public var sendsRetryAfter = true
    /// Whether instants come without their `Z`.
    public var datesWithoutZone = false
    /// Whether `Location` is a path instead of a URL.
    public var locationIsRelative = false
    /// Which bodies the two calls of a volume take.
    public var snapshotBodies = SnapshotBodies.json
    /// How far east of UTC `filter.createdAfter` and `filter.createdBefore` are, in minutes.
    public var filterZoneMinutes: Int64 = 0
    /// Whether the list of requests begins with the newest.
    public var requestsNewestFirst = true
    /// The `depth` from which a listed request carries its status and targets.
    public var requestStatusDepth: Int64 = 1
    /// The unit of a contract's limits.
    public var quotaUnit = QuotaUnit.megabytes
    /// Whether snapshots are inside `hddVolumeProvisioned`. They use the quota either way.
    public var snapshotsAreProvisioned = true
    /// Whether a snapshot whose creation failed stays, `INACTIVE`.
    public var failedSnapshotStays = false
    /// Whether a deletion is refused while another one of the same thing is under way; otherwise
    /// it is accepted and fails.
    public var secondDeletionIsRefused = true
    /// Whether only a volume of a stopped server can be restored.
    public var restoreNeedsStoppedServer = false
    /// Whether names of backup units are checked for letters and digits.
    public var unitNamesAreChecked = true

    /// The published values, and the likelier ones where nothing is published.
    public init() {}

    /// Reads what is there; the rest is as in a new account.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try read(.requestSeconds, &requestSeconds)
        try read(.queuedSeconds, &queuedSeconds)
        try read(.settlingSeconds, &settlingSeconds)
        try read(.rateMinute, &rateMinute)
        try read(.rateBurst, &rateBurst)
        try read(.sendsRetryAfter, &sendsRetryAfter)
        try read(.datesWithoutZone, &datesWithoutZone)
        try read(.locationIsRelative, &locationIsRelative)
        try read(.snapshotBodies, &snapshotBodies)
        try read(.filterZoneMinutes, &filterZoneMinutes)
        try read(.requestsNewestFirst, &requestsNewestFirst)
        try read(.requestStatusDepth, &requestStatusDepth)
        try read(.quotaUnit, &quotaUnit)
        try read(.snapshotsAreProvisioned, &snapshotsAreProvisioned)
        try read(.failedSnapshotStays, &failedSnapshotStays)
        try read(.secondDeletionIsRefused, &secondDeletionIsRefused)
        try read(.restoreNeedsStoppedServer, &restoreNeedsStoppedServer)
        try read(.unitNamesAreChecked, &unitNamesAreChecked)
    }
}
