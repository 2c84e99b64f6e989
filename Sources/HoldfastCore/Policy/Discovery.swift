/// A target that a selector found.
public struct DiscoveredTarget: Hashable, Sendable {
    /// The name that it has here; derived from the provider and the vendor's id, so that it stays
    /// when the vendor's name changes.
    public let id: TargetID
    /// Who found it and takes its backups.
    public let provider: ProviderID
    /// What it is.
    public let subject: Subject
    /// The vendor's name for it, for people.
    public let title: String
    /// The policies of the selectors that picked it; ascending.
    public let policies: [PolicyID]

    /// Takes all of it.
    ///
    /// - Parameter name: Where it is declared by hand; `nil`: the derived one.
    public init(
        provider: ProviderID, subject: Subject, title: String, policies: [PolicyID],
        name: TargetID? = nil
    ) {
        id = name ?? Self.name(of: subject, at: provider)
        self.provider = provider
        self.subject = subject
        self.title = title
        self.policies = policies
    }

    /// A provider with selectors has a name of at most so many characters.
    public static let providerNameMax = 32

    /// `do-prod-droplet-3164444`; of a volume without its datacenter, and where that is too long
    /// for a name without the provider.
    static func name(of subject: Subject, at provider: ProviderID) -> TargetID {
        let kind = subject.kind.replacing("_", with: "-")
        let id = subject.source.split(separator: "/").last ?? ""
        let name = "\(provider)-\(kind)-\(id)"
        return TargetID(trusted: name.utf8.count > TargetID.lengthMax ? "\(kind)-\(id)" : name)
    }
}

extension Subject {
    /// Reads what a selector found, or an inventory lists, back from the history; `nil` for kinds
    /// that neither does.
    public init?(discovered kind: String, source: String) {
        let pieces = source.split(separator: "/").map(String.init)
        switch (kind, Int64(source), pieces.count) {
        case ("droplet", let id?, _): self = .droplet(id: id)
        case ("instance", let id?, _): self = .instance(id: id)
        case ("volume", _, 1) where pieces.allSatisfy(Self.isUUID): self = .volume(id: source)
        case ("volume", _, 2) where pieces.allSatisfy(Self.isUUID):
            self = .datacenterVolume(datacenter: pieces[0], volume: pieces[1])
        default: return nil
        }
    }

    private static func isUUID(_ text: String) -> Bool {
        text.split(separator: "-", omittingEmptySubsequences: false).map(\.count)
            == [8, 4, 4, 4, 12]
            && text.allSatisfy { $0 == "-" || $0.isHexDigit && !$0.isUppercase }
    }
}

/// Joins what the selectors of one provider picked: one target for each subject, with the policies
/// of all selectors that picked it.
public func discoveredTargets(
    at provider: ProviderID, picked: [(rule: SelectorRule, subjects: [DiscoveredSubject])]
) -> [DiscoveredTarget] {
    var titles: [Subject: String] = [:]
    var policies: [Subject: Set<PolicyID>] = [:]
    for (rule, subjects) in picked {
        for found in subjects {
            titles[found.subject] = found.title
            policies[found.subject, default: []].formUnion(rule.policies)
        }
    }
    return titles.map { subject, title in
        DiscoveredTarget(
            provider: provider, subject: subject, title: title,
            policies: (policies[subject] ?? []).sorted())
    }.sorted { $0.id < $1.id }
}

/// Whether a discovery may be believed: one that suddenly finds less than half of what was there is
/// believed only when the next one says the same.
public func isPlausible(_ found: [DiscoveredTarget], after known: [DiscoveredTarget]) -> Bool {
    let names = Set(found.map(\.id))
    let left = known.count { names.contains($0.id) }
    return left * 2 >= known.count
}

extension Configuration {
    /// The same under the name that it has here: one that is declared by hand keeps its own.
    public func named(_ found: DiscoveredTarget) -> DiscoveredTarget {
        let declared = declaredTargets.values.first {
            $0.provider == found.provider && $0.subject == found.subject
        }
        guard let declared else { return found }
        return DiscoveredTarget(
            provider: found.provider, subject: found.subject, title: found.title,
            policies: found.policies, name: declared.id)
    }

    /// The declared targets and those that selectors found. A subject that is declared by hand
    /// keeps its name and gets the selectors' policies besides its own. Of policies that a provider
    /// enforces itself a target has one: its own, or the first by name. What can't be added is told
    /// in `warnings`.
    ///
    /// - Parameter found: Those of all providers; of providers and policies that are not declared
    ///   any more nothing is taken.
    public func adding(_ found: [DiscoveredTarget]) -> Configuration {
        var all = declaredTargets
        var warnings: [String] = []
        var names: [ProviderID: [Subject: TargetID]] = [:]
        for target in declaredTargets.values.sorted(by: { $0.id > $1.id }) {
            names[target.provider, default: [:]][target.subject] = target.id
        }
        let wanted = Set(selectors.map(\.provider))
        for item in found.sorted(by: { $0.id < $1.id }) where wanted.contains(item.provider) {
            let policies = item.policies.filter { self.policies[$0] != nil }
            guard providers[item.provider] != nil, !policies.isEmpty else { continue }
            let id = names[item.provider]?[item.subject] ?? item.id
            if let taken = all[id],
                taken.subject != item.subject || taken.provider != item.provider
            {
                warnings.append(
                    "\(item.subject.kind) \(item.subject.source) of provider '\(item.provider)' is "
                        + "not backed up: a selector picks it, and another target has its name "
                        + "'\(id)'; rename that one")
                continue
            }
            let own = all[id].map(\.policies) ?? []
            let (kept, left) = oneNative(own: own, more: policies)
            if !left.isEmpty {
                warnings.append(
                    "target '\(id)' is not under \(left.map { "'\($0)'" }.joined(separator: ", ")): "
                        + "its provider keeps one backup policy a target, and it has another; change "
                        + "the selectors or use 'enforce: managed'")
            }
            all[id] = Target(
                id: id, provider: item.provider, subject: item.subject,
                allowsUnreadable: all[id]?.allowsUnreadable ?? false, policies: kept,
                title: all[id] == nil ? item.title : nil)
        }
        return Configuration(self, targets: all, warnings: warnings)
    }

    /// The policies of a target, with at most one more that the provider enforces than it declares.
    ///
    /// - Returns: Those that apply, ascending, and those that can't.
    private func oneNative(
        own: [PolicyID], more: [PolicyID]
    ) -> (kept: [PolicyID], left: [PolicyID]) {
        var kept = Set(own)
        var left: [PolicyID] = []
        for policy in more.sorted() where !kept.contains(policy) {
            let isNative = policies[policy]?.enforcement == .native
            if isNative, kept.contains(where: { policies[$0]?.enforcement == .native }) {
                left.append(policy)
            } else {
                kept.insert(policy)
            }
        }
        return (kept.sorted(), left)
    }
}
