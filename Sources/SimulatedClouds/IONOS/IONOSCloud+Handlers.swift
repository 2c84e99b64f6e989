import HoldfastCore

extension IONOSCloud {
    /// Does what a call asks for.
    func perform(_ call: IONOSCall, at now: Timestamp) throws(IONOSRefusal) -> CloudReply {
        switch call.operation {
        case .contractsGet, .datacentersGet, .datacentersServersGet, .datacentersVolumesGet,
            .datacentersVolumesFindById, .snapshotsGet, .snapshotsFindById, .requestsGet,
            .requestsStatusGet, .backupunitsGet, .backupunitsFindById, .backupunitsSsourlGet:
            .json(try read(call, wire(for: call, at: now)))
        case .datacentersVolumesCreateSnapshotPost, .datacentersVolumesRestoreSnapshotPost,
            .snapshotsPatch, .snapshotsDelete, .backupunitsPost, .backupunitsPut,
            .backupunitsPatch, .backupunitsDelete:
            try write(call, at: now)
        }
    }

    /// The shapes of the state as it is now.
    func wire(for call: IONOSCall, at now: Timestamp) throws(IONOSRefusal) -> IONOSWire {
        IONOSWire(
            settings: state.settings, base: call.base, depth: try call.depth(), now: now,
            logins: state.logins)
    }

    private func read(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        switch call.operation {
        case .contractsGet:
            .object(wire.collection("/contracts", id: "contracts", [wire.contract(state)]))
        case .datacentersGet: try datacenters(call, wire)
        case .datacentersServersGet: try servers(call, wire)
        case .datacentersVolumesGet: try volumes(call, wire)
        case .datacentersVolumesFindById:
            wire.volume(try state.volume(call.names[1], in: call.names[0]))
        case .snapshotsGet: try snapshots(call, wire)
        case .snapshotsFindById:
            wire.snapshot(try state.snapshot(call.names[0], for: call.login))
        case .requestsGet: try requests(call, wire)
        case .requestsStatusGet: try requestStatus(call, wire)
        case .backupunitsGet: try backupUnits(call, wire)
        case .backupunitsFindById: wire.backupUnit(try state.backupUnit(call.names[0]))
        case .backupunitsSsourlGet: try ssoURL(call, wire)
        default: preconditionFailure("\(call.operation) does not read")
        }
    }

    private func datacenters(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        let page = try IONOSPage(of: call)
        let rows = try Self.ordered(
            state.datacenters.rows, by: call,
            [
                "name": { $0.name < $1.name }, "location": { $0.location < $1.location },
                "createdDate": { $0.history.createdAt < $1.history.createdAt },
            ])
        let items = page.part(of: rows).map { row in
            wire.depth == 0
                ? wire.reference(row.id, "datacenter", "/datacenters/\(row.id)")
                : wire.datacenter(row)
        }
        return .object(
            wire.collection("/datacenters", id: "datacenters", items)
                + page.members(total: rows.count))
    }

    private func volumes(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        let datacenter = try state.datacenter(call.names[0])
        let page = try IONOSPage(of: call)
        let rows = try Self.ordered(
            datacenter.volumes.compactMap { state.volumes[$0] }, by: call,
            [
                "name": { $0.name < $1.name }, "size": { $0.sizeGigabytes < $1.sizeGigabytes },
                "type": { $0.type < $1.type },
                "createdDate": { $0.history.createdAt < $1.history.createdAt },
            ])
        let path = "/datacenters/\(datacenter.id)/volumes"
        let items = page.part(of: rows).map { row in
            wire.depth == 0
                ? wire.reference(row.id, "volume", "\(path)/\(row.id)") : wire.volume(row)
        }
        return .object(
            wire.collection(path, id: "\(datacenter.id)/volumes", items)
                + page.members(total: rows.count))
    }

    private func servers(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        let datacenter = try state.datacenter(call.names[0])
        let page = try IONOSPage(of: call)
        let rows = try Self.ordered(
            state.servers(of: datacenter), by: call,
            [
                "name": { $0.name < $1.name },
                "createdDate": { $0.history.createdAt < $1.history.createdAt },
            ])
        let path = "/datacenters/\(datacenter.id)/servers"
        let items = page.part(of: rows).map { row in
            wire.depth == 0
                ? wire.reference(row.id, "server", "\(path)/\(row.id)") : wire.server(row)
        }
        return .object(
            wire.collection(path, id: "\(datacenter.id)/servers", items)
                + page.members(total: rows.count))
    }

    private func snapshots(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        let visible = state.snapshots.rows.filter { $0.isVisible(to: call.login) }
        let rows = try Self.ordered(
            Self.named(visible, by: call, \.name), by: call,
            [
                "name": { ($0.name ?? "") < ($1.name ?? "") },
                "size": { $0.sizeGigabytes < $1.sizeGigabytes },
                "location": { $0.location < $1.location },
                "createdDate": { $0.history.createdAt < $1.history.createdAt },
            ])
        let items = try Self.first(rows, of: call).map { row in
            wire.depth == 0
                ? wire.reference(row.id, "snapshot", "/snapshots/\(row.id)") : wire.snapshot(row)
        }
        return .object(wire.collection("/snapshots", id: "snapshots", items))
    }

    private func backupUnits(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        let rows = try Self.ordered(
            Self.named(state.backupUnits.rows, by: call, \.name), by: call,
            [
                "name": { $0.name < $1.name }, "email": { ($0.email ?? "") < ($1.email ?? "") },
                "createdDate": { $0.history.createdAt < $1.history.createdAt },
            ])
        let items = try Self.first(rows, of: call).map { row in
            wire.depth == 0
                ? wire.reference(row.id, "backupunit", "/backupunits/\(row.id)")
                : wire.backupUnit(row)
        }
        return .object(wire.collection("/backupunits", id: "backupunits", items))
    }

    /// A link that lets in without a password, for a short time.
    private func ssoURL(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        let unit = try state.backupUnit(call.names[0])
        // Three parts as a JWT has, but nobody signed them.
        let jwt = "eyJhbGciOiJub25lIn0.\(wire.now.milliseconds).simulated"
        return ["ssoUrl": .text("https://backup.simulated.invalid/?unit=\(unit.id)&jwt=\(jwt)")]
    }
}

extension IONOSCloud {
    private func requestStatus(
        _ call: IONOSCall, _ wire: IONOSWire
    ) throws(IONOSRefusal) -> JSON {
        guard let request = state.requests[call.names[0].lowercased()] else { throw .notFound }
        return wire.requestStatus(request)
    }

    private func requests(_ call: IONOSCall, _ wire: IONOSWire) throws(IONOSRefusal) -> JSON {
        let page = try IONOSPage(of: call)
        let status = try call.query(
            "filter.status", oneOf: ["QUEUED", "RUNNING", "DONE", "FAILED"])
        let after = try instant("filter.createdAfter", of: call)
        let before = try instant("filter.createdBefore", of: call)
        // The vendor looks at these only where the answer shows what they are about.
        func shown(_ name: String) -> String? { wire.depth > 0 ? call.query(name) : nil }
        let (method, url) = (shown("filter.method"), shown("filter.url"))
        let body = shown("filter.body")
        var rows = state.requests.rows.filter { request in
            let created = request.createdAt.instant
            return status.map { $0 == request.status(at: wire.now) } ?? true
                && after.map { created > $0 } ?? true && before.map { created < $0 } ?? true
                && method.map { $0.uppercased() == request.method } ?? true
                && url.map { wire.url(of: request).contains($0) } ?? true
                && body.map { request.body.contains($0) } ?? true
        }
        if state.settings.requestsNewestFirst { rows.reverse() }
        let items = page.part(of: rows).map { row in
            wire.depth == 0
                ? wire.reference(row.id, "request", "/requests/\(row.id)") : wire.request(row)
        }
        return .object(
            wire.collection("/requests", id: "requests", items)
                + page.members(total: rows.count))
    }

    /// `yyyy-MM-dd HH:mm:ss` in the zone of the settings.
    private func instant(
        _ name: String, of call: IONOSCall
    ) throws(IONOSRefusal) -> Timestamp? {
        guard let text = call.query(name) else { return nil }
        let hasSpace = text.utf8.count == 19 && text.utf8.dropFirst(10).first == 0x20
        guard hasSpace, let instant = Timestamp(rfc3339: text + "Z") else {
            throw .syntax("The query parameter '\(name)' must be of the form yyyy-MM-dd HH:mm:ss")
        }
        return instant - .seconds(state.settings.filterZoneMinutes * 60)
    }
}

extension IONOSCloud {
    /// Those whose name has the text of `filter.name` in it, capital or small.
    private static func named<Row>(
        _ rows: [Row], by call: IONOSCall, _ name: (Row) -> String?
    ) -> [Row] {
        guard let part = call.query("filter.name")?.lowercased() else { return rows }
        return rows.filter { name($0)?.lowercased().contains(part) ?? false }
    }

    /// In the order that `orderBy` names; otherwise oldest first.
    private static func ordered<Row>(
        _ rows: [Row], by call: IONOSCall, _ orders: [String: (Row, Row) -> Bool]
    ) throws(IONOSRefusal) -> [Row] {
        guard let name = try call.query("orderBy", oneOf: orders.keys.sorted()),
            let order = orders[name]
        else { return rows }
        return rows.sorted(by: order)
    }

    /// As many as `maxResults` wants.
    private static func first<Row>(
        _ rows: [Row], of call: IONOSCall
    ) throws(IONOSRefusal) -> ArraySlice<Row> {
        let count = try call.number("maxResults", in: 1...Int64.max) ?? Int64.max
        return rows.prefix(Int(count))
    }
}
