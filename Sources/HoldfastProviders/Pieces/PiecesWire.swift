import Foundation
import HoldfastCore

/// The exact shapes of Pieces OS's JSON, as far as they are used; everything else is ignored.
enum PiecesWire {
    struct Backup: Decodable, Equatable {
        struct Created: Decodable, Equatable {
            let value: VendorInstant
        }

        let id: String
        let version: String
        let bytes: PiecesQuantity
        let created: Created
        let deviceName: String
        let platform: String

        enum CodingKeys: String, CodingKey {
            case id, version, bytes, created, platform
            case deviceName = "device_name"
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            id = try values.decode(String.self, forKey: .id)
            version = try values.decode(String.self, forKey: .version)
            bytes = try values.decode(PiecesQuantity.self, forKey: .bytes)
            created = try values.decode(Created.self, forKey: .created)
            deviceName = try values.decode(String.self, forKey: .deviceName)
            platform = try values.decode(String.self, forKey: .platform)
            guard (1...PiecesWire.idMax).contains(id.utf8.count) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .id, in: values, debugDescription: "an id of \(id.utf8.count) bytes")
            }
        }
    }

    struct Backups: Decodable {
        let iterable: [Backup]
    }

    /// One object of a streamed creation.
    struct Progress: Decodable {
        let status: String?
        let percent: Int?
        let backup: Backup?

        enum CodingKeys: String, CodingKey {
            case status, percentage, backup
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            status = try values.decodeIfPresent(String.self, forKey: .status)
            // Only shown to people: what is no percentage is left out.
            percent = (try? values.decodeIfPresent(PiecesQuantity.self, forKey: .percentage))
                .flatMap { $0.flatMap { (0...100).contains($0.number) ? Int($0.number) : nil } }
            if let empty = try? values.decode(Empty.self, forKey: .backup), empty.isEmpty {
                backup = nil  // the vendor's way of writing none
            } else {
                backup = try values.decodeIfPresent(Backup.self, forKey: .backup)
            }
        }
    }

    /// An object without members.
    private struct Empty: Decodable {
        let isEmpty: Bool

        private struct AnyKey: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            isEmpty = try decoder.container(keyedBy: AnyKey.self).allKeys.isEmpty
        }
    }

    struct Profile: Decodable {
        struct User: Decodable {
            struct Allocation: Decodable {
                struct Status: Decodable { let cloud: String? }
                let status: Status?
            }

            /// Missing when `user` is an empty object, which stands for nobody.
            let id: String?
            let email: String?
            let allocation: Allocation?
        }

        let user: User?
    }

    /// The body of a creation: there is nothing to set.
    static let seed = Data("{}".utf8)
    /// A longer id is none.
    static let idMax = 512
}

/// A quantity that may come as a number, with a fraction or without, or as text.
struct PiecesQuantity: Decodable, Equatable {
    /// Rounded down.
    let number: Int64

    /// Every whole number up to here is exact in all readers of JSON.
    private static let most = 9_007_199_254_740_992.0

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let value =
            if let text = try? container.decode(String.self) {  // else it is a number
                Double(text)
            } else {
                try container.decode(Double.self)
            }
        guard let value, value >= 0, value <= Self.most else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a count")
        }
        number = Int64(value)
    }
}
