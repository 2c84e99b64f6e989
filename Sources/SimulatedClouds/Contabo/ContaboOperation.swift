/// What the simulated Contabo answers, by the vendor's own operation names.
enum ContaboOperation: CaseIterable {
    case requestToken
    case retrieveInstancesList
    case retrieveInstance
    case retrieveSnapshotList
    case createSnapshot
    case retrieveSnapshot
    case updateSnapshot
    case deleteSnapshot
    case rollbackSnapshot
    case retrieveSnapshotsAuditsList

    /// Where tokens are given out. The vendor has another host for it; here it is the same.
    static let tokenPath = "/auth/realms/contabo/protocol/openid-connect/token"

    /// The method, and the path with names where ids stand.
    var line: (method: String, path: String) {
        let snapshots = "/v1/compute/instances/{instanceId}/snapshots"
        return switch self {
        case .requestToken: ("POST", Self.tokenPath)
        case .retrieveInstancesList: ("GET", "/v1/compute/instances")
        case .retrieveInstance: ("GET", "/v1/compute/instances/{instanceId}")
        case .retrieveSnapshotList: ("GET", snapshots)
        case .createSnapshot: ("POST", snapshots)
        case .retrieveSnapshot: ("GET", snapshots + "/{snapshotId}")
        case .updateSnapshot: ("PATCH", snapshots + "/{snapshotId}")
        case .deleteSnapshot: ("DELETE", snapshots + "/{snapshotId}")
        case .rollbackSnapshot: ("POST", snapshots + "/{snapshotId}/rollback")
        case .retrieveSnapshotsAuditsList: ("GET", "/v1/compute/snapshots/audits")
        }
    }

    /// Whether a user who may only read may not ask for it.
    var changesSomething: Bool {
        switch self {
        case .createSnapshot, .updateSnapshot, .deleteSnapshot, .rollbackSnapshot: true
        case .requestToken, .retrieveInstancesList, .retrieveInstance, .retrieveSnapshotList,
            .retrieveSnapshot, .retrieveSnapshotsAuditsList:
            false
        }
    }

    static let table = RouteTable(
        allCases.map { (method: $0.line.method, pattern: $0.line.path, operation: $0) })
}
