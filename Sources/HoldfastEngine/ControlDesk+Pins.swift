public import HoldfastCore

/// What people decide about single points.
extension ControlDesk {
    /// See `PointSurface`.
    public func pin(
        _ name: String, as request: PinRequest, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint {
        try await change(name) { point, now throws(ControlRefusal) in
            try point.pinned(as: request, by: actor, at: now)
        }
    }

    /// See `PointSurface`.
    public func unpin(
        _ name: String, as request: UnpinRequest, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint {
        let point = try await change(name) { point, now throws(ControlRefusal) in
            try point.unpinned(as: request, by: actor, at: now)
        }
        await scheduler.reviewSoon(point.assignment)
        return point
    }

    /// See `PointSurface`.
    public func keep(
        _ name: String, because reason: String?, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint {
        try await change(name) { point, now throws(ControlRefusal) in
            try point.kept(because: reason, by: actor, at: now)
        }
    }

    /// A restore that would destroy what somebody pinned is not done, whatever was accepted.
    func checkUnpinned(_ remotes: [RemotePoint]) async throws(ControlRefusal) {
        for remote in remotes {
            let known = try await stored { () async throws(StoreError) in
                try await context.store.point(remote.token)
            }
            if let words = known?.pinAgainstDestruction(at: now) {
                throw ControlRefusal(.conflict, words)
            }
        }
    }

    private func change(
        _ name: String,
        _ decide: (RecoveryPoint, Timestamp) throws(ControlRefusal) -> PinChange
    ) async throws(ControlRefusal) -> RecoveryPoint {
        let point = try await point(named: name)
        let change = try decide(point, now)
        let token = point.remote.token
        let isDone = try await stored { () async throws(StoreError) in
            try await context.store.change(pin: change.pin, of: point, events: change.events)
        }
        guard isDone else {
            throw ControlRefusal(
                .conflict,
                "point \(token) was changed by somebody else in this very moment, and nothing was "
                    + "done; look at it ('holdfast explain \(token)') and ask again")
        }
        // The rest until the next end of a pin may have become shorter.
        context.environment.pacer.wake()
        let changed = try await stored { () async throws(StoreError) in
            try await context.store.point(token)
        }
        return changed ?? point
    }
}

extension RecoveryPoint {
    /// Why a restore may not destroy it; `nil` when it may.
    func pinAgainstDestruction(at now: Timestamp) -> String? {
        guard let pin, pin.holds(at: now) else { return nil }
        return "the restore would destroy \(remote.token), and \(pin.text), by \(pin.actor): "
            + "\(pin.reason); nothing was restored. Unpin it first if it may go"
    }
}
