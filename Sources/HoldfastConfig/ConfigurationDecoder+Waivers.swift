import HoldfastCore

extension ConfigurationDecoder {
    private static var waiverKeys: [String] { ["target", "policy", "owner", "reason", "until"] }

    /// Reads `waivers`: which targets may be beyond their objective for a while.
    ///
    /// - Parameters:
    ///   - providers: What their accounts have and no policy covers may be waived too.
    ///   - hasSelectors: Whether targets may be found, whose names nobody knows yet.
    func decodeWaivers(
        targets: [Target], policies: Catalogue<Policy>, providers: Catalogue<ProviderSettings>,
        hasSelectors: Bool
    ) -> [PlacedWaiver] {
        let listed = providers.values.values.filter {
            $0.kind.capabilities.hasInventory && $0.listsInventory
        }.map(\.id)
        return items("waivers", hint: "write '- target: …' for each waiver").compactMap { item in
            item.expectKeys(Self.waiverKeys)
            let target = waivedTarget(of: item, among: targets, listed: listed, hasSelectors)
            let policy = waivedPolicy(of: item, among: policies, target: target)
            let owner = waiverText("owner", of: item, hint: "name who answers for it")
            let reason = waiverText("reason", of: item, hint: "say why")
            let until = waiverEnd(of: item)
            guard let target, let policy, let owner, let reason, let until else { return nil }
            return PlacedWaiver(
                Waiver(
                    target: target.id, policy: policy.id, owner: owner, reason: reason,
                    until: until), at: "\(item.place(item.position)): \(item.path)")
        }
    }

    private func waivedTarget(
        of item: Section, among targets: [Target], listed: [ProviderID], _ hasSelectors: Bool
    ) -> (id: TargetID, declared: Target?)? {
        guard item["target"] != nil else {
            item.error("'target' is missing; use the name of a target")
            return nil
        }
        guard let name = item.text("target", hint: "use the name of a target"),
            let id: TargetID = DeclaredName.checked(
                name.text, at: name.position, key: "target", in: item)
        else { return nil }
        let declared = targets.first { $0.id == id }
        // What an unreadable file has, nobody knows.
        // As an inventory names what no policy covers; a long name has no provider before it.
        let kinds = ["droplet-", "volume-", "instance-"]
        let isListed = listed.contains { provider in
            id.text.hasPrefix("\(provider)-") || kinds.contains { id.text.hasPrefix($0) }
        }
        guard declared != nil || hasSelectors || isListed || !isComplete else {
            let clause = Suggestion.clause(for: name.text, among: targets.map(\.id.text).sorted())
            item.error(name.position, "target", "no target is named \(quoted(name.text))\(clause)")
            return nil
        }
        return (id, declared)
    }

    private func waivedPolicy(
        of item: Section, among policies: Catalogue<Policy>,
        target: (id: TargetID, declared: Target?)?
    ) -> (id: PolicyID?, Void)? {
        guard item["policy"] != nil else { return (nil, ()) }
        guard let name = item.text("policy", hint: "use the name of a policy"),
            let policy = policies.resolve(name, "policy", kind: "policy", in: item)
        else { return nil }
        if let declared = target?.declared, !declared.policies.contains(policy.id),
            !roots.contains(where: { filled($0, "selectors") != nil })
        {
            item.error(
                name.position, "policy",
                "target '\(declared.id)' is not under policy '\(policy.id)'; it has "
                    + declared.policies.map { "'\($0)'" }.joined(separator: ", "))
            return nil
        }
        return (policy.id, ())
    }

    private func waiverText(_ key: String, of item: Section, hint: String) -> String? {
        guard item[key] != nil else {
            item.error("'\(key)' is missing; \(hint)")
            return nil
        }
        guard let value = item.text(key, hint: hint) else { return nil }
        let isPossible =
            (1...Waiver.textMax).contains(value.text.utf8.count)
            && value.text.contains { !$0.isWhitespace }
            && value.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPossible else {
            item.error(
                value.position, key,
                "it has 1 to \(Waiver.textMax) bytes and no control character; \(hint)")
            return nil
        }
        return value.text
    }

    private func waiverEnd(of item: Section) -> Timestamp? {
        let hint = "use a date such as 2027-03-31, the last day, or an instant"
        guard item["until"] != nil else {
            item.error("'until' is missing; \(hint)")
            return nil
        }
        guard let value = item.text("until", hint: hint) else { return nil }
        if let date = CivilDate(text: value.text) {
            return waiverZone.start(of: date.advanced(byDays: 1))
        }
        guard let instant = Timestamp(rfc3339: value.text) else {
            item.error(
                value.position, "until", "\(quoted(value.text)) is no date; \(hint)")
            return nil
        }
        return instant
    }

    /// Days are those of the default zone; what is wrong with that is reported elsewhere.
    private var waiverZone: TimeZoneRules {
        let silent = Report()
        let name = roots.compactMap { $0.text("timezone", hint: "") }.first
        guard let root = roots.first(where: { $0["timezone"] != nil }), name != nil else {
            return .utc
        }
        return zones.zone("timezone", in: root.reporting(to: silent)) ?? .utc
    }
}
