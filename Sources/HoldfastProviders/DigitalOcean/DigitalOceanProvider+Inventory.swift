public import HoldfastCore

extension DigitalOceanProvider: InventoryProvider {
    /// All Droplets and all block storage volumes, over all pages, each kind by its id.
    ///
    /// Droplets with GPUs are a list of their own at the vendor. A volume has no state: it counts as
    /// stopped when all Droplets that it is attached to are.
    ///
    /// - Throws: `transient` also for an id that can't be one.
    public func inventory() async throws(ProviderError) -> [InventoryItem] {
        // In this order: a Droplet that is made in between counts as running.
        var droplets: [Int64: InventoryItem] = [:]
        for path in ["/v2/droplets", "/v2/droplets?type=gpus"] {
            let listed = try await listed(
                DigitalOceanWire.DropletPage.self, path, lacking: "the scope droplet:read")
            for droplet in listed { droplets[droplet.id] = try Self.item(of: droplet) }
        }
        var volumes: [String: InventoryItem] = [:]
        let listed = try await listed(
            DigitalOceanWire.VolumePage.self, "/v2/volumes",
            lacking: "the scope block_storage:read")
        for volume in listed {
            let id = try InventoryWords.uuid(volume.id.description, in: "volumes")
            let places = volume.dropletIDs ?? []
            volumes[id] = InventoryItem(
                .volume(id: id), title: InventoryWords.title(volume.name ?? ""),
                isStopped: !places.isEmpty
                    && places.allSatisfy { droplets[$0]?.isStopped ?? false },
                createdAt: volume.createdAt?.instant)
        }
        return droplets.sorted { $0.key < $1.key }.map(\.value)
            + volumes.sorted { $0.key < $1.key }.map(\.value)
    }

    private func listed<Page: DigitalOceanPage>(
        _ type: Page.Type, _ path: String, lacking right: String
    ) async throws(ProviderError) -> [Page.Item] {
        do throws(ProviderError) {
            return try await client.all(type, path).items
        } catch {
            throw error.ofInventory(lacking: right)
        }
    }

    private static func item(
        of droplet: DigitalOceanWire.Droplet
    ) throws(ProviderError) -> InventoryItem {
        guard droplet.id > 0 else {
            throw InventoryWords.nonsense("\(droplet.id)", in: "Droplets", "number of a Droplet")
        }
        return InventoryItem(
            .droplet(id: droplet.id), title: InventoryWords.title(droplet.name ?? ""),
            isStopped: ["off", "archive"].contains(droplet.status),
            createdAt: droplet.createdAt?.instant)
    }
}
