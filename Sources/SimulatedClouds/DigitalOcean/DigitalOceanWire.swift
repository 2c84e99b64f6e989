import HoldfastCore

/// The vendor's JSON shapes.
enum DigitalOceanWire {
    private static let regions = ["nyc1": "New York 1", "nyc3": "New York 3"]

    static func region(_ slug: String) -> JSON {
        [
            "name": .text(regions[slug] ?? slug.uppercased()), "slug": .text(slug), "sizes": [],
            "features": ["backups", "metadata"], "available": true,
        ]
    }

    static func stamp(_ stamp: Stamp?) -> JSON {
        .optional(stamp?.instant.roundedDownToSecond.rfc3339)
    }

    static func window(_ start: Stamp?, _ policy: SimulatedBackupPolicy?) -> JSON {
        guard let start, let policy else { return .null }
        let end = Stamp(start.instant + .hours(Int(policy.windowLengthHours)))
        return ["start": stamp(start), "end": stamp(end)]
    }

    static func account(_ account: SimulatedAccount) -> JSON {
        [
            "droplet_limit": 25, "floating_ip_limit": 3, "volume_limit": 100,
            "email": .text(account.email), "name": .text(account.name),
            "uuid": .text(account.uuid), "email_verified": true,
            "status": .text(account.status), "status_message": .text(account.statusMessage),
            "team": ["uuid": .text(account.uuid), "name": "My Team"],
        ]
    }

    static func droplet(_ droplet: SimulatedDroplet) -> JSON {
        let features: [JSON] = droplet.policy == nil ? [] : ["backups"]
        return [
            "id": .number(droplet.id), "name": .text(droplet.name),
            "memory": .number(droplet.memory), "vcpus": .number(droplet.vcpus),
            "disk": .number(droplet.disk),
            "locked": .flag(droplet.isLocked || droplet.pendingAction != nil),
            "status": .text(droplet.status), "kernel": .null,
            "created_at": stamp(droplet.createdAt), "features": .list(features),
            "backup_ids": .numbers(droplet.backups),
            "next_backup_window": window(droplet.nextWindow, droplet.policy),
            "snapshot_ids": .numbers(droplet.snapshots), "image": baseImage(droplet),
            "volume_ids": .texts(droplet.volumes), "size": size(droplet),
            "size_slug": .text(droplet.sizeSlug), "networks": ["v4": [], "v6": []],
            "region": region(droplet.region), "tags": .texts(droplet.tags),
            "vpc_uuid": "760e09ef-dc84-11e8-981e-3cfdfeaae000",
        ]
    }

    private static func baseImage(_ droplet: SimulatedDroplet) -> JSON {
        [
            "id": 6_918_990, "name": "12 x64", "distribution": "Debian", "slug": "debian-12-x64",
            "public": true, "regions": [.text(droplet.region)], "type": "base",
            "created_at": "2024-01-15T09:00:00Z", "min_disk_size": 7,
            "size_gigabytes": .fraction(0.6), "description": "", "tags": [], "status": "available",
            "error_message": "",
        ]
    }

    private static func size(_ droplet: SimulatedDroplet) -> JSON {
        [
            "slug": .text(droplet.sizeSlug), "memory": .number(droplet.memory),
            "vcpus": .number(droplet.vcpus), "disk": .number(droplet.disk), "transfer": 1,
            "price_monthly": 6, "price_hourly": .fraction(0.009),
            "regions": [.text(droplet.region)],
            "available": true, "description": "Basic",
        ]
    }

    static func action(_ action: SimulatedAction) -> JSON {
        let (resource, type): (Int64, JSON) =
            switch action.resource {
            case .droplet(let id): (id, "droplet")
            case .image(let id): (id, "image")
            }
        return [
            "id": .number(action.id), "status": .text(action.status.rawValue),
            "type": .text(action.deed.type), "started_at": stamp(action.startedAt),
            "completed_at": stamp(action.completedAt), "resource_id": .number(resource),
            "resource_type": type, "region": region(action.region),
            "region_slug": .text(action.region),
        ]
    }

    static func policy(of droplet: SimulatedDroplet) -> JSON {
        guard let policy = droplet.policy else {
            return [
                "droplet_id": .number(droplet.id), "backup_enabled": false,
                "next_backup_window": .null,
            ]
        }
        var members: [(name: String, value: JSON)] = [("plan", .text(policy.plan))]
        if let weekday = policy.weekday { members.append(("weekday", .text(weekday))) }
        members += [
            ("hour", .number(policy.hour)),
            ("window_length_hours", .number(policy.windowLengthHours)),
            ("retention_period_days", .number(policy.retentionPeriodDays)),
        ]
        return [
            "droplet_id": .number(droplet.id), "backup_enabled": true,
            "backup_policy": .object(members),
            "next_backup_window": window(droplet.nextWindow, policy),
        ]
    }

    static func plan(_ plan: SimulatedPlan) -> JSON {
        [
            "name": .text(plan.name),
            "possible_window_starts": .numbers(plan.possibleWindowStarts),
            "window_length_hours": .number(plan.windowLengthHours),
            "retention_period_days": .number(plan.retentionPeriodDays),
            "possible_days": .texts(plan.possibleDays),
        ]
    }
}

extension DigitalOceanWire {
    /// An item of a Droplet's own list: the id is a number.
    static func dropletImage(_ image: SimulatedImage) -> JSON {
        [
            "id": .number(image.id), "name": .text(image.name),
            "type": .text(image.isBackup ? "backup" : "snapshot"),
            "created_at": stamp(image.createdAt), "regions": [.text(image.region)],
            "min_disk_size": .number(image.minDiskSize),
            "size_gigabytes": .fraction(image.sizeGigabytes),
        ]
    }

    static func image(_ image: SimulatedImage) -> JSON {
        [
            "id": .number(image.id), "name": .text(image.name),
            "type": .text(image.isBackup ? "backup" : "snapshot"), "distribution": "Debian",
            "slug": .null, "public": false, "regions": [.text(image.region)],
            "created_at": stamp(image.createdAt), "min_disk_size": .number(image.minDiskSize),
            "size_gigabytes": .fraction(image.sizeGigabytes), "description": "", "tags": [],
            "status": "available", "error_message": "",
        ]
    }

    /// An item of the account's list: the id is a text.
    static func snapshot(_ image: SimulatedImage) -> JSON {
        [
            "id": .text(String(image.id)), "name": .text(image.name),
            "created_at": stamp(image.createdAt), "regions": [.text(image.region)],
            "resource_id": .text(String(image.droplet)), "resource_type": "droplet",
            "min_disk_size": .number(image.minDiskSize),
            "size_gigabytes": .fraction(image.sizeGigabytes), "tags": .null,
        ]
    }

    static func snapshot(_ snapshot: SimulatedVolumeSnapshot) -> JSON {
        [
            "id": .text(snapshot.id), "name": .text(snapshot.name),
            "created_at": stamp(snapshot.createdAt), "regions": [.text(snapshot.region)],
            "resource_id": .text(snapshot.volume), "resource_type": "volume",
            "min_disk_size": .number(snapshot.sizeGigabytes),
            "size_gigabytes": .number(snapshot.sizeGigabytes), "tags": .texts(snapshot.tags),
        ]
    }

    static func volume(_ volume: SimulatedVolume) -> JSON {
        [
            "id": .text(volume.id), "droplet_ids": .numbers(volume.droplets),
            "name": .text(volume.name), "description": "",
            "size_gigabytes": .number(volume.sizeGigabytes),
            "created_at": stamp(volume.createdAt), "tags": .texts(volume.tags),
            "region": region(volume.region), "filesystem_type": "ext4",
            "filesystem_label": "data",
        ]
    }
}
