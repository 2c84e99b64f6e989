import HoldfastCore

/// What the files declare under one section, by name.
struct Catalogue<Value> {
    /// Every name that was declared, rightly or wrongly, with its first place.
    private(set) var places: [String: Place] = [:]
    /// What was declared rightly.
    private(set) var values: [String: Value] = [:]
    /// Whether every file could be read, so that a name that is not here does not exist.
    var isComplete = true

    /// Notes a name; reports and answers `false` when it is taken.
    mutating func declare(
        _ name: String, at place: Place, keyPath: String, report: Report
    ) -> Bool {
        if let first = places[name] {
            report.error(
                place.file, place.position, keyPath,
                "\(quoted(name)) is defined here again; it stands in \(first) already; "
                    + "remove or rename one of them")
            return false
        }
        places[name] = place
        return true
    }

    mutating func add(_ value: Value, named name: String) {
        values[name] = value
    }

    /// Looks a name up that a key refers to; reports a name that nobody declared.
    ///
    /// - Parameter kind: The word for what is named, such as `policy`.
    func resolve(_ name: PlacedText, _ key: String, kind: String, in section: Section) -> Value? {
        if let value = values[name.text] { return value }
        // What is declared wrongly is reported there; what an unreadable file has, nobody knows.
        guard places[name.text] == nil, isComplete else { return nil }
        section.error(
            name.position, key,
            "no \(kind) is named \(quoted(name.text))" + hint(for: name.text, kind, in: section))
        return nil
    }

    private func hint(for name: String, _ kind: String, in section: Section) -> String {
        guard section.report.wantsSuggestions else { return "" }
        let known = places.keys.sorted()
        if known.isEmpty { return "; none is declared" }
        if let nearest = Suggestion.nearest(to: name, among: known) {
            return "; did you mean '\(nearest)'?"
        }
        return known.count <= Suggestion.listedMax
            ? "; these are declared: \(known.joined(separator: ", "))"
            : "; declare it, or use the name of one that is"
    }
}

/// Checks names that the operator gives to things.
enum DeclaredName {
    /// Takes a name; reports and gives `nil` when it breaks a rule.
    static func checked<Kind>(
        _ text: String, at position: Position, key: String, in section: Section
    ) -> Name<Kind>? {
        do {
            return try Name<Kind>(text)
        } catch {
            section.error(
                position, key,
                "\(quoted(text)) is not a name: \(error.reason); change it")
            return nil
        }
    }
}
