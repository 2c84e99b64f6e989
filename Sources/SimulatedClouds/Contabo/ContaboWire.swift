import HoldfastCore

/// The vendor's JSON shapes.
struct ContaboWire {
    let tenant: String
    let customer: String

    /// What lists may be ordered by.
    static let instanceFields = [
        "instanceId", "name", "displayName", "dataCenter", "region", "regionName", "productId",
        "productType", "productName", "imageId", "osType", "diskMb", "ramMb", "cpuCores",
        "createdDate", "cancelDate", "status",
    ]
    static let snapshotFields = [
        "snapshotId", "name", "description", "instanceId", "createdDate", "autoDeleteDate",
        "imageId", "imageName",
    ]
    static let auditFields = [
        "id", "action", "timestamp", "changedBy", "username", "requestId", "traceId",
        "instanceId", "snapshotId",
    ]

    /// Always with milliseconds, as the vendor's examples have them.
    static func stamp(_ stamp: Stamp) -> JSON {
        let text = stamp.instant.rfc3339
        return .text(text.contains(".") ? text : text.dropLast() + ".000Z")
    }

    func instance(_ instance: ContaboInstance) -> JSON {
        [
            "tenantId": .text(tenant), "customerId": .text(customer), "additionalIps": [],
            "name": .text(instance.name), "displayName": .text(instance.displayName),
            "instanceId": .number(instance.id), "dataCenter": .text(instance.dataCenter),
            "region": .text(instance.region), "regionName": .text(instance.regionName),
            "productId": .text(instance.productId), "imageId": .text(instance.imageId),
            "ipConfig": [
                "v4": [
                    "ip": .text(instance.ipAddress), "netmaskCidr": 24, "gateway": "10.0.0.1",
                ],
                "v6": ["ip": "2001:db8::2", "netmaskCidr": 64, "gateway": "fe80::1"],
            ],
            "macAddress": "00:50:56:00:00:01", "ramMb": .number(instance.ramMb),
            "cpuCores": .number(instance.cpuCores), "osType": .text(instance.osType),
            "diskMb": .number(instance.diskMb), "sshKeys": [],
            "createdDate": Self.stamp(instance.createdAt),
            "cancelDate": .text(instance.cancelDate ?? ""),
            "status": .text(instance.status), "vHostId": 1, "vHostNumber": 1,
            "vHostName": "vh1", "addOns": [], "productType": .text(instance.productType),
            "productName": .text(instance.productName), "defaultUser": "admin",
        ]
    }

    func snapshot(_ snapshot: ContaboSnapshot, of instance: Int64) -> JSON {
        [
            "tenantId": .text(tenant), "customerId": .text(customer),
            "snapshotId": .text(snapshot.id), "name": .text(snapshot.name),
            "description": .text(snapshot.description), "instanceId": .number(instance),
            "createdDate": Self.stamp(snapshot.createdAt),
            "autoDeleteDate": Self.stamp(snapshot.autoDeleteAt),
            "imageId": .text(snapshot.imageId), "imageName": .text(snapshot.imageName),
        ]
    }

    func audit(_ entry: ContaboAudit) -> JSON {
        let changes = entry.changes.map { change in
            let values: JSON = ["prev": .optional(change.old), "new": .optional(change.new)]
            return (name: change.member, value: values)
        }
        return [
            "id": .number(entry.id), "action": .text(entry.action.rawValue),
            "timestamp": Self.stamp(entry.at), "tenantId": .text(tenant),
            "customerId": .text(customer), "changedBy": .text(entry.author.user),
            "username": .text(entry.author.username),
            "requestId": .text(entry.author.requestId), "traceId": .text(entry.author.traceId),
            "instanceId": .number(entry.instance), "snapshotId": .text(entry.snapshot),
            "changes": .object(changes),
        ]
    }

    /// One thing: a list of one, and where it is.
    static func one(_ json: JSON, at path: String, status: Int = 200) -> CloudReply {
        .json(["data": [json], "_links": ["self": .text(path)]], status: status)
    }
}
