public import HoldfastCore

extension Fixture {
    /// The name of the provider that finds, enforces and restores.
    public static let cloud = ProviderID(trusted: "cloud")

    /// Everything with a tag, under policies.
    public static func selector(
        _ tag: String = "prod", policies: [String] = ["nightly"]
    ) -> SelectorRule {
        SelectorRule(
            provider: cloud, selector: .tag(tag), policies: policies.map { PolicyID(trusted: $0) })
    }

    /// A Droplet that is declared by hand.
    public static func droplet(
        _ id: Int64, named name: String, policies: [String] = ["nightly"]
    ) -> Target {
        Target(
            id: TargetID(trusted: name), provider: cloud, subject: .droplet(id: id),
            policies: policies.map { PolicyID(trusted: $0) })
    }

    /// A policy that the provider enforces by itself: every day, four hours from an hour in UTC.
    public static func nativePolicy(
        _ name: String = "nightly", hour: Int = 12, attempts: Int = 3,
        retention: RetentionSettings = RetentionSettings(), objective: Duration? = nil
    ) -> Policy {
        Policy(
            id: PolicyID(trusted: name),
            schedule: Schedule(
                plan: .daily, opensAt: LocalTime(hour: hour, minute: 0) ?? .midnight,
                length: .hours(4), zone: .utc),
            enforcement: .native, timeout: .hours(6), retention: retention,
            recoveryPointObjective: objective,
            retry: RetrySettings(attempts: attempts, backoff: .seconds(30)), catchUp: .skip,
            hooks: Hooks())
    }

    /// A configuration with the provider `cloud`.
    public static func cloudConfiguration(
        policies: [Policy], targets: [Target] = [], selectors: [SelectorRule] = [],
        concurrency: Int = 4, digest: String = "one"
    ) -> Configuration {
        let account = DigitalOceanAccount(
            token: .environment("TOKEN"), endpoint: "http://127.0.0.1:1")
        return Configuration(
            providers: [
                cloud: ProviderSettings(
                    id: cloud, kind: .digitalOcean(account), concurrency: concurrency)
            ],
            policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.id, $0) }),
            targets: Dictionary(uniqueKeysWithValues: targets.map { ($0.id, $0) }),
            selectors: selectors, control: ControlSettings(), digest: digest)
    }
}
