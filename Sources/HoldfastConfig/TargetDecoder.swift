import HoldfastCore

/// Reads one item of `targets`.
struct TargetDecoder {
    /// Each pattern is an argument of tar, whose arguments the system bounds.
    static let excludeCountMax = 256

    private static let subjectKeys = [
        "directory", "sqlite", "droplet", "volume", "instance", "backup_unit", "device",
    ]
    private static let keys =
        ["name", "provider"] + subjectKeys + ionosKeys + ["exclude", "allow_unreadable", "policy"]

    let providers: Catalogue<ProviderSettings>
    let policies: Catalogue<Policy>

    /// Reads a target; `nil` when something is wrong.
    func decode(_ section: Section, id: TargetID?) -> Target? {
        section.expectKeys(Self.keys)
        let provider = provider(in: section)
        let policies = policies(in: section, provider: provider)
        let subject = subject(in: section, provider: provider)
        let allowsUnreadable = section.flag("allow_unreadable")
        if let subject { check(subject, in: section, provider: provider) }
        guard let id, let provider, let subject, !policies.isEmpty else { return nil }
        return Target(
            id: id, provider: provider.id, subject: subject,
            allowsUnreadable: allowsUnreadable ?? false, policies: policies.sorted())
    }

    private func provider(in section: Section) -> ProviderSettings? {
        guard section["provider"] != nil else {
            section.error("'provider' is missing; use the name of a provider")
            return nil
        }
        guard let name = section.text("provider", hint: "use the name of a provider") else {
            return nil
        }
        return providers.resolve(name, "provider", kind: "provider", in: section)
    }

    private func policies(
        in section: Section, provider: ProviderSettings?
    ) -> [PolicyID] {
        let hint = "use the name of a policy, or a list of names"
        guard section["policy"] != nil else {
            section.error("'policy' is missing; \(hint)")
            return []
        }
        return (section.texts("policy", hint: hint) ?? []).compactMap {
            guard let policy = policies.resolve($0, "policy", kind: "policy", in: section)
            else { return nil }
            if let provider { PointLifetime.check(policy, at: $0, in: section, provider) }
            return policy.id
        }
    }

    private func subject(in section: Section, provider: ProviderSettings?) -> Subject? {
        let declared = section.entries.filter { Self.subjectKeys.contains($0.key) }
        guard let entry = declared.first else {
            let possible = provider?.kind.capabilities.subjects ?? Self.subjectKeys
            section.error(
                "nothing says what to back up; add "
                    + Suggestion.alternatives(possible.map { "'\($0)'" }))
            return nil
        }
        for other in declared.dropFirst() {
            section.error(
                other.position, other.key,
                "a target is one thing, and this one has '\(entry.key)' already; "
                    + "make two targets of it")
        }
        if let provider, !provider.kind.capabilities.subjects.contains(entry.key) {
            let possible = Suggestion.alternatives(provider.kind.capabilities.subjects)
            section.error(
                entry.position, entry.key,
                "provider '\(provider.id)' (\(provider.kind.name)) can't back this up; "
                    + "use \(possible)")
            return nil
        }
        let isIONOS = provider?.kind.name == "ionos"
        if provider != nil {
            checkIONOSKeys(for: entry.key, isIONOS: isIONOS, in: section)
        }
        let exclude = excludes(in: section)
        if entry.key == "directory" {
            return section.absolutePath(entry.key).map {
                .directory(path: $0.text, exclude: exclude)
            }
        }
        for key in ["exclude", "allow_unreadable"] {
            guard let option = section[key] else { continue }
            section.error(
                option.position, key, "only a 'directory' target has '\(key)'; remove it")
        }
        switch entry.key {
        case "sqlite": return section.absolutePath(entry.key).map { .sqlite(path: $0.text) }
        case "droplet":
            return section.integer(entry.key, in: 1...Int(Int64.max)).map {
                .droplet(id: Int64($0))
            }
        case "instance":
            return section.integer(entry.key, in: 1...Int(Int64.max)).map {
                .instance(id: Int64($0))
            }
        case "backup_unit": return backupUnit(in: section)
        case "device": return device(entry.key, in: section)
        default: return isIONOS ? datacenterVolume(in: section) : volume(in: section)
        }
    }

    private func volume(in section: Section) -> Subject? {
        uuid(
            "volume", in: section,
            hint: "use the volume's UUID, as 'doctl compute volume list' shows it"
        ).map { .volume(id: $0) }
    }

    private func excludes(in section: Section) -> [String] {
        let patterns =
            section.list("exclude", hint: "use a list of patterns such as ['./cache', '*.tmp']")
            ?? []
        if patterns.count > Self.excludeCountMax {
            section.error(
                patterns[Self.excludeCountMax].position, "exclude",
                "\(patterns.count) patterns are too many; use at most \(Self.excludeCountMax)")
        }
        for pattern in patterns {
            let bytes = pattern.text.utf8
            let isPossible = !bytes.isEmpty && bytes.count <= AbsolutePath.lengthMax
            if isPossible, !bytes.contains(0) { continue }
            section.error(
                pattern.position, "exclude[\(pattern.index)]",
                "a pattern has 1 to \(AbsolutePath.lengthMax) bytes and no NUL character; "
                    + "correct or remove it")
        }
        return patterns.map(\.text)
    }

    /// What is backed up and where it goes must not lie inside one another.
    private func check(_ subject: Subject, in section: Section, provider: ProviderSettings?) {
        guard let provider, case .local(let repository) = provider.kind,
            let value = section[subject.kind]?.value
        else { return }
        let path = subject.source
        if AbsolutePath.contains(repository, path) {
            section.error(
                value.position, subject.kind,
                "\(quoted(path)) lies inside the repository \(quoted(repository)) of provider "
                    + "'\(provider.id)'; back up something else or move the repository")
        } else if AbsolutePath.contains(path, repository) {
            section.error(
                value.position, subject.kind,
                "the repository \(quoted(repository)) of provider '\(provider.id)' lies inside "
                    + "\(quoted(path)), so each backup would take all earlier ones; "
                    + "move the repository or name smaller directories")
        }
    }
}
