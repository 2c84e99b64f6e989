/// The text of a configuration file, checked as far as it can be before YAML is read.
struct SourceText: Sendable {
    /// Characters that this program puts into the text for a moment; a file can't have them.
    static let reserved: ClosedRange<Unicode.Scalar> = "\u{E000}"..."\u{E0FF}"

    let text: String

    /// Takes a file's bytes; a byte order mark of UTF-8 is dropped.
    ///
    /// - Throws: `YamlProblem` for anything that is not UTF-8, for characters that YAML forbids
    ///   and for a file in which nothing stands.
    init(_ bytes: [UInt8]) throws(YamlProblem) {
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let content = hasMark ? bytes[3...] : bytes[...]
        guard let text = String(validating: content, as: UTF8.self) else {
            throw Self.encodingProblem(bytes)
        }
        if let problem = Self.forbiddenCharacter(in: text) { throw problem }
        let isBlank = content.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard !isBlank else {
            throw YamlProblem(
                position: .start,
                message: "the file is empty; write 'version: 1' and what you declare, "
                    + "or remove the file")
        }
        self.text = text
    }

    private static func encodingProblem(_ bytes: [UInt8]) -> YamlProblem {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return YamlProblem(
                position: .start, message: "the file is UTF-16; save it as UTF-8")
        }
        var iterator = bytes.makeIterator()
        var parser = UTF8.ForwardParser()
        var offset = 0
        var line = 1
        var column = 1
        while case .valid(let encoded) = parser.parseScalar(from: &iterator) {
            offset += encoded.count
            column += 1
            if encoded.first == 0x0A {
                line += 1
                column = 1
            }
        }
        let value = offset < bytes.count ? String(bytes[offset], radix: 16, uppercase: true) : "?"
        return YamlProblem(
            position: Position(line: line, column: column),
            message: "the file is not UTF-8: byte \(offset + 1) (0x\(value)) does not fit; "
                + "save the file as UTF-8")
    }

    private static func forbiddenCharacter(in text: String) -> YamlProblem? {
        var line = 1
        var column = 1
        for scalar in text.unicodeScalars {
            if !isAllowed(scalar) {
                let code = String(scalar.value, radix: 16, uppercase: true)
                let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
                return YamlProblem(
                    position: Position(line: line, column: column),
                    message: "the character U+\(padded) is not possible in a configuration file; "
                        + "remove it")
            }
            column += 1
            if scalar == "\n" {
                line += 1
                column = 1
            }
        }
        return nil
    }

    /// YAML's printable characters, without the reserved ones.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0x09, 0x0A, 0x0D, 0x85: true
        case 0xFEFF: false
        case 0xA0...0xFFFD: !reserved.contains(scalar)
        case 0x10000...: true
        default: false
        }
    }
}
