/// Everything that the kernel looks at besides the point itself.
public struct DeletionContext: Sendable {
    /// Who holds the points and is asked to delete them.
    public let provider: ProviderID
    /// Every recorded point of the assignment, at that provider and at others where it was before.
    public let recorded: [RecoveryPoint]
    /// What the provider listed just now.
    public let listing: PointListing
    /// The policy's settings.
    public let settings: RetentionSettings
    /// Whose calendar the rules count by.
    public let zone: TimeZoneRules
    /// What is marked at the provider as a whole.
    public let providerLoad: PruneLoad
    /// What is thought of the clock.
    public let clock: ClockVerdict
    /// The instant of the decision.
    public let now: Timestamp
    /// Whether a marked point may go before its grace is over, because the operator said that the
    /// oldest makes room when there is none (`when_full: replace_oldest`). Nothing else is waived.
    public let waivesGrace: Bool

    /// Takes all of it.
    public init(
        provider: ProviderID, recorded: [RecoveryPoint], listing: PointListing,
        settings: RetentionSettings, zone: TimeZoneRules, providerLoad: PruneLoad,
        clock: ClockVerdict, now: Timestamp,
        waivesGrace: Bool = false
    ) {
        self.provider = provider
        self.recorded = recorded
        self.listing = listing
        self.settings = settings
        self.zone = zone
        self.providerLoad = providerLoad
        self.clock = clock
        self.now = now
        self.waivesGrace = waivesGrace
    }
}
