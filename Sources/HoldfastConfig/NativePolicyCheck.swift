import HoldfastCore

extension ConfigurationDecoder {
    /// Reports policies that a provider should enforce and can't.
    func check(
        _ wishes: [NativeWish], targets: [Target], selectors: [SelectorRule],
        providers: Catalogue<ProviderSettings>
    ) {
        guard !wishes.isEmpty else { return }
        checkClashes(
            among: Set(wishes.map(\.policy)),
            of: targets.map(\.policies) + selectors.map(\.policies), wishes)
        var users: [String: Set<ProviderID>] = [:]
        var volumes: [String: TargetID] = [:]
        for target in targets {
            for policy in target.policies {
                users[policy.text, default: []].insert(target.provider)
                if case .volume = target.subject { volumes[policy.text] = target.id }
            }
        }
        for rule in selectors {
            for policy in rule.policies { users[policy.text, default: []].insert(rule.provider) }
        }
        for wish in wishes {
            check(wish, users: (users[wish.policy] ?? []).sorted(), providers: providers)
            if let volume = volumes[wish.policy] {
                wish.section.error(
                    wish.position, "enforce",
                    "target '\(volume)' is a volume, for which its provider has no policies; "
                        + "give it a policy of its own with 'managed'")
            }
            checkTimetable(of: wish)
            for key in ["hooks", "retry", "verify"] {
                guard let entry = wish.section[key] else { continue }
                wish.section.error(
                    entry.position, key,
                    "the provider takes these backups by itself; remove it, or use "
                        + "'enforce: managed'")
            }
        }
    }

    /// A provider keeps one policy of its own for each machine.
    private func checkClashes(
        among native: Set<String>, of uses: [[PolicyID]], _ wishes: [NativeWish]
    ) {
        var told: Set<String> = []
        for policies in uses {
            let both = policies.map(\.text).filter(native.contains)
            guard let first = both.first else { continue }
            for other in both.dropFirst() where told.insert(other).inserted {
                guard let wish = wishes.first(where: { $0.policy == other }) else { continue }
                wish.section.error(
                    wish.position, "enforce",
                    "a target of this policy has '\(first)' as well, and its provider keeps one "
                        + "backup policy for it; use 'managed' in one of them")
            }
        }
    }

    private func check(
        _ wish: NativeWish, users: [ProviderID], providers: Catalogue<ProviderSettings>
    ) {
        let unable = users.compactMap { id in
            providers.values[id.text].flatMap {
                $0.kind.capabilities.hasNativePolicies ? nil : "'\(id)' (\($0.kind.name))"
            }
        }
        guard let first = unable.first else { return }
        let who =
            unable.count == 1
            ? "provider \(first) has no backup policies of its own"
            : "providers \(unable.joined(separator: ", ")) have no backup policies of their own"
        wish.section.error(wish.position, "enforce", "\(who); use 'managed'")
    }

    private func checkTimetable(of wish: NativeWish) {
        guard let schedule = wish.schedule else { return }
        do throws(NativeTimetable.Unsuitable) {
            _ = try NativeTimetable(schedule)
        } catch {
            let position = (wish.section[error.key] ?? wish.section["hour"])?.value.position
            wish.section.error(
                position ?? wish.position, wish.section[error.key] == nil ? "enforce" : error.key,
                error.reason)
        }
    }
}
