/// The exact shapes of DigitalOcean's JSON, as far as they are used; everything else is ignored.
enum DigitalOceanWire {
    struct ErrorBody: Decodable {
        let id: String?
        let message: String?
        let requestID: String?

        enum CodingKeys: String, CodingKey {
            case id, message
            case requestID = "request_id"
        }
    }

    struct SnapshotOrder: Encodable {
        let type = "snapshot"
        let name: String
    }

    struct VolumeSnapshotOrder: Encodable {
        let name: String
        let tags: [String]
    }

    struct Action: Decodable {
        let id: VendorID
        let status: String
        let type: String?
        let startedAt: VendorInstant?

        enum CodingKeys: String, CodingKey {
            case id, status, type
            case startedAt = "started_at"
        }
    }

    struct ActionBody: Decodable { let action: Action }

    struct Snapshot: Decodable {
        let id: VendorID
        let name: String
        let createdAt: VendorInstant
        let sizeGigabytes: Double?
        let resourceID: VendorID?

        enum CodingKeys: String, CodingKey {
            case id, name
            case createdAt = "created_at"
            case sizeGigabytes = "size_gigabytes"
            case resourceID = "resource_id"
        }
    }

    struct SnapshotBody: Decodable { let snapshot: Snapshot }

    struct Account: Decodable {
        let status: String?
        let email: String?
    }

    struct AccountBody: Decodable { let account: Account }

    /// A page of a list; which key holds the list depends on the path.
    struct SnapshotPage: Decodable, DigitalOceanPage {
        let snapshots: [Snapshot]
        let links: Links?
        let meta: Meta?
        var items: [Snapshot] { snapshots }
    }

    struct ActionPage: Decodable, DigitalOceanPage {
        let actions: [Action]
        let links: Links?
        let meta: Meta?
        var items: [Action] { actions }
    }

    struct Droplet: Decodable {
        let id: Int64
        let name: String?
        let status: String?
        let createdAt: VendorDate?

        enum CodingKeys: String, CodingKey {
            case id, name, status
            case createdAt = "created_at"
        }
    }

    struct DropletBody: Decodable { let droplet: Droplet }

    struct DropletPage: Decodable, DigitalOceanPage {
        let droplets: [Droplet]
        let links: Links?
        let meta: Meta?
        var items: [Droplet] { droplets }
    }

    struct Volume: Decodable {
        let id: VendorID
        let name: String?
        let dropletIDs: [Int64]?
        let createdAt: VendorDate?

        enum CodingKeys: String, CodingKey {
            case id, name
            case dropletIDs = "droplet_ids"
            case createdAt = "created_at"
        }
    }

    struct VolumePage: Decodable, DigitalOceanPage {
        let volumes: [Volume]
        let links: Links?
        let meta: Meta?
        var items: [Volume] { volumes }
    }

    struct BackupPage: Decodable, DigitalOceanPage {
        let backups: [Snapshot]
        let links: Links?
        let meta: Meta?
        var items: [Snapshot] { backups }
    }

    struct RestoreOrder: Encodable {
        let type = "restore"
        let image: Int64
    }

    /// A backup policy as the vendor has it; a plan is an open word, because there are newer ones
    /// than those that are published.
    struct BackupPolicy: Decodable {
        let plan: String?
        let weekday: String?
        let hour: Int?
    }

    struct PolicyRecord: Decodable {
        let dropletID: Int64?
        let isEnabled: Bool?
        let policy: BackupPolicy?

        enum CodingKeys: String, CodingKey {
            case dropletID = "droplet_id"
            case isEnabled = "backup_enabled"
            case policy = "backup_policy"
        }
    }

    struct PolicyBody: Decodable { let policy: PolicyRecord }

    struct PolicyPage: Decodable, DigitalOceanPage {
        let policies: [String: PolicyRecord]
        let links: Links?
        let meta: Meta?
        var items: [(key: String, value: PolicyRecord)] { Array(policies) }
    }

    struct SupportedPolicy: Decodable, Hashable, Sendable {
        let name: String
        let possibleWindowStarts: [Int]
        let windowLengthHours: Int?
        let retentionPeriodDays: Int?
        let possibleDays: [String]?

        enum CodingKeys: String, CodingKey {
            case name
            case possibleWindowStarts = "possible_window_starts"
            case windowLengthHours = "window_length_hours"
            case retentionPeriodDays = "retention_period_days"
            case possibleDays = "possible_days"
        }
    }

    struct SupportedBody: Decodable {
        let policies: [SupportedPolicy]

        enum CodingKeys: String, CodingKey { case policies = "supported_policies" }
    }

    struct PolicyOrder: Encodable {
        struct Policy: Encodable {
            let plan: String
            let weekday: String?
            let hour: Int
        }

        let type: String
        let policy: Policy

        enum CodingKeys: String, CodingKey {
            case type
            case policy = "backup_policy"
        }
    }

    struct Meta: Decodable { let total: Int? }

    struct Links: Decodable {
        struct Pages: Decodable { let next: String? }
        let pages: Pages?
    }
}

/// One page of a list of DigitalOcean.
protocol DigitalOceanPage: Decodable {
    associatedtype Item
    var items: [Item] { get }
    var links: DigitalOceanWire.Links? { get }
    var meta: DigitalOceanWire.Meta? { get }
}
