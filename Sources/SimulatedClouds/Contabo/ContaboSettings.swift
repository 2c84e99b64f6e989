/// How the simulated Contabo behaves where an operator may choose. The vendor publishes few numbers:
/// most of these stand for something that nobody outside knows.
public struct ContaboSettings: CloudSettings, Hashable {
    /// How long an access token is good.
    public var accessTokenSeconds: Int64 = 300
    /// How long a refresh token is good.
    public var refreshTokenSeconds: Int64 = 1800
    /// How long a new snapshot is in the making, and a rollback under way; the instance takes no
    /// other order then. 0: no time.
    public var snapshotSeconds: Int64 = 0
    /// Whether a snapshot can be read while it is in the making. One that fails is gone afterwards.
    public var pendingSnapshotsAreListed = false
    /// After so many days the vendor deletes a snapshot.
    public var snapshotLifetimeDays: Int64 = 30
    /// Whether a name may be used once per instance only.
    public var namesAreUnique = false
    /// How long after a deed its audit entry shows up.
    public var auditDelaySeconds: Int64 = 0
    /// Whether the vendor's own deletions have audit entries.
    public var autoDeletionIsAudited = false
    /// Rows of a page that does not say how many it wants.
    public var pageSizeDefault = 10
    /// Rows of the largest page.
    public var pageSizeMax = 100
    /// Whether a page that wants more rows is cut to the largest; else it is refused.
    public var largePagesAreCut = false
    /// Whether the last page has an empty link to the next one; else it has none.
    public var lastPageHasEmptyNext = false
    /// Whether the message of a 400 is a list.
    public var badRequestMessagesAreLists = false
    /// Whether `x-request-id` has to be a UUID of version 4, as the prose says. Else anything that
    /// fits the published pattern, which is wider.
    public var requestIdsAreVersion4 = true
    /// Requests an hour; 0: as many as one likes.
    public var rateHour = 0
    /// Requests a minute; 0: as many as one likes.
    public var rateMinute = 0
    /// Whether a refused request is told how long to wait.
    public var retryAfterIsTold = false

    /// Everything at its default.
    public init() {}

    /// Reads what is there; the rest has its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try read(.accessTokenSeconds, &accessTokenSeconds)
        try read(.refreshTokenSeconds, &refreshTokenSeconds)
        try read(.snapshotSeconds, &snapshotSeconds)
        try read(.pendingSnapshotsAreListed, &pendingSnapshotsAreListed)
        try read(.snapshotLifetimeDays, &snapshotLifetimeDays)
        try read(.namesAreUnique, &namesAreUnique)
        try read(.auditDelaySeconds, &auditDelaySeconds)
        try read(.autoDeletionIsAudited, &autoDeletionIsAudited)
        try read(.pageSizeDefault, &pageSizeDefault)
        try read(.pageSizeMax, &pageSizeMax)
        try read(.largePagesAreCut, &largePagesAreCut)
        try read(.lastPageHasEmptyNext, &lastPageHasEmptyNext)
        try read(.badRequestMessagesAreLists, &badRequestMessagesAreLists)
        try read(.requestIdsAreVersion4, &requestIdsAreVersion4)
        try read(.rateHour, &rateHour)
        try read(.rateMinute, &rateMinute)
        try read(.retryAfterIsTold, &retryAfterIsTold)
    }
}
