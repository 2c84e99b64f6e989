import HoldfastCore

/// One mapping of a file that is being decoded: its keys, its path, and where errors go.
///
/// A method that reads a value reports what is wrong with it and then answers as if the key were
/// not there, so that one mistake makes one error and everything else is still checked.
struct Section {
    let file: String
    let report: Report
    /// The path of this mapping, empty for the file itself.
    let path: String
    /// Where an error about the mapping as a whole points, for example a missing key.
    let position: Position
    let entries: [YamlEntry]

    /// Takes a node that should be a mapping; reports and gives `nil` when it is not.
    ///
    /// - Parameter position: Where a missing key is reported: the place of the mapping's own key.
    init?(
        _ node: YamlNode, file: String, report: Report, path: String, position: Position,
        hint: String
    ) {
        guard case .mapping(let entries) = node.content else {
            report.error(
                file, node.position, path,
                "\(node.typeName) stands here; \(hint)")
            return nil
        }
        self.file = file
        self.report = report
        self.path = path
        self.position = position
        self.entries = entries
    }

    /// Takes the same mapping under another path.
    init(_ other: Section, path: String) {
        file = other.file
        report = other.report
        self.path = path
        position = other.position
        entries = other.entries
    }

    /// The same with another place for what is wrong.
    func reporting(to other: Report) -> Section {
        Section(self, report: other)
    }

    private init(_ other: Section, report: Report) {
        file = other.file
        self.report = report
        path = other.path
        position = other.position
        entries = other.entries
    }

    subscript(key: String) -> YamlEntry? {
        entries.first { $0.key == key }
    }

    func place(_ position: Position) -> Place { Place(file: file, position: position) }

    func path(of key: String) -> String {
        path.isEmpty ? key : key.hasPrefix("[") ? path + key : path + "." + key
    }

    func error(_ position: Position, _ key: String, _ message: String) {
        report.error(file, position, path(of: key), message)
    }

    /// Reports an error about the mapping as a whole.
    func error(_ message: String) {
        report.error(file, position, path, message)
    }

    /// Reports every key that is not known.
    func expectKeys(_ known: [String]) {
        for entry in entries where !known.contains(entry.key) {
            let nearest = Suggestion.nearest(to: entry.key, among: known)
            error(
                entry.position, entry.key,
                nearest.map { "this key is not known; did you mean '\($0)'?" }
                    ?? "this key is not known; known here: \(known.joined(separator: ", "))")
        }
    }

    /// The mapping under a key; `nil` when the key is not there or has something else.
    func section(_ key: String, hint: String) -> Section? {
        guard let entry = self[key] else { return nil }
        return section(entry, hint: hint)
    }

    /// The mapping under a key of this one.
    func section(_ entry: YamlEntry, hint: String) -> Section? {
        Section(
            entry.value, file: file, report: report, path: path(of: entry.key),
            position: entry.position, hint: hint)
    }

    /// Reports that a key of this mapping has the wrong type.
    func wrongType(_ node: YamlNode, _ key: String, hint: String) {
        error(
            node.position, key,
            node.isNull
                ? "the value is missing; \(hint), or remove the key"
                : "\(node.typeName) stands here; \(hint)")
    }
}
