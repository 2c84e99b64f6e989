/// A value of a YAML file with the place where it stands.
///
/// Aliases are replaced by what they stand for (the storage is shared), and scalars keep the text
/// that was written: `02:30` and `0x10` are not numbers yet.
struct YamlNode: Sendable {
    enum Content: Sendable {
        /// Text; `isPlain` when it has no quotes.
        case scalar(String, isPlain: Bool)
        case sequence([YamlNode])
        /// The keys in the order of the file, none twice.
        case mapping([YamlEntry])
    }

    let content: Content
    let position: Position

    /// Whether nothing was written, or YAML's word for nothing.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// A word for a message about a wrong type.
    var typeName: String {
        switch content {
        case .scalar: isNull ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// One key of a mapping with its value.
struct YamlEntry: Sendable {
    let key: String
    let position: Position
    let value: YamlNode
}

/// Why a text is not the YAML that this program reads.
struct YamlProblem: Error, Hashable, Sendable {
    let position: Position
    var keyPath = ""
    let message: String
}

/// Writes paths of keys.
enum KeyPathText {
    static func joined(_ parts: [String]) -> String {
        parts.reduce(into: "") { path, part in
            if !path.isEmpty, !part.hasPrefix("[") { path += "." }
            path += part
        }
    }
}
