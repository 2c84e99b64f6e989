import HoldfastCore

/// The vendor's JSON shapes, as one request sees them.
struct IONOSWire {
    let settings: IONOSSettings
    /// `http://HOST/cloudapi/v6`.
    let base: String
    /// How much is told, 0 to 10.
    let depth: Int64
    let now: Timestamp
    let logins: [IONOSLogin]

    func stamp(_ instant: Timestamp) -> JSON {
        let text = instant.rfc3339
        return .text(settings.datesWithoutZone ? String(text.dropLast()) : text)
    }

    /// A list; items have all their properties from depth 1 on.
    func collection(_ path: String, id: String, _ items: [JSON]) -> [(name: String, value: JSON)] {
        [
            ("id", .text(id)), ("type", "collection"), ("href", .text(base + path)),
            ("items", .list(items)),
        ]
    }

    /// What is left of an item at depth 0.
    func reference(_ id: String, _ type: String, _ path: String) -> JSON {
        .object(members(id, type, path))
    }

    private func members(
        _ id: String, _ type: String, _ path: String
    ) -> [(name: String, value: JSON)] {
        [("id", .text(id)), ("type", .text(type)), ("href", .text(base + path))]
    }

    private func metadata(_ id: String, _ history: IONOSHistory, state: JSON) -> JSON {
        [
            "etag": .text(Self.etag(id, history)),
            "createdDate": stamp(history.createdAt.instant),
            "createdBy": .text(history.createdBy),
            "createdByUserId": .text(userID(history.createdBy)),
            "lastModifiedDate": stamp(history.modifiedAt.instant),
            "lastModifiedBy": .text(history.modifiedBy),
            "lastModifiedByUserId": .text(userID(history.modifiedBy)),
            "state": state,
        ]
    }

    private func userID(_ name: String) -> String {
        logins.first { $0.username == name }?.id ?? ""
    }

    /// 32 hexadecimal digits that change with the thing.
    private static func etag(_ id: String, _ history: IONOSHistory) -> String {
        let text = id + history.modifiedAt.instant.rfc3339
        return hash(text, 0xcbf2_9ce4_8422_2325) + hash(text, 0x8422_2325_cbf2_9ce4)
    }

    /// FNV-1a, because Swift's own hash is another one in each process.
    private static func hash(_ text: String, _ basis: UInt64) -> String {
        let value = text.utf8.reduce(basis) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension IONOSWire {
    func contract(_ state: IONOSState) -> JSON {
        let contract = state.contract
        let unit: Int64 = settings.quotaUnit == .megabytes ? 1024 : 1
        let hdd = state.hddGigabytes
        let provisioned = hdd.volumes + (settings.snapshotsAreProvisioned ? hdd.snapshots : 0)
        return [
            "type": "contract",
            "properties": [
                "contractNumber": .number(contract.number),
                "owner": .text(state.logins.first?.username ?? ""),
                "status": .text(contract.status), "regDomain": .text(contract.regDomain),
                "resourceLimits": [
                    "hddLimitPerVolume": .number(contract.hddPerVolumeGigabytes * unit),
                    "hddLimitPerContract": .number(contract.hddGigabytes * unit),
                    "hddVolumeProvisioned": .number(provisioned * unit),
                    "ssdLimitPerContract": .number(contract.ssdGigabytes * unit),
                    "ssdVolumeProvisioned": .number(state.ssdGigabytes * unit),
                ],
            ],
        ]
    }

    func datacenter(_ datacenter: IONOSDatacenter) -> JSON {
        let members = members(datacenter.id, "datacenter", "/datacenters/\(datacenter.id)")
        return .object(
            members + [
                ("metadata", metadata(datacenter.id, datacenter.history, state: "AVAILABLE")),
                (
                    "properties",
                    [
                        "name": .text(datacenter.name),
                        "description": .optional(datacenter.description),
                        "location": .text(datacenter.location), "version": 1,
                    ]
                ),
            ])
    }

    func server(_ server: IONOSServer) -> JSON {
        let path = "/datacenters/\(server.datacenter)/servers/\(server.id)"
        return .object(
            members(server.id, "server", path) + [
                ("metadata", metadata(server.id, server.history, state: "AVAILABLE")),
                (
                    "properties",
                    [
                        "name": .text(server.name), "cores": 2, "ram": 4096,
                        "availabilityZone": "AUTO", "cpuFamily": "INTEL_SKYLAKE",
                        "type": "ENTERPRISE",
                        "vmState": server.isRunning ? "RUNNING" : "SHUTOFF",
                    ]
                ),
            ])
    }

    func volume(_ volume: IONOSVolume) -> JSON {
        let state: JSON = volume.pending.isEmpty ? "AVAILABLE" : "BUSY"
        return .object(
            members(volume.id, "volume", path(of: volume)) + [
                ("metadata", metadata(volume.id, volume.history, state: state)),
                (
                    "properties",
                    [
                        "name": .text(volume.name), "type": .text(volume.type),
                        "size": .number(volume.sizeGigabytes),
                        "licenceType": .optional(volume.licenceType), "bus": .text(volume.bus),
                        "backupunitId": .optional(volume.backupUnit),
                        "bootServer": .optional(volume.server),
                    ]
                ),
            ])
    }

    private func path(of volume: IONOSVolume) -> String {
        "/datacenters/\(volume.datacenter)/volumes/\(volume.id)"
    }

    /// - Parameter changes: Under way, and told already.
    func snapshot(_ snapshot: IONOSSnapshot, with changes: [IONOSSnapshotChange] = []) -> JSON {
        let state: JSON =
            if snapshot.isBusy(at: now) {
                "BUSY"
            } else {
                snapshot.isInactive ? "INACTIVE" : "AVAILABLE"
            }
        var told = snapshot
        changes.forEach { told.take($0) }
        return .object(
            members(snapshot.id, "snapshot", "/snapshots/\(snapshot.id)") + [
                ("metadata", metadata(snapshot.id, snapshot.history, state: state)),
                (
                    "properties",
                    [
                        "name": .optional(told.name), "description": .optional(told.description),
                        "location": .text(told.location), "size": .number(told.sizeGigabytes),
                        "secAuthProtection": .flag(told.secAuthProtection),
                        "licenceType": .optional(told.licenceType),
                        "applicationType": .optional(told.applicationType),
                        "requireLegacyBios": .flag(told.requireLegacyBios),
                        "exposeSerial": .flag(told.exposeSerial),
                    ]
                ),
            ])
    }

    /// - Parameter email: A new one, under way and told already.
    func backupUnit(_ unit: IONOSBackupUnit, with email: String? = nil) -> JSON {
        let state: JSON = unit.pending.isEmpty ? "AVAILABLE" : "BUSY"
        return .object(
            members(unit.id, "backupunit", "/backupunits/\(unit.id)") + [
                ("metadata", metadata(unit.id, unit.history, state: state)),
                (
                    "properties",
                    ["name": .text(unit.name), "email": .optional(email ?? unit.email)]
                ),
            ])
    }
}

extension IONOSWire {
    func request(_ request: IONOSRequest) -> JSON {
        let isWhole = depth >= settings.requestStatusDepth
        let path = "/requests/\(request.id)/status"
        var headers: [(name: String, value: JSON)] = [("host", .text(host))]
        if let type = request.contentType { headers.append(("content-type", .text(type))) }
        return .object(
            members(request.id, "request", "/requests/\(request.id)") + [
                (
                    "metadata",
                    [
                        "createdDate": stamp(request.createdAt.instant),
                        "createdBy": .text(request.createdBy), "etag": .text(etag(of: request)),
                        "requestStatus": isWhole
                            ? requestStatus(request)
                            : reference("\(request.id)/status", "request-status", path),
                    ]
                ),
                (
                    "properties",
                    [
                        "method": .text(request.method), "headers": .object(headers),
                        "body": .text(request.body), "url": .text(url(of: request)),
                    ]
                ),
            ])
    }

    func requestStatus(_ request: IONOSRequest) -> JSON {
        let status = request.status(at: now)
        return .object(
            members("\(request.id)/status", "request-status", "/requests/\(request.id)/status") + [
                (
                    "metadata",
                    [
                        "status": .text(status), "message": .text(message(of: request, status)),
                        "etag": .text(etag(of: request)),
                        "targets": [
                            ["target": target(request.target), "status": .text(status)]
                        ],
                    ]
                )
            ])
    }

    /// Where the request went.
    func url(of request: IONOSRequest) -> String {
        base.dropLast(IONOSOperation.basePath.count) + request.path
    }

    private var host: String {
        String(base.dropFirst("http://".count).dropLast(IONOSOperation.basePath.count))
    }

    private func message(of request: IONOSRequest, _ status: String) -> String {
        switch status {
        case "QUEUED": "Request has been queued"
        case "RUNNING": "Request is being executed"
        default: request.failure ?? "Request has been successfully executed"
        }
    }

    private func target(_ target: IONOSTarget) -> JSON {
        switch target {
        case .volume(let id, let datacenter):
            reference(id, "volume", "/datacenters/\(datacenter)/volumes/\(id)")
        case .snapshot(let id): reference(id, "snapshot", "/snapshots/\(id)")
        case .backupUnit(let id): reference(id, "backupunit", "/backupunits/\(id)")
        }
    }

    private func etag(of request: IONOSRequest) -> String {
        Self.etag(request.id, IONOSHistory(at: request.createdAt, by: request.createdBy))
    }
}

extension IONOSSnapshot {
    /// Whether something about it is under way.
    func isBusy(at now: Timestamp) -> Bool {
        !pending.isEmpty || settlesAt.map { $0.instant > now } ?? false
    }
}
