import HoldfastCore

extension ContaboCloud {
    /// Does what a call asks for.
    func perform(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        switch call.operation {
        case .requestToken: preconditionFailure("tokens are given out before authentication")
        case .retrieveInstancesList: try instancesList(call)
        case .retrieveInstance: try instanceGet(call)
        case .retrieveSnapshotList: try snapshotList(call)
        case .createSnapshot: try createSnapshot(call)
        case .retrieveSnapshot: try snapshotGet(call)
        case .updateSnapshot: try updateSnapshot(call)
        case .deleteSnapshot: try deleteSnapshot(call)
        case .rollbackSnapshot: try rollbackSnapshot(call)
        case .retrieveSnapshotsAuditsList: try auditsList(call)
        }
    }

    private var wire: ContaboWire { ContaboWire(tenant: state.tenant, customer: state.customer) }

    private func instancesList(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let page = try ContaboPage(
            of: call, orderedBy: ContaboWire.instanceFields, state.settings)
        let (ids, statuses) = (try call.numbers("instanceIds"), call.query("status")?.listed)
        let filters = InstanceFilters(
            name: call.query("name"), displayName: call.query("displayName"),
            region: call.query("region"), search: call.query("search"), ids: ids,
            statuses: statuses)
        return page.reply(state.instances.rows.filter(filters.match), wire.instance)
    }

    private func instanceGet(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let instance = try state.instance(try call.instanceId())
        return ContaboWire.one(wire.instance(instance), at: call.request.path)
    }

    private func snapshotList(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let id = try call.instanceId()
        let page = try ContaboPage(
            of: call, orderedBy: ContaboWire.snapshotFields, state.settings)
        var snapshots = state.visibleSnapshots(of: try state.instance(id))
        if let part = call.query("name") { snapshots = snapshots.filter { $0.name.holds(part) } }
        let wire = wire
        return page.reply(snapshots) { wire.snapshot($0, of: id) }
    }

    private func createSnapshot(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let id = try call.instanceId()
        let body = try call.body()
        guard let name = try body.name() else { throw .invalid("name should not be empty") }
        let snapshot = try state.create(
            named: name, description: try body.description() ?? "", on: id,
            willFail: call.request.orders.actionErrs, by: call.author, at: call.now)
        return ContaboWire.one(
            wire.snapshot(snapshot, of: id), at: "\(call.request.path)/\(snapshot.id)",
            status: 201)
    }

    private func snapshotGet(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let id = try call.instanceId()
        let snapshot = try state.snapshot(call.snapshotId, of: try state.instance(id))
        return ContaboWire.one(wire.snapshot(snapshot, of: id), at: call.request.path)
    }

    private func updateSnapshot(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let id = try call.instanceId()
        let body = try call.body()
        let snapshot = try state.update(
            call.snapshotId, of: id, name: try body.name(),
            description: try body.description(), by: call.author, at: call.now)
        return ContaboWire.one(wire.snapshot(snapshot, of: id), at: call.request.path)
    }

    private func deleteSnapshot(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        try state.delete(
            call.snapshotId, of: try call.instanceId(), by: call.author, at: call.now)
        return CloudReply(status: 204)
    }

    private func rollbackSnapshot(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let id = try call.instanceId()
        _ = try call.body()
        try state.rollback(
            call.snapshotId, of: id, willFail: call.request.orders.actionErrs, by: call.author,
            at: call.now)
        return .json(["_links": ["self": .text(call.request.path)]])
    }

    private func auditsList(_ call: ContaboCall) throws(ContaboRefusal) -> CloudReply {
        let page = try ContaboPage(of: call, orderedBy: ContaboWire.auditFields, state.settings)
        let instance = try call.number("instanceId")
        let (start, end) = (try call.day("startDate"), try call.day("endDate"))
        let (snapshot, user) = (call.query("snapshotId"), call.query("changedBy"))
        let request = call.query("requestId")?.lowercased()
        let entries = state.visibleAudits(at: call.now).filter { entry in
            (instance.map { entry.instance == $0 } ?? true)
                && (snapshot.map { entry.snapshot == $0 } ?? true)
                && (request.map { entry.author.requestId == $0 } ?? true)
                && (user.map { entry.author.user == $0 } ?? true)
                && (start.map { entry.at.instant >= $0 } ?? true)
                && (end.map { entry.at.instant < $0 + .days(1) } ?? true)
        }
        return page.reply(entries, wire.audit)
    }
}

/// Which instances are wanted; `nil`: any.
private struct InstanceFilters {
    /// A part of it, as is the next one.
    let name: String?
    let displayName: String?
    let region: String?
    /// A part of the name, the customer's name or the address.
    let search: String?
    let ids: Set<Int64>?
    let statuses: [String]?

    func match(_ instance: ContaboInstance) -> Bool {
        let searched = [instance.name, instance.displayName, instance.ipAddress]
        return (name.map { instance.name.holds($0) } ?? true)
            && (displayName.map { instance.displayName.holds($0) } ?? true)
            && (region.map { instance.region == $0 } ?? true)
            && (search.map { part in searched.contains { $0.holds(part) } } ?? true)
            && (ids.map { $0.contains(instance.id) } ?? true)
            && (statuses.map { $0.contains(instance.status) } ?? true)
    }
}

extension String {
    /// Whether a text is part of this one; capitals count.
    fileprivate func holds(_ part: String) -> Bool {
        utf8.count >= part.utf8.count && contains(part)
    }

    /// The items of a list with commas.
    fileprivate var listed: [String] {
        split(separator: ",").map { String($0.filter { $0 != " " }) }
    }
}
