import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// The clouds that list what an account has.
enum InventoryUnderTest: String, CaseIterable, Sendable {
    case digitalOcean
    case contabo
    case ionos

    private var kind: ProviderUnderTest {
        switch self {
        case .digitalOcean: .droplet
        case .contabo: .instance
        case .ionos: .ionosVolume
        }
    }

    /// An estate whose lists have several pages, and how many machines and volumes it has.
    var large: (estate: String, count: Int) {
        switch self {
        case .digitalOcean: ("droplets=410,volumes=210", 620)
        case .contabo: ("instances=250", 250)
        case .ionos: ("datacenters=2,volumes=1100", 1100)
        }
    }

    /// The later pages of that estate's lists, as paths of faults.
    var laterPages: [String] {
        switch self {
        case .digitalOcean: ["/v2/droplets?*page=2", "/v2/droplets?*page=3", "/v2/volumes?*page=2"]
        case .contabo: ["*/instances?page=3&*"]
        case .ionos: ["*000002/volumes?*offset=500*", "*000002/servers?*offset=500*"]
        }
    }

    /// Every list that is asked for, as a path of a fault, with the right that it needs.
    var lists: [(path: String, right: String)] {
        switch self {
        case .digitalOcean:
            [
                ("/v2/droplets?per_page=*", "droplet:read"),
                ("/v2/droplets?type=gpus*", "droplet:read"),
                ("/v2/volumes", "block_storage:read"),
            ]
        case .contabo: [("/v1/compute/instances", "right to read instances")]
        case .ionos:
            ["/datacenters", "*/volumes", "*/servers"].map {
                ("/cloudapi/v6" + $0, "access to the contract's data centers")
            }
        }
    }

    /// Makes something new with the machine that belongs to it.
    func creation(_ name: String) -> EstateChange {
        .create(self == .ionos ? .volume : .machine, name: name)
    }

    /// What such a new thing is as a target, and the id of its machine.
    func made(_ id: String) throws -> (subject: Subject, machine: String) {
        switch self {
        case .digitalOcean: (.droplet(id: try #require(Int64(id))), id)
        case .contabo: (.instance(id: try #require(Int64(id))), id)
        case .ionos:
            (
                .datacenterVolume(datacenter: ProviderUnderTest.ionosDatacenter, volume: id),
                id.replacing("b10c0002", with: "5e40e002")
            )
        }
    }

    /// Runs a body on a new account.
    ///
    /// - Parameter estate: What it holds; `nil`: the small one.
    func withBench(
        _ estate: String? = nil, _ body: @Sendable (InventoryBench) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let cloud: any VendorCloud =
            switch self {
            case .digitalOcean:
                try DigitalOceanCloud(
                    estate: estate.map { try DigitalOceanEstate($0) } ?? .small, clock: clock)
            case .contabo:
                try ContaboCloud(
                    estate: estate.map { try ContaboEstate($0) } ?? .small, clock: clock)
            case .ionos:
                try IONOSCloud(
                    estate: estate.map { try IONOSEstate($0) } ?? .small, clock: clock)
            }
        let desk = CloudDesk(cloud, clock: clock)
        // The trimmed specification of IONOS Cloud lacks the vendor's list of servers.
        try await kind.serving(desk, isJudged: self != .ionos) { url in
            let provider = try #require(
                kind.provider(at: url, clock) as? any InventoryProvider)
            let bench = InventoryBench(provider: provider, cloud: cloud, desk: desk, clock: clock)
            try await body(bench)
        }
    }
}

/// A simulated account with the provider that lists it.
struct InventoryBench: Sendable {
    let provider: any InventoryProvider
    let cloud: any VendorCloud
    let desk: CloudDesk
    let clock: SimulatedClock

    /// Puts faults in, each in the simulated cloud's JSON without its braces.
    func order(_ faults: [String]) async throws {
        let json = faults.map { "{\($0)}" }.joined(separator: ",")
        await desk.order(try FaultPlan(json: Array(#"{"faults": [\#(json)]}"#.utf8)))
    }

    /// What the account has, by subject.
    func items() async throws -> [Subject: InventoryItem] {
        Dictionary(uniqueKeysWithValues: try await provider.inventory().map { ($0.subject, $0) })
    }

    func failure() async -> ProviderError? {
        await providerFailure { _ = try await provider.inventory() }
    }
}
