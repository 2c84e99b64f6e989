import HoldfastCore

/// Reads `providers`.
enum ProviderDecoder {
    static let concurrencyMax = 1000
    static let concurrencyDefault = 2

    private static let kinds = ["local"]
    private static let laterKinds = ["digitalocean", "contabo", "ionos", "pieces"]

    /// Reads one entry; `nil` when something essential is wrong.
    static func decode(_ section: Section, id: ProviderID) -> ProviderSettings? {
        guard section["type"] != nil else {
            section.error("'type' is missing; use \(Suggestion.alternatives(kinds))")
            return nil
        }
        guard let type = section.text("type", hint: "use \(Suggestion.alternatives(kinds))") else {
            return nil
        }
        // The keys of another kind would only be noise after this.
        guard type.text == "local" else {
            let isLater = laterKinds.contains(type.text)
            let clause =
                isLater
                ? "is not in this version; use 'local'"
                : "is not a kind of provider" + Suggestion.clause(for: type.text, among: kinds)
            section.error(type.position, "type", "\(quoted(type.text)) \(clause)")
            return nil
        }
        section.expectKeys(["type", "repository", "concurrency"])
        let concurrency = section.integer("concurrency", in: 1...concurrencyMax)
        guard section["repository"] != nil else {
            section.error(
                "'repository' is missing; use the absolute path of the directory that takes the "
                    + "backups")
            return nil
        }
        guard let repository = section.absolutePath("repository") else { return nil }
        return ProviderSettings(
            id: id, kind: .local(repository: repository.text),
            concurrency: concurrency ?? concurrencyDefault)
    }

    /// Reports repositories that are one another or lie inside one another: each provider cleans
    /// up what it does not know in its own.
    static func checkRepositories(_ declared: [(section: Section, settings: ProviderSettings)]) {
        var owners: [String: ProviderID] = [:]
        for (section, settings) in declared {
            guard case .local(let repository) = settings.kind else { continue }
            guard let first = owners[repository] else {
                owners[repository] = settings.id
                continue
            }
            report(section, "is the repository of provider '\(first)' too")
        }
        for (section, settings) in declared {
            guard case .local(let repository) = settings.kind else { continue }
            var path = repository[...]
            while path.count > 1, let slash = path.lastIndex(of: "/") {
                path = path[..<slash]
                let outer = path.isEmpty ? "/" : String(path)
                if let owner = owners[outer] {
                    report(section, "lies inside the repository of provider '\(owner)'")
                    break
                }
            }
        }
    }

    private static func report(_ section: Section, _ clause: String) {
        guard let value = section["repository"]?.value else { return }
        section.error(
            value.position, "repository",
            "this directory \(clause); give each provider a directory of its own")
    }
}
