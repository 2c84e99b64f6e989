import HoldfastCore
import Logging

/// What the providers' accounts have, and which of it no policy covers.
struct InventoryBook {
    var watch = WatchPlan(distance: .hours(1))
    /// As the history has it, of the providers that are watched and others.
    var records: [ProviderID: [InventoryRecord]] = [:]
    /// Inventories that were read and are not noted yet.
    var read: [ProviderID: [InventoryItem]] = [:]
    /// What was lost where too much was lost at once to be believed without a second listing.
    var doubted: [ProviderID: Set<Subject>] = [:]
    /// When each was noted last.
    var listedAt: [ProviderID: Timestamp] = [:]
    /// Whether the targets changed since the records were compared with them.
    var isOutdated = false
}

extension Scheduler {
    /// So many names stand in one event; its count tells the rest.
    private static let inventoryNamedMax = 100

    /// What is known of each inventory that is read.
    var listings: [InventoryListing] {
        inventory.watch.providers.sorted().map {
            InventoryListing(
                provider: $0, listedAt: inventory.listedAt[$0],
                isFailing: inventory.watch.failing.contains($0))
        }
    }

    func readInventoryRecords() async throws(StoreError) {
        inventory.listedAt = try await context.store.inventoriesListed()
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
        let isOutdated = inventory.watch.isOutdated(provider)
        inventory.watch.answered(provider, isFailure: false, at: now)
        // Another account, perhaps; it is asked anew.
        guard !isOutdated else { return }
        let known = inventory.records[provider] ?? []
        let lost = Set(known.map(\.item.subject)).subtracting(found.map(\.subject))
        let isSeenTwice = inventory.doubted[provider].map { $0.isSubset(of: lost) } ?? false
        guard isPlausible(found, after: known) || isSeenTwice else {
            inventory.doubted[provider] = lost
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
        var asked = Set(inventory.read.keys)
        if inventory.isOutdated { asked.formUnion(inventory.records.keys) }
        for provider in asked.sorted() where !discovery.isOpen(provider, at: now) {
            // Taken out first: another may come while this one is written.
            let found = inventory.read.removeValue(forKey: provider)
            // Of an account that is not looked at any more nothing is known.
            let change = change(of: watched.contains(provider) ? found : [], at: provider)
            do throws(StoreError) {
                try await note(change, at: provider, listedAt: found == nil ? nil : now)
            } catch {
                inventory.read[provider] = inventory.read[provider] ?? found
                throw error
            }
            inventory.records[provider] = change.present
            if found != nil { inventory.listedAt[provider] = now }
            tell(change, at: provider)
        }
        if !asked.contains(where: { discovery.isOpen($0, at: now) }) {
            inventory.isOutdated = false
        }
    }

    private func note(
        _ change: InventoryChange, at provider: ProviderID, listedAt: Timestamp?
    ) async throws(StoreError) {
        guard listedAt != nil || !change.changed.isEmpty else { return }
        var events = events(of: change, at: provider)
        for record in change.ending { events += try await endings(of: record) }
        try await context.store.note(
            inventory: change.changed, at: provider, listedAt: listedAt, events: events)
    }

    /// What is told of a machine that the vendor is going to end, of each assignment of its target.
    private func endings(of record: InventoryRecord) async throws(StoreError) -> [NewEvent] {
        let configuration = installation.configuration
        let assignments = configuration.targets(of: record).flatMap(\.assignments)
        var events: [NewEvent] = []
        for assignment in assignments {
            events.append(
                NewEvent(
                    at: now, kind: .targetEnding, actor: .scheduler, assignment: assignment,
                    detail: try await ending(of: record, assignment)))
        }
        return events
    }

    private func ending(
        of record: InventoryRecord, _ assignment: Assignment
    ) async throws(StoreError) -> [String: DetailValue] {
        var detail: [String: DetailValue] = [
            "provider": .text(record.provider.text),
            "title": .text(BoundedText.cut(record.item.title, to: 100)),
        ]
        guard let endsAt = record.item.endsAt else {
            detail["reason"] = .text("the vendor does not end it any more")
            return detail
        }
        let dies =
            installation.providers[record.provider]?.capabilities.pointsDieWithTarget ?? false
        let count = try await context.store.pointCount(of: assignment, at: record.provider)
        detail["ends"] = .text(endsAt.rfc3339)
        detail["count"] = .number(dies ? Int64(count) : 0)
        detail["reason"] = .text(
            dies
                ? "the vendor ends the machine then, and deletes its points with it; copy what is to "
                    + "stay before"
                : "the vendor ends it then")
        return detail
    }

    private func change(of found: [InventoryItem]?, at provider: ProviderID) -> InventoryChange {
        InventoryChange(
            of: found, after: inventory.records[provider] ?? [],
            covered: installation.configuration.covered, at: provider, now: now)
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
        for record in change.ending {
            guard let endsAt = record.item.endsAt else { continue }
            for target in installation.configuration.targets(of: record) {
                logger.error(
                    "the vendor ends a target; copy what is to stay",
                    metadata: [
                        "provider": "\(provider)", "target": "\(target.id)", "ends": "\(endsAt)",
                    ])
            }
        }
        guard let first = change.uncovered.first else { return }
        logger.warning(
            "no policy covers it; 'holdfast coverage --uncovered' has all",
            metadata: [
                "provider": "\(provider)", "count": "\(change.uncovered.count)",
                "first": "\(first.name)", "title": "\(first.item.title)",
            ])
    }
}
