import Foundation

/// A JSON value. Members keep the order in which they were written down.
public enum JSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case flag(Bool)
    /// A number without a fraction.
    case number(Int64)
    /// Any other number.
    case fraction(Double)
    /// A text.
    case text(String)
    /// A list.
    case list([JSON])
    /// An object.
    case object([(name: String, value: JSON)])

    /// A number, or `null`.
    static func optional(_ number: Int64?) -> JSON { number.map { .number($0) } ?? .null }
    /// A text, or `null`.
    static func optional(_ text: String?) -> JSON { text.map { .text($0) } ?? .null }
    /// A list of texts.
    static func texts(_ texts: [String]) -> JSON { .list(texts.map { .text($0) }) }
    /// A list of numbers.
    static func numbers(_ numbers: [Int64]) -> JSON { .list(numbers.map { .number($0) }) }

    /// The member of that name; `nil` when there is none or this is no object.
    subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, when it is one.
    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The whole number, when it is one.
    var number: Int64? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The items, when it is a list.
    var items: [JSON]? {
        guard case .list(let items) = self else { return nil }
        return items
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
    ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    /// An object of these members.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { (name: $0.0, value: $0.1) })
    }
    /// A list of these items.
    public init(arrayLiteral elements: JSON...) { self = .list(elements) }
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A number.
    public init(integerLiteral value: Int64) { self = .number(value) }
    /// A flag.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
}

extension JSON {
    /// The bytes of this value, without white space.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .flag(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let number): bytes.append(contentsOf: String(number).utf8)
        case .fraction(let number):
            // JSON has no word for infinity.
            bytes.append(contentsOf: (number.isFinite ? "\(number)" : "null").utf8)
        case .text(let text): Self.write(text, to: &bytes)
        case .list(let items):
            bytes.append(0x5B)
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                item.write(to: &bytes)
            }
            bytes.append(0x5D)
        case .object(let members):
            bytes.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                Self.write(member.name, to: &bytes)
                bytes.append(0x3A)
                member.value.write(to: &bytes)
            }
            bytes.append(0x7D)
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: bytes.append(contentsOf: [0x5C, byte])
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }
}

extension JSON: Decodable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads any value.
    public init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: Name.self) {
            self = .object(
                try members.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
                    (name: $0.stringValue, value: try members.decode(JSON.self, forKey: $0))
                })
            return
        }
        // A failure only says that it is a value of another kind.
        if var items = try? decoder.unkeyedContainer() {
            var list: [JSON] = []
            while !items.isAtEnd { list.append(try items.decode(JSON.self)) }
            self = .list(list)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Int64.self) {
            self = .number(number)
        } else if let number = try? value.decode(Double.self) {
            self = .fraction(number)
        } else {
            self = .text(try value.decode(String.self))
        }
    }

    /// Reads bytes; `nil` when they are no JSON.
    public static func reading(_ bytes: [UInt8]) -> JSON? {
        // The caller answers with the vendor's words; the decoder's own would say less.
        try? JSONDecoder().decode(JSON.self, from: Data(bytes))
    }
}
