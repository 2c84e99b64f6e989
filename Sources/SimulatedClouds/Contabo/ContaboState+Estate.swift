import HoldfastCore

extension ContaboCloud {
    /// Changes instances; there are no volumes. The name is the customer's.
    public func change(
        _ change: EstateChange
    ) async throws(InvalidEstateChange) -> String {
        // Were it not `async`, an asynchronous caller would be given the protocol's own one.
        state.settle(at: clock.now)
        return try state.change(change, at: clock.now)
    }
}

extension ContaboState {
    fileprivate mutating func change(
        _ change: EstateChange, at now: Timestamp
    ) throws(InvalidEstateChange) -> String {
        switch change {
        case .create(.machine, let name, _):
            let instance = ContaboEstate.newInstance(takeNumber(), named: name, at: now)
            instances[instance.id] = instance
            return String(instance.id)
        case .create(.volume, _, _):
            throw InvalidEstateChange("Contabo has no volumes; create a machine")
        case .rename(let id, let name): return try update(id) { $0.displayName = name }
        case .stop(let id): return try update(id) { $0.status = "stopped" }
        case .start(let id): return try update(id) { $0.status = "running" }
        case .cancel(let id, let day): return try update(id) { $0.cancelDate = day }
        case .remove(let id):
            guard let number = Int64(id), instances[number] != nil else { throw .unknown(id) }
            instances[number] = nil
            return id
        }
    }

    private mutating func update(
        _ id: String, _ body: (inout ContaboInstance) -> Void
    ) throws(InvalidEstateChange) -> String {
        guard let number = Int64(id), instances[number] != nil else { throw .unknown(id) }
        instances.update(number, body)
        return id
    }
}
