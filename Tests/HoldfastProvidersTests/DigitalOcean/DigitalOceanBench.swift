import Foundation
import HoldfastCore
import HoldfastTesting
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// A DigitalOcean provider with the simulated account behind it, on a clock that a test moves.
struct DigitalOceanBench: Sendable {
    static let web: Int64 = 3_164_444
    static let volume = "506f78a4-0000-4000-8000-000000000001"
    /// What orders something of a Droplet, as a fault's method and path.
    static let order = #""method": "POST", "path": "/v2/droplets/*/actions""#

    let provider: DigitalOceanProvider
    let clock: SimulatedClock
    let desk: CloudDesk

    func target(_ id: Int64 = web) -> Target {
        Target(
            id: TargetID(trusted: "droplet-\(id)"), provider: provider.id,
            subject: .droplet(id: id), policies: [PolicyID(trusted: "nightly")])
    }

    func request(_ id: Int64 = web, _ policy: Policy = Fixture.nativePolicy()) -> ReconcileRequest {
        ReconcileRequest(target(id), policy)
    }

    /// Puts faults in, each in the simulated cloud's JSON without its braces.
    func order(_ faults: String...) async throws {
        let json = faults.map { "{\($0)}" }.joined(separator: ",")
        await desk.order(try FaultPlan(json: Array(#"{"faults": [\#(json)]}"#.utf8)))
    }

    /// How many requests a route got.
    func count(_ route: String) async -> Int64 { await desk.requestCount(of: route) }

    /// Runs a body on a new account.
    ///
    /// - Parameter state: What the account holds; `nil`: three Droplets and two volumes.
    static func run(
        _ estate: DigitalOceanEstate = .small, state: [UInt8]? = nil,
        token: String = "dop_v1_simulated_full_access",
        adjusting: @escaping @Sendable (inout DigitalOceanSettings) -> Void = { _ in },
        _ body: @Sendable (DigitalOceanBench) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let cloud = try DigitalOceanCloud(
            savedState: state, estate: estate, clock: clock, adjusting: adjusting)
        let desk = CloudDesk(cloud, clock: clock)
        try await ProviderUnderTest.droplet.serving(desk) { url in
            let provider = DigitalOceanProvider(
                id: ProviderID(trusted: "do"), endpoint: url, wall: clock, version: "test",
                token: { () throws(ProviderError) in Secret(token) },
                sleep: { clock.advance(by: $0) })
            try await body(DigitalOceanBench(provider: provider, clock: clock, desk: desk))
        }
    }

    /// The small account, saved, with its JSON changed.
    static func state(_ change: (inout [String: Any]) -> Void) async throws -> [UInt8] {
        let cloud = try DigitalOceanCloud(clock: SimulatedClock(standingAt: Bench.noon))
        let saved = try JSONSerialization.jsonObject(with: Data(try await cloud.savedState()))
        var state = try #require(saved as? [String: Any])
        change(&state)
        return Array(try JSONSerialization.data(withJSONObject: state))
    }

    /// The account as JSON, without spaces.
    func savedState() async throws -> String {
        let outcome = try await desk.answer(CloudRequest("GET", "/_sim/state"))
        guard case .reply(let reply) = outcome else { throw BenchError(words: "\(outcome)") }
        return String(decoding: reply.body, as: UTF8.self).filter { !$0.isWhitespace }
    }
}

/// What a body failed with, as a provider's error.
func providerFailure(_ body: () async throws -> Void) async -> ProviderError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ProviderError
    }
}
