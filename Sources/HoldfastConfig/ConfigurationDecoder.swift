import HoldfastCore

/// Joins the sections of all files and decodes them.
struct ConfigurationDecoder {
    private static let topKeys = [
        "version", "timezone", "control", "providers", "policies", "targets", "selectors",
        "waivers",
    ]
    private static let groupNameMax = 32

    let report: Report
    let zones: ZoneCatalogue
    let periods: PeriodCatalogue
    /// The files that could be read, the main one first where it could.
    let roots: [Section]
    let mainFile: String
    /// Whether every file could be read.
    let isComplete: Bool

    /// What the files declare; worth something only when nothing was reported.
    func decode(digest: String) -> Configuration {
        for root in roots {
            root.expectKeys(Self.topKeys)
            checkVersion(of: root)
        }
        let control = ControlSettings(adminGroup: adminGroup())
        let providers = decodeProviders()
        let (policies, wishes) = decodePolicies()
        let targets = decodeTargets(
            TargetDecoder(providers: providers, policies: policies))
        let selectors = decodeSelectors(providers: providers, policies: policies)
        let waivers = decodeWaivers(
            targets: targets, policies: policies, providers: providers,
            hasSelectors: roots.contains { filled($0, "selectors") != nil })
        check(wishes, targets: targets, selectors: selectors, providers: providers)
        return Configuration(
            providers: keyed(providers.values.values) { $0.id },
            policies: keyed(policies.values.values) { $0.id },
            targets: keyed(targets) { $0.id }, selectors: selectors, control: control,
            waivers: waivers, digest: digest, warnings: report.warnings)
    }

    private func keyed<ID: Hashable, Value>(
        _ values: some Sequence<Value>, by id: (Value) -> ID
    ) -> [ID: Value] {
        Dictionary(values.map { (id($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func checkVersion(of root: Section) {
        guard root["version"] != nil else {
            guard root.file == mainFile else { return }
            root.report.error(
                root.file, .start, "version", "the key is missing; begin with 'version: 1'")
            return
        }
        guard let version = root.text("version", hint: "use 1"), version.text != "1" else {
            return
        }
        root.error(
            version.position, "version",
            "\(quoted(version.text)) is not a version that this program reads; use 1")
    }

    /// The first file with a key; reports the others.
    private func single(_ key: String, in sections: [Section]) -> Section? {
        let declaring = sections.filter { $0[key] != nil }
        for other in declaring.dropFirst() {
            guard let first = declaring.first, let place = first[key]?.position,
                let entry = other[key]
            else { continue }
            other.error(
                entry.position, key,
                "this is set in \(first.place(place)) already; remove one of them")
        }
        return declaring.first
    }

    private func adminGroup() -> String? {
        let controls = roots.compactMap { root in
            filled(root, "control").flatMap {
                root.section($0, hint: "write 'admin_group: NAME' under it")
            }
        }
        for control in controls { control.expectKeys(["admin_group"]) }
        guard let section = single("admin_group", in: controls),
            let name = section.text("admin_group", hint: "use the name of a group")
        else { return nil }
        let isName =
            (1...Self.groupNameMax).contains(name.text.utf8.count) && !name.text.hasPrefix("-")
            && name.text.utf8.allSatisfy {
                switch $0 {
                case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
        guard isName else {
            section.error(
                name.position, "admin_group",
                "\(quoted(name.text)) can't be a group's name; use one that 'getent group' lists")
            return nil
        }
        return name.text
    }

    /// The entry of a top-level key under which something stands; an empty one is as good as none.
    func filled(_ root: Section, _ key: String) -> YamlEntry? {
        guard let entry = root[key], !entry.value.isNull else { return nil }
        return entry
    }

    func defaultZone() -> TimeZoneRules? {
        guard let root = single("timezone", in: roots) else { return isComplete ? .utc : nil }
        return zones.zone("timezone", in: root)
    }
}
