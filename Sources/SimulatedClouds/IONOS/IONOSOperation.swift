/// What the simulated IONOS Cloud answers, by the vendor's own operation names.
enum IONOSOperation: CaseIterable {
    case contractsGet
    case datacentersGet
    case datacentersServersGet
    case datacentersVolumesGet
    case datacentersVolumesFindById
    case datacentersVolumesCreateSnapshotPost
    case datacentersVolumesRestoreSnapshotPost
    case snapshotsGet
    case snapshotsFindById
    case snapshotsPatch
    case snapshotsDelete
    case requestsGet
    case requestsStatusGet
    case backupunitsGet
    case backupunitsPost
    case backupunitsFindById
    case backupunitsPut
    case backupunitsPatch
    case backupunitsDelete
    case backupunitsSsourlGet

    /// Every path begins with it.
    static let basePath = "/cloudapi/v6"

    /// The method, and the path with names where ids stand, without the base path.
    var line: (method: String, path: String) {
        let volume = "/datacenters/{datacenterId}/volumes/{volumeId}"
        return switch self {
        case .contractsGet: ("GET", "/contracts")
        case .datacentersGet: ("GET", "/datacenters")
        case .datacentersServersGet: ("GET", "/datacenters/{datacenterId}/servers")
        case .datacentersVolumesGet: ("GET", "/datacenters/{datacenterId}/volumes")
        case .datacentersVolumesFindById: ("GET", volume)
        case .datacentersVolumesCreateSnapshotPost: ("POST", volume + "/create-snapshot")
        case .datacentersVolumesRestoreSnapshotPost: ("POST", volume + "/restore-snapshot")
        case .snapshotsGet: ("GET", "/snapshots")
        case .snapshotsFindById: ("GET", "/snapshots/{snapshotId}")
        case .snapshotsPatch: ("PATCH", "/snapshots/{snapshotId}")
        case .snapshotsDelete: ("DELETE", "/snapshots/{snapshotId}")
        case .requestsGet: ("GET", "/requests")
        case .requestsStatusGet: ("GET", "/requests/{requestId}/status")
        case .backupunitsGet: ("GET", "/backupunits")
        case .backupunitsPost: ("POST", "/backupunits")
        case .backupunitsFindById: ("GET", "/backupunits/{backupunitId}")
        case .backupunitsPut: ("PUT", "/backupunits/{backupunitId}")
        case .backupunitsPatch: ("PATCH", "/backupunits/{backupunitId}")
        case .backupunitsDelete: ("DELETE", "/backupunits/{backupunitId}")
        case .backupunitsSsourlGet: ("GET", "/backupunits/{backupunitId}/ssourl")
        }
    }

    /// What a login needs besides being one; `nil`: nothing.
    var right: IONOSRight? {
        switch self {
        case .contractsGet, .datacentersGet, .datacentersServersGet, .datacentersVolumesGet,
            .datacentersVolumesFindById, .snapshotsGet, .snapshotsFindById, .requestsGet,
            .requestsStatusGet, .backupunitsGet, .backupunitsFindById:
            nil
        case .datacentersVolumesCreateSnapshotPost: .createSnapshots
        case .datacentersVolumesRestoreSnapshotPost, .snapshotsPatch, .snapshotsDelete: .edit
        case .backupunitsPost, .backupunitsPut, .backupunitsPatch, .backupunitsDelete,
            .backupunitsSsourlGet:
            .manageBackupUnits
        }
    }

    static let table = RouteTable(
        allCases.map {
            (method: $0.line.method, pattern: basePath + $0.line.path, operation: $0)
        })
}
