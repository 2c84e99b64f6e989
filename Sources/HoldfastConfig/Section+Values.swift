import HoldfastCore

/// A text with the place where it stands.
struct PlacedText {
    let text: String
    let position: Position
    /// Which item of its list it is.
    var index = 0
}

extension Section {
    /// The text under a key.
    func text(_ key: String, hint: String) -> PlacedText? {
        guard let value = self[key]?.value else { return nil }
        return text(value, key, hint: hint)
    }

    /// The text of a node that belongs to a key.
    func text(_ node: YamlNode, _ key: String, hint: String) -> PlacedText? {
        guard case .scalar(let text, _) = node.content, !node.isNull else {
            wrongType(node, key, hint: hint)
            return nil
        }
        return PlacedText(text: text, position: node.position)
    }

    /// The texts under a key that takes one or a list of them; at least one, none twice.
    func texts(_ key: String, hint: String) -> [PlacedText]? {
        guard let value = self[key]?.value else { return nil }
        guard case .sequence = value.content else {
            return text(value, key, hint: hint).map { [$0] }
        }
        guard let all = list(key, hint: hint) else { return nil }
        guard !all.isEmpty else {
            error(value.position, key, "the list is empty; \(hint)")
            return nil
        }
        var seen: Set<String> = []
        return all.filter { item in
            let isNew = seen.insert(item.text).inserted
            if !isNew {
                error(item.position, key, "\(quoted(item.text)) is named twice; remove one")
            }
            return isNew
        }
    }

    /// The texts under a key that takes a list, maybe an empty one.
    func list(_ key: String, hint: String) -> [PlacedText]? {
        guard let value = self[key]?.value else { return nil }
        guard case .sequence(let items) = value.content else {
            wrongType(value, key, hint: hint)
            return nil
        }
        return items.enumerated().compactMap { index, item in
            text(item, "\(key)[\(index)]", hint: "use text for each item").map {
                PlacedText(text: $0.text, position: $0.position, index: index)
            }
        }
    }

    /// The whole number under a key.
    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        let hint = "use a number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = text(key, hint: hint) else { return nil }
        return integer(value, key, in: range, hint: hint)
    }

    func integer(
        _ value: PlacedText, _ key: String, in range: ClosedRange<Int>, hint: String
    ) -> Int? {
        let digits = value.text.utf8.drop { $0 == UInt8(ascii: "-") }
        guard !digits.isEmpty, value.text.utf8.count - digits.count <= 1,
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            error(value.position, key, "\(quoted(value.text)) is not a whole number; \(hint)")
            return nil
        }
        guard let number = Int(value.text), range.contains(number) else {
            error(value.position, key, "\(value.text.prefix(20)) is out of range; \(hint)")
            return nil
        }
        return number
    }

    /// The elapsed time under a key.
    func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        let bounds =
            "\(DurationText.exact(range.lowerBound)) to \(DurationText.exact(range.upperBound))"
        guard let value = text(key, hint: "use \(DurationText.hint), from \(bounds)") else {
            return nil
        }
        guard let duration = DurationText.parse(value.text) else {
            error(
                value.position, key,
                "\(quoted(value.text)) is not a duration; use \(DurationText.hint)")
            return nil
        }
        guard range.contains(duration) else {
            error(
                value.position, key, "\(value.text) is out of range; use a duration of \(bounds)")
            return nil
        }
        return duration
    }

    /// The boolean under a key; only the words of YAML 1.2.
    func flag(_ key: String) -> Bool? {
        choice(key, of: ["true", "false"]).map { $0 == "true" }
    }

    /// One of a few words.
    func choice(_ key: String, of words: [String]) -> String? {
        let hint = "use \(Suggestion.alternatives(words))"
        guard let value = text(key, hint: hint) else { return nil }
        guard words.contains(value.text) else {
            let clause = Suggestion.clause(for: value.text, among: words)
            error(value.position, key, "\(quoted(value.text)) is not possible\(clause)")
            return nil
        }
        return value.text
    }

    /// One of the words of an enumeration.
    func choice<Value>(_ key: String, as type: Value.Type) -> Value?
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        choice(key, of: type.allCases.map(\.rawValue)).flatMap { Value(rawValue: $0) }
    }

    /// An absolute path, without `.`, `..` and repeated slashes.
    func absolutePath(_ key: String) -> PlacedText? {
        guard let value = text(key, hint: "use an absolute path such as /var/lib/app") else {
            return nil
        }
        guard let path = AbsolutePath.normalised(value.text) else {
            error(value.position, key, AbsolutePath.problem(with: value.text))
            return nil
        }
        return PlacedText(text: path, position: value.position)
    }
}
