import HoldfastCore

extension TargetDecoder {
    private static let deviceNameMax = 255

    /// Reads `device: this` or `device: NAME`.
    func device(_ key: String, in section: Section) -> Subject? {
        let hint = "use 'this', or the device's name as Pieces shows it"
        guard let value = section.text(key, hint: hint) else { return nil }
        guard value.text != "this" else { return .device(name: nil) }
        let isName =
            (1...Self.deviceNameMax).contains(value.text.utf8.count)
            && value.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isName else {
            section.error(value.position, key, "this can't be a device's name; \(hint)")
            return nil
        }
        return .device(name: value.text)
    }

    /// Reports a second target at one Pieces OS: it has one local database, and its backups do not
    /// tell which target they were made for.
    static func checkDevices(_ declared: [(section: Section, target: Target)]) {
        var owners: [ProviderID: TargetID] = [:]
        for (section, target) in declared {
            guard case .device = target.subject, let entry = section["device"] else { continue }
            guard let first = owners[target.provider] else {
                owners[target.provider] = target.id
                continue
            }
            section.error(
                entry.position, "device",
                "provider '\(target.provider)' has one local database, and target '\(first)' is "
                    + "it already; give that target several policies")
        }
    }
}
