extension Timestamp {
    /// The instant in UTC with `Z`, as RFC 3339 writes it: `2026-03-29T01:00:00Z`, and with
    /// three digits of fraction only when it is not zero.
    ///
    /// Years outside 0001…9999 are written with as many digits as they need.
    public var rfc3339: String {
        let secondOfDay = seconds.flooredRemainder(by: 86_400)
        let date = CivilDate(dayNumber: seconds.flooredDivision(by: 86_400))
        let (year, month, day) = date.components
        var text = ""
        text.reserveCapacity(24)
        text.appendPadded(year, to: 4)
        text.append("-")
        text.appendPadded(Int64(month), to: 2)
        text.append("-")
        text.appendPadded(Int64(day), to: 2)
        text.append("T")
        text.appendPadded(secondOfDay / 3600, to: 2)
        text.append(":")
        text.appendPadded(secondOfDay / 60 % 60, to: 2)
        text.append(":")
        text.appendPadded(secondOfDay % 60, to: 2)
        let fraction = milliseconds.flooredRemainder(by: 1000)
        if fraction != 0 {
            text.append(".")
            text.appendPadded(fraction, to: 3)
        }
        text.append("Z")
        return text
    }

    /// Reads an RFC 3339 instant: `Z` or a numeric offset, any number of fraction digits
    /// (cut to milliseconds), `T` or a space between date and time, a leap second `:60` taken
    /// as the next second. `nil` when the text is anything else.
    public init?(rfc3339 text: some StringProtocol) {
        var scanner = DigitScanner(text.utf8)
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2),
            let date = CivilDate(checkedYear: Int64(year), month: month, day: day),
            scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2), minute < 60, scanner.skip(":"),
            let second = scanner.number(digits: 2), second <= 60
        else { return nil }
        var fraction = 0
        if scanner.skip(".") {
            guard let read = scanner.milliseconds() else { return nil }
            fraction = read
        }
        guard let offset = scanner.zoneOffset(), scanner.isAtEnd else { return nil }
        let local = date.dayNumber * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        self.init(milliseconds: (local - Int64(offset)) * 1000 + Int64(fraction))
    }
}

extension Timestamp: CustomStringConvertible {
    /// The same text as `rfc3339`.
    public var description: String { rfc3339 }
}

extension String {
    /// Appends a number with leading zeros.
    mutating func appendPadded(_ number: Int64, to width: Int) {
        let digits = String(number.magnitude)
        if number < 0 { append("-") }
        for _ in 0..<max(0, width - digits.utf8.count) { append("0") }
        append(digits)
    }
}

/// Reads fixed-width numbers out of ASCII text.
struct DigitScanner {
    private var bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else {
            return false
        }
        position += 1
        return true
    }

    /// Passes over one byte, whatever it is.
    mutating func skipAny() -> Bool {
        guard position < bytes.count else { return false }
        position += 1
        return true
    }

    /// Passes over one ASCII letter.
    mutating func skipLetter() -> Bool {
        guard position < bytes.count, (0x41...0x5A).contains(bytes[position] & 0xDF) else {
            return false
        }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return Int(bytes[position] - 0x30)
    }

    mutating func number(digits count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let next = digit() else { return nil }
            value = value * 10 + next
        }
        return value
    }

    /// A number of one or more digits, up to 9.
    mutating func number() -> Int? {
        guard var value = digit() else { return nil }
        var count = 1
        while let next = digit() {
            count += 1
            guard count <= 9 else { return nil }
            value = value * 10 + next
        }
        return value
    }

    mutating func milliseconds() -> Int? {
        guard let first = digit() else { return nil }
        var value = first * 100
        var scale = 10
        while let next = digit() {
            value += next * scale
            scale /= 10
        }
        return value
    }

    /// `Z` or `±hh:mm`, in seconds east of UTC.
    mutating func zoneOffset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(digits: 2), hours < 24, skip(":"),
            let minutes = number(digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
