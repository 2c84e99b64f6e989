import HoldfastCore

/// Reads `providers`.
enum ProviderDecoder {
    static let concurrencyMax = 1000

    private static let kinds = ["local", "digitalocean", "contabo", "ionos", "pieces"]

    /// Reads one entry; `nil` when something essential is wrong.
    static func decode(_ section: Section, id: ProviderID) -> ProviderSettings? {
        let hint = "use \(Suggestion.alternatives(kinds))"
        guard section["type"] != nil else {
            section.error("'type' is missing; \(hint)")
            return nil
        }
        guard let type = section.text("type", hint: hint) else { return nil }
        let kind: ProviderSettings.Kind?
        let concurrency: Int
        switch type.text {
        case "local":
            concurrency = self.concurrency(in: section, default: 2)
            kind = local(section)
        case "digitalocean":
            concurrency = self.concurrency(in: section, default: 10)
            kind = digitalOcean(section)
        case "contabo":
            concurrency = self.concurrency(in: section, default: 5)
            kind = contabo(section)
        case "ionos":
            concurrency = self.concurrency(in: section, default: 10)
            kind = ionos(section)
        case "pieces":
            concurrency = 1
            kind = pieces(section)
        default:
            // The keys of another kind would only be noise after this.
            let clause =
                "is not a kind of provider" + Suggestion.clause(for: type.text, among: kinds)
            section.error(type.position, "type", "\(quoted(type.text)) \(clause)")
            return nil
        }
        let reconcile = LookDecoder.decode(in: section)
        let listsInventory = InventoryDecoder.decode(in: section)
        return kind.map {
            ProviderSettings(
                id: id, kind: $0, concurrency: concurrency, reconcile: reconcile,
                listsInventory: listsInventory)
        }
    }

    private static func concurrency(in section: Section, default usual: Int) -> Int {
        section.integer("concurrency", in: 1...concurrencyMax) ?? usual
    }

    private static func local(_ section: Section) -> ProviderSettings.Kind? {
        section.expectKeys(["type", "repository", "concurrency", LookDecoder.key])
        guard section["repository"] != nil else {
            section.error(
                "'repository' is missing; use the absolute path of the directory that takes the "
                    + "backups")
            return nil
        }
        return section.absolutePath("repository").map { .local(repository: $0.text) }
    }

    private static func digitalOcean(_ section: Section) -> ProviderSettings.Kind? {
        section.expectKeys([
            "type", "token", "endpoint", "concurrency", LookDecoder.key, InventoryDecoder.key,
        ])
        let token = SecretDecoder.required("token", of: "a personal access token", in: section)
        let endpoint = EndpointDecoder.endpoint(
            in: section, default: DigitalOceanAccount.publicEndpoint)
        guard let token, let endpoint else { return nil }
        return .digitalOcean(DigitalOceanAccount(token: token, endpoint: endpoint))
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
