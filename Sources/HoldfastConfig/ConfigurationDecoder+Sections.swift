import HoldfastCore

extension ConfigurationDecoder {
    func decodeProviders() -> Catalogue<ProviderSettings> {
        var catalogue = Catalogue<ProviderSettings>()
        var declared: [(section: Section, settings: ProviderSettings)] = []
        forEachNamed("providers", in: &catalogue) { (id: ProviderID, section, catalogue) in
            guard let settings = ProviderDecoder.decode(section, id: id) else { return }
            catalogue.add(settings, named: id.text)
            declared.append((section, settings))
        }
        ProviderDecoder.checkRepositories(declared)
        ProviderDecoder.checkInstallations(declared)
        return catalogue
    }

    func decodePolicies() -> (Catalogue<Policy>, [NativeWish]) {
        let schedules = ScheduleDecoder(
            zones: zones, periods: periods, defaultZone: defaultZone())
        let decoder = PolicyDecoder(schedules: schedules)
        var catalogue = Catalogue<Policy>()
        var wishes: [NativeWish] = []
        forEachNamed("policies", in: &catalogue) { (id: PolicyID, section, catalogue) in
            let (policy, wish) = decoder.decode(section, id: id)
            if let policy { catalogue.add(policy, named: id.text) }
            if let wish { wishes.append(wish) }
        }
        return (catalogue, wishes)
    }

    /// Visits every entry of a section of all files whose name is right and new.
    private func forEachNamed<Value, Kind>(
        _ key: String, in catalogue: inout Catalogue<Value>,
        _ body: (Name<Kind>, Section, inout Catalogue<Value>) -> Void
    ) {
        catalogue.isComplete = isComplete
        for root in roots {
            guard let entry = filled(root, key) else { continue }
            guard let section = root.section(entry, hint: "write 'NAME:' and its keys under it")
            else {
                catalogue.isComplete = false
                continue
            }
            for item in section.entries {
                let place = section.place(item.position)
                let isNew = catalogue.declare(
                    item.key, at: place, keyPath: section.path(of: item.key), report: report)
                let id: Name<Kind>? = DeclaredName.checked(
                    item.key, at: item.position, key: item.key, in: section)
                guard let settings = section.section(item, hint: "write its keys under it"),
                    let id, isNew
                else { continue }
                body(id, settings, &catalogue)
            }
        }
    }

    func decodeTargets(_ decoder: TargetDecoder) -> [Target] {
        var names = Catalogue<Void>()
        var units = BackupUnitOwners()
        var declared: [(section: Section, target: Target)] = []
        for item in items("targets", hint: "write '- name: …' for each target") {
            let id = targetID(of: item, names: &names)
            // Errors name the target where its name is known.
            let section = id.map { Section(item, path: "targets.\($0)") } ?? item
            guard let target = decoder.decode(section, id: id) else { continue }
            units.check(target, in: section)
            declared.append((section, target))
        }
        TargetDecoder.checkDevices(declared)
        return declared.map(\.target)
    }

    private func targetID(of item: Section, names: inout Catalogue<Void>) -> TargetID? {
        guard item["name"] != nil else {
            item.error("'name' is missing; give each target a name of its own")
            return nil
        }
        guard let name = item.text("name", hint: "use 1 to 63 of a to z, 0 to 9 and '-'"),
            let id: TargetID = DeclaredName.checked(
                name.text, at: name.position, key: "name", in: item)
        else { return nil }
        _ = names.declare(
            id.text, at: item.place(name.position), keyPath: "targets.\(id)", report: report)
        return id
    }

    /// The items of a list of mappings in all files.
    func items(_ key: String, hint: String) -> [Section] {
        roots.flatMap { root -> [Section] in
            guard let entry = filled(root, key) else { return [] }
            guard case .sequence(let nodes) = entry.value.content else {
                root.wrongType(entry.value, key, hint: hint)
                return []
            }
            return nodes.enumerated().compactMap { index, node in
                Section(
                    node, file: root.file, report: report, path: "\(key)[\(index)]",
                    position: node.position, hint: hint)
            }
        }
    }
}
