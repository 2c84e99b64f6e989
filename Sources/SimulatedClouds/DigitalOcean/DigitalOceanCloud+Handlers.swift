import HoldfastCore

extension DigitalOceanCloud {
    /// Does what a call asks for. Lists are cut into pages before they are written.
    func perform(
        _ call: DigitalOceanCall, _ token: SimulatedToken, at now: Timestamp
    ) throws(DigitalOceanRefusal) -> CloudReply {
        switch call.operation {
        case .accountGet: .json(["account": DigitalOceanWire.account(state.account)])
        case .dropletsList: try dropletsList(call)
        case .dropletsGet:
            .json(["droplet": DigitalOceanWire.droplet(try state.droplet(call.number()))])
        case .dropletActionsList: try actionsList(call)
        case .dropletActionsPost: try dropletAction(call, token, at: now)
        case .dropletActionsGet: try dropletActionGet(call)
        case .actionsGet: try actionGet(call)
        case .dropletsListBackups:
            try images("backups", of: try state.droplet(call.number()).backups, call)
        case .dropletsListSnapshots:
            try images("snapshots", of: try state.droplet(call.number()).snapshots, call)
        case .dropletsGetBackupPolicy:
            .json(["policy": DigitalOceanWire.policy(of: try state.droplet(call.number()))])
        case .dropletsListBackupPolicies: try policiesList(call)
        case .dropletsListSupportedBackupPolicies:
            .json([
                "supported_policies": .list(state.supportedPolicies.map(DigitalOceanWire.plan))
            ])
        case .snapshotsList: try snapshotsList(call)
        case .snapshotsGet: .json(["snapshot": try snapshot(call.names[0])])
        case .snapshotsDelete: try deleteSnapshot(call)
        case .imagesGet: .json(["image": DigitalOceanWire.image(try state.image(call.number()))])
        case .imagesDelete: try deleteImage(call)
        case .imageActionsPost: try imageAction(call, at: now)
        case .volumesList: try volumesList(call)
        case .volumeSnapshotsList: try volumeSnapshotsList(call)
        case .volumeSnapshotsCreate: try createVolumeSnapshot(call, at: now)
        }
    }

    private func dropletsList(_ call: DigitalOceanCall) throws(DigitalOceanRefusal) -> CloudReply {
        let page = try DigitalOceanPage(of: call)
        let type = try call.query("type", oneOf: ["droplets", "gpus"])
        let (tag, name) = (call.query("tag_name"), call.query("name"))
        guard tag == nil || (name == nil && type == nil) else {
            throw .unprocessable("tag_name cannot be combined with name or type")
        }
        var droplets = state.droplets.rows
        if let tag {
            droplets = droplets.filter { $0.tags.contains(tag) }
        } else {
            droplets = droplets.filter { $0.hasGPUs == (type == "gpus") }
        }
        if let name { droplets = droplets.filter { $0.name.lowercased() == name.lowercased() } }
        return page.reply(
            "droplets", .list(page.part(of: droplets).map(DigitalOceanWire.droplet)),
            total: droplets.count)
    }

    private func actionsList(_ call: DigitalOceanCall) throws(DigitalOceanRefusal) -> CloudReply {
        let droplet = try state.droplet(call.number())
        let page = try DigitalOceanPage(of: call)
        // Newest first.
        let part = page.part(of: droplet.actions.reversed())
        return page.reply(
            "actions",
            .list(part.compactMap { state.actions[$0] }.map(DigitalOceanWire.action)),
            total: droplet.actions.count)
    }

    private func dropletActionGet(
        _ call: DigitalOceanCall
    ) throws(DigitalOceanRefusal) -> CloudReply {
        let droplet = try state.droplet(call.number())
        guard let action = state.actions[try call.number(1)],
            action.resource == .droplet(id: droplet.id)
        else { throw .notFound }
        return .json(["action": DigitalOceanWire.action(action)])
    }

    private func actionGet(_ call: DigitalOceanCall) throws(DigitalOceanRefusal) -> CloudReply {
        guard let action = state.actions[try call.number()] else { throw .notFound }
        return .json(["action": DigitalOceanWire.action(action)])
    }

    private func images(
        _ name: String, of ids: [Int64], _ call: DigitalOceanCall
    ) throws(DigitalOceanRefusal) -> CloudReply {
        let page = try DigitalOceanPage(of: call)
        let images = page.part(of: ids).compactMap { state.images[$0] }
        return page.reply(
            name, .list(images.map(DigitalOceanWire.dropletImage)), total: ids.count)
    }

    private func policiesList(_ call: DigitalOceanCall) throws(DigitalOceanRefusal) -> CloudReply {
        let page = try DigitalOceanPage(of: call)
        let members = page.part(of: state.droplets.rows).map {
            (name: String($0.id), value: DigitalOceanWire.policy(of: $0))
        }
        return page.reply("policies", .object(members), total: state.droplets.count)
    }

    private func dropletAction(
        _ call: DigitalOceanCall, _ token: SimulatedToken, at now: Timestamp
    ) throws(DigitalOceanRefusal) -> CloudReply {
        let droplet = try state.droplet(call.number())
        let deed = try deed(call.body(), for: droplet, at: now)
        switch deed {
        case .snapshot: try Self.check(token, grants: "image:create")
        case .restore: try Self.check(token, grants: "droplet:admin")
        default: break
        }
        let action = try state.start(
            deed, on: droplet.id, willFail: call.request.orders.actionErrs, at: now)
        return .json(["action": DigitalOceanWire.action(action)], status: 201)
    }

    private func deed(
        _ body: DigitalOceanBody, for droplet: SimulatedDroplet, at now: Timestamp
    ) throws(DigitalOceanRefusal) -> SimulatedDeed {
        guard let type = try body.text("type") else { throw .unprocessable("type is required") }
        switch type {
        case "snapshot":
            let name = try body.text("name") ?? ""
            return .snapshot(
                name: name.isEmpty ? "\(droplet.name) \(now.roundedDownToSecond)" : name)
        case "restore":
            guard let image = try body.number("image") else {
                throw .unprocessable("image is required")
            }
            return .restore(image: image)
        case "enable_backups":
            return .enableBackups(policy: try policy(body.object("backup_policy")))
        case "change_backup_policy":
            guard let wanted = try body.object("backup_policy") else {
                throw .unprocessable("backup_policy is required")
            }
            return .changeBackupPolicy(policy: try policy(wanted))
        case "disable_backups": return .disableBackups
        case "shutdown": return .shutdown
        case "power_off": return .powerOff
        case "power_on": return .powerOn
        default: throw .unprocessable("type '\(type)' is not a valid action for this Droplet")
        }
    }

    private func policy(
        _ wanted: DigitalOceanBody?
    ) throws(DigitalOceanRefusal) -> SimulatedBackupPolicy {
        try state.policy(
            plan: wanted?.text("plan"), weekday: wanted?.text("weekday"),
            hour: wanted?.number("hour"))
    }
}

extension DigitalOceanCloud {
    private func snapshotsList(_ call: DigitalOceanCall) throws(DigitalOceanRefusal) -> CloudReply {
        let page = try DigitalOceanPage(of: call)
        let type = try call.query("resource_type", oneOf: ["droplet", "volume"])
        let images = type == "volume" ? [] : state.images.rows.filter { !$0.isBackup }
        let volumes = type == "droplet" ? [] : state.volumeSnapshots.rows
        // Written down only where the page is: an index below the Droplets' count means theirs.
        let part = page.part(of: Array(0..<(images.count + volumes.count))).map { index in
            index < images.count
                ? DigitalOceanWire.snapshot(images[index])
                : DigitalOceanWire.snapshot(volumes[index - images.count])
        }
        return page.reply("snapshots", .list(part), total: images.count + volumes.count)
    }

    private func snapshot(_ id: String) throws(DigitalOceanRefusal) -> JSON {
        if let number = Int64(id) {
            let image = try state.image(number)
            guard !image.isBackup else { throw DigitalOceanState.noSnapshot }
            return DigitalOceanWire.snapshot(image)
        }
        guard let snapshot = state.volumeSnapshots[id.lowercased()] else { throw .notFound }
        return DigitalOceanWire.snapshot(snapshot)
    }

    private func deleteSnapshot(
        _ call: DigitalOceanCall
    ) throws(DigitalOceanRefusal) -> CloudReply {
        try state.delete(snapshot: call.names[0])
        return CloudReply(status: 204)
    }

    private func deleteImage(_ call: DigitalOceanCall) throws(DigitalOceanRefusal) -> CloudReply {
        try state.delete(image: try call.number())
        return CloudReply(status: 204)
    }

    private func imageAction(
        _ call: DigitalOceanCall, at now: Timestamp
    ) throws(DigitalOceanRefusal) -> CloudReply {
        let image = try state.image(call.number())
        guard try call.body().text("type") == "convert" else {
            throw .unprocessable("type must be 'convert'")
        }
        let action = try state.convert(
            image: image.id, willFail: call.request.orders.actionErrs, at: now)
        return .json(["action": DigitalOceanWire.action(action)], status: 201)
    }

    private func volumesList(_ call: DigitalOceanCall) throws(DigitalOceanRefusal) -> CloudReply {
        let page = try DigitalOceanPage(of: call)
        var volumes = state.volumes.rows
        if let name = call.query("name") { volumes = volumes.filter { $0.name == name } }
        if let region = call.query("region") { volumes = volumes.filter { $0.region == region } }
        return page.reply(
            "volumes", .list(page.part(of: volumes).map(DigitalOceanWire.volume)),
            total: volumes.count)
    }

    private func volumeSnapshotsList(
        _ call: DigitalOceanCall
    ) throws(DigitalOceanRefusal) -> CloudReply {
        let volume = try state.volume(call.names[0])
        let page = try DigitalOceanPage(of: call)
        let snapshots = page.part(of: volume.snapshots).compactMap { state.volumeSnapshots[$0] }
        return page.reply(
            "snapshots", .list(snapshots.map(DigitalOceanWire.snapshot)),
            total: volume.snapshots.count)
    }

    private func createVolumeSnapshot(
        _ call: DigitalOceanCall, at now: Timestamp
    ) throws(DigitalOceanRefusal) -> CloudReply {
        let volume = try state.volume(call.names[0])
        let body = try call.body()
        let snapshot = try state.snapshot(
            volume: volume.id, named: try body.text("name") ?? "", tags: try body.texts("tags"),
            at: now)
        return .json(["snapshot": DigitalOceanWire.snapshot(snapshot)], status: 201)
    }
}
