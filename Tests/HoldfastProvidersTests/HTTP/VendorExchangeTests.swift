import HoldfastCore
import SimulatedClouds
import Synchronization
import Testing

@testable import HoldfastProviders

@Suite("What is logged of the vendors' answers")
struct VendorExchangeTests {
    private final class Taken: Sendable {
        let exchanges = Mutex<[VendorExchange]>([])
        var all: [VendorExchange] { exchanges.withLock { $0 } }
    }

    @Test("Each answer is told with the vendor's own name for it, and without the token")
    func digitalOcean() async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let desk = CloudDesk(try DigitalOceanCloud(clock: clock), clock: clock)
        let taken = Taken()
        try await ProviderUnderTest.droplet.serving(desk) { url in
            let provider = DigitalOceanProvider(
                id: ProviderID(trusted: "do"), endpoint: url, wall: clock, version: "test",
                token: { () throws(ProviderError) in Secret("dop_v1_simulated_full_access") },
                log: { exchange in taken.exchanges.withLock { $0.append(exchange) } },
                sleep: { clock.advance(by: $0) })
            let target = Target(
                id: TargetID(trusted: "web"), provider: ProviderID(trusted: "do"),
                subject: .droplet(id: 3_164_444), policies: [])
            let slot = SlotKey(
                assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: target.id),
                opens: Bench.noon)
            _ = try await provider.list(target, knowing: .unknown)
            _ = try await provider.start(
                BackupRequest(target: target, slot: slot, token: slot.token, report: { _ in }))
        }
        #expect(taken.all.map(\.isChange) == [false, true])
        #expect(taken.all.map(\.status) == [200, 201])
        #expect(taken.all[1].request.hasSuffix("/v2/droplets/3164444/actions"))
        #expect(Set(taken.all.compactMap(\.requestID)).count == 2)
        #expect(!"\(taken.all)".contains("simulated_full_access"))
    }

    @Test("A refusal is told, too; where a vendor gives no name, ours stands")
    func contabo() async throws {
        let taken = Taken()
        let clock = SimulatedClock(standingAt: Bench.noon)
        let desk = CloudDesk(try ContaboCloud(clock: clock), clock: clock)
        try await ProviderUnderTest.instance.serving(desk) { url in
            let provider = ProviderUnderTest.contabo(
                ProviderID(trusted: "contabo"), at: url, .wrong, clock,
                log: { exchange in taken.exchanges.withLock { $0.append(exchange) } })
            let target = Target(
                id: TargetID(trusted: "web"), provider: ProviderID(trusted: "contabo"),
                subject: .instance(id: 100_101), policies: [])
            await #expect(throws: ProviderError.self) {
                try await provider.list(target, knowing: .unknown)
            }
            let allowed = ProviderUnderTest.contabo(
                ProviderID(trusted: "contabo"), at: url, .full, clock,
                log: { exchange in taken.exchanges.withLock { $0.append(exchange) } })
            _ = try await allowed.list(target, knowing: .unknown)
        }
        let listings = taken.all.filter { $0.request.contains("/snapshots") }
        #expect(taken.all.first?.status == 401)
        #expect(!listings.isEmpty)
        #expect(listings.allSatisfy { $0.requestID != nil })
        #expect(!"\(taken.all)".contains("not-the-secret"))
    }
}
