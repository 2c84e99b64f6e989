import HoldfastCore
import HoldfastTesting
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// A simulated IONOS contract with a provider of it.
struct IONOSBench: Sendable {
    let bench: Bench
    let provider: IONOSProvider
    let cloud: IONOSCloud
    let desk: CloudDesk
    let clock: SimulatedClock

    /// A unit as a configuration declares it; its password is `unit-password`.
    func unit(_ name: String = "NightlyUnit", email: String = "ops@example.com") -> BackupUnit {
        BackupUnit(name: name, email: email, password: .credential("unit-password"))
    }

    func request(_ unit: BackupUnit) -> ReconcileRequest {
        ReconcileRequest(
            Target(
                id: TargetID(trusted: "unit"), provider: provider.id, subject: .backupUnit(unit),
                policies: [PolicyID(trusted: "nightly")]), Fixture.policy())
    }

    /// Another volume of the same data center.
    var otherTarget: Target {
        Target(
            id: TargetID(trusted: "db"), provider: provider.id,
            subject: .datacenterVolume(
                datacenter: ProviderUnderTest.ionosDatacenter,
                volume: "b10c0001-0000-4000-8000-000000000003"),
            policies: [PolicyID(trusted: "nightly")])
    }

    /// What the vendor's own pages would do, with the operator's token.
    func ask(_ method: String, _ path: String, _ body: String = "") async throws -> CloudReply {
        let outcome = try await desk.answer(
            CloudRequest(
                method, "/cloudapi/v6\(path)",
                headers: [
                    ("Authorization", "Bearer ionos-simulated-full-access"),
                    ("Content-Type", "application/json"), ("Host", "127.0.0.1"),
                ], body: Array(body.utf8)))
        guard case .reply(let reply) = outcome else { throw BenchError(words: "\(outcome)") }
        return reply
    }
}

extension ProviderUnderTest {
    static let ionosDatacenter = "dcdc0001-0000-4000-8000-000000000001"
    static let ionosOrder = #""method": "POST", "path": "*/create-snapshot""#
    static let ionosListing = #""method": "GET", "path": "/cloudapi/v6/snapshots""#
    /// `web-01-data` of the simulator's estate, 100 GB.
    static let ionosSubject = Subject.datacenterVolume(
        datacenter: ionosDatacenter, volume: "b10c0001-0000-4000-8000-000000000002")

    static func ionosProvider(
        at url: String, _ clock: SimulatedClock, _ secret: BenchSecret = .full,
        login: IONOSAccount.Login = .token(.credential("token")), contract: String? = nil
    ) -> IONOSProvider {
        IONOSProvider(
            id: ProviderID(trusted: "under-test"),
            account: IONOSAccount(
                login: login, contract: contract, endpoint: url + "/cloudapi/v6"),
            wall: clock, version: "test",
            secret: { (reference) throws(ProviderError) in
                switch reference {
                case .credential("token"): Secret(secret.ionosToken)
                case .credential(let name): Secret(name)
                default: throw ProviderError(.authentication, "not kept in \(reference)")
                }
            }, sleep: { clock.advance(by: $0) })
    }

    /// Runs a body on a new contract.
    ///
    /// - Parameter adjusting: Changes how the vendor behaves.
    func withIONOS(
        faults: [String] = [], secret: BenchSecret = .full,
        login: IONOSAccount.Login = .token(.credential("token")), contract: String? = nil,
        adjusting: @Sendable (inout IONOSSettings) -> Void = { _ in },
        _ body: @Sendable (IONOSBench) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let cloud = try IONOSCloud(clock: clock, adjusting: adjusting)
        let plan = try FaultPlan(
            json: Array(#"{"faults": [\#(faults.joined(separator: ","))]}"#.utf8))
        let desk = CloudDesk(cloud, clock: clock, faults: plan)
        let target = Target(
            id: TargetID(trusted: "web"), provider: ProviderID(trusted: "under-test"),
            subject: Self.ionosSubject, policies: [PolicyID(trusted: "nightly")])
        try await serving(desk) { url in
            let provider = Self.ionosProvider(
                at: url, clock, secret, login: login, contract: contract)
            try await body(
                IONOSBench(
                    bench: Bench(provider: provider, target: target, clock: clock, desk: desk),
                    provider: provider, cloud: cloud, desk: desk, clock: clock))
        }
    }
}

extension BenchSecret {
    fileprivate var ionosToken: String {
        switch self {
        case .full: "ionos-simulated-full-access"
        case .powerless: "ionos-simulated-read-only"
        case .wrong: "not-the-secret"
        }
    }
}
