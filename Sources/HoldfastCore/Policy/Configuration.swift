/// Everything that the operator declared, checked: every reference resolves, every value is
/// possible, every provider can do what is asked of it.
public struct Configuration: Sendable, Equatable {
    /// The providers, by name.
    public let providers: [ProviderID: ProviderSettings]
    /// The policies, by name.
    public let policies: [PolicyID: Policy]
    /// The targets, by name.
    public let targets: [TargetID: Target]
    /// Which of the providers' machines become targets by themselves, in the order of the files.
    public let selectors: [SelectorRule]
    /// Which targets may be beyond their objective for a while, in the order of the files.
    public let waivers: [PlacedWaiver]
    /// Who may change things over the socket.
    public let control: ControlSettings
    /// SHA-256 over the files as read, 64 hexadecimal digits; tells configurations apart.
    public let digest: String
    /// What deserves a look but is no error; each line of the files' names file, line and column,
    /// what was discovered comes after them.
    public let warnings: [String]
    private let declaredWarnings: [String]
    /// Every policy with the targets it applies to, both in the order of their names.
    public let assignmentsByPolicy: [AssignedPolicy]

    /// Those of `targets` that the files name.
    public let declaredTargets: [TargetID: Target]
    /// Tells sets of assignments apart: the digest, and what was discovered.
    public let assignmentsDigest: String

    /// Joins parts that have been checked against one another.
    public init(
        providers: [ProviderID: ProviderSettings], policies: [PolicyID: Policy],
        targets: [TargetID: Target], selectors: [SelectorRule] = [], control: ControlSettings,
        waivers: [PlacedWaiver] = [], digest: String, warnings: [String] = []
    ) {
        self.providers = providers
        self.policies = policies
        self.targets = targets
        self.selectors = selectors
        self.control = control
        self.waivers = waivers
        self.digest = digest
        self.warnings = warnings
        declaredWarnings = warnings
        declaredTargets = targets
        assignmentsDigest = digest
        assignmentsByPolicy = Self.assignments(of: policies, to: targets)
    }

    /// The same with other targets than the files name, and what is to be said about them.
    init(_ declared: Configuration, targets: [TargetID: Target], warnings found: [String]) {
        providers = declared.providers
        policies = declared.policies
        self.targets = targets
        selectors = declared.selectors
        control = declared.control
        waivers = declared.waivers
        digest = declared.digest
        warnings = declared.declaredWarnings + found
        declaredWarnings = declared.declaredWarnings
        declaredTargets = declared.declaredTargets
        assignmentsByPolicy = Self.assignments(of: policies, to: targets)
        guard targets != declaredTargets else {
            assignmentsDigest = digest
            return
        }
        var hash = StableHash()
        for assigned in assignmentsByPolicy {
            hash.combine(assigned.policy.id.text)
            for target in assigned.targets { hash.combine(target.id.text) }
            hash.combine("")
        }
        assignmentsDigest = "\(digest)+\(hash.base32(digits: 12))"
    }

    /// What deserves a look at an instant: `warnings`, and the waivers that have expired.
    public func warnings(at now: Timestamp) -> [String] {
        warnings + waivers.compactMap { $0.warning(at: now) }
    }

    /// The waiver that holds for an assignment, of several the one that ends last.
    public func waiver(for assignment: Assignment, at now: Timestamp) -> Waiver? {
        lastingWaiver(at: now) { $0.concerns(assignment) }
    }

    /// Of several waivers that hold, the one that ends last.
    func lastingWaiver(at now: Timestamp, where isMeant: (Waiver) -> Bool) -> Waiver? {
        waivers.map(\.waiver).filter { $0.until > now && isMeant($0) }
            .max { $0.until < $1.until }
    }

    private static func assignments(
        of policies: [PolicyID: Policy], to targets: [TargetID: Target]
    ) -> [AssignedPolicy] {
        var byPolicy: [PolicyID: [Target]] = [:]
        for target in targets.values.sorted(by: { $0.id < $1.id }) {
            for policy in target.policies { byPolicy[policy, default: []].append(target) }
        }
        return policies.values.sorted { $0.id < $1.id }.map { policy in
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

/// A selector with what applies to whatever it picks.
public struct SelectorRule: Hashable, Sendable {
    /// Who is asked.
    public let provider: ProviderID
    /// What it picks.
    public let selector: TargetSelector
    /// The policies that apply; ascending, at least one.
    public let policies: [PolicyID]

    /// Joins them.
    public init(provider: ProviderID, selector: TargetSelector, policies: [PolicyID]) {
        self.provider = provider
        self.selector = selector
        self.policies = policies
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
