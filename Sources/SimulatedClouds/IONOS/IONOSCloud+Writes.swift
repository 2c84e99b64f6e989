import HoldfastCore

extension IONOSCloud {
    private static let licences = [
        "UNKNOWN", "WINDOWS", "WINDOWS2016", "WINDOWS2019", "WINDOWS2022", "WINDOWS2025", "RHEL",
        "LINUX", "OTHER",
    ]

    /// So many characters of a body are shown in the list of requests.
    private static let keptBodyMax = 10_000

    /// Accepts a change, or refuses it.
    func write(_ call: IONOSCall, at now: Timestamp) throws(IONOSRefusal) -> CloudReply {
        // Before anything is done, as with every other parameter.
        _ = try call.depth()
        return switch call.operation {
        case .datacentersVolumesCreateSnapshotPost: try createSnapshot(call, at: now)
        case .datacentersVolumesRestoreSnapshotPost: try restoreSnapshot(call, at: now)
        case .snapshotsPatch: try changeSnapshot(call, at: now)
        case .snapshotsDelete: try deleteSnapshot(call, at: now)
        case .backupunitsPost: try createUnit(call, at: now)
        case .backupunitsPut: try changeUnit(call, call.body().object("properties"), at: now)
        case .backupunitsPatch: try changeUnit(call, call.body(), at: now)
        case .backupunitsDelete: try deleteUnit(call, at: now)
        default: preconditionFailure("\(call.operation) does not write")
        }
    }

    private func createSnapshot(
        _ call: IONOSCall, at now: Timestamp
    ) throws(IONOSRefusal) -> CloudReply {
        let volume = try state.volume(call.names[1], in: call.names[0])
        let datacenter = try state.datacenter(volume.datacenter)
        let body = try call.body(taking: state.settings.snapshotBodies)
        var snapshot = IONOSSnapshot(
            id: SimulatedUUID.text("5a9500aa", state.nextNumber), location: datacenter.location,
            sizeGigabytes: volume.sizeGigabytes, licenceType: volume.licenceType,
            history: IONOSHistory(at: Stamp(now), by: call.login.username))
        if let body {
            snapshot.name = try body.text("name")
            snapshot.description = try body.text("description")
            snapshot.secAuthProtection = try body.flag("secAuthProtection") ?? false
            snapshot.licenceType = try licence(body.text("licenceType"), body) ?? volume.licenceType
            snapshot.applicationType = try body.text("applicationType")
        }
        let hdd = state.hddGigabytes
        let used = hdd.volumes + hdd.snapshots
        guard used + volume.sizeGigabytes <= state.contract.hddGigabytes else {
            throw IONOSRefusal(
                422,
                "[VDC-5-9] The contract's HDD limit of \(state.contract.hddGigabytes) GB is "
                    + "exceeded: \(used) GB are in use, \(volume.sizeGigabytes) GB are asked for")
        }
        _ = state.takeNumber()
        state.snapshots[snapshot.id] = snapshot
        let request = state.accept(
            .createSnapshot(id: snapshot.id), on: .snapshot(id: snapshot.id),
            reading: [.volume(id: volume.id, datacenter: volume.datacenter)],
            order(call, at: now))
        return try accepted(
            request, call,
            wire(for: call, at: now).snapshot(state.snapshots[snapshot.id] ?? snapshot))
    }

    private func restoreSnapshot(
        _ call: IONOSCall, at now: Timestamp
    ) throws(IONOSRefusal) -> CloudReply {
        let volume = try state.volume(call.names[1], in: call.names[0])
        let datacenter = try state.datacenter(volume.datacenter)
        let place = "(root).properties.snapshotId"
        guard let id = try call.body(taking: state.settings.snapshotBodies)?.text("snapshotId")
        else { throw .value(place, "is required") }
        guard let snapshot = state.snapshots[id.lowercased()], snapshot.isVisible(to: call.login),
            !snapshot.isInactive
        else { throw .value(place, "names no snapshot that can be used") }
        guard snapshot.location == datacenter.location else {
            throw .value(place, "is a snapshot in \(snapshot.location), not \(datacenter.location)")
        }
        guard snapshot.sizeGigabytes <= volume.sizeGigabytes else {
            throw .value(place, "is larger than the volume")
        }
        let isRunning = volume.server != nil && volume.serverIsRunning
        guard !(isRunning && state.settings.restoreNeedsStoppedServer) else {
            throw IONOSRefusal(422, "The server of the volume must be stopped first")
        }
        let request = state.accept(
            .restore(volume: volume.id, snapshot: snapshot.id),
            on: .volume(id: volume.id, datacenter: volume.datacenter),
            reading: [.snapshot(id: snapshot.id)], order(call, at: now))
        return accepted(request, call)
    }

    private func changeSnapshot(
        _ call: IONOSCall, at now: Timestamp
    ) throws(IONOSRefusal) -> CloudReply {
        let snapshot = try state.snapshot(call.names[0], for: call.login)
        let body = try call.body()
        guard !body.has("properties") else {
            throw body.refusal("properties", "is not known; a PATCH has the bare properties")
        }
        var changes: [IONOSSnapshotChange] = []
        if let name = try body.nullableText("name") { changes.append(.name(to: name)) }
        if let text = try body.nullableText("description") {
            changes.append(.description(to: text))
        }
        if let type = try body.nullableText("licenceType") {
            changes.append(.licenceType(to: try licence(type, body)))
        }
        if let type = try body.nullableText("applicationType") {
            changes.append(.applicationType(to: type))
        }
        if let isOn = try body.flag("secAuthProtection") {
            changes.append(.secAuthProtection(to: isOn))
        }
        if let isOn = try body.flag("requireLegacyBios") {
            changes.append(.requireLegacyBios(to: isOn))
        }
        if let isOn = try body.flag("exposeSerial") { changes.append(.exposeSerial(to: isOn)) }
        let request = state.accept(
            .changeSnapshot(id: snapshot.id, changes: changes), on: .snapshot(id: snapshot.id),
            order(call, at: now))
        let wire = try wire(for: call, at: now)
        return accepted(
            request, call,
            wire.snapshot(state.snapshots[snapshot.id] ?? snapshot, with: changes))
    }

    private func licence(
        _ type: String?, _ body: IONOSBody
    ) throws(IONOSRefusal) -> String? {
        guard let type else { return nil }
        guard Self.licences.contains(type) else {
            throw body.refusal(
                "licenceType", "must be one of \(Self.licences.joined(separator: ", "))")
        }
        return type
    }

    private func deleteSnapshot(
        _ call: IONOSCall, at now: Timestamp
    ) throws(IONOSRefusal) -> CloudReply {
        let snapshot = try state.snapshot(call.names[0], for: call.login)
        try checkDeletion(of: .snapshot(id: snapshot.id))
        let request = state.accept(
            .deleteSnapshot(id: snapshot.id), on: .snapshot(id: snapshot.id),
            order(call, at: now))
        return accepted(request, call)
    }

    private func checkDeletion(of target: IONOSTarget) throws(IONOSRefusal) {
        guard state.settings.secondDeletionIsRefused, state.isBeingDeleted(target) else { return }
        throw IONOSRefusal(422, "The resource is already marked for deletion")
    }
}

extension IONOSCloud {
    private func createUnit(
        _ call: IONOSCall, at now: Timestamp
    ) throws(IONOSRefusal) -> CloudReply {
        guard let body = try call.body().object("properties") else {
            throw .value("(root).properties", "is required")
        }
        guard let name = try body.text("name"), !name.isEmpty else {
            throw body.refusal("name", "is required")
        }
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        }
        guard isPlain || !state.settings.unitNamesAreChecked else {
            throw body.refusal("name", "must consist of letters and digits")
        }
        guard !state.backupUnits.rows.contains(where: { $0.name == name }) else {
            throw body.refusal("name", "is taken by another backup unit")
        }
        _ = try body.text("password")
        let unit = IONOSBackupUnit(
            id: SimulatedUUID.text("bac00001", state.takeNumber()), name: name,
            email: try email(body),
            history: IONOSHistory(at: Stamp(now), by: call.login.username))
        let order = try order(call, call.body(), at: now)
        state.backupUnits[unit.id] = unit
        let request = state.accept(
            .createUnit(id: unit.id), on: .backupUnit(id: unit.id), order)
        let wire = try wire(for: call, at: now)
        return accepted(request, call, wire.backupUnit(state.backupUnits[unit.id] ?? unit))
    }

    /// - Parameter properties: Wrapped or bare, whatever the method has.
    private func changeUnit(
        _ call: IONOSCall, _ properties: IONOSBody?, at now: Timestamp
    ) throws(IONOSRefusal) -> CloudReply {
        let unit = try state.backupUnit(call.names[0])
        guard let properties else { throw .value("(root).properties", "is required") }
        guard !properties.has("properties") else {
            throw properties.refusal(
                "properties", "is not known; a PATCH has the bare properties")
        }
        if let name = try properties.text("name"), name != unit.name {
            throw properties.refusal("name", "can't be changed")
        }
        _ = try properties.text("password")
        let email = try email(properties)
        let request = state.accept(
            .changeUnit(id: unit.id, email: email), on: .backupUnit(id: unit.id),
            try order(call, call.body(), at: now))
        let wire = try wire(for: call, at: now)
        return accepted(
            request, call, wire.backupUnit(state.backupUnits[unit.id] ?? unit, with: email))
    }

    private func email(_ body: IONOSBody) throws(IONOSRefusal) -> String? {
        guard let email = try body.text("email") else { return nil }
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw body.refusal("email", "must be an e-mail address")
        }
        return email
    }

    private func deleteUnit(
        _ call: IONOSCall, at now: Timestamp
    ) throws(IONOSRefusal) -> CloudReply {
        let unit = try state.backupUnit(call.names[0])
        try checkDeletion(of: .backupUnit(id: unit.id))
        let request = state.accept(
            .deleteUnit(id: unit.id), on: .backupUnit(id: unit.id), order(call, at: now))
        return accepted(request, call)
    }
}

extension IONOSCloud {
    /// - Parameter secret: The body of a call that may hold a password.
    private func order(
        _ call: IONOSCall, _ secret: IONOSBody? = nil, at now: Timestamp
    ) -> IONOSOrder {
        let body =
            secret?.textWithoutPasswords ?? String(decoding: call.request.body, as: UTF8.self)
        return IONOSOrder(
            method: call.request.method, path: call.request.target,
            contentType: call.request.header("content-type"),
            body: String(body.prefix(Self.keptBodyMax)),
            user: call.login.username, willFail: call.request.orders.actionErrs, at: now)
    }

    private func accepted(
        _ request: IONOSRequest, _ call: IONOSCall, _ body: JSON? = nil
    ) -> CloudReply {
        let path = "/requests/\(request.id)/status"
        let base = state.settings.locationIsRelative ? IONOSOperation.basePath : call.base
        let headers = [(name: "location", value: base + path)]
        return body.map { .json($0, status: 202, headers: headers) }
            ?? CloudReply(status: 202, headers: headers)
    }
}
