import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("Orders of Droplet snapshots")
struct DigitalOceanOrderTests {
    private let route = "POST /v2/droplets/{droplet_id}/actions"

    private func request(_ target: Target) -> BackupRequest {
        let slot = SlotKey(
            assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: target.id),
            opens: Bench.noon)
        return BackupRequest(target: target, slot: slot, token: slot.token) { _ in }
    }

    @Test(
        "An order that was accepted stands when the first look at its snapshot fails",
        arguments: [429, 502])
    func firstLookFails(status: Int) async throws {
        try await DigitalOceanBench.run(adjusting: { $0.actionSeconds = 0 }) { bench in
            try await bench.order(
                #""fault": "status", "method": "GET", "path": "/v2/droplets/*/snapshots*", "#
                    + #""status": \#(status), "retry_after": 30"#)
            let started = try await bench.provider.start(request(bench.target()))
            guard case .running(let operation, let pollAfter) = started else {
                Issue.record("\(started)")
                return
            }
            #expect(pollAfter > .zero)
            bench.clock.advance(by: pollAfter)
            let seen = try await bench.provider.poll(operation)
            guard case .finished(let point) = seen else {
                Issue.record("\(seen)")
                return
            }
            let orders = await bench.count(route)
            #expect(orders == 1)
            #expect(point.token == request(bench.target()).token)
        }
    }

    @Test("A snapshot made by hand is a stranger, with its name and size")
    func stranger() async throws {
        try await DigitalOceanBench.run(adjusting: { $0.actionSeconds = 0 }) { bench in
            let token = request(bench.target()).token
            for name in ["before the upgrade", token.text] {
                _ = try await bench.provider.client.exchange(
                    VendorRequest(
                        .post, "/v2/droplets/\(DigitalOceanBench.web)/actions",
                        body: try VendorRequest.json(DigitalOceanWire.SnapshotOrder(name: name))))
                bench.clock.advance(by: .minutes(1))
            }
            let listing = try await bench.provider.list(bench.target(), knowing: .unknown)
            #expect(listing.isComplete && listing.points.map(\.token) == [token])
            let stranger = try #require(listing.strangers.first)
            #expect(listing.strangers.count == 1)
            #expect(stranger.name == "before the upgrade" && stranger.origin == .foreign)
            #expect(stranger.storedBytes != nil && stranger.takenAt <= bench.clock.now)
            #expect(stranger.remoteID != listing.points.first?.remoteID)
        }
    }
}
