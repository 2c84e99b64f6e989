import HoldfastCore

/// What a new simulated Contabo account holds.
public struct ContaboEstate: Hashable, Sendable {
    /// Instances of a large estate; `nil`: the small one, with the instances of the documents.
    private let counts: EstateCounts?

    /// Five instances: one for each number of slots that the vendor sells.
    public static let small = ContaboEstate(counts: nil)

    /// What a product is called, what its storage is, and how many snapshots it comes with.
    private struct Product {
        let id: String
        let name: String
        let type: String
        let slots: Int
    }

    private static let products = [
        Product(id: "V8", name: "Cloud VPS 8", type: "nvme", slots: 3),
        Product(id: "P1", name: "Performance VPS 1", type: "nvme", slots: 5),
        Product(id: "V6", name: "Cloud VPS 6", type: "ssd", slots: 2),
        Product(id: "V4", name: "Cloud VPS 4", type: "ssd", slots: 1),
        Product(id: "VDSS", name: "Cloud VDS S", type: "vds", slots: 0),
    ]
    private static let names = ["web", "db", "cache", "mail", "build"]

    static let client = ContaboClient(
        id: "INT-54321", secret: "simulated-client-secret")
    /// May do everything. A password that has to be encoded in a form.
    static let user = ContaboUser(
        id: SimulatedUUID.text("a91e0000", 1), username: "operator@example.com",
        password: "simulated+pass&word=100%", mayChange: true)
    /// May only read.
    static let reader = ContaboUser(
        id: SimulatedUUID.text("a91e0000", 2), username: "reader@example.com",
        password: "simulated-reading-password", mayChange: false)
    /// The first instance's id; the others follow.
    private static let firstInstance: Int64 = 100_101
    /// So many ids are left to the estate that an account begins with.
    private static let laterInstances = 1_000_000

    private init(counts: EstateCounts?) {
        self.counts = counts
    }

    /// Reads `instances=10000,snapshots=200`; what is not named is 0. The first instances have a
    /// snapshot made by hand.
    ///
    /// - Throws: `InvalidEstate`.
    public init(_ text: String) throws(InvalidEstate) {
        counts = try EstateCounts(text, of: ["instances", "snapshots"])
    }

    /// The account as it begins.
    func state(at now: Timestamp) -> ContaboState {
        var state = ContaboState()
        state.clients = [Self.client]
        state.users = [Self.user, Self.reader]
        let created = Stamp(now.roundedDownToSecond - .days(90))
        if let counts {
            for index in 0..<counts["instances"] {
                var instance = Self.instance(
                    index, named: "vps-\(index + 1)", Self.products[0], created)
                if index < counts["snapshots"] { Self.addSnapshot(to: &instance, at: now) }
                state.instances[instance.id] = instance
            }
        } else {
            for (index, name) in Self.names.enumerated() {
                var instance = Self.instance(index, named: name, Self.products[index], created)
                if name == "db" { Self.addSnapshot(to: &instance, at: now) }
                state.instances[instance.id] = instance
            }
        }
        return state
    }

    /// One that is made later, with three slots.
    ///
    /// - Parameter number: One that nothing has had.
    static func newInstance(
        _ number: Int64, named name: String, at now: Timestamp
    ) -> ContaboInstance {
        instance(
            laterInstances + Int(number), named: name, products[0], Stamp(now.roundedDownToSecond))
    }

    private static func instance(
        _ index: Int, named name: String, _ product: Product, _ created: Stamp
    ) -> ContaboInstance {
        let id = firstInstance + Int64(index)
        // The first address is the gateway's.
        let host = index + 2
        return ContaboInstance(
            id: id, name: "vmd\(id)", displayName: name, productId: product.id,
            productName: product.name, productType: product.type, slots: product.slots,
            createdAt: created,
            ipAddress: "10.\(host >> 16).\(host >> 8 & 255).\(host & 255)")
    }

    /// One that somebody made in the control panel ten days ago: its name would be refused here.
    private static func addSnapshot(to instance: inout ContaboInstance, at now: Timestamp) {
        let made = now.roundedDownToSecond - .days(10)
        instance.snapshots.append(
            ContaboSnapshot(
                id: "snap\(made.seconds)", name: "before the upgrade (2.0_rc1), made by hand",
                description: "", createdAt: Stamp(made), autoDeleteAt: Stamp(made + .days(30)),
                imageId: instance.imageId, imageName: instance.imageName))
        instance.lastSnapshotSecond = made.seconds
    }
}
