/// Writes JSON in the one way of RFC 8785 (JCS), so that a hash over it can be made again by anyone:
/// keys sorted, no white space, the shortest escapes.
///
/// Only texts, whole numbers, booleans and lists of texts occur; keys are ASCII.
public struct CanonicalJSON: Sendable {
    /// The bytes written so far.
    public private(set) var bytes: [UInt8] = []

    /// Begins with nothing.
    public init() {
        bytes.reserveCapacity(256)
    }

    /// The text of an object with these members.
    public static func object(_ members: [String: DetailValue]) -> String {
        var json = CanonicalJSON()
        json.appendObject(members)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Appends an object with these members, sorted.
    public mutating func appendObject(_ members: [String: DetailValue]) {
        appendRaw("{")
        var isFirst = true
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            if !isFirst { appendRaw(",") }
            isFirst = false
            append(key)
            appendRaw(":")
            append(value)
        }
        appendRaw("}")
    }

    /// Appends text that is JSON already.
    public mutating func appendRaw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a string with its quotes.
    public mutating func append(_ text: String) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22: bytes.append(contentsOf: [0x5C, 0x22])
            case 0x5C: bytes.append(contentsOf: [0x5C, 0x5C])
            case 0x08: bytes.append(contentsOf: [0x5C, 0x62])
            case 0x09: bytes.append(contentsOf: [0x5C, 0x74])
            case 0x0A: bytes.append(contentsOf: [0x5C, 0x6E])
            case 0x0C: bytes.append(contentsOf: [0x5C, 0x66])
            case 0x0D: bytes.append(contentsOf: [0x5C, 0x72])
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: [0x5C, 0x75, 0x30, 0x30])
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    /// Appends a whole number.
    public mutating func append(_ number: Int64) {
        appendRaw(String(number))
    }

    private mutating func append(_ value: DetailValue) {
        switch value {
        case .text(let text): append(text)
        case .number(let number): append(number)
        case .flag(let flag): appendRaw(flag ? "true" : "false")
        case .list(let texts):
            appendRaw("[")
            for (index, text) in texts.enumerated() {
                if index > 0 { appendRaw(",") }
                append(text)
            }
            appendRaw("]")
        }
    }
}
