import HoldfastCore
import Logging

/// What the providers' accounts have, and which of it no policy covers.
struct InventoryBook {
    var watch = WatchPlan(distance: .hours(1))
    /// As the history has it, of the providers that are watched and others.
    var records: [ProviderID: [InventoryRecord]] = [:]
    /// Inventories that were read and are not noted yet.
    var read: [ProviderID: [InventoryItem]] = [:]
    /// Those that lost too much at once to be believed without a second one.
    var doubted: [ProviderID: Set<Subject>] = [:]
    /// Whether the targets changed since the records were compared with them.
    var isOutdated = false
}

extension Scheduler {
    /// So many names stand in one event; its count tells the rest.
    private static let inventoryNamedMax = 100

    func readInventoryRecords() async throws(StoreError) {
        inventory.records = Dictionary(
            grouping: try await context.store.inventory(), by: \.provider)
    }

    /// Watches the inventories of the configuration in force.
    func watchInventories() {
        inventory.watch.watch(
            Set(
                installation.providers.filter { id, provider in
                    provider is any InventoryProvider
                        && installation.configuration.providers[id]?.listsInventory == true
                }.keys), from: now)
        inventory.read = [:]
        inventory.isOutdated = true
    }

    /// Asks the providers whose inventory is due, each in a task of its own.
    func askInventories(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        for id in inventory.watch.takeDue(at: now) {
            guard let provider = installation.providers[id] as? any InventoryProvider else {
                inventory.watch.answered(id, isFailure: false, at: now)
                continue
            }
            group.addTask {
                do throws(ProviderError) {
                    await self.inventoryRead(try await provider.inventory(), at: id)
                } catch {
                    await self.inventoryUnknown(error, at: id)
                }
            }
        }
    }

    private func inventoryRead(_ found: [InventoryItem], at provider: ProviderID) {
        defer { context.environment.pacer.wake() }
        inventory.watch.answered(provider, isFailure: false, at: now)
        let known = inventory.records[provider] ?? []
        let subjects = Set(found.map(\.subject))
        guard isPlausible(found, after: known) || inventory.doubted[provider] == subjects else {
            inventory.doubted[provider] = subjects
            logger.warning(
                "far less than before is listed in an account; believed when seen twice",
                metadata: [
                    "provider": "\(provider)", "found": "\(found.count)",
                    "before": "\(known.count)",
                ])
            return
        }
        inventory.doubted[provider] = nil
        inventory.read[provider] = found
        // What a selector is about to pick is not uncovered.
        if !change(of: found, at: provider).uncovered.isEmpty {
            discovery.hurry(provider, at: now)
        }
    }

    private func inventoryUnknown(_ error: ProviderError, at provider: ProviderID) async {
        defer { context.environment.pacer.wake() }
        guard !Task.isCancelled else { return }
        let isFirst = inventory.watch.answered(provider, isFailure: true, at: now)
        logger.error(
            "what an account has can't be listed; what no policy covers is as known before",
            metadata: ["provider": "\(provider)", "error": "\(error)"])
        guard isFirst else { return }
        await tell(.inventoryFailed, error, at: provider)
    }

    /// Notes the inventories that were read, once the selectors have answered, and what a change of
    /// the targets means for what is known.
    func noteInventories() async throws(StoreError) {
        guard clock.verdict == .sane, !isDiscoveryNew else { return }
        let now = self.now
        let watched = inventory.watch.providers
        var changes: [(provider: ProviderID, change: InventoryChange)] = []
        for (provider, found) in inventory.read.sorted(by: { $0.key < $1.key })
        where !discovery.isOpen(provider, at: now) {
            changes.append((provider, change(of: found, at: provider)))
        }
        if inventory.isOutdated {
            for provider in inventory.records.keys.sorted()
            where inventory.read[provider] == nil && !discovery.isOpen(provider, at: now) {
                // Of an account that is not looked at any more nothing is known.
                let found = watched.contains(provider) ? nil : [InventoryItem]()
                changes.append((provider, change(of: found, at: provider)))
            }
        }
        let isAnyOpen = inventory.records.keys.contains { discovery.isOpen($0, at: now) }
        for (provider, change) in changes where !change.changed.isEmpty {
            try await context.store.note(
                inventory: change.changed, events: events(of: change, at: provider))
            tell(change, at: provider)
        }
        for (provider, _) in changes { inventory.read[provider] = nil }
        if !isAnyOpen { inventory.isOutdated = false }
        if changes.contains(where: { !$0.change.changed.isEmpty }) {
            try await readInventoryRecords()
        }
    }

    private func change(of found: [InventoryItem]?, at provider: ProviderID) -> InventoryChange {
        InventoryChange(
            of: found, after: inventory.records[provider] ?? [],
            covered: installation.configuration.covered(at: provider), at: provider, now: now)
    }

    private func events(of change: InventoryChange, at provider: ProviderID) -> [NewEvent] {
        let isListed = inventory.watch.providers.contains(provider)
        return [
            (EventKind.inventoryUncovered, change.uncovered, "no policy covers it"),
            (.inventoryClosed, change.covered, "a policy covers it"),
            (
                .inventoryClosed, change.gone,
                isListed ? "it is not listed any more" : "its account is not listed any more"
            ),
        ].compactMap { kind, records, reason in
            guard !records.isEmpty else { return nil }
            let named = records.prefix(Self.inventoryNamedMax)
            return NewEvent(
                at: now, kind: kind, actor: .scheduler,
                detail: [
                    "count": .number(Int64(records.count)), "provider": .text(provider.text),
                    "reason": .text(reason), "targets": .list(named.map(\.name.text)),
                    "titles": .list(named.map { BoundedText.cut($0.item.title, to: 100) }),
                ])
        }
    }

    private func tell(_ change: InventoryChange, at provider: ProviderID) {
        guard let first = change.uncovered.first else { return }
        logger.warning(
            "no policy covers it; 'holdfast coverage --uncovered' has all",
            metadata: [
                "provider": "\(provider)", "count": "\(change.uncovered.count)",
                "first": "\(first.name)", "title": "\(first.item.title)",
            ])
    }
}
