import HoldfastCore

/// A Droplet, with the ids of what belongs to it.
struct SimulatedDroplet: SimulatedRow {
    let id: Int64
    var name: String
    var memory: Int64 = 1024
    var vcpus: Int64 = 1
    /// In GB.
    var disk: Int64 = 25
    /// Takes no action at all.
    var isLocked = false
    /// `active` or `off`; `new` and `archive` too in a state file.
    var status = "active"
    var createdAt: Stamp
    var tags: [String]
    var region = "nyc3"
    var sizeSlug = "s-1vcpu-1gb"
    var volumes: [String] = []
    /// `nil`: no automatic backups.
    var policy: SimulatedBackupPolicy?
    /// The first window whose backup was not made yet.
    var nextWindow: Stamp?
    /// The image that the Droplet was restored from last.
    var restoredFrom: Int64?
    /// Oldest first, as are the next two.
    var snapshots: [Int64] = []
    var backups: [Int64] = []
    var actions: [Int64] = []
    /// The action under way: there is one at most.
    var pendingAction: Int64?

    /// Whether it is listed with those that have GPUs, and not with the others.
    var hasGPUs: Bool { sizeSlug.hasPrefix("gpu-") }
}

/// The timetable of a Droplet's automatic backups; hours and days are UTC.
struct SimulatedBackupPolicy: Codable, Hashable, Sendable {
    /// `daily`, `weekly`, or a newer one that the interface can't set, such as `intra_daily_4h`.
    var plan: String
    var weekday: String?
    var hour: Int64
    var windowLengthHours: Int64
    var retentionPeriodDays: Int64

    /// From one window to the next.
    var period: Duration {
        if plan == "weekly" { return .days(7) }
        let hours = plan.hasPrefix("intra_daily_") ? Int(plan.dropFirst(12).dropLast()) : nil
        return hours.map { .hours(max(1, $0)) } ?? .days(1)
    }
}

/// A plan that the account may choose.
struct SimulatedPlan: Codable, Hashable, Sendable {
    var name: String
    var possibleWindowStarts: [Int64]
    var windowLengthHours: Int64
    var retentionPeriodDays: Int64
    var possibleDays: [String]
}

/// What an action does when it completes.
enum SimulatedDeed: Codable, Hashable, Sendable {
    case snapshot(name: String)
    case restore(image: Int64)
    case enableBackups(policy: SimulatedBackupPolicy)
    case changeBackupPolicy(policy: SimulatedBackupPolicy)
    case disableBackups
    case shutdown
    case powerOff
    case powerOn
    /// A backup becomes a snapshot that is kept.
    case convert

    /// The vendor's word.
    var type: String {
        switch self {
        case .snapshot: "snapshot"
        case .restore: "restore"
        case .enableBackups: "enable_backups"
        case .changeBackupPolicy: "change_backup_policy"
        case .disableBackups: "disable_backups"
        case .shutdown: "shutdown"
        case .powerOff: "power_off"
        case .powerOn: "power_on"
        case .convert: "convert"
        }
    }
}

/// An action; it is never removed.
struct SimulatedAction: SimulatedRow {
    /// The vendor's words.
    enum Status: String, Codable, Sendable {
        case inProgress = "in-progress"
        case completed
        case errored
    }

    /// What the action works on.
    enum Resource: Codable, Hashable, Sendable {
        case droplet(id: Int64)
        case image(id: Int64)
    }

    let id: Int64
    let deed: SimulatedDeed
    let resource: Resource
    let region: String
    /// Whole seconds, as are the next two.
    let startedAt: Stamp
    /// When it will end.
    let dueAt: Stamp
    var completedAt: Stamp?
    var status = Status.inProgress
    /// It will end in failure, having done nothing.
    let willFail: Bool
}

/// A Droplet's snapshot, or an automatic backup of one.
struct SimulatedImage: SimulatedRow {
    let id: Int64
    let droplet: Int64
    var name: String
    var isBackup: Bool
    let createdAt: Stamp
    /// Backups only: when the vendor removes it.
    var expiresAt: Stamp?
    let region: String
    let minDiskSize: Int64
    let sizeGigabytes: Double
}

/// A block storage volume.
struct SimulatedVolume: SimulatedRow {
    /// A UUID.
    let id: String
    var name: String
    var sizeGigabytes: Int64
    var createdAt: Stamp
    var droplets: [Int64] = []
    var region = "nyc3"
    var tags: [String] = []
    /// Oldest first.
    var snapshots: [String] = []
    /// Of the last one that was made, even if it is gone.
    var lastSnapshotAt: Stamp?
}

/// A volume's snapshot.
struct SimulatedVolumeSnapshot: SimulatedRow {
    /// A UUID.
    let id: String
    let volume: String
    let name: String
    let createdAt: Stamp
    let region: String
    let sizeGigabytes: Int64
    let tags: [String]
}

/// Who a token belongs to, as `/v2/account` tells.
struct SimulatedAccount: Codable, Sendable {
    var uuid = "5a1e7ab1-0000-4000-8000-000000000001"
    var email = "operator@example.com"
    var name = "Simulated Operator"
    /// `active`, `warning` or `locked`.
    var status = "active"
    var statusMessage = ""
}

/// A token and what it may do.
struct SimulatedToken: Codable, Sendable {
    var token: String
    /// Scopes such as `droplet:read`; `*` for all.
    var scopes: [String]

    /// Whether the token has a scope.
    func grants(_ scope: String) -> Bool {
        scopes.contains("*") || scopes.contains(scope)
    }
}
