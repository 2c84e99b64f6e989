import Foundation

/// What an operator may choose about a simulated vendor. Each setting has one name: in the state
/// file, in the documents and on the command line.
///
/// A type that conforms encodes all its settings, and decodes those that are there.
public protocol CloudSettings: Codable, Sendable {}

extension CloudSettings {
    /// Changes one setting, written as `NAME=VALUE`. The value is JSON, or a word.
    ///
    /// - Throws: `InvalidSetting`.
    public mutating func set(_ assignment: String) throws(InvalidSetting) {
        let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw InvalidSetting(
                description: "'\(assignment)' sets nothing; use NAME=VALUE, such as "
                    + "\(Self.names(of: self).first ?? "name")=VALUE")
        }
        let value = JSON.reading(Array(parts[1].utf8)) ?? .text(parts[1])
        let names = Self.names(of: self)
        guard names.contains(parts[0]) else {
            throw InvalidSetting(
                description: "'\(parts[0])' is no setting of this vendor; it has "
                    + names.joined(separator: ", "))
        }
        let others = (Self.members(of: self) ?? []).filter { $0.name != parts[0] }
        let changed = JSON.object(others + [(parts[0], value)])
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            self = try decoder.decode(Self.self, from: Data(changed.bytes))
        } catch {
            throw InvalidSetting(
                description: "'\(parts[1])' is no value for \(parts[0]): \(Self.reason(error))")
        }
    }

    private static func names(of settings: Self) -> [String] {
        (members(of: settings) ?? []).map(\.name)
    }

    private static func members(of settings: Self) -> [(name: String, value: JSON)]? {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Settings are numbers, words and flags, which can always be written down.
        guard let bytes = try? encoder.encode(settings),
            case .object(let members) = JSON.reading([UInt8](bytes))
        else { return nil }
        return members
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            context.debugDescription
        default: "\(error)"
        }
    }
}

/// A setting that a vendor does not have, or a value that it can't have.
public struct InvalidSetting: Error, Hashable, CustomStringConvertible, Sendable {
    /// What is wrong, and what would be right.
    public let description: String
}

extension KeyedDecodingContainer {
    /// Reads a setting when it is there.
    func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        value = try decodeIfPresent(Value.self, forKey: key) ?? value
    }

    /// Reads a setting that is one of a few words.
    func readChoice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: Key, into value: inout Value
    ) throws {
        guard let word = try decodeIfPresent(String.self, forKey: key) else { return }
        guard let choice = Value(rawValue: word) else {
            let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "'\(word)' is none of \(words)")
        }
        value = choice
    }

    /// Reads a setting that is a number within limits.
    func readNumber<Number: FixedWidthInteger & Decodable>(
        _ key: Key, in range: ClosedRange<Number>, into value: inout Number
    ) throws {
        guard let number = try decodeIfPresent(Number.self, forKey: key) else { return }
        guard range.contains(number) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "use \(range.lowerBound) to \(range.upperBound)")
        }
        value = number
    }
}
