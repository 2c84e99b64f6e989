/// The exact shapes of Contabo's JSON, as far as they are used; everything else is ignored.
enum ContaboWire {
    /// The token server's success. Every text in it is a secret.
    struct TokenSet: Decodable {
        let accessToken: String
        let expiresIn: VendorCount
        let refreshToken: String?
        let refreshExpiresIn: VendorCount?

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
            case refreshToken = "refresh_token"
            case refreshExpiresIn = "refresh_expires_in"
        }
    }

    /// The token server's refusal.
    struct TokenError: Decodable {
        let error: String
        let description: String?

        enum CodingKeys: String, CodingKey {
            case error
            case description = "error_description"
        }
    }

    /// The interface's refusal. Whether the message of a failed check is a list is not published.
    struct ErrorBody: Decodable {
        let message: String

        enum CodingKeys: String, CodingKey { case message }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            if let list = try? values.decode([String].self, forKey: .message) {  // else a text
                message = list.joined(separator: "; ")
            } else {
                message = try values.decode(String.self, forKey: .message)
            }
        }
    }

    struct SnapshotOrder: Encodable {
        let name: String
        let description: String
    }

    struct SnapshotChange: Encodable {
        var name: String?
        var description: String?
    }

    /// A body that has to be there and holds nothing.
    struct Nothing: Encodable {}

    struct Snapshot: Decodable {
        let snapshotId: VendorID
        let name: String
        let description: String?
        let instanceId: VendorID
        let createdDate: VendorInstant
    }

    struct Instance: Decodable {
        let instanceId: VendorID
        let name: String
        let displayName: String?
        let status: String?
        let createdDate: VendorDate?
        let cancelDate: VendorDay?

        /// The name that the customer gave, or else the vendor's.
        var title: String { displayName.flatMap { $0.isEmpty ? nil : $0 } ?? name }
    }

    struct Audit: Decodable {
        let id: VendorID
        let action: String
        let timestamp: VendorInstant
        let traceId: String?
        let instanceId: VendorID
        let snapshotId: VendorID
    }

    /// Where a list's page stands. The numbers are the vendor's own counts.
    struct Pagination: Decodable {
        let totalElements: VendorCount
        let totalPages: VendorCount
        let page: VendorCount
    }

    struct Links: Decodable { let next: String? }

    /// One page of a list.
    struct Page<Item: Decodable>: Decodable {
        let pagination: Pagination
        let data: [Item]
        let links: Links?

        enum CodingKeys: String, CodingKey {
            case pagination = "_pagination"
            case data
            case links = "_links"
        }
    }

    /// One thing, which comes as a list of one.
    struct One<Item: Decodable>: Decodable {
        let item: Item

        enum CodingKeys: String, CodingKey { case data }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            let items = try values.decode([Item].self, forKey: .data)
            guard items.count == 1 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .data, in: values,
                    debugDescription: "\(items.count) items where one is expected")
            }
            item = items[0]
        }
    }

    /// A success with nothing in it that is needed.
    struct Done: Decodable {
        let links: Links

        enum CodingKeys: String, CodingKey { case links = "_links" }
    }
}
