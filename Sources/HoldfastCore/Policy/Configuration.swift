/// Everything that the operator declared, checked: every reference resolves, every value is
/// possible, every provider can do what is asked of it.
public struct Configuration: Sendable, Equatable {
    /// The providers, by name.
    public let providers: [ProviderID: ProviderSettings]
    /// The policies, by name.
    public let policies: [PolicyID: Policy]
    /// The targets, by name.
    public let targets: [TargetID: Target]
    /// Who may change things over the socket.
    public let control: ControlSettings
    /// SHA-256 over the files as read, 64 hexadecimal digits; tells configurations apart.
    public let digest: String
    /// What deserves a look but is no error; each line names file, line and column.
    public let warnings: [String]
    /// Every policy with the targets it applies to, both in the order of their names.
    public let assignmentsByPolicy: [AssignedPolicy]

    /// Joins parts that have been checked against one another.
    public init(
        providers: [ProviderID: ProviderSettings], policies: [PolicyID: Policy],
        targets: [TargetID: Target], control: ControlSettings, digest: String,
        warnings: [String] = []
    ) {
        self.providers = providers
        self.policies = policies
        self.targets = targets
        self.control = control
        self.digest = digest
        self.warnings = warnings
        var byPolicy: [PolicyID: [Target]] = [:]
        for target in targets.values.sorted(by: { $0.id < $1.id }) {
            for policy in target.policies { byPolicy[policy, default: []].append(target) }
        }
        assignmentsByPolicy = policies.values.sorted { $0.id < $1.id }.map { policy in
            AssignedPolicy(policy: policy, targets: byPolicy[policy.id] ?? [])
        }
    }
}

/// A policy and what it applies to.
public struct AssignedPolicy: Equatable, Sendable {
    /// The policy.
    public let policy: Policy
    /// Its targets, in the order of their names; maybe none.
    public let targets: [Target]

    /// The assignments, in the order of the targets.
    public var assignments: [Assignment] {
        targets.map { Assignment(policy: policy.id, target: $0.id) }
    }
}

/// Who may change things over the status socket.
public struct ControlSettings: Hashable, Sendable {
    /// The group whose members may; root always may. `nil`: nobody else.
    public let adminGroup: String?

    /// Takes the group's name.
    public init(adminGroup: String? = nil) {
        self.adminGroup = adminGroup
    }
}

/// One provider as declared.
public struct ProviderSettings: Hashable, Sendable {
    /// What the kind needs to know.
    public enum Kind: Hashable, Sendable {
        /// This machine's own directories and databases, into a repository on a mounted disk.
        case local(repository: String)
        /// A DigitalOcean account: snapshots of its Droplets and volumes.
        case digitalOcean(DigitalOceanAccount)

        /// The word of the configuration's `type`.
        public var name: String {
            switch self {
            case .local: "local"
            case .digitalOcean: "digitalocean"
            }
        }

        /// What providers of this kind can do.
        public var capabilities: ProviderCapabilities {
            switch self {
            case .local: .local
            case .digitalOcean: .digitalOcean
            }
        }
    }

    /// Its name.
    public let id: ProviderID
    /// Its kind and what that needs.
    public let kind: Kind
    /// How many jobs it works on at once; 1 or more.
    public let concurrency: Int

    /// Takes all of it.
    public init(id: ProviderID, kind: Kind, concurrency: Int) {
        self.id = id
        self.kind = kind
        self.concurrency = concurrency
    }
}

/// Facts about a kind of provider that the configuration check and the planner consult.
public struct ProviderCapabilities: Hashable, Sendable {
    /// The target keys that it understands.
    public let subjects: [String]
    /// The selector keys that it understands.
    public let selectors: [String]
    /// Whether it has backup policies of its own that can be enforced.
    public let hasNativePolicies: Bool

    /// What the local provider can do.
    public static let local = ProviderCapabilities(
        subjects: ["directory", "sqlite"], selectors: [], hasNativePolicies: false)
    /// What this version does at DigitalOcean.
    public static let digitalOcean = ProviderCapabilities(
        subjects: ["droplet", "volume"], selectors: [], hasNativePolicies: false)
}

/// What a DigitalOcean provider needs to know.
public struct DigitalOceanAccount: Hashable, Sendable {
    /// The vendor's own address.
    public static let publicEndpoint = "https://api.digitalocean.com"

    /// A personal access token.
    public let token: SecretReference
    /// Where requests go, without a slash at its end.
    public let endpoint: String

    /// Joins both.
    public init(token: SecretReference, endpoint: String = publicEndpoint) {
        self.token = token
        self.endpoint = endpoint
    }
}

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

    /// The word of the target's key.
    public var kind: String {
        switch self {
        case .directory: "directory"
        case .sqlite: "sqlite"
        case .droplet: "droplet"
        case .volume: "volume"
        }
    }

    /// What the provider knows it by: a path on this machine, or the vendor's id.
    public var source: String {
        switch self {
        case .directory(let path, _), .sqlite(let path): path
        case .droplet(let id): String(id)
        case .volume(let id): id
        }
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

    /// Takes all of it.
    public init(
        id: TargetID, provider: ProviderID, subject: Subject, allowsUnreadable: Bool = false,
        policies: [PolicyID]
    ) {
        self.id = id
        self.provider = provider
        self.subject = subject
        self.allowsUnreadable = allowsUnreadable
        self.policies = policies
    }
}
