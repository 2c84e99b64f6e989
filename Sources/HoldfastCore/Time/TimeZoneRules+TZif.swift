/// Why the bytes of a zone file can't be used.
public struct InvalidZoneFile: Error, Equatable, Sendable {
    /// What is wrong, as a clause: "it is cut off after 40 bytes".
    public let reason: String
}

extension TimeZoneRules {
    /// The largest zone file that is read; the tz database's own are under 5 KB.
    public static let fileSizeMax = 256 * 1024

    /// Reads a TZif file, versions 1 to 4 (RFC 9636), its footer rule included.
    ///
    /// The footer's rule is written out for 400 years after the last explicit change, after which
    /// the calendar repeats, so every later instant has its offset too.
    ///
    /// - Throws: `InvalidZoneFile` for anything that is not a complete TZif file, and for files
    ///   with leap seconds (`right/…`), which count time in another way.
    public init(name: String, tzif bytes: [UInt8]) throws(InvalidZoneFile) {
        var reader = TZifReader(bytes: bytes)
        var header = try reader.header()
        var width = 4
        if header.version >= 2 {
            try reader.skip(header.dataSize(timeWidth: 4))
            header = try reader.header()
            width = 8
        }
        guard header.leapCount == 0 else {
            throw InvalidZoneFile(reason: "it counts leap seconds; use the zone without 'right/'")
        }
        let explicit = try reader.changes(header, timeWidth: width)
        var rule: PosixZoneRule?
        if width == 8 {
            let footer = try reader.footer()
            if !footer.isEmpty {
                guard let parsed = PosixZoneRule(footer) else {
                    throw InvalidZoneFile(reason: "its footer '\(footer)' is not a POSIX TZ rule")
                }
                rule = parsed
            }
        }
        self.init(name: name, first: explicit.first, changes: explicit.changes, rule: rule)
    }

    private init(
        name: String, first: Int32, changes: [(at: Int64, offset: Int32)], rule: PosixZoneRule?
    ) {
        guard let rule else {
            self.init(name: name, offset: first, changes: changes, cycleLimit: nil)
            return
        }
        guard rule.daylight != nil else {
            let offset = changes.isEmpty ? rule.standardOffset : first
            self.init(name: name, offset: offset, changes: changes, cycleLimit: nil)
            return
        }
        let last = changes.last?.at ?? CivilDate(year: 1800, month: 1, day: 1).dayNumber * 86_400
        let lastYear = CivilDate(dayNumber: last.flooredDivision(by: 86_400)).components.year
        var all = changes
        for year in (lastYear - 1)...(lastYear + 402) {
            all += rule.changes(in: year).filter { $0.at > last }
        }
        let limit = CivilDate(year: lastYear + 402, month: 1, day: 1).dayNumber * 86_400
        self.init(
            name: name, offset: changes.isEmpty ? rule.standardOffset : first, changes: all,
            cycleLimit: limit)
    }
}

/// Walks through the blocks of a TZif file and never past its end.
private struct TZifReader {
    struct Header {
        let version: Int
        let utcCount: Int
        let standardCount: Int
        let leapCount: Int
        let changeCount: Int
        let typeCount: Int
        let characterCount: Int

        func dataSize(timeWidth: Int) -> Int {
            changeCount * (timeWidth + 1) + typeCount * 6 + characterCount
                + leapCount * (timeWidth + 4) + standardCount + utcCount
        }
    }

    /// The latest change that is read, in the year 36812: arithmetic with it can't overflow.
    static let changeMax: Int64 = 1 << 40

    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func header() throws(InvalidZoneFile) -> Header {
        guard try take(4).elementsEqual("TZif".utf8) else {
            throw InvalidZoneFile(reason: "it does not begin with 'TZif'")
        }
        let versionByte = try take(1).first ?? 0
        try skip(15)
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = Int(try integer(width: 4))
            guard (0...10_000).contains(count) else {
                throw InvalidZoneFile(reason: "a count in its header is \(count)")
            }
            counts.append(count)
        }
        let header = Header(
            version: versionByte == 0 ? 1 : Int(versionByte) - 0x30, utcCount: counts[0],
            standardCount: counts[1], leapCount: counts[2], changeCount: counts[3],
            typeCount: counts[4], characterCount: counts[5])
        guard (1...9).contains(header.version) else {
            throw InvalidZoneFile(reason: "its version byte is \(versionByte)")
        }
        guard header.typeCount > 0 else {
            throw InvalidZoneFile(reason: "it has no local time type")
        }
        return header
    }

    mutating func changes(
        _ header: Header, timeWidth: Int
    ) throws(InvalidZoneFile) -> (first: Int32, changes: [(at: Int64, offset: Int32)]) {
        var instants: [Int64] = []
        for _ in 0..<header.changeCount {
            let instant = try integer(width: timeWidth)
            // The first change may be a "big bang" value far before any date.
            guard instants.last.map({ $0 < instant }) ?? true else {
                throw InvalidZoneFile(reason: "its changes are not in ascending order")
            }
            guard instant <= Self.changeMax else {
                throw InvalidZoneFile(reason: "a change at \(instant) s is out of range")
            }
            instants.append(instant)
        }
        let indexes = try take(header.changeCount)
        var offsets: [Int32] = []
        for _ in 0..<header.typeCount {
            let offset = try integer(width: 4)
            guard (-93_599...93_599).contains(offset) else {
                throw InvalidZoneFile(reason: "an offset of \(offset) s is out of range")
            }
            offsets.append(Int32(offset))
            try skip(2)
        }
        try skip(header.characterCount + header.leapCount * (timeWidth + 4))
        try skip(header.standardCount + header.utcCount)
        var changes: [(at: Int64, offset: Int32)] = []
        for (instant, index) in zip(instants, indexes) {
            guard Int(index) < offsets.count else {
                throw InvalidZoneFile(reason: "a change names local time type \(index)")
            }
            let clamped = max(instant, -(1 << 59))
            changes.append((clamped, offsets[Int(index)]))
        }
        return (offsets[0], changes)
    }

    mutating func footer() throws(InvalidZoneFile) -> String {
        guard try take(1).first == 0x0A,
            let end = bytes[position...].firstIndex(of: 0x0A)
        else { throw InvalidZoneFile(reason: "its footer is not between two line feeds") }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    mutating func skip(_ count: Int) throws(InvalidZoneFile) {
        _ = try take(count)
    }

    private mutating func take(_ count: Int) throws(InvalidZoneFile) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else {
            throw InvalidZoneFile(reason: "it is cut off after \(bytes.count) bytes")
        }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    private mutating func integer(width: Int) throws(InvalidZoneFile) -> Int64 {
        var value: UInt64 = 0
        for byte in try take(width) { value = value << 8 | UInt64(byte) }
        return width == 8
            ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
    }
}
