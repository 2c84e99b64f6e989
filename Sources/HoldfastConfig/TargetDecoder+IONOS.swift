import HoldfastCore

extension TargetDecoder {
    /// Keys that stand beside `volume` and `backup_unit`.
    static let ionosKeys = ["datacenter", "email", "password"]
    private static let emailMax = 254
    /// The vendor names no limit; more than this is a mistake.
    private static let unitNameMax = 64

    /// A volume of a data center.
    func datacenterVolume(in section: Section) -> Subject? {
        let hint = "use the UUID that the Data Center Designer shows"
        guard section["datacenter"] != nil else {
            section.error("'datacenter' is missing beside 'volume'; \(hint)")
            _ = uuid("volume", in: section, hint: hint)
            return nil
        }
        let datacenter = uuid("datacenter", in: section, hint: hint)
        let volume = uuid("volume", in: section, hint: hint)
        guard let datacenter, let volume else { return nil }
        return .datacenterVolume(datacenter: datacenter, volume: volume)
    }

    /// A backup unit with what it is made with.
    func backupUnit(in section: Section) -> Subject? {
        let name = unitName(in: section)
        let email = unitEmail(in: section)
        let password = SecretDecoder.required(
            "password", of: "the password that the unit is made with", in: section)
        guard let name, let email, let password else { return nil }
        return .backupUnit(BackupUnit(name: name, email: email, password: password))
    }

    private func unitName(in section: Section) -> String? {
        let hint = "use letters and digits only; a unit's name can never be changed"
        guard let value = section.text("backup_unit", hint: hint) else { return nil }
        let isName =
            (1...Self.unitNameMax).contains(value.text.utf8.count)
            && value.text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF)
            }
        guard isName else {
            section.error(
                value.position, "backup_unit",
                "\(quoted(value.text)) can't be a backup unit's name; \(hint)")
            return nil
        }
        return value.text
    }

    private func unitEmail(in section: Section) -> String? {
        let hint = "use the address that the vendor's reports go to"
        guard section["email"] != nil else {
            section.error("'email' is missing beside 'backup_unit'; \(hint)")
            return nil
        }
        guard let value = section.text("email", hint: hint) else { return nil }
        let parts = value.text.split(separator: "@", omittingEmptySubsequences: false)
        let isAddress =
            parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && value.text.utf8.count <= Self.emailMax
            && value.text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard isAddress else {
            section.error(
                value.position, "email",
                "\(quoted(value.text)) is not an e-mail address; \(hint)")
            return nil
        }
        return value.text
    }

    /// Reports keys that belong to another kind of subject.
    func checkIONOSKeys(for subject: String, isIONOS: Bool, in section: Section) {
        let owners = ["datacenter": "volume", "email": "backup_unit", "password": "backup_unit"]
        for key in Self.ionosKeys {
            guard let entry = section[key], let owner = owners[key] else { continue }
            guard subject != owner || !isIONOS else { continue }
            section.error(
                entry.position, key,
                "only a '\(owner)' target of an ionos provider has '\(key)'; remove it")
        }
    }

    /// A UUID in lower case.
    func uuid(_ key: String, in section: Section, hint: String) -> String? {
        guard let value = section.text(key, hint: hint) else { return nil }
        let text = value.text.lowercased()
        let parts = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        let isUUID =
            parts.map(\.count) == [8, 4, 4, 4, 12]
            && parts.joined().allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            }
        guard isUUID else {
            section.error(value.position, key, "\(quoted(value.text)) is not a UUID; \(hint)")
            return nil
        }
        return text
    }
}

/// Which target each backup unit is of: two would mend it against one another for ever.
struct BackupUnitOwners {
    private var owners: [String: TargetID] = [:]

    /// Reports a target whose unit another one has.
    mutating func check(_ target: Target, in section: Section) {
        guard case .backupUnit(let unit) = target.subject, let entry = section["backup_unit"] else {
            return
        }
        let key = "\(target.provider)/\(unit.name)"
        guard let owner = owners[key] else {
            owners[key] = target.id
            return
        }
        section.error(
            entry.value.position, "backup_unit",
            "target '\(owner)' keeps this unit already; remove one of them")
    }
}
