public import Foundation
public import HoldfastCore

/// JSON as the socket and `--json` write it: keys in snake_case and sorted, instants as RFC 3339
/// in UTC, what is absent left out.
public enum WireCoding {
    /// The JSON of a value, on one line.
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// The JSON of a value, indented, as the command line prints it.
    public static func pretty(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Reads what `encode` wrote; unknown keys are passed over.
    public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value
    {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: data)
    }
}

extension Timestamp: Codable {
    /// Writes RFC 3339.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }

    /// Reads RFC 3339.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not an RFC 3339 instant")
        }
        self = instant
    }
}

/// The opaque mark of where the next part of a listing begins.
public enum Cursor {
    /// Hides a row number.
    public static func encode(_ row: Int64) -> String {
        Data("v1:\(row)".utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
    }

    /// Reads what `encode` wrote; `nil` for anything else.
    public static func decode(_ text: String) -> Int64? {
        guard text.utf8.count <= 64 else { return nil }
        let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(separator: ":")
        guard parts.count == 2, parts[0] == "v1" else { return nil }
        return Int64(parts[1])
    }
}
