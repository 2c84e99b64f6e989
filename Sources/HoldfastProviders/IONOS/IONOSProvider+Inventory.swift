public import HoldfastCore

extension IONOSProvider: InventoryProvider {
    /// All volumes of all data centers that the login sees, by data center and id.
    ///
    /// One list of data centers, then for each its volumes and, where one of them is attached, its
    /// servers. The vendor would put all of it into one answer at a greater depth; but whether the
    /// lists inside are whole then is not published, and the answer of a large contract is larger
    /// than what is read of any.
    ///
    /// - Throws: `transient` also for an id that can't be one, and when a data center goes while its
    ///   lists are read.
    public func inventory() async throws(ProviderError) -> [InventoryItem] {
        do throws(ProviderError) {
            var ids: Set<String> = []
            for datacenter in try await client.all(
                IONOSWire.List<IONOSWire.Named>.self, "/datacenters")
            {
                ids.insert(try InventoryWords.uuid(datacenter.id, in: "data centers"))
            }
            var items: [InventoryItem] = []
            for id in ids.sorted() { items += try await volumes(in: id) }
            return items
        } catch {
            throw error.ofInventory(
                lacking: "access to the contract's data centers, their volumes and servers")
        }
    }

    private func volumes(in datacenter: String) async throws(ProviderError) -> [InventoryItem] {
        let path = "/datacenters/\(datacenter)"
        let list = "volumes of data center \(datacenter)"
        do throws(ProviderError) {
            let listed = try await client.all(
                IONOSWire.List<IONOSWire.Volume>.self, path + "/volumes")
            let isAttached = listed.contains { $0.properties.bootServer != nil }
            let stopped = isAttached ? try await stoppedServers(below: path) : []
            var items: [String: InventoryItem] = [:]
            for volume in listed {
                let id = try InventoryWords.uuid(volume.id, in: list)
                let server = volume.properties.bootServer?.lowercased()
                items[id] = InventoryItem(
                    .datacenterVolume(datacenter: datacenter, volume: id),
                    title: InventoryWords.title(volume.properties.name ?? ""),
                    isStopped: server.map(stopped.contains) ?? false,
                    createdAt: volume.metadata.createdDate?.instant)
            }
            return items.sorted { $0.key < $1.key }.map(\.value)
        } catch  where error.kind == .notFound {
            // It may have been deleted, but that is not what the vendor says, and a list that lacks
            // a data center would have all of its volumes gone. The next list tells.
            throw ProviderError(
                .transient,
                "data center \(datacenter) was listed and can't be read; looking again: "
                    + error.message)
        }
    }

    /// Servers that the vendor says don't run; one that is not listed, or whose state it does not
    /// tell, is none of them.
    private func stoppedServers(below path: String) async throws(ProviderError) -> Set<String> {
        let servers = try await client.all(
            IONOSWire.List<IONOSWire.Server>.self, path + "/servers")
        return Set(
            servers.filter { ($0.properties.vmState ?? "RUNNING") != "RUNNING" }
                .map { $0.id.lowercased() })
    }
}
