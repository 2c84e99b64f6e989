public import HoldfastCore

/// What people ask the daemon to do with accounts on vendors' backup services.
extension ControlDesk {
    /// A backup unit that somebody named, at the provider that keeps it.
    private struct NamedUnit {
        let name: String
        let provider: ProviderID
        let keeper: any BackupUnitProvider
        /// Where it is declared; `nil` for one that nobody declares (any more).
        let declared: (target: TargetID, unit: BackupUnit)?
    }

    /// See `ProviderSurface`.
    public func signOnURL(
        unit name: String, provider: String?, by actor: Actor
    ) async throws(ControlRefusal) -> Secret {
        let unit = try await unit(name, at: provider)
        let url = try await asking { () async throws(ProviderError) in
            try await unit.keeper.signOnURL(ofUnit: unit.name)
        }
        try await recorded(event(.signOnRequested, unit, actor))
        return url
    }

    /// See `ProviderSurface`.
    public func rotatePassword(
        unit name: String, provider: String?, by actor: Actor
    ) async throws(ControlRefusal) {
        let unit = try await unit(name, at: provider)
        guard let declared = unit.declared?.unit else {
            throw ControlRefusal(
                .notFound,
                "no target declares the backup unit '\(name)', so nothing says where its password "
                    + "is kept; declare it")
        }
        try await asking { () async throws(ProviderError) in
            try await unit.keeper.rotatePassword(of: declared)
        }
        try await recorded(event(.passwordRotated, unit, actor))
    }

    /// See `ProviderSurface`.
    public func previewDestruction(
        unit name: String, provider: String?
    ) async throws(ControlRefusal) -> [String] {
        let unit = try await unit(name, at: provider)
        return try await asking { () async throws(ProviderError) in
            try await unit.keeper.deletionPreview(ofUnit: unit.name)
        }
    }

    /// See `ProviderSurface`.
    public func destroy(
        unit name: String, provider: String?, by actor: Actor
    ) async throws(ControlRefusal) {
        let unit = try await unit(name, at: provider)
        if let target = unit.declared?.target {
            throw ControlRefusal(
                .conflict,
                "the backup unit '\(name)' is declared as target '\(target)' and would be made "
                    + "anew; remove the target, reload, and ask again")
        }
        // Told first: what can't be undone must not be without its entry.
        try await recorded(event(.backupUnitDestroyed, unit, actor))
        try await asking { () async throws(ProviderError) in
            try await unit.keeper.destroy(unit: unit.name)
        }
    }

    private func event(_ kind: EventKind, _ unit: NamedUnit, _ actor: Actor) -> NewEvent {
        NewEvent(
            at: now, kind: kind, actor: actor,
            detail: ["backup_unit": .text(unit.name), "provider": .text(unit.provider.text)])
    }

    /// Finds a unit by its own name or by its target's.
    private func unit(
        _ name: String, at wanted: String?
    ) async throws(ControlRefusal) -> NamedUnit {
        let installation = await scheduler.installation
        let (provider, keeper) = try Self.keeper(wanted, of: installation)
        for target in installation.configuration.targets.values where target.provider == provider {
            guard case .backupUnit(let unit) = target.subject,
                unit.name == name || target.id.text == name
            else { continue }
            return NamedUnit(
                name: unit.name, provider: provider, keeper: keeper, declared: (target.id, unit))
        }
        let isName =
            (1...255).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        guard isName else {
            throw ControlRefusal(
                .invalid, "the name of a backup unit has letters and digits and nothing else")
        }
        return NamedUnit(name: name, provider: provider, keeper: keeper, declared: nil)
    }

    private static func keeper(
        _ wanted: String?, of installation: Installation
    ) throws(ControlRefusal) -> (ProviderID, any BackupUnitProvider) {
        let keepers = installation.providers.sorted { $0.key < $1.key }.compactMap {
            id, provider in (provider as? any BackupUnitProvider).map { (id, $0) }
        }
        let names = keepers.map(\.0.text).joined(separator: ", ")
        guard let first = keepers.first else {
            throw ControlRefusal(.notFound, "no provider with backup units is declared")
        }
        guard let wanted else {
            guard keepers.count == 1 else {
                throw ControlRefusal(
                    .invalid,
                    "several providers have backup units; add --provider with one of \(names)")
            }
            return first
        }
        guard let found = keepers.first(where: { $0.0.text == wanted }) else {
            throw ControlRefusal(
                .notFound,
                "'\(BoundedText.cut(wanted, to: 100))' is no provider with backup units; use \(names)"
            )
        }
        return found
    }
}
