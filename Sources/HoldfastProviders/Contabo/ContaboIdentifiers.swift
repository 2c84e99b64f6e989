import HoldfastCore

/// A snapshot as the history names it: `INSTANCE/SNAPSHOT`. The vendor's id of a snapshot is its own
/// only together with its instance.
struct ContaboSnapshotID: Hashable, Sendable {
    let instance: Int64
    let snapshot: String

    private static let lengthMax = 100

    /// `nil` when the text could not stand in a path as it is.
    init?(instance: Int64, snapshot: String) {
        let isID =
            (1...Self.lengthMax).contains(snapshot.utf8.count)
            && snapshot.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
        guard isID, instance > 0 else { return nil }
        self.instance = instance
        self.snapshot = snapshot
    }

    /// Reads what `text` writes.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let instance = Int64(parts[0]), String(instance) == parts[0]
        else { return nil }
        self.init(instance: instance, snapshot: String(parts[1]))
    }

    /// `100101/snap1628603855`.
    var text: String { "\(instance)/\(snapshot)" }

    /// Where the instance's snapshots are.
    static func list(of instance: Int64) -> String {
        "/v1/compute/instances/\(instance)/snapshots"
    }

    /// Where this one is.
    var path: String { "\(Self.list(of: instance))/\(snapshot)" }
}

/// A snapshot that the vendor accepted and does not show yet, as the engine keeps it:
/// `INSTANCE/SNAPSHOT/TOKEN/SECONDS`, the last the time of its order.
struct ContaboOperation: Hashable, Sendable {
    let snapshot: ContaboSnapshotID
    let token: BackupToken
    let orderedAt: Timestamp

    init(_ snapshot: ContaboSnapshotID, _ token: BackupToken, orderedAt: Timestamp) {
        self.snapshot = snapshot
        self.token = token
        self.orderedAt = orderedAt.roundedDownToSecond
    }

    init?(_ operation: OperationID) {
        let parts = operation.text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let snapshot = ContaboSnapshotID("\(parts[0])/\(parts[1])"),
            let token = BackupToken(parts[2]), let seconds = Int64(parts[3]), seconds >= 0,
            seconds < Timestamp.distantFuture.seconds
        else { return nil }
        self.init(snapshot, token, orderedAt: Timestamp(seconds: seconds))
    }

    var id: OperationID { OperationID("\(snapshot.text)/\(token)/\(orderedAt.seconds)") }
}

/// A rollback whose newer snapshots are not gone yet, as the engine keeps it:
/// `rollback/INSTANCE/SNAPSHOT/SECONDS/NEWER,NEWER`.
struct ContaboRollback: Hashable, Sendable {
    let snapshot: ContaboSnapshotID
    let orderedAt: Timestamp
    /// The ids of those that the vendor deletes with it.
    let newer: [String]

    init(_ snapshot: ContaboSnapshotID, orderedAt: Timestamp, newer: [String]) {
        self.snapshot = snapshot
        self.orderedAt = orderedAt.roundedDownToSecond
        self.newer = newer
    }

    init?(_ operation: OperationID) {
        let parts = operation.text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "rollback",
            let snapshot = ContaboSnapshotID("\(parts[1])/\(parts[2])"),
            let seconds = Int64(parts[3]), seconds >= 0,
            seconds < Timestamp.distantFuture.seconds
        else { return nil }
        self.init(
            snapshot, orderedAt: Timestamp(seconds: seconds),
            newer: parts[4].split(separator: ",").map(String.init))
    }

    var id: OperationID {
        OperationID(
            "rollback/\(snapshot.text)/\(orderedAt.seconds)/\(newer.joined(separator: ","))")
    }
}
