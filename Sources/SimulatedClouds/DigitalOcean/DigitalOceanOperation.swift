/// What the simulated DigitalOcean answers, by the vendor's own operation names.
enum DigitalOceanOperation: CaseIterable {
    case accountGet
    case dropletsList
    case dropletsGet
    case dropletActionsList
    case dropletActionsPost
    case dropletActionsGet
    case actionsGet
    case dropletsListBackups
    case dropletsListSnapshots
    case dropletsGetBackupPolicy
    case dropletsListBackupPolicies
    case dropletsListSupportedBackupPolicies
    case snapshotsList
    case snapshotsGet
    case snapshotsDelete
    case imagesGet
    case imagesDelete
    case imageActionsPost
    case volumesList
    case volumeSnapshotsList
    case volumeSnapshotsCreate

    /// The method, and the path with names where ids stand.
    var line: (method: String, path: String) {
        switch self {
        case .accountGet: ("GET", "/v2/account")
        case .dropletsList: ("GET", "/v2/droplets")
        case .dropletsGet: ("GET", "/v2/droplets/{droplet_id}")
        case .dropletActionsList: ("GET", "/v2/droplets/{droplet_id}/actions")
        case .dropletActionsPost: ("POST", "/v2/droplets/{droplet_id}/actions")
        case .dropletActionsGet: ("GET", "/v2/droplets/{droplet_id}/actions/{action_id}")
        case .actionsGet: ("GET", "/v2/actions/{action_id}")
        case .dropletsListBackups: ("GET", "/v2/droplets/{droplet_id}/backups")
        case .dropletsListSnapshots: ("GET", "/v2/droplets/{droplet_id}/snapshots")
        case .dropletsGetBackupPolicy: ("GET", "/v2/droplets/{droplet_id}/backups/policy")
        case .dropletsListBackupPolicies: ("GET", "/v2/droplets/backups/policies")
        case .dropletsListSupportedBackupPolicies:
            ("GET", "/v2/droplets/backups/supported_policies")
        case .snapshotsList: ("GET", "/v2/snapshots")
        case .snapshotsGet: ("GET", "/v2/snapshots/{snapshot_id}")
        case .snapshotsDelete: ("DELETE", "/v2/snapshots/{snapshot_id}")
        case .imagesGet: ("GET", "/v2/images/{image_id}")
        case .imagesDelete: ("DELETE", "/v2/images/{image_id}")
        case .imageActionsPost: ("POST", "/v2/images/{image_id}/actions")
        case .volumesList: ("GET", "/v2/volumes")
        case .volumeSnapshotsList: ("GET", "/v2/volumes/{volume_id}/snapshots")
        case .volumeSnapshotsCreate: ("POST", "/v2/volumes/{volume_id}/snapshots")
        }
    }

    /// The scope that a token needs. What an action needs besides depends on its type.
    var scope: String {
        switch self {
        case .accountGet: "account:read"
        case .dropletsList, .dropletsGet, .dropletActionsList, .dropletActionsGet,
            .dropletsListBackups, .dropletsListSnapshots, .dropletsGetBackupPolicy,
            .dropletsListBackupPolicies, .dropletsListSupportedBackupPolicies:
            "droplet:read"
        case .actionsGet: "actions:read"
        case .dropletActionsPost: "droplet:update"
        case .snapshotsList, .snapshotsGet: "snapshot:read"
        case .snapshotsDelete: "snapshot:delete"
        case .imagesGet: "image:read"
        case .imagesDelete: "image:delete"
        case .imageActionsPost: "image:create"
        case .volumesList: "block_storage:read"
        case .volumeSnapshotsList: "block_storage_snapshot:read"
        case .volumeSnapshotsCreate: "block_storage_snapshot:create"
        }
    }

    static let table = RouteTable(
        allCases.map { (method: $0.line.method, pattern: $0.line.path, operation: $0) })
}
