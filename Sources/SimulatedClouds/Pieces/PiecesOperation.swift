/// What the simulated Pieces OS answers, by the vendor's own operation names.
enum PiecesOperation: CaseIterable {
    case getWellKnownHealth
    case getWellKnownVersion
    case userSnapshot
    case backupsSnapshot
    case backupsCreateNewBackup
    case backupsCreateNewBackupStreamed
    case backupsDeleteSpecificBackup
    case backupSpecificBackupSnapshot
    case backupSpecificCreationStatus
    case backupSpecificCreationCancel
    case backupRestoreSpecificBackup

    /// The method, and the path with names where ids stand.
    var line: (method: String, path: String) {
        switch self {
        case .getWellKnownHealth: ("GET", "/.well-known/health")
        case .getWellKnownVersion: ("GET", "/.well-known/version")
        case .userSnapshot: ("GET", "/user")
        case .backupsSnapshot: ("GET", "/backups")
        case .backupsCreateNewBackup: ("POST", "/backups/create")
        case .backupsCreateNewBackupStreamed: ("POST", "/backups/create/streamed")
        case .backupsDeleteSpecificBackup: ("POST", "/backups/{backup}/delete")
        case .backupSpecificBackupSnapshot: ("GET", "/backup/{backup}")
        case .backupSpecificCreationStatus: ("GET", "/backup/{backup}/creation/status")
        case .backupSpecificCreationCancel: ("POST", "/backup/{backup}/creation/cancel")
        case .backupRestoreSpecificBackup: ("POST", "/backup/{backup}/restore")
        }
    }

    /// What has to be in order before it is tried.
    var need: Need {
        switch self {
        case .getWellKnownHealth, .getWellKnownVersion: .nothing
        case .userSnapshot, .backupSpecificCreationStatus, .backupSpecificCreationCancel:
            .application
        case .backupsSnapshot: .cloudLists
        case .backupsCreateNewBackup, .backupsCreateNewBackupStreamed,
            .backupsDeleteSpecificBackup, .backupSpecificBackupSnapshot,
            .backupRestoreSpecificBackup:
            .cloud
        }
    }

    /// What an operation needs; each of them needs those before it too.
    enum Need: Int, Comparable {
        case nothing
        case application
        case cloud
        case cloudLists

        static func < (lhs: Need, rhs: Need) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    static let table = RouteTable(
        allCases.map { (method: $0.line.method, pattern: $0.line.path, operation: $0) })
}
