import Yams

/// Reads one YAML document with the YAML library, with its weaknesses covered.
///
/// The library compares the keys of a mapping by everything inside them. A key that is an alias
/// for a list of aliases for … would keep it busy for ever, before any node comes out. So it never
/// sees an alias: each `*` of the text becomes a private character, and `YamlTree` resolves what
/// begins with one. Two characters of one width, so places stay right.
///
/// The library also stops at the first mapping with a key that stands twice and tells only the
/// place of the first. So that key's first character is replaced, which makes it another one, and
/// the text is read again; `YamlTree` then finds all of them, with both places.
struct YamlComposer {
    /// Stands for `*`.
    static let asterisk: Unicode.Scalar = "\u{E000}"
    /// How often a text is read again because a key stands twice in it.
    static let duplicateRoundMax = 16
    /// How many bytes are read again for that, so that a large file takes seconds at most.
    static let duplicateBytesMax = 8 * 1024 * 1024

    /// Reads a document.
    ///
    static func compose(_ source: SourceText) throws(YamlProblem) -> ComposedText {
        var text = MarkedText(source.text)
        var replaced: [Unicode.Scalar: Unicode.Scalar] = [:]
        let affordable = duplicateBytesMax / max(1, source.text.utf8.count)
        let roundMax = min(duplicateRoundMax, affordable)
        for round in 0...roundMax {
            switch try attempt(text.string, replaced: replaced) {
            case .document(let document): return document
            case .duplicate(let key, let position):
                guard round < roundMax,
                    let substitute = Unicode.Scalar(asterisk.value + 1 + UInt32(round)),
                    let original = text.replaceFirst(of: key, at: position, by: substitute)
                else { throw duplicateProblem(key, position) }
                replaced[substitute] = original
            }
        }
        preconditionFailure("the last round returns or throws")
    }

    private enum Attempt {
        case document(ComposedText)
        case duplicate(key: String, Position)
    }

    private static func attempt(
        _ text: String, replaced: [Unicode.Scalar: Unicode.Scalar]
    ) throws(YamlProblem) -> Attempt {
        do {
            // Without rules every unquoted text is text: `02:30` is no number, `no` no boolean.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else {
                return .document(ComposedText(root: nil, count: 0, duplicates: []))
            }
            // Nodes hold their anchors weakly, the parser holds them.
            return try withExtendedLifetime(parser) {
                var tree = YamlTree(replaced: replaced)
                let built = try tree.build(root)
                return .document(
                    ComposedText(
                        root: built, count: tree.visited, duplicates: tree.duplicates))
            }
        } catch let problem as YamlProblem {
            throw problem
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            return .duplicate(key: duplicates.first ?? "", Position(context.mark))
        } catch {
            throw YamlProblem(error, in: text)
        }
    }

    private static func duplicateProblem(_ key: String, _ position: Position) -> YamlProblem {
        YamlProblem(
            position: position,
            message: "a key that begins here stands more than once in its mapping; "
                + "remove or rename one of them")
    }
}

/// What one file has.
struct ComposedText {
    /// `nil` when only comments stand in it.
    let root: YamlNode?
    /// How many values it has, each use of an alias counted whole.
    let count: Int
    /// Every key that stands twice in its mapping.
    let duplicates: [YamlProblem]
}

/// The text as the YAML library sees it.
private struct MarkedText {
    private var bytes: [UInt8]

    init(_ text: String) {
        bytes = []
        bytes.reserveCapacity(text.utf8.count + 64)
        let substitute = Array(String(YamlComposer.asterisk).utf8)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "*") {
                bytes.append(contentsOf: substitute)
            } else {
                bytes.append(byte)
            }
        }
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Replaces the first character of a key that begins at a place.
    ///
    /// - Returns: What stood there; `nil` when the key is not found as it is written.
    mutating func replaceFirst(
        of key: String, at position: Position, by substitute: Unicode.Scalar
    ) -> Unicode.Scalar? {
        guard let wanted = key.unicodeScalars.first, var index = offset(of: position) else {
            return nil
        }
        if index < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[index]) {
            index += 1
        }
        let encoded = Array(String(wanted).utf8)
        guard bytes[index...].starts(with: encoded) else { return nil }
        bytes.replaceSubrange(index..<(index + encoded.count), with: String(substitute).utf8)
        return wanted == YamlComposer.asterisk ? "*" : wanted
    }

    private func offset(of position: Position) -> Int? {
        var index = 0
        var line = 1
        while line < position.line {
            guard let end = bytes[index...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else {
                return nil
            }
            index = end + 1
            if bytes[end] == 0x0D, index < bytes.count, bytes[index] == 0x0A { index += 1 }
            line += 1
        }
        var column = 1
        while column < position.column {
            index += 1
            while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
            guard index < bytes.count else { return nil }
            column += 1
        }
        return index
    }
}
