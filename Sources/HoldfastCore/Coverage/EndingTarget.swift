/// A target whose machine the vendor is going to end, because its contract was cancelled.
public struct EndingTarget: Hashable, Sendable {
    /// The target.
    public let target: TargetID
    /// Whose account has the machine.
    public let provider: ProviderID
    /// What it is called there.
    public let title: String
    /// When it ends.
    public let endsAt: Timestamp
    /// How many available points are deleted with it.
    public let pointCount: Int

    /// Takes all of it.
    public init(
        target: TargetID, provider: ProviderID, title: String, endsAt: Timestamp, pointCount: Int
    ) {
        self.target = target
        self.provider = provider
        self.title = title
        self.endsAt = endsAt
        self.pointCount = pointCount
    }
}

extension Target {
    /// It under each of its policies.
    public var assignments: [Assignment] {
        policies.map { Assignment(policy: $0, target: id) }
    }
}

extension History {
    /// How many available points an assignment has at a provider, the vendor's own left out.
    public func pointCount(
        of assignment: Assignment, at provider: ProviderID
    ) async throws(StoreError) -> Int {
        try await availablePoints(of: assignment).count { $0.provider == provider }
    }
}

extension Configuration {
    /// The targets that are what an inventory lists, by name.
    public func targets(of record: InventoryRecord) -> [Target] {
        targets.values.filter {
            $0.provider == record.provider && $0.subject == record.item.subject
        }.sorted { $0.id < $1.id }
    }
}
