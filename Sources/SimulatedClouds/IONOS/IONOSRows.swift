import HoldfastCore

/// When and by whom something was made and changed.
struct IONOSHistory: Codable, Hashable, Sendable {
    let createdAt: Stamp
    /// A login's name.
    let createdBy: String
    var modifiedAt: Stamp
    var modifiedBy: String

    init(at instant: Stamp, by login: String) {
        (createdAt, createdBy) = (instant, login)
        (modifiedAt, modifiedBy) = (instant, login)
    }
}

/// A virtual data center.
struct IONOSDatacenter: SimulatedRow {
    /// A UUID, as are the other rows' ids.
    let id: String
    var name: String
    var description: String?
    var location: String
    var history: IONOSHistory
    /// Oldest first.
    var volumes: [String] = []
}

/// A volume of a data center.
struct IONOSVolume: SimulatedRow {
    let id: String
    let datacenter: String
    var name: String
    /// `HDD`, `SSD Standard`, `SSD Premium`, …
    var type: String
    var sizeGigabytes: Int64
    var licenceType: String? = "LINUX"
    var bus = "VIRTIO"
    var backupUnit: String?
    /// The server that it is attached to.
    var server: String?
    var serverIsRunning = true
    var history: IONOSHistory
    /// The snapshot that it was overwritten with last.
    var restoredFrom: String?
    /// Requests under way, oldest first; so with the other rows.
    var pending: [String] = []
}

/// A snapshot. It does not know its volume.
struct IONOSSnapshot: SimulatedRow {
    let id: String
    var name: String?
    var description: String?
    let location: String
    let sizeGigabytes: Int64
    /// Hides it from logins without two factors.
    var secAuthProtection = false
    var licenceType: String?
    var applicationType: String?
    var requireLegacyBios = true
    var exposeSerial = false
    var history: IONOSHistory
    var pending: [String] = []
    /// `BUSY` until then at least.
    var settlesAt: Stamp?
    var isInactive = false

    /// Changes one property.
    mutating func take(_ change: IONOSSnapshotChange) {
        switch change {
        case .name(let name): self.name = name
        case .description(let text): description = text
        case .licenceType(let type): licenceType = type
        case .applicationType(let type): applicationType = type
        case .secAuthProtection(let isOn): secAuthProtection = isOn
        case .requireLegacyBios(let isOn): requireLegacyBios = isOn
        case .exposeSerial(let isOn): exposeSerial = isOn
        }
    }
}

/// A property of a snapshot, as a `PATCH` sets it; `nil` is the vendor's `null`.
enum IONOSSnapshotChange: Codable, Hashable, Sendable {
    case name(to: String?)
    case description(to: String?)
    case licenceType(to: String?)
    case applicationType(to: String?)
    case secAuthProtection(to: Bool)
    case requireLegacyBios(to: Bool)
    case exposeSerial(to: Bool)
}

/// An account on the partner's backup service. Its password is not kept: nothing here needs it.
struct IONOSBackupUnit: SimulatedRow {
    let id: String
    let name: String
    var email: String?
    var history: IONOSHistory
    var pending: [String] = []
}

/// What a request changes.
enum IONOSTarget: Codable, Hashable, Sendable {
    case volume(id: String, datacenter: String)
    case snapshot(id: String)
    case backupUnit(id: String)
}

/// What a request does when it ends well.
enum IONOSDeed: Codable, Hashable, Sendable {
    case createSnapshot(id: String)
    case changeSnapshot(id: String, changes: [IONOSSnapshotChange])
    case deleteSnapshot(id: String)
    case restore(volume: String, snapshot: String)
    case createUnit(id: String)
    /// `email`: the new one; `nil`: as it was.
    case changeUnit(id: String, email: String?)
    case deleteUnit(id: String)
}

/// A write that was accepted; it is never forgotten.
struct IONOSRequest: SimulatedRow {
    /// UUIDs in the order of acceptance.
    let id: String
    let deed: IONOSDeed
    /// What its status names.
    let target: IONOSTarget
    /// What it keeps busy until it ends: the target, and what it reads.
    let locks: [IONOSTarget]
    let method: String
    /// The path with its query.
    let path: String
    let contentType: String?
    /// Without passwords.
    let body: String
    let createdAt: Stamp
    let createdBy: String
    /// `QUEUED` before, `RUNNING` from then on.
    let runsAt: Stamp
    /// When it will end.
    let dueAt: Stamp
    /// It will end in failure, having done nothing.
    let willFail: Bool
    var hasEnded = false
    /// Why it failed.
    var failure: String?

    /// The vendor's word at an instant.
    func status(at now: Timestamp) -> String {
        if hasEnded { return failure == nil ? "DONE" : "FAILED" }
        return runsAt.instant <= now ? "RUNNING" : "QUEUED"
    }
}

/// What an administrator may grant.
enum IONOSRight: String, Codable, Hashable, Sendable, CaseIterable {
    case createSnapshots = "create_snapshots"
    /// Change, delete and restore.
    case edit
    case manageBackupUnits = "manage_backup_units"
}

/// A user of the contract.
struct IONOSLogin: Codable, Hashable, Sendable {
    var username: String
    var password: String
    var token: String
    /// A UUID.
    var id: String
    var rights: [IONOSRight]
    /// Then only the token lets in, and protected snapshots are seen.
    var hasTwoFactors = false
}

/// The contract and its limits, in GB.
struct IONOSContract: Codable, Hashable, Sendable {
    var number: Int64 = 31_960_000
    var status = "BILLABLE"
    var regDomain = "ionos.de"
    var hddPerVolumeGigabytes: Int64 = 4096
    var hddGigabytes: Int64 = 10_240
    var ssdGigabytes: Int64 = 10_240
}
