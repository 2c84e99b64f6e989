/// What is backed up.
public enum Subject: Hashable, Sendable {
    /// A directory tree of this machine; an absolute path, and tar's patterns of what to leave out.
    case directory(path: String, exclude: [String])
    /// A SQLite database file of this machine; an absolute path.
    case sqlite(path: String)
    /// A Droplet of a DigitalOcean account, by its number.
    case droplet(id: Int64)
    /// A block storage volume of a DigitalOcean account, by its UUID in lower case.
    case volume(id: String)
    /// An instance of a Contabo account, by its number.
    case instance(id: Int64)
    /// A volume of an IONOS Cloud datacenter; UUIDs in lower case.
    case datacenterVolume(datacenter: String, volume: String)
    /// A backup unit of an IONOS Cloud contract.
    case backupUnit(BackupUnit)
    /// The local database of Pieces OS; by the vendor's `device_name`, `nil`: this machine's name.
    case device(name: String?)

    /// The word of the target's key.
    public var kind: String {
        switch self {
        case .directory: "directory"
        case .sqlite: "sqlite"
        case .droplet: "droplet"
        case .volume, .datacenterVolume: "volume"
        case .instance: "instance"
        case .backupUnit: "backup_unit"
        case .device: "device"
        }
    }

    /// What the provider knows it by: a path on this machine, or the vendor's id.
    public var source: String {
        switch self {
        case .directory(let path, _), .sqlite(let path): path
        case .droplet(let id), .instance(let id): String(id)
        case .volume(let id): id
        case .datacenterVolume(let datacenter, let volume): "\(datacenter)/\(volume)"
        case .backupUnit(let unit): unit.name
        case .device(let name): name ?? "this"
        }
    }

    /// Whether its windows make recovery points. What has none is only kept as declared.
    public var makesPoints: Bool {
        if case .backupUnit = self { false } else { true }
    }
}

/// An account on the vendor's backup service that is kept as declared.
public struct BackupUnit: Hashable, Sendable {
    /// Letters and digits; can never be changed.
    public let name: String
    /// Where the vendor's reports go.
    public let email: String
    /// The password that it is made with; changed only when an operator asks for it.
    public let password: SecretReference

    /// Joins them.
    public init(name: String, email: String, password: SecretReference) {
        self.name = name
        self.email = email
        self.password = password
    }
}

/// One thing that is backed up.
public struct Target: Hashable, Sendable {
    /// Its name.
    public let id: TargetID
    /// Who takes its backups.
    public let provider: ProviderID
    /// What it is.
    public let subject: Subject
    /// Whether files that can't be read make a warning instead of a failure.
    public let allowsUnreadable: Bool
    /// The policies that apply, each an assignment; ascending, at least one.
    public let policies: [PolicyID]
    /// The vendor's name for it where a selector found it; `nil` where it is declared by hand.
    public let title: String?

    /// Takes all of it.
    public init(
        id: TargetID, provider: ProviderID, subject: Subject, allowsUnreadable: Bool = false,
        policies: [PolicyID], title: String? = nil
    ) {
        self.id = id
        self.provider = provider
        self.subject = subject
        self.allowsUnreadable = allowsUnreadable
        self.policies = policies
        self.title = title
    }
}
