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

        enum CodingKeys: String, CodingKey {
            case id, name
            case createdAt = "created_at"
            case sizeGigabytes = "size_gigabytes"
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
        var items: [Snapshot] { snapshots }
    }

    struct ActionPage: Decodable, DigitalOceanPage {
        let actions: [Action]
        let links: Links?
        var items: [Action] { actions }
    }

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
}
