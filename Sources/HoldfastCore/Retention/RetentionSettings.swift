/// What a policy declares of keeping and pruning.
public struct RetentionSettings: Hashable, Sendable {
    /// What stays.
    public var rules: KeepRules
    /// The newest so many good points always stay; 1 or more.
    public var minimum: Int
    /// A point younger than this always stays.
    public var minAge: Duration
    /// The time between letting a point go and deleting it.
    public var grace: Duration
    /// The largest share of the points, in percent, that one prune may delete beyond what new
    /// points replaced.
    public var guardPercent: Int

    /// What is done with the points of targets that are gone; `nil`: they stay for ever.
    public var orphans: OrphanRules?

    /// A prune of up to this many points never waits for a confirmation.
    public static let guardFloor = 5
    /// A guard lets this many percent pass unless it is declared.
    public static let guardDefault = 20
    /// A guard of this many percent holds nothing.
    public static let guardOff = 100

    /// Takes the rules; the rest has the documented defaults.
    public init(
        rules: KeepRules = KeepRules(), minimum: Int = 1, minAge: Duration = .hours(1),
        grace: Duration = .hours(24), guardPercent: Int = guardDefault, orphans: OrphanRules? = nil
    ) {
        precondition(minimum >= 1, "at least one good point stays")
        self.rules = rules
        self.minimum = minimum
        self.minAge = minAge
        self.grace = grace
        self.guardPercent = guardPercent
        self.orphans = orphans
    }
}

extension RetentionSettings {
    /// A text that differs whenever a review under other settings might decide otherwise, or another
    /// guard let something else pass.
    public var fingerprint: String {
        // Not told of the default, as files of older versions have it.
        let held = guardPercent == Self.guardDefault ? [] : ["guard \(guardPercent) %"]
        let gone = orphans.map { ["orphans \($0.text)"] } ?? []
        return (rules.summary + [limits] + held + gone).joined(separator: "; ")
    }

    /// What counts besides the rules: `minimum 1, min_age 1h, grace 1d`.
    public var limits: String {
        "minimum \(minimum), min_age \(DurationText.exact(minAge)), "
            + "grace \(DurationText.exact(grace))"
    }
}

extension Configuration {
    /// Who holds what is declared under these policies.
    public func providers(under policies: Set<PolicyID>) -> Set<ProviderID> {
        Set(targets.values.filter { !policies.isDisjoint(with: $0.policies) }.map(\.provider))
    }
}

extension Policy {
    /// The fingerprint of its retention, in its time zone: what the history notes when every target was
    /// reviewed under it.
    public var rulesFingerprint: String { retention.fingerprint + "@" + schedule.zone.name }
}
