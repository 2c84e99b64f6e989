/// What the status socket asks the daemon about its providers, and has it do there.
public protocol ProviderSurface: Sendable {
    /// Every provider, by name.
    func providers() async -> [ProviderStatus]
    /// What selectors found, gone or not.
    func discoveries() async throws(StoreError) -> [Discovery]
    /// Looks at whether a provider can be used, changing nothing, and asks its selectors.
    func checkProvider(_ name: String) async throws(ControlRefusal) -> ProviderCheckup

    /// What putting a point back would cost.
    ///
    /// - Parameter point: A token, or `TARGET@latest`.
    func previewRestore(_ point: String) async throws(ControlRefusal) -> RestoreOffer
    /// Puts a restore into the queue.
    ///
    /// - Throws: `ControlRefusal` of kind `conflict` when a danger of its preview is not accepted.
    func requestRestore(
        _ point: String, accepting dangers: Set<RestoreDanger>, by actor: Actor
    ) async throws(ControlRefusal) -> Job
    /// Writes a note beside a point at its provider.
    func annotate(
        _ point: String, with note: String, by actor: Actor
    ) async throws(ControlRefusal) -> RecoveryPoint

    /// A URL that signs its reader in at a backup unit. It is a secret.
    ///
    /// - Parameter provider: `nil` where only one has backup units.
    func signOnURL(
        unit: String, provider: String?, by actor: Actor
    ) async throws(ControlRefusal) -> Secret
    /// Gives a declared backup unit the password that its reference holds now.
    func rotatePassword(
        unit: String, provider: String?, by actor: Actor
    ) async throws(ControlRefusal)
    /// What deleting a backup unit destroys, a line each.
    func previewDestruction(
        unit: String, provider: String?
    ) async throws(ControlRefusal) -> [String]
    /// Deletes a backup unit that is not declared any more, with everything in it.
    func destroy(unit: String, provider: String?, by actor: Actor) async throws(ControlRefusal)
}

/// One provider as the daemon uses it.
public struct ProviderStatus: Sendable {
    /// The provider.
    public let settings: ProviderSettings
    /// How many targets it has, found ones among them.
    public let targetCount: Int
    /// How many jobs it works on now.
    public let activeCount: Int
    /// Whether its selectors, or its own policies, could not be asked the last time.
    public let isFailing: Bool

    /// Takes all of it.
    public init(
        settings: ProviderSettings, targetCount: Int, activeCount: Int, isFailing: Bool
    ) {
        self.settings = settings
        self.targetCount = targetCount
        self.activeCount = activeCount
        self.isFailing = isFailing
    }
}

/// What a look at a provider found.
public struct ProviderCheckup: Sendable {
    /// What one selector picks.
    public struct Pick: Sendable {
        /// The selector.
        public let rule: SelectorRule
        /// What it picks; empty when it could not be asked.
        public let found: [DiscoveredTarget]
        /// Why it could not be asked.
        public let failure: String?

        /// Takes all of it.
        public init(rule: SelectorRule, found: [DiscoveredTarget], failure: String?) {
            self.rule = rule
            self.found = found
            self.failure = failure
        }
    }

    /// The provider's name.
    public let provider: ProviderID
    /// The word of its `type`.
    public let kind: String
    /// What was found, in the order in which it was looked at.
    public let findings: [ProviderFinding]
    /// What its selectors pick, in the order of the files.
    public let picks: [Pick]

    /// Takes all of it.
    public init(
        provider: ProviderID, kind: String, findings: [ProviderFinding], picks: [Pick]
    ) {
        self.provider = provider
        self.kind = kind
        self.findings = findings
        self.picks = picks
    }

    /// Whether backups will work.
    public var isGood: Bool {
        findings.allSatisfy { $0.verdict != .bad } && picks.allSatisfy { $0.failure == nil }
    }
}

/// A point with what putting it back would cost.
public struct RestoreOffer: Sendable {
    /// The point.
    public let point: RecoveryPoint
    /// What it would cost.
    public let preview: RestorePreview

    /// Joins both.
    public init(point: RecoveryPoint, preview: RestorePreview) {
        self.point = point
        self.preview = preview
    }
}
