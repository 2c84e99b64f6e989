/// Writes small zone files (RFC 9636) for tests: a version 1 block, and for later versions the
/// 64-bit block and the footer.
struct TZif: Sendable {
    /// The byte in the header: 0 for version 1, else an ASCII digit.
    var version: UInt8 = 0x32
    var offsets: [Int32] = [0, 3600]
    /// Instants and the indexes of the offsets that begin at them.
    var changes: [(at: Int64, index: UInt8)] = []
    var footer = ""

    var bytes: [UInt8] {
        guard version != 0 else { return block(wide: false) }
        var short = self
        short.changes = []
        return short.block(wide: false) + block(wide: true) + Array("\n\(footer)\n".utf8)
    }

    private func block(wide: Bool) -> [UInt8] {
        var out = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
        let counts = [0, 0, 0, changes.count, offsets.count, 4]
        for count in counts { out += big(UInt64(count), width: 4) }
        for change in changes {
            out += big(UInt64(bitPattern: change.at), width: wide ? 8 : 4)
        }
        out += changes.map(\.index)
        for offset in offsets {
            out += big(UInt64(bitPattern: Int64(offset)), width: 4) + [0, 0]
        }
        return out + Array("XXX\0".utf8)
    }

    private func big(_ value: UInt64, width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> (UInt64($0) * 8)) }
    }
}
