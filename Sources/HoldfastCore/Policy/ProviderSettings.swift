/// One provider as declared.
public struct ProviderSettings: Hashable, Sendable {
    /// What the kind needs to know.
    public enum Kind: Hashable, Sendable {
        /// This machine's own directories and databases, into a repository on a mounted disk.
        case local(repository: String)
        /// A DigitalOcean account: Droplets and volumes.
        case digitalOcean(DigitalOceanAccount)
        /// A Contabo account: instances.
        case contabo(ContaboAccount)
        /// An IONOS Cloud contract: volumes and backup units.
        case ionos(IONOSAccount)
        /// Pieces OS on this machine: its local database.
        case pieces(PiecesInstallation)

        /// The word of the configuration's `type`.
        public var name: String {
            switch self {
            case .local: "local"
            case .digitalOcean: "digitalocean"
            case .contabo: "contabo"
            case .ionos: "ionos"
            case .pieces: "pieces"
            }
        }

        /// Whether a full provider gets room from the oldest point that retention lets go.
        public var replacesOldest: Bool {
            if case .contabo(let account) = self {
                account.whenFull == .replaceOldest
            } else {
                false
            }
        }

        /// What providers of this kind can do.
        public var capabilities: ProviderCapabilities {
            switch self {
            case .local: .local
            case .digitalOcean: .digitalOcean
            case .contabo: .contabo
            case .ionos: .ionos
            case .pieces: .pieces
            }
        }
    }

    /// Its name.
    public let id: ProviderID
    /// Its kind and what that needs.
    public let kind: Kind
    /// How many jobs it works on at once; 1 or more.
    public let concurrency: Int
    /// How often the points of each of its targets are compared with its listing; `nil`: only when
    /// somebody asks.
    public let reconcile: Duration?
    /// Whether what its account has is listed, to find what no policy covers.
    public let listsInventory: Bool

    /// Takes all of it.
    public init(
        id: ProviderID, kind: Kind, concurrency: Int, reconcile: Duration? = nil,
        listsInventory: Bool = true
    ) {
        self.id = id
        self.kind = kind
        self.concurrency = concurrency
        self.reconcile = reconcile
        self.listsInventory = listsInventory
    }
}

/// Facts about a kind of provider that the configuration check, the planner and the command line
/// consult.
public struct ProviderCapabilities: Hashable, Sendable {
    /// The target keys that it understands.
    public let subjects: [String]
    /// The selector keys that it understands.
    public let selectors: [String]
    /// Whether it has backup policies of its own that can be enforced.
    public let hasNativePolicies: Bool
    /// Whether its backups carry a name of ours. Where they don't, listings are compared with the
    /// history.
    public let namesPoints: Bool
    /// After this time the vendor itself ends a recovery point; `nil`: it never does.
    public let pointLifetime: Duration?
    /// Whether the vendor deletes a target's points when the target is deleted there.
    public let pointsDieWithTarget: Bool
    /// Whether what an account has can be listed.
    public let hasInventory: Bool

    /// Takes all of it.
    public init(
        subjects: [String], selectors: [String] = [], hasNativePolicies: Bool = false,
        namesPoints: Bool = true, pointLifetime: Duration? = nil, pointsDieWithTarget: Bool = false,
        hasInventory: Bool = false
    ) {
        self.subjects = subjects
        self.selectors = selectors
        self.hasNativePolicies = hasNativePolicies
        self.namesPoints = namesPoints
        self.pointLifetime = pointLifetime
        self.pointsDieWithTarget = pointsDieWithTarget
        self.hasInventory = hasInventory
    }

    /// What the local provider can do.
    public static let local = ProviderCapabilities(subjects: ["directory", "sqlite"])
    /// What DigitalOcean can do.
    public static let digitalOcean = ProviderCapabilities(
        subjects: ["droplet", "volume"], selectors: ["tag"], hasNativePolicies: true,
        hasInventory: true)
    /// What Contabo can do.
    public static let contabo = ProviderCapabilities(
        subjects: ["instance"], selectors: ["name"], pointLifetime: .days(30),
        pointsDieWithTarget: true, hasInventory: true)
    /// What IONOS Cloud can do.
    public static let ionos = ProviderCapabilities(
        subjects: ["volume", "backup_unit"], hasInventory: true)
    /// What Pieces OS can do.
    public static let pieces = ProviderCapabilities(subjects: ["device"], namesPoints: false)
}
