import HoldfastCore

extension ConfigurationDecoder {
    private static var selectorKeys: [String] { ["provider", "tag", "name", "policy"] }
    private static var selectorTextMax: Int { 255 }

    /// Reads `selectors`: which of a provider's machines become targets by themselves.
    func decodeSelectors(
        providers: Catalogue<ProviderSettings>, policies: Catalogue<Policy>
    ) -> [SelectorRule] {
        items("selectors", hint: "write '- provider: …' for each selector").compactMap { item in
            guard let provider = provider(of: item, among: providers) else { return nil }
            item.expectKeys(Self.selectorKeys)
            let selector = selector(in: item, of: provider)
            let chosen = policyIDs(in: item, among: policies, provider)
            guard let selector, !chosen.isEmpty else { return nil }
            return SelectorRule(
                provider: provider.id, selector: selector, policies: chosen.sorted())
        }
    }

    private func provider(
        of item: Section, among providers: Catalogue<ProviderSettings>
    ) -> ProviderSettings? {
        guard item["provider"] != nil else {
            item.error("'provider' is missing; use the name of a provider")
            return nil
        }
        guard let name = item.text("provider", hint: "use the name of a provider"),
            let provider = providers.resolve(name, "provider", kind: "provider", in: item)
        else { return nil }
        guard !provider.kind.capabilities.selectors.isEmpty else {
            item.error(
                "provider '\(provider.id)' (\(provider.kind.name)) has no selectors; "
                    + "list its targets by name")
            return nil
        }
        guard provider.id.text.count <= DiscoveredTarget.providerNameMax else {
            item.error(
                name.position, "provider",
                "targets that are found are named after their provider, whose name may then have "
                    + "\(DiscoveredTarget.providerNameMax) characters; give it a shorter one")
            return nil
        }
        return provider
    }

    private func selector(in item: Section, of provider: ProviderSettings) -> TargetSelector? {
        let possible = provider.kind.capabilities.selectors
        let words = Suggestion.alternatives(possible.map { "'\($0)'" })
        let given = item.entries.filter { ["tag", "name"].contains($0.key) }
        guard let entry = given.first else {
            item.error("nothing says what to pick; add \(words)")
            return nil
        }
        if let other = given.dropFirst().first {
            item.error(
                other.position, other.key,
                "a selector picks by one thing, and this one has '\(entry.key)' already; "
                    + "make two selectors of it")
            return nil
        }
        guard possible.contains(entry.key) else {
            item.error(
                entry.position, entry.key,
                "provider '\(provider.id)' (\(provider.kind.name)) can't pick by this; use \(words)"
            )
            return nil
        }
        let isTag = entry.key == "tag"
        let hint = isTag ? "use a tag" : "use a name, in which '*' stands for any text"
        guard let value = item.text(entry.key, hint: hint) else { return nil }
        let isPossible =
            (1...Self.selectorTextMax).contains(value.text.utf8.count)
            && value.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPossible else {
            item.error(
                value.position, entry.key,
                "it has 1 to \(Self.selectorTextMax) bytes and no control character; \(hint)")
            return nil
        }
        return isTag ? .tag(value.text) : .name(value.text)
    }

    private func policyIDs(
        in item: Section, among policies: Catalogue<Policy>, _ provider: ProviderSettings
    ) -> [PolicyID] {
        let hint = "use the name of a policy, or a list of names"
        guard item["policy"] != nil else {
            item.error("'policy' is missing; \(hint)")
            return []
        }
        return (item.texts("policy", hint: hint) ?? []).compactMap {
            guard let policy = policies.resolve($0, "policy", kind: "policy", in: item) else {
                return nil
            }
            PointLifetime.check(policy, at: $0, in: item, provider)
            return policy.id
        }
    }
}
