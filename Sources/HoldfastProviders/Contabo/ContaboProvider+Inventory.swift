public import HoldfastCore

extension ContaboProvider: InventoryProvider {
    /// All instances, over all pages; stopped is what the vendor calls `stopped`. One that was
    /// cancelled ends when the day of its `cancelDate` begins in UTC, or later.
    ///
    /// - Throws: `transient` also for an id that can't be one.
    public func inventory() async throws(ProviderError) -> [InventoryItem] {
        do throws(ProviderError) {
            return try await instances().map { number, instance in
                InventoryItem(
                    .instance(id: number), title: InventoryWords.title(instance.title),
                    isStopped: instance.status == "stopped",
                    createdAt: instance.createdDate?.instant, endsAt: instance.cancelDate?.begins)
            }
        } catch {
            throw error.ofInventory(lacking: "the API user's right to read instances")
        }
    }

    /// Every instance of the account with its number, over all pages, each once.
    func instances() async throws(ProviderError) -> [(Int64, ContaboWire.Instance)] {
        let (listed, _) = try await client.all(
            ContaboWire.Instance.self, "/v1/compute/instances"
        ) { $0.instanceId }
        var instances: [(Int64, ContaboWire.Instance)] = []
        for instance in listed {
            let id = instance.instanceId.description
            guard let number = Int64(id), number > 0, String(number) == id else {
                throw InventoryWords.nonsense(id, in: "instances", "number")
            }
            instances.append((number, instance))
        }
        return instances
    }
}
