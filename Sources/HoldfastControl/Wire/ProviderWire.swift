public import HoldfastCore

/// A row of `GET /v1/providers`.
public struct ProviderWire: Codable, Sendable {
    /// The provider's name.
    public let name: String
    /// The word of its `type`.
    public let kind: String
    /// How many jobs it works on at once.
    public let concurrency: Int
    /// How many jobs it works on now.
    public let activeJobs: Int
    /// How many targets it has, those among them that selectors found.
    public let targets: Int
    /// Whether its selectors, or its own policies, could not be asked the last time.
    public let failing: Bool
    /// The target keys that it understands.
    public let subjects: [String]
    /// The selector keys that it understands.
    public let selectors: [String]
    /// Whether it has backup policies of its own that can be enforced.
    public let nativePolicies: Bool
    /// After so many seconds the vendor itself ends a recovery point; absent: never.
    public let pointLifetimeSeconds: Int64?

    init(_ status: ProviderStatus) {
        let capabilities = status.settings.kind.capabilities
        name = status.settings.id.text
        kind = status.settings.kind.name
        concurrency = status.settings.concurrency
        activeJobs = status.activeCount
        targets = status.targetCount
        failing = status.isFailing
        subjects = capabilities.subjects
        selectors = capabilities.selectors
        nativePolicies = capabilities.hasNativePolicies
        pointLifetimeSeconds = capabilities.pointLifetime?.wholeSeconds
    }
}

/// What `POST /v1/providers/{name}/check` found.
public struct CheckupWire: Codable, Sendable {
    /// One thing that was looked at.
    public struct Finding: Codable, Sendable {
        /// `reachability`, `credentials`, `rights`, `clock`, `room` or `account`.
        public let aspect: String
        /// `good`, `warning` or `bad`.
        public let verdict: String
        /// What was found, and what to do now when it is not good.
        public let text: String
    }

    /// What one selector picks.
    public struct Pick: Codable, Sendable {
        /// One target that it picks.
        public struct Found: Codable, Sendable {
            /// The name that it has here.
            public let target: String
            /// `droplet` or `instance`.
            public let kind: String
            /// The vendor's id.
            public let source: String
            /// The vendor's name for it.
            public let title: String
        }

        /// `tag` or `name`.
        public let selector: String
        /// The value of that key.
        public let value: String
        /// The policies that apply to what it picks.
        public let policies: [String]
        /// What it picks now.
        public let targets: [Found]
        /// Why it could not be asked.
        public let error: String?
    }

    /// The provider's name.
    public let provider: String
    /// The word of its `type`.
    public let kind: String
    /// Whether backups will work.
    public let good: Bool
    /// In the order in which it was looked at; the rest is missing when nothing more can be told.
    public let findings: [Finding]
    /// Its selectors in the order of the files.
    public let selectors: [Pick]

    /// Takes what was found.
    public init(_ checkup: ProviderCheckup) {
        provider = checkup.provider.text
        kind = checkup.kind
        good = checkup.isGood
        findings = checkup.findings.map {
            Finding(aspect: $0.aspect.rawValue, verdict: $0.verdict.rawValue, text: $0.text)
        }
        selectors = checkup.picks.map { pick in
            Pick(
                selector: pick.rule.selector.kind, value: pick.rule.selector.text,
                policies: pick.rule.policies.map(\.text),
                targets: pick.found.map {
                    Pick.Found(
                        target: $0.id.text, kind: $0.subject.kind, source: $0.subject.source,
                        title: $0.title)
                }, error: pick.failure)
        }
    }
}

/// A row of `GET /v1/discoveries`: a target that a selector found.
public struct DiscoveryWire: Codable, Sendable {
    /// The name that it has here.
    public let target: String
    /// The provider's name.
    public let provider: String
    /// `droplet` or `instance`.
    public let kind: String
    /// The vendor's id.
    public let source: String
    /// The vendor's name for it.
    public let title: String
    /// The policies that apply.
    public let policies: [String]
    /// When it was found first.
    public let firstSeen: Timestamp
    /// Since when no selector finds it any more.
    public let goneAt: Timestamp?

    init(_ discovery: Discovery) {
        target = discovery.target.id.text
        provider = discovery.target.provider.text
        kind = discovery.target.subject.kind
        source = discovery.target.subject.source
        title = discovery.target.title
        policies = discovery.target.policies.map(\.text)
        firstSeen = discovery.firstSeen
        goneAt = discovery.goneAt
    }
}

/// What `GET /v1/points/{point}/restore` says: what putting a point back would cost.
public struct RestoreOfferWire: Codable, Sendable {
    /// Something that the restore destroys.
    public struct Destroyed: Codable, Sendable {
        /// Our token, or the vendor's name.
        public let name: String
        /// The vendor's id.
        public let remoteId: String
        /// The instant that it shows.
        public let takenAt: Timestamp
        /// Whether it is a point of ours.
        public let ours: Bool
    }

    /// The point's id, its token.
    public let point: String
    /// Its target.
    public let target: String
    /// Its provider.
    public let provider: String
    /// The instant that it shows.
    public let takenAt: Timestamp
    /// What it overwrites.
    public let overwrites: String
    /// What has to be accepted: `overwrites-target`, `destroys-newer-points`.
    public let dangers: [String]
    /// Newer backups that it destroys.
    public let destroys: [Destroyed]

    init(_ offer: RestoreOffer) {
        point = offer.point.remote.token.text
        target = offer.point.assignment.target.text
        provider = offer.point.provider.text
        takenAt = offer.point.remote.takenAt
        overwrites = offer.preview.overwrites
        dangers = offer.preview.dangers.map(\.rawValue)
        destroys =
            offer.preview.destroyedPoints.map {
                Destroyed(
                    name: $0.token.text, remoteId: $0.remoteID, takenAt: $0.takenAt, ours: true)
            }
            + offer.preview.destroyedStrangers.map {
                Destroyed(name: $0.name, remoteId: $0.remoteID, takenAt: $0.takenAt, ours: false)
            }
    }
}

/// What a request about a backup unit came to.
public struct BackupUnitWire: Codable, Sendable {
    /// The unit's name.
    public let unit: String
    /// What deleting it destroys, a line each; only where that was asked for.
    public let destroys: [String]?
    /// The sign-on URL, a secret; only where that was asked for.
    public let signOnUrl: String?
}
