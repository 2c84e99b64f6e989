import HoldfastCore

/// A write as it came in, for the list of requests.
struct IONOSOrder: Sendable {
    let method: String
    let path: String
    let contentType: String?
    /// Without passwords.
    let body: String
    /// The login's name.
    let user: String
    /// It will end in failure, having done nothing.
    let willFail: Bool
    let at: Timestamp
}

extension IONOSState {
    /// Accepts a write. It waits until what it locks is free.
    ///
    /// - Returns: The request; ended already when requests take no time.
    mutating func accept(
        _ deed: IONOSDeed, on target: IONOSTarget, reading others: [IONOSTarget] = [],
        _ order: IONOSOrder
    ) -> IONOSRequest {
        let locks = [target] + others
        let whole = Duration.seconds(max(0, settings.requestSeconds))
        let queued = min(.seconds(max(0, settings.queuedSeconds)), whole / 4)
        let runs = max(order.at + queued, isFree(locks) ?? order.at)
        let request = IONOSRequest(
            id: SimulatedUUID.text("4e900001", takeNumber()), deed: deed, target: target,
            locks: locks, method: order.method, path: order.path,
            contentType: order.contentType, body: order.body, createdAt: Stamp(order.at),
            createdBy: order.user, runsAt: Stamp(runs),
            dueAt: Stamp(runs + (whole - queued)), willFail: order.willFail)
        requests[request.id] = request
        for lock in locks { setPending(lock) { $0.append(request.id) } }
        // The first to end is last; of those that end together, the first that was accepted.
        let later = running.firstIndex {
            (requests[$0]?.dueAt ?? request.dueAt) <= request.dueAt
        }
        running.insert(request.id, at: later ?? running.endIndex)
        settle(at: order.at)
        return requests[request.id] ?? request
    }

    /// When the last request that holds one of these ends; `nil`: none does.
    private func isFree(_ locks: [IONOSTarget]) -> Timestamp? {
        locks.flatMap(pending).compactMap { requests[$0]?.dueAt.instant }.max()
    }

    private func pending(_ target: IONOSTarget) -> [String] {
        switch target {
        case .volume(let id, _): volumes[id]?.pending ?? []
        case .snapshot(let id): snapshots[id]?.pending ?? []
        case .backupUnit(let id): backupUnits[id]?.pending ?? []
        }
    }

    private mutating func setPending(_ target: IONOSTarget, _ body: (inout [String]) -> Void) {
        switch target {
        case .volume(let id, _): volumes.update(id) { body(&$0.pending) }
        case .snapshot(let id): snapshots.update(id) { body(&$0.pending) }
        case .backupUnit(let id): backupUnits.update(id) { body(&$0.pending) }
        }
    }

    /// Ends a request that is due, and does what it is for.
    mutating func end(_ request: IONOSRequest) {
        precondition(!request.hasEnded, "request \(request.id) ended twice")
        for lock in request.locks { setPending(lock) { $0.removeAll { $0 == request.id } } }
        let failure: String?
        if request.willFail {
            failure = "[VDC-5-0] An unexpected error occurred"
            undo(request)
        } else {
            failure = perform(request)
        }
        requests.update(request.id) {
            $0.hasEnded = true
            $0.failure = failure
        }
    }

    /// Whether a request that deletes this is under way.
    func isBeingDeleted(_ target: IONOSTarget) -> Bool {
        pending(target).contains { id in
            switch requests[id]?.deed {
            case .deleteSnapshot(let doomed): target == .snapshot(id: doomed)
            case .deleteUnit(let doomed): target == .backupUnit(id: doomed)
            default: false
            }
        }
    }

    /// - Returns: Why it failed; `nil` when it did not.
    private mutating func perform(_ request: IONOSRequest) -> String? {
        switch request.deed {
        case .createSnapshot(let id):
            let settling = max(0, settings.settlingSeconds)
            guard settling > 0 else { return nil }
            snapshots.update(id) {
                $0.settlesAt = Stamp(request.dueAt.instant + .seconds(settling))
            }
        case .changeSnapshot(let id, let changes):
            guard snapshots[id] != nil else { return Self.gone(id) }
            snapshots.update(id) { snapshot in
                changes.forEach { snapshot.take($0) }
                snapshot.history.modify(request)
            }
        case .deleteSnapshot(let id):
            guard snapshots[id] != nil else { return Self.gone(id) }
            snapshots[id] = nil
        case .restore(let volume, let snapshot):
            guard snapshots[snapshot] != nil else { return Self.gone(snapshot) }
            volumes.update(volume) {
                $0.restoredFrom = snapshot
                $0.history.modify(request)
            }
        case .createUnit: return nil
        case .changeUnit(let id, let email):
            guard backupUnits[id] != nil else { return Self.gone(id) }
            backupUnits.update(id) {
                $0.email = email ?? $0.email
                $0.history.modify(request)
            }
        case .deleteUnit(let id):
            guard backupUnits[id] != nil else { return Self.gone(id) }
            remove(unit: id)
        }
        return nil
    }

    /// Takes back what was there since the acceptance.
    private mutating func undo(_ request: IONOSRequest) {
        switch request.deed {
        case .createSnapshot(let id) where settings.failedSnapshotStays:
            snapshots.update(id) { $0.isInactive = true }
        case .createSnapshot(let id): snapshots[id] = nil
        case .createUnit(let id): remove(unit: id)
        default: break
        }
    }

    private mutating func remove(unit id: String) {
        backupUnits[id] = nil
        for volume in volumes.rows where volume.backupUnit == id {
            volumes.update(volume.id) { $0.backupUnit = nil }
        }
    }

    private static func gone(_ id: String) -> String {
        "[VDC-5-3] The resource \(id) does not exist any more"
    }
}

extension IONOSHistory {
    fileprivate mutating func modify(_ request: IONOSRequest) {
        (modifiedAt, modifiedBy) = (request.dueAt, request.createdBy)
    }
}
