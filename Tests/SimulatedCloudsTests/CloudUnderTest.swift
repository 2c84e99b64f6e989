import HoldfastCore
import Testing

@testable import SimulatedClouds

/// A simulated DigitalOcean without connections, on a clock that stands still until it is moved.
struct CloudUnderTest {
    /// Saturday, 28 March 2026, noon in UTC.
    static let noon = Timestamp(seconds: 1_774_699_200)
    static let web: Int64 = 3_164_444
    static let volume = "506f78a4-0000-4000-8000-000000000001"

    let clock: SimulatedClock
    let cloud: DigitalOceanCloud
    let desk: CloudDesk

    init(
        estate: DigitalOceanEstate = .small, savedState: [UInt8]? = nil, faults: String? = nil,
        at now: Timestamp = noon,
        adjusting: @Sendable (inout DigitalOceanSettings) -> Void = { _ in }
    ) throws {
        clock = SimulatedClock(standingAt: now)
        cloud = try DigitalOceanCloud(
            savedState: savedState, estate: estate, clock: clock, adjusting: adjusting)
        let plan = try faults.map { try FaultPlan(json: Array($0.utf8)) } ?? FaultPlan()
        desk = CloudDesk(cloud, clock: clock, faults: plan)
    }

    struct Answer {
        let status: Int
        let json: JSON?
        let reply: CloudReply

        init(_ reply: CloudReply) {
            status = reply.status
            json = JSON.reading(reply.body)
            self.reply = reply
        }

        /// The member at the end of a path such as `links/pages/next`.
        subscript(_ path: String) -> JSON? {
            path.split(separator: "/").reduce(json) { value, name in
                Int(name).flatMap { index in
                    value?.items.flatMap { $0.indices.contains(index) ? $0[index] : nil }
                } ?? value?[String(name)]
            }
        }
    }

    func outcome(
        _ method: String, _ target: String, _ body: String = "",
        authorization: String? = "Bearer dop_v1_simulated_full_access"
    ) async throws -> CloudOutcome {
        try await desk.answer(
            CloudRequest(
                method, target,
                headers: [("Host", "127.0.0.1:1")]
                    + (authorization.map { [("Authorization", $0)] } ?? []),
                body: Array(body.utf8)))
    }

    func ask(
        _ method: String, _ target: String, _ body: String = "",
        authorization: String? = "Bearer dop_v1_simulated_full_access"
    ) async throws -> Answer {
        let outcome = try await outcome(method, target, body, authorization: authorization)
        guard case .reply(let reply) = outcome else {
            throw UnexpectedOutcome(outcome: "\(outcome)")
        }
        return Answer(reply)
    }

    func act(_ body: String, on droplet: Int64 = web) async throws -> Answer {
        try await ask("POST", "/v2/droplets/\(droplet)/actions", body)
    }

    struct UnexpectedOutcome: Error {
        let outcome: String
    }
}

/// Runs a body while a desk is served on loopback, and ends the server with it.
func withServer(_ desk: CloudDesk, _ body: (_ url: String) async throws -> Void) async throws {
    let (urls, listening) = AsyncStream.makeStream(of: String.self)
    let server = CloudServer(desk, at: try LoopbackAddress("127.0.0.1:0")) { url in
        listening.yield(url)
        listening.finish()
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { listening.finish() }
            try await server.run()
        }
        var url: String?
        for await announced in urls { url = announced }
        try await body(try #require(url))
        group.cancelAll()
    }
}
