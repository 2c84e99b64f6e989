import HoldfastCore
import SimulatedClouds
import Synchronization
import Testing

@testable import HoldfastProviders

@Suite("One look for many Droplets")
struct SnapshotCensusTests {
    private let droplets: [Int64] = [3_164_444, 3_164_445, 3_164_446]
    private let listing = "GET /v2/snapshots"

    private func token(_ droplet: Int64) -> BackupToken {
        SlotKey(
            assignment: Assignment(
                policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: "d\(droplet)")),
            opens: Bench.noon
        ).token
    }

    /// A census, and operations whose snapshots are ordered.
    private func withOrders(
        _ body:
            @Sendable (SnapshotCensus, [DigitalOceanOperation], SimulatedClock, CloudDesk)
            async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let desk = CloudDesk(try DigitalOceanCloud(clock: clock), clock: clock)
        try await ProviderUnderTest.droplet.serving(desk) { url in
            let gate = RateGate(windows: [], wall: clock, sleep: { _ in })
            let client = DigitalOceanClient(
                transport: HTTPTransport(
                    provider: ProviderID(trusted: "do"), endpoint: url, gate: gate,
                    version: "test", log: { _ in },
                    authorization: { () async throws(ProviderError) in
                        Secret("Bearer dop_v1_simulated_full_access")
                    }), wall: clock)
            let crowd = Crowd()
            let census = SnapshotCensus(client: client, wall: clock) { _ in
                await crowd.gather()
            }
            // Each is known from an earlier look, at which nobody else came.
            for droplet in droplets {
                let earlier = DigitalOceanOperation(
                    droplet: droplet, action: "1", token: token(droplet))
                _ = await census.look(for: earlier)
            }
            crowd.expect(droplets.count - 1, at: census)
            var orders: [DigitalOceanOperation] = []
            for droplet in droplets {
                let order = DigitalOceanWire.SnapshotOrder(name: token(droplet).text)
                let (body, _) = try await client.call(
                    DigitalOceanWire.ActionBody.self,
                    VendorRequest(
                        .post, "/v2/droplets/\(droplet)/actions",
                        body: try VendorRequest.json(order)))
                orders.append(
                    DigitalOceanOperation(
                        droplet: droplet, action: body.action.id.description,
                        token: token(droplet)))
            }
            try await body(census, orders, clock, desk)
        }
    }

    private func sights(
        _ census: SnapshotCensus, _ orders: [DigitalOceanOperation]
    ) async -> [String] {
        await withTaskGroup(of: String.self) { group in
            for order in orders {
                group.addTask {
                    switch await census.look(for: order) {
                    case .listed(let snapshot): "listed \(snapshot.name == order.token.text)"
                    case .notYet: "not yet"
                    case .unknown: "unknown"
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted()
        }
    }

    @Test("Three who ask together cost one request, before and after the end")
    func together() async throws {
        try await withOrders { census, orders, clock, desk in
            let before = await desk.requestCount(of: listing)
            let early = await sights(census, orders)
            #expect(early == ["not yet", "not yet", "not yet"])
            let between = await desk.requestCount(of: listing)
            #expect(between - before == 1)
            clock.advance(by: .minutes(3))
            let late = await sights(census, orders)
            #expect(late == ["listed true", "listed true", "listed true"])
            let after = await desk.requestCount(of: listing)
            #expect(after - between == 1)
        }
    }

    @Test("An action is asked for by itself now and then, for the list shows no errored one")
    func now() async throws {
        try await withOrders { census, orders, clock, _ in
            _ = await sights(census, orders)
            clock.advance(by: .minutes(5))
            let sight = await sights(census, [orders[0]])
            #expect(sight == ["unknown"])
        }
    }

    @Test("A list that can't be read tells nothing, and nobody waits for ever")
    func broken() async throws {
        try await withOrders { census, orders, clock, desk in
            clock.advance(by: .minutes(3))
            await desk.order(
                try FaultPlan(
                    json: Array(
                        #"{"faults": [{"fault": "status", "status": 502, "path": "/v2/snapshots"}]}"#
                            .utf8)))
            let sights = await sights(census, orders)
            #expect(sights == ["unknown", "unknown", "unknown"])
        }
    }
}

/// Holds the one who gathers until the others have come.
private final class Crowd: Sendable {
    private let expected = Mutex<(count: Int, census: SnapshotCensus)?>(nil)

    func expect(_ count: Int, at census: SnapshotCensus) {
        expected.withLock { $0 = (count, census) }
    }

    func gather() async {
        guard let (count, census) = expected.withLock({ $0 }) else { return }
        while await census.waitingCount < count { await Task.yield() }
    }
}
