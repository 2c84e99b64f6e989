/// The exact shapes of the Cloud API's JSON, as far as they are used; everything else is ignored.
enum IONOSWire {
    struct ErrorBody: Decodable {
        struct Message: Decodable {
            let errorCode: VendorID?
            let message: String?
        }
        let messages: [Message]?
    }

    /// An object whose properties concern nobody.
    struct Named: Decodable { let id: String }

    struct Metadata: Decodable {
        let state: String
        let createdDate: VendorInstant
    }

    struct Snapshot: Decodable {
        struct Properties: Decodable {
            let name: String?
            let description: String?
            let size: IONOSGigabytes?
        }
        let id: String
        let metadata: Metadata
        let properties: Properties
    }

    /// A list, or a page of one.
    struct List<Item: Decodable>: Decodable, IONOSList {
        let items: [Item]
        let links: Links?
        enum CodingKeys: String, CodingKey {
            case items
            case links = "_links"
        }
    }

    typealias SnapshotList = List<Snapshot>

    struct Volume: Decodable {
        struct Metadata: Decodable {
            let state: String
            let createdDate: VendorDate?
        }
        struct Properties: Decodable {
            let name: String?
            let size: IONOSGigabytes?
            /// The server that it is attached to.
            let bootServer: String?
        }
        let id: String
        let metadata: Metadata
        let properties: Properties
    }

    struct Server: Decodable {
        struct Properties: Decodable {
            /// `RUNNING`, `SHUTOFF`, `PAUSED` and others.
            let vmState: String?
        }
        let id: String
        let properties: Properties
    }

    struct RequestStatus: Decodable {
        struct Metadata: Decodable {
            struct Affected: Decodable {
                struct Resource: Decodable {
                    let id: String
                    let type: String?
                }
                let target: Resource
            }
            let status: String
            let message: String?
            let targets: [Affected]?
        }
        let metadata: Metadata
    }

    struct Request: Decodable {
        /// At a low depth the vendor may tell no more than where the state is.
        struct Status: Decodable {
            let metadata: RequestStatus.Metadata?
        }
        struct Metadata: Decodable { let requestStatus: Status? }
        struct Properties: Decodable {
            let method: String?
            let url: String?
            let body: String?
        }
        let id: String
        let metadata: Metadata
        let properties: Properties
    }

    typealias RequestList = List<Request>

    struct BackupUnit: Decodable {
        struct Metadata: Decodable { let state: String }
        struct Properties: Decodable {
            let name: String
            let email: String?
        }
        let id: String
        let metadata: Metadata
        let properties: Properties
    }

    typealias BackupUnitList = List<BackupUnit>

    struct SignOn: Decodable { let ssoUrl: String }

    struct Links: Decodable { let next: String? }

    struct ContractList: Decodable {
        struct Contract: Decodable {
            struct Properties: Decodable {
                struct Limits: Decodable {
                    let hddLimitPerContract: Int64?
                    let hddVolumeProvisioned: Int64?
                }
                let contractNumber: VendorID?
                let owner: String?
                let status: String?
                let resourceLimits: Limits?
            }
            let properties: Properties
        }
        let items: [Contract]
    }
}

extension IONOSWire {
    /// What is sent wraps its members, except where the vendor's `PATCH` does not.
    struct Wrapped<Properties: Encodable>: Encodable { let properties: Properties }

    struct SnapshotOrder: Encodable {
        let name: String
        let description: String
    }

    struct RestoreOrder: Encodable { let snapshotId: String }

    struct UnitOrder: Encodable {
        let name: String
        let password: String
        let email: String
    }

    struct UnitMail: Encodable { let email: String }
    struct UnitPassword: Encodable { let password: String }
}

/// One page of a list, or all of it where the vendor has no pages.
protocol IONOSList: Decodable {
    associatedtype Item
    var items: [Item] { get }
    var links: IONOSWire.Links? { get }
}

/// A size, which may come as a number or as text.
struct IONOSGigabytes: Decodable, Hashable {
    let number: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {  // else it is text
            self.number = number
            return
        }
        let text = try container.decode(String.self)
        guard let number = Double(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no number")
        }
        self.number = number
    }

    /// The size in bytes; `nil` when it is no possible one.
    var bytes: Int64? {
        number > 0 && number < 1e9 ? Int64(number * 1_000_000_000) : nil
    }
}
