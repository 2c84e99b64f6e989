import HoldfastCore

/// An instance, with its snapshots.
struct ContaboInstance: SimulatedRow {
    let id: Int64
    /// The vendor's own name for it.
    var name: String
    /// The customer's.
    var displayName: String
    var productId: String
    var productName: String
    /// `hdd`, `ssd`, `vds` or `nvme`.
    var productType: String
    /// So many snapshots it may have. No field of the interface tells.
    var slots: Int
    var createdAt: Stamp
    var region = "EU"
    var regionName = "European Union"
    var dataCenter = "European Union 1"
    var imageId = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"
    var imageName = "ubuntu-24.04"
    var osType = "Linux"
    var ramMb: Int64 = 8192
    var cpuCores: Int64 = 4
    var diskMb: Int64 = 204_800
    var ipAddress: String
    /// One of the vendor's words, such as `running`.
    var status = "running"
    /// The day on which it ends, `2026-12-24`; empty: it was not cancelled.
    var cancelDate: String?
    /// Oldest first.
    var snapshots: [ContaboSnapshot] = []
    /// Until then it takes no other order.
    var busyUntil: Stamp?
    /// The second in the id of the last snapshot that was made, even if it is gone.
    var lastSnapshotSecond: Int64?
    /// The snapshot that the instance was put back to last.
    var rolledBackTo: String?
}

/// A snapshot. Its id is its own only together with the instance's.
struct ContaboSnapshot: Codable, Sendable {
    let id: String
    /// Up to 255 characters of any kind: the control panel takes more than the interface.
    var name: String
    var description: String
    let createdAt: Stamp
    /// The vendor removes it then.
    let autoDeleteAt: Stamp
    let imageId: String
    let imageName: String
    /// When it is made; `nil`: it is.
    var readyAt: Stamp?
    /// It will be gone at `readyAt`, and never have been there.
    var willFail = false
}

/// Who did what to a snapshot; never removed.
struct ContaboAudit: SimulatedRow {
    /// The vendor's words.
    enum Action: String, Codable, Sendable {
        case created = "CREATED"
        case updated = "UPDATED"
        case deleted = "DELETED"
    }

    /// A member that was changed: from what to what.
    struct Change: Codable, Sendable {
        let member: String
        let old: String?
        let new: String?
    }

    let id: Int64
    let action: Action
    let at: Stamp
    let author: ContaboAuthor
    let instance: Int64
    let snapshot: String
    let changes: [Change]
}

/// Who asked for a change, and in which request.
struct ContaboAuthor: Codable, Hashable, Sendable {
    /// The user's id.
    var user: String
    var username: String
    var requestId: String
    /// Empty when the request had none.
    var traceId: String

    /// The vendor itself.
    static let vendor = ContaboAuthor(
        user: "system", username: "system", requestId: "", traceId: "")
}

/// A program that may ask for tokens.
struct ContaboClient: Codable, Sendable {
    var id: String
    var secret: String
}

/// A user of the interface.
struct ContaboUser: Codable, Sendable {
    /// A UUID.
    var id: String
    var username: String
    var password: String
    var mayChange: Bool
}

/// A token that was given out.
struct ContaboGrant: SimulatedRow {
    enum Kind: String, Codable, Sendable {
        case access
        case refresh
    }

    /// The token itself.
    let id: String
    let kind: Kind
    /// Who may use it.
    let user: String
    /// It was given to this program.
    let client: String
    let expiresAt: Stamp
}
