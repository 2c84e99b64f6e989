/// How the simulated DigitalOcean behaves where an operator may choose.
public struct DigitalOceanSettings: CloudSettings, Hashable {
    /// How long an action is in progress, on the simulator's clock; 0: it completes at once.
    public var actionSeconds: Int64 = 90
    /// Requests an hour; 0: as many as one likes.
    public var rateHour = 5000
    /// Requests a minute; 0: as many as one likes.
    public var rateMinute = 250
    /// Between two snapshots of one volume; 0: no such limit.
    public var volumeSnapshotIntervalSeconds: Int64 = 600
    /// Snapshots of one volume.
    public var volumeSnapshotMax = 25
    /// Whether switching automatic backups off deletes those that are there. Public sources
    /// disagree; the vendor's manual says so.
    public var disablingDeletesBackups = true
    /// Whether `restore` also takes a snapshot of the same Droplet. The vendor's text names backups
    /// only.
    public var restoreTakesSnapshots = false

    /// The vendor's published values.
    public init() {}

    /// Reads what is there; the rest has its published value.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try read(.actionSeconds, &actionSeconds)
        try read(.rateHour, &rateHour)
        try read(.rateMinute, &rateMinute)
        try read(.volumeSnapshotIntervalSeconds, &volumeSnapshotIntervalSeconds)
        try read(.volumeSnapshotMax, &volumeSnapshotMax)
        try read(.disablingDeletesBackups, &disablingDeletesBackups)
        try read(.restoreTakesSnapshots, &restoreTakesSnapshots)
    }
}
