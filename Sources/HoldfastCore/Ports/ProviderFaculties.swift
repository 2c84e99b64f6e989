// What some kinds of provider can do besides taking backups. Callers ask with `as?`.

/// A provider that tells whether it can be used, before anything depends on it.
public protocol CheckableProvider: BackupProvider {
    /// Looks at reachability, credentials, rights and the clock, changing nothing.
    ///
    /// - Returns: What was found, in the order in which it was looked at; when one thing makes the
    ///   rest impossible to tell, the rest is missing.
    func check() async -> [ProviderFinding]
}

/// One thing that a check of a provider found.
public struct ProviderFinding: Hashable, Sendable {
    /// What was looked at.
    public enum Aspect: String, Hashable, Sendable, CaseIterable {
        /// Whether somebody answers.
        case reachability
        /// Whether the secret is accepted.
        case credentials
        /// Whether the account may do what its targets need.
        case rights
        /// The difference between the vendor's clock and this machine's.
        case clock
        /// Room for backups: disk, slots, contract.
        case room
        /// What the provider is and runs.
        case account
    }

    /// What it means.
    public enum Verdict: String, Hashable, Sendable, CaseIterable {
        case good
        /// Backups work, and something deserves a look.
        case warning
        /// Backups won't work.
        case bad
    }

    /// What was looked at.
    public let aspect: Aspect
    /// What it means.
    public let verdict: Verdict
    /// What was found, and what to do now when it is not good; for people.
    public let text: String

    /// Takes all of it.
    public init(_ aspect: Aspect, _ verdict: Verdict, _ text: String) {
        self.aspect = aspect
        self.verdict = verdict
        self.text = text
    }
}

/// Which of a provider's machines and volumes a policy applies to.
public enum TargetSelector: Hashable, Sendable {
    /// Those with this tag, compared exactly.
    case tag(String)
    /// Those whose name the pattern fits whole; `*` stands for any text, `?` for one character.
    case name(String)

    /// The word of the selector's key.
    public var kind: String {
        switch self {
        case .tag: "tag"
        case .name: "name"
        }
    }

    /// The value of that key.
    public var text: String {
        switch self {
        case .tag(let text), .name(let text): text
        }
    }
}

/// A provider that finds targets by itself.
public protocol DiscoveringProvider: BackupProvider {
    /// Everything that a selector picks.
    ///
    /// - Returns: The whole list, over all pages, each subject once.
    /// - Throws: Whatever goes wrong on any page: a part of the list is never given.
    func discover(_ selector: TargetSelector) async throws(ProviderError) -> [DiscoveredSubject]
}

/// Something that a selector found.
public struct DiscoveredSubject: Hashable, Sendable {
    /// What it is, as a target.
    public let subject: Subject
    /// The vendor's name for it, for people.
    public let title: String

    /// Joins both.
    public init(_ subject: Subject, title: String) {
        self.subject = subject
        self.title = title
    }
}

/// A provider that lists what its account has.
public protocol InventoryProvider: BackupProvider {
    /// Every machine and volume of the account that could be a target, whether it is one or not.
    ///
    /// - Returns: The whole list, over all pages, each subject once.
    /// - Throws: Whatever goes wrong on any page: a part of the list is never given.
    func inventory() async throws(ProviderError) -> [InventoryItem]
}

/// A machine or a volume as the vendor lists it.
public struct InventoryItem: Hashable, Sendable {
    /// What it is, as a target.
    public let subject: Subject
    /// The vendor's name for it, for people; printable, at most 255 bytes.
    public let title: String
    /// Whether it is switched off, or its machine is.
    public let isStopped: Bool
    /// When the vendor made it; `nil` where it does not say.
    public let createdAt: Timestamp?
    /// When the vendor will end it, because its contract was cancelled; `nil`: not as far as it says.
    public let endsAt: Timestamp?

    /// Takes all of it.
    public init(
        _ subject: Subject, title: String, isStopped: Bool = false, createdAt: Timestamp? = nil,
        endsAt: Timestamp? = nil
    ) {
        self.subject = subject
        self.title = title
        self.isStopped = isStopped
        self.createdAt = createdAt
        self.endsAt = endsAt
    }
}

/// A provider that puts a recovery point back where it came from.
public protocol RestoringProvider: BackupProvider {
    /// What a restore would cost, changing nothing.
    func preview(_ request: RestoreRequest) async throws(ProviderError) -> RestorePreview
    /// Begins a restore. The caller has shown the preview and was told to go on.
    ///
    /// - Throws: `ambiguous` when it may have begun.
    func restore(_ request: RestoreRequest) async throws(ProviderError) -> RestoreProgress
    /// Asks how a restore that runs on stands.
    func pollRestore(_ operation: OperationID) async throws(ProviderError) -> RestoreProgress
}

/// What a provider is asked to put back.
public struct RestoreRequest: Hashable, Sendable {
    /// The point, as the provider knows it.
    public let point: RemotePoint
    /// Where it came from and goes to.
    public let target: Target

    /// Joins both.
    public init(_ point: RemotePoint, to target: Target) {
        self.point = point
        self.target = target
    }
}

/// Something that a restore destroys and that has to be accepted by name.
public enum RestoreDanger: String, Hashable, Sendable, CaseIterable {
    /// What is on the target now is gone afterwards.
    case overwritesTarget = "overwrites-target"
    /// Backups that are newer than the restored one are gone afterwards.
    case destroysNewerPoints = "destroys-newer-points"
}

extension Sequence<RestoreDanger> {
    /// The command line's flags that accept them: `--overwrites-target and …`.
    public var flags: String { map { "--\($0.rawValue)" }.joined(separator: " and ") }
}

/// What a restore would cost.
public struct RestorePreview: Hashable, Sendable {
    /// What has to be accepted.
    public let dangers: [RestoreDanger]
    /// What it overwrites, for people, such as `the disk of Droplet 3164444 (web-1)`.
    public let overwrites: String
    /// Points of ours that it destroys.
    public let destroyedPoints: [RemotePoint]
    /// Backups of others that it destroys.
    public let destroyedStrangers: [StrangePoint]

    /// Takes all of it.
    public init(
        dangers: [RestoreDanger], overwrites: String, destroyedPoints: [RemotePoint] = [],
        destroyedStrangers: [StrangePoint] = []
    ) {
        self.dangers = dangers
        self.overwrites = overwrites
        self.destroyedPoints = destroyedPoints
        self.destroyedStrangers = destroyedStrangers
    }
}

/// How a restore stands.
public enum RestoreProgress: Hashable, Sendable {
    case finished
    /// Under way; ask again after this time.
    case running(OperationID, pollAfter: Duration)
}

/// A provider that keeps something of the vendor's as declared: its own backup policies, or an
/// account on its backup service.
public protocol ReconcilingProvider: BackupProvider {
    /// Which of many differ from what is declared, looked at with as few requests as the vendor
    /// allows; nothing is changed.
    func drifted(
        _ requests: [ReconcileRequest]
    ) async throws(ProviderError) -> [ReconcileRequest]
    /// Compares what is declared with what is there, and mends the difference.
    ///
    /// - Throws: `permanent` when it must not be mended, such as a policy of a plan that this
    ///   version does not know, which is left alone.
    func reconcile(_ request: ReconcileRequest) async throws(ProviderError) -> ReconcileReport
}

/// What is to be kept as declared.
public struct ReconcileRequest: Sendable {
    /// The target.
    public let target: Target
    /// The policy that the vendor is to have.
    public let policy: Policy

    /// Joins both.
    public init(_ target: Target, _ policy: Policy) {
        self.target = target
        self.policy = policy
    }
}

/// What keeping something as declared came to.
public struct ReconcileReport: Hashable, Sendable {
    /// What differed and was mended, a line each, for people; empty when all was as declared.
    public let repairs: [String]
    /// The vendor's own backups of the target, the whole list; `nil` where there are none to see.
    public let points: [StrangePoint]?
    /// After this time the vendor ends its own backups; `nil` where it does not say.
    public let pointLifetime: Duration?

    /// Takes all of it.
    public init(
        repairs: [String] = [], points: [StrangePoint]? = nil, pointLifetime: Duration? = nil
    ) {
        self.repairs = repairs
        self.points = points
        self.pointLifetime = pointLifetime
    }
}

/// A provider whose backups have a name or a note that can be changed.
public protocol AnnotatingProvider: BackupProvider {
    /// Writes a note for people beside a point.
    func annotate(
        _ point: RemotePoint, of target: Target, with note: String
    ) async throws(ProviderError)
    /// Puts a token on a backup that is not ours, which makes it ours.
    func adopt(
        _ stranger: StrangePoint, of target: Target, as token: BackupToken
    ) async throws(ProviderError) -> RemotePoint
}

/// A provider with accounts on the vendor's backup service.
public protocol BackupUnitProvider: ReconcilingProvider {
    /// A URL that signs its reader in, without a password. It is a secret.
    func signOnURL(ofUnit name: String) async throws(ProviderError) -> Secret
    /// Gives a unit the password that its reference holds now.
    func rotatePassword(of unit: BackupUnit) async throws(ProviderError)
    /// What deleting a unit destroys, a line each, for people.
    func deletionPreview(ofUnit name: String) async throws(ProviderError) -> [String]
    /// Deletes a unit with its plans, all of its backups and its user. "Already gone" is success.
    func destroy(unit name: String) async throws(ProviderError)
}
