import Foundation
import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

extension ProviderUnderTest {
    static let contaboOrder = #""method": "POST", "path": "/v1/compute/instances/*/snapshots""#
    static let contaboListing = #""method": "GET", "path": "/v1/compute/instances/*/snapshots""#
    private static let tokenPath = "/auth/realms/contabo/protocol/openid-connect/token"

    /// The adapter for the simulated Contabo.
    static func contabo(
        _ id: ProviderID, at url: String, _ secret: BenchSecret, _ clock: SimulatedClock,
        log: @escaping VendorExchange.Log = { _ in }
    ) -> ContaboProvider {
        let (user, password) =
            switch secret {
            case .full: ("operator@example.com", "simulated+pass&word=100%")
            case .powerless: ("reader@example.com", "simulated-reading-password")
            case .wrong: ("operator@example.com", "not-the-secret")
            }
        let account = ContaboAccount(
            clientID: "INT-54321", clientSecret: .environment("CLIENT_SECRET"), user: user,
            password: .environment("PASSWORD"), endpoint: url, tokenURL: url + tokenPath)
        return ContaboProvider(
            id: id, account: account, wall: clock, version: "test",
            requestID: { UUID().uuidString.lowercased() },
            secret: { (reference) throws(ProviderError) in
                Secret(
                    reference == .environment("PASSWORD") ? password : "simulated-client-secret")
            }, log: log, sleep: { clock.advance(by: $0) })
    }

    /// Runs a body on a simulated Contabo whose settings a test may change.
    ///
    /// - Parameter instance: The one that is backed up; 100101 has three slots.
    static func withContabo(
        instance: Int64 = 100_101, faults: [String] = [], secret: BenchSecret = .full,
        estate: ContaboEstate = .small,
        adjusting: @Sendable (inout ContaboSettings) -> Void = { _ in },
        _ body: @Sendable (ContaboBench) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let cloud = try ContaboCloud(estate: estate, clock: clock, adjusting: adjusting)
        let plan = try FaultPlan(
            json: Array(#"{"faults": [\#(faults.joined(separator: ","))]}"#.utf8))
        let desk = CloudDesk(cloud, clock: clock, faults: plan)
        try await ProviderUnderTest.instance.serving(desk) { url in
            let id = ProviderID(trusted: "under-test")
            let provider = contabo(id, at: url, secret, clock)
            let target = Target(
                id: TargetID(trusted: "web"), provider: id, subject: .instance(id: instance),
                policies: [PolicyID(trusted: "nightly")])
            try await body(
                ContaboBench(
                    bench: Bench(provider: provider, target: target, clock: clock, desk: desk),
                    provider: provider, desk: desk))
        }
    }
}

/// A simulated Contabo with its adapter.
struct ContaboBench: Sendable {
    static let token = "POST /auth/realms/contabo/protocol/openid-connect/token"
    static let snapshots = "/v1/compute/instances/{instanceId}/snapshots"

    let bench: Bench
    let provider: ContaboProvider
    let desk: CloudDesk

    var target: Target { bench.target }
    var clock: SimulatedClock { bench.clock }

    /// Replaces the faults.
    func order(_ faults: String...) async throws {
        await desk.order(
            try FaultPlan(json: Array(#"{"faults": [\#(faults.joined(separator: ","))]}"#.utf8)))
    }

    /// What a body ends in; `nil` when it does not fail.
    func failure(_ body: () async throws -> Void) async -> ProviderError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ProviderError
        }
    }
}
