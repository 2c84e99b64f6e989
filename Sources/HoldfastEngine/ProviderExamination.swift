public import HoldfastCore

/// Looks at one provider as an operator wants it looked at before anything depends on it.
public struct ProviderExamination: Sendable {
    private let installation: Installation

    /// Looks at providers of an installation.
    public init(_ installation: Installation) {
        self.installation = installation
    }

    /// Checks a provider and asks its selectors; nothing is changed.
    ///
    /// - Throws: `ControlRefusal` of kind `notFound` when none has that name.
    public func checkup(of name: String) async throws(ControlRefusal) -> ProviderCheckup {
        let (settings, provider) = try find(name)
        var findings: [ProviderFinding] = []
        if let provider = provider as? any CheckableProvider {
            findings = await provider.check()
        } else {
            findings = [
                ProviderFinding(.account, .warning, "providers of this kind can't be checked")
            ]
        }
        var picks: [ProviderCheckup.Pick] = []
        let isUsable = findings.allSatisfy {
            $0.verdict != .bad || ![.reachability, .credentials].contains($0.aspect)
        }
        if isUsable, let provider = provider as? any DiscoveringProvider {
            for rule in installation.configuration.selectors where rule.provider == settings.id {
                do throws(ProviderError) {
                    let subjects = try await provider.discover(rule.selector)
                    picks.append(
                        ProviderCheckup.Pick(
                            rule: rule,
                            found: discoveredTargets(at: settings.id, picked: [(rule, subjects)])
                                .map(installation.configuration.named),
                            failure: nil))
                } catch {
                    picks.append(
                        ProviderCheckup.Pick(rule: rule, found: [], failure: error.message))
                }
            }
        }
        return ProviderCheckup(
            provider: settings.id, kind: settings.kind.name, findings: findings, picks: picks)
    }

    private func find(
        _ name: String
    ) throws(ControlRefusal) -> (ProviderSettings, any BackupProvider) {
        let settings = try installation.configuration.provider(named: name)
        guard let provider = installation.providers[settings.id] else {
            throw installation.configuration.lacksProvider(name)
        }
        return (settings, provider)
    }
}

extension Configuration {
    /// The provider that somebody asks for by its name.
    func provider(named name: String) throws(ControlRefusal) -> ProviderSettings {
        guard let settings = providers.values.first(where: { $0.id.text == name }) else {
            throw lacksProvider(name)
        }
        return settings
    }

    func lacksProvider(_ name: String) -> ControlRefusal {
        ControlRefusal(
            .notFound,
            "no provider is named '\(BoundedText.cut(name, to: 100))'"
                + Suggestion.clause(for: name, among: providers.keys.sorted().map(\.text)))
    }
}
