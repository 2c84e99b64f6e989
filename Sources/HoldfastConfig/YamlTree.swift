import Yams

/// Turns the nodes of the YAML library into `YamlNode`s: resolves aliases, restores characters
/// that `YamlComposer` replaced, and keeps the bounds on nesting and number.
///
/// Everything is built in the order of the file, so an alias always finds the newest anchor above
/// it. The number of values behind an alias is known without visiting them, which is what makes
/// a file of a few lines that stands for billions of values harmless.
struct YamlTree {
    /// Deeper nesting is an error; a valid configuration has seven levels.
    static let nestingMax = 32
    /// More values are an error; each use of an alias counts whole.
    static let valueMax = 2_000_000

    static let tooManyValues =
        "the configuration has more than \(valueMax) values, aliases counted each time; "
        + "use fewer aliases"

    /// What was built, with what it counts for.
    private struct Built {
        let node: YamlNode
        let count: Int
        let depth: Int
    }

    private let replaced: [Unicode.Scalar: Unicode.Scalar]
    private var anchors: [String: Built] = [:]
    private var path: [String] = []
    /// How many values were built so far.
    private(set) var visited = 0
    /// Keys that stand in one mapping more than once.
    private(set) var duplicates: [YamlProblem] = []

    /// - Parameter replaced: Which characters stand for which others; see `YamlComposer`.
    init(replaced: [Unicode.Scalar: Unicode.Scalar]) {
        self.replaced = replaced
    }

    /// Builds a whole document.
    mutating func build(_ root: Node) throws(YamlProblem) -> YamlNode {
        try build(root, level: 1).node
    }

    private mutating func build(_ node: Node, level: Int) throws(YamlProblem) -> Built {
        let position = Position(node.mark)
        visited += 1
        try check(count: visited, depth: level, at: position)
        let built: Built
        switch node {
        case .scalar(let scalar): built = try build(scalar, level: level, at: position)
        case .sequence(let sequence):
            built = try build(sequence, level: level, at: position)
        case .mapping(let mapping): built = try build(mapping, level: level, at: position)
        case .alias:
            throw problem(position, "an alias stands where none is possible; write the value")
        }
        if let anchor = node.anchor { anchors[anchor.rawValue] = built }
        return built
    }

    private mutating func build(
        _ scalar: Node.Scalar, level: Int, at position: Position
    ) throws(YamlProblem) -> Built {
        try checkTag(scalar.tag, is: [.str], at: position)
        let isPlain = scalar.style == .plain
        if isPlain, scalar.string.unicodeScalars.first == YamlComposer.asterisk {
            let target = try resolveAlias(restored(scalar.string).dropFirst(), at: position)
            visited += target.count - 1
            try check(count: visited, depth: level + target.depth - 1, at: position)
            return target
        }
        let content = YamlNode.Content.scalar(restored(scalar.string), isPlain: isPlain)
        return Built(node: YamlNode(content: content, position: position), count: 1, depth: 1)
    }

    private func resolveAlias(
        _ name: Substring, at position: Position
    ) throws(YamlProblem) -> Built {
        let isName =
            !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
                    || $0 == "-" || $0 == "_"
            }
        guard isName else {
            throw problem(
                position,
                "an unquoted '*' at the beginning marks a YAML alias; "
                    + "put the text in quotes: \(quoted("*" + name))")
        }
        guard let target = anchors[String(name)] else {
            throw problem(
                position,
                "no anchor '&\(name)' stands above this alias; "
                    + "if text is meant, put it in quotes: \(quoted("*" + name))")
        }
        return target
    }

    private mutating func build(
        _ sequence: Node.Sequence, level: Int, at position: Position
    ) throws(YamlProblem) -> Built {
        try checkTag(sequence.tag, is: [.seq], at: position)
        var items: [YamlNode] = []
        items.reserveCapacity(sequence.count)
        var count = 1
        var depth = 0
        for (index, item) in sequence.enumerated() {
            path.append("[\(index)]")
            let built = try build(item, level: level + 1)
            path.removeLast()
            items.append(built.node)
            count += built.count
            depth = max(depth, built.depth)
        }
        return Built(
            node: YamlNode(content: .sequence(items), position: position), count: count,
            depth: depth + 1)
    }

    private mutating func build(
        _ mapping: Node.Mapping, level: Int, at position: Position
    ) throws(YamlProblem) -> Built {
        try checkTag(mapping.tag, is: [.map], at: position)
        var entries: [YamlEntry] = []
        entries.reserveCapacity(mapping.count)
        var count = 1
        var depth = 0
        var first: [String: Position] = [:]
        for (keyNode, valueNode) in mapping {
            let (key, keyPosition) = try key(keyNode)
            path.append(key)
            let built = try build(valueNode, level: level + 1)
            // The library has compared the keys; only those that were renamed can be the same.
            if !replaced.isEmpty, let place = first.updateValue(keyPosition, forKey: key) {
                duplicates.append(
                    problem(
                        keyPosition,
                        "\(quoted(key)) is defined here again; it stands in line \(place.line) "
                            + "already; remove or rename one of them"))
                first[key] = place
            } else {
                entries.append(YamlEntry(key: key, position: keyPosition, value: built.node))
            }
            path.removeLast()
            count += built.count + 1
            depth = max(depth, built.depth)
        }
        return Built(
            node: YamlNode(content: .mapping(entries), position: position), count: count,
            depth: depth + 1)
    }

    private mutating func key(_ node: Node) throws(YamlProblem) -> (String, Position) {
        let position = Position(node.mark)
        guard case .scalar(let scalar) = node else {
            throw problem(position, "a key is a single word; lists and mappings can't be keys")
        }
        visited += 1
        let text = restored(scalar.string)
        if scalar.style == .plain, text.hasPrefix("*") {
            throw problem(position, "an alias can't be a key; write the key's name")
        }
        if scalar.style == .plain, text == "<<" {
            throw problem(
                position,
                "merge keys ('<<') are not read; write the keys out, "
                    + "or use an alias for a whole value")
        }
        if let anchor = node.anchor {
            let content = YamlNode.Content.scalar(text, isPlain: scalar.style == .plain)
            anchors[anchor.rawValue] = Built(
                node: YamlNode(content: content, position: position), count: 1, depth: 1)
        }
        return (text, position)
    }

    private func restored(_ text: String) -> String {
        // All replacements have this byte first, in UTF-8.
        guard text.utf8.contains(0xEE) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar == YamlComposer.asterisk ? "*" : replaced[scalar] ?? scalar)
        }
        return String(result)
    }

    private func check(
        count: Int, depth: Int, at position: Position
    ) throws(YamlProblem) {
        guard depth <= Self.nestingMax else {
            throw problem(
                position,
                "more than \(Self.nestingMax) levels stand inside one another; "
                    + "no configuration needs that many")
        }
        guard count <= Self.valueMax else {
            throw problem(position, Self.tooManyValues)
        }
    }

    private func checkTag(
        _ tag: Tag, is possible: [Tag.Name], at position: Position
    ) throws(YamlProblem) {
        let name = tag.description
        guard name != Tag.Name.implicit.rawValue, name != Tag.Name.nonSpecific.rawValue,
            !possible.contains(where: { $0.rawValue == name })
        else { return }
        throw problem(position, "the tag \(quoted(name)) has no meaning here; remove it")
    }

    private func problem(_ position: Position, _ message: String) -> YamlProblem {
        // The path of something far too deep tells nobody anything.
        let shown = path.count <= 8 ? path : path.prefix(8) + ["…"]
        return YamlProblem(position: position, keyPath: KeyPathText.joined(shown), message: message)
    }
}

extension Position {
    /// The library counts from 1 as well.
    init(_ mark: Mark?) {
        self = mark.map { Position(line: $0.line, column: $0.column) } ?? .start
    }
}
