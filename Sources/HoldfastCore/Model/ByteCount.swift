/// A number of bytes.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number; never negative in what the program makes itself.
    public let bytes: Int64

    /// Takes a number of bytes.
    public init(_ bytes: Int64) {
        self.bytes = bytes
    }

    /// Three digits with a binary unit: `512 B`, `1.50 KiB`, `23.4 GiB`.
    public var description: String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard bytes >= 1024 else { return "\(bytes) B" }
        var value = Double(bytes) / 1024
        var unit = 0
        while value >= 1023.5, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        let scale: Int64 = decimals == 2 ? 100 : decimals == 1 ? 10 : 1
        let scaled = Int64((value * Double(scale)).rounded())
        var text = "\(scaled / scale)"
        if decimals > 0 {
            text += "."
            text.appendPadded(scaled % scale, to: decimals)
        }
        return text + " " + units[unit]
    }

    /// Smaller comes first.
    public static func < (lhs: ByteCount, rhs: ByteCount) -> Bool { lhs.bytes < rhs.bytes }

    /// The sum.
    public static func + (lhs: ByteCount, rhs: ByteCount) -> ByteCount {
        ByteCount(lhs.bytes + rhs.bytes)
    }
}
