/// Cuts a row of JSON objects into its objects, whatever stands between them and wherever the parts
/// break off: one a line, one right after another, the items of a list, events with `data:`.
struct JSONObjectCutter: Sendable {
    /// A longer object is none of a vendor's.
    static let objectMax = 1 << 20

    private var object: [UInt8] = []
    private var depth = 0
    private var isInText = false
    private var isEscaped = false

    /// Whether an object has begun and not ended.
    var isInside: Bool { depth > 0 }

    /// Takes the next bytes.
    ///
    /// - Returns: The objects that end in them, in order.
    /// - Throws: `ObjectTooLong`.
    mutating func cut(_ bytes: [UInt8]) throws(ObjectTooLong) -> [[UInt8]] {
        var objects: [[UInt8]] = []
        for byte in bytes {
            guard depth > 0 || byte == UInt8(ascii: "{") else { continue }
            object.append(byte)
            guard object.count <= Self.objectMax else { throw ObjectTooLong() }
            weigh(byte)
            if depth == 0 {
                objects.append(object)
                object = []
            }
        }
        return objects
    }

    private mutating func weigh(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if isInText {
            if byte == UInt8(ascii: "\\") { isEscaped = true }
            if byte == UInt8(ascii: "\"") { isInText = false }
        } else {
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
    }

    struct ObjectTooLong: Error {}
}
