import HoldfastCore

extension ProviderDecoder {
    private static let applicationIDMax = 255

    /// Reads a Pieces OS. It makes one backup at a time, so it has no `concurrency`.
    static func pieces(_ section: Section) -> ProviderSettings.Kind? {
        section.expectKeys(["type", "endpoint", "application_id", LookDecoder.key])
        var endpoint: String?
        if section["endpoint"] != nil {
            endpoint = EndpointDecoder.endpoint(in: section, default: "http://localhost:39300")
            guard endpoint != nil else { return nil }
        }
        var applicationID: String?
        if section["application_id"] != nil {
            applicationID = self.applicationID(in: section)
            guard applicationID != nil else { return nil }
        }
        return .pieces(PiecesInstallation(endpoint: endpoint, applicationID: applicationID))
    }

    private static func applicationID(in section: Section) -> String? {
        let hint = "use the id that Pieces OS gave this application"
        guard let value = section.text("application_id", hint: hint) else { return nil }
        let isPrintable = value.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPrintable, (1...applicationIDMax).contains(value.text.utf8.count) else {
            section.error(
                value.position, "application_id", "\(quoted(value.text)) can't be an id; \(hint)")
            return nil
        }
        return value.text
    }

    /// Reports a second provider for one Pieces OS: neither would know what the other makes.
    static func checkInstallations(
        _ declared: [(section: Section, settings: ProviderSettings)]
    ) {
        var owners: [String?: ProviderID] = [:]
        for (section, settings) in declared {
            guard case .pieces(let installation) = settings.kind else { continue }
            guard let first = owners[installation.endpoint] else {
                owners[installation.endpoint] = settings.id
                continue
            }
            section.error("provider '\(first)' is this Pieces OS already; use that one")
        }
    }
}
