import HoldfastCore
import Testing

@testable import SimulatedClouds

/// A simulated IONOS Cloud without connections, on a clock that stands still until it is moved.
struct IONOSUnderTest {
    static let datacenter = "dcdc0001-0000-4000-8000-000000000001"
    static let staging = "dcdc0001-0000-4000-8000-000000000002"
    static let volumes = "/cloudapi/v6/datacenters/\(datacenter)/volumes"
    /// `web-01-data`, 100 GB.
    static let volume = "\(volumes)/b10c0001-0000-4000-8000-000000000002"
    /// `before-upgrade`, 100 GB, in de/txl.
    static let oldSnapshot = "5a9500aa-0000-4000-8000-000000000002"
    static let unit = "/cloudapi/v6/backupunits/bac00001-0000-4000-8000-000000000001"
    static let token = "Bearer ionos-simulated-full-access"
    static let host = "http://127.0.0.1:1"

    let clock: SimulatedClock
    let cloud: IONOSCloud
    let desk: CloudDesk

    init(
        estate: IONOSEstate = .small, savedState: [UInt8]? = nil, faults: String? = nil,
        at now: Timestamp = CloudUnderTest.noon,
        adjusting: @Sendable (inout IONOSSettings) -> Void = { _ in }
    ) throws {
        clock = SimulatedClock(standingAt: now)
        cloud = try IONOSCloud(
            savedState: savedState, estate: estate, clock: clock, adjusting: adjusting)
        let plan = try faults.map { try FaultPlan(json: Array($0.utf8)) } ?? FaultPlan()
        desk = CloudDesk(cloud, clock: clock, faults: plan)
    }

    func ask(
        _ method: String, _ target: String, _ body: String = "",
        authorization: String? = token, type: String? = "application/json",
        headers more: [(name: String, value: String)] = []
    ) async throws -> CloudUnderTest.Answer {
        var headers = [(name: "Host", value: "127.0.0.1:1")] + more
        if let authorization { headers.append(("Authorization", authorization)) }
        if let type, !body.isEmpty { headers.append(("Content-Type", type)) }
        let path =
            target.hasPrefix("/cloudapi") || target.hasPrefix("/_sim")
            ? target : "/cloudapi/v6" + target
        let outcome = try await desk.answer(
            CloudRequest(method, path, headers: headers, body: Array(body.utf8)))
        guard case .reply(let reply) = outcome else {
            throw CloudUnderTest.UnexpectedOutcome(outcome: "\(outcome)")
        }
        return CloudUnderTest.Answer(reply)
    }

    func snapshot(named name: String, of volume: String = volume) async throws
        -> CloudUnderTest.Answer
    {
        try await ask(
            "POST", "\(volume)/create-snapshot", #"{"properties":{"name":"\#(name)"}}"#)
    }

    /// The state of the request that a `Location` names.
    func status(_ answer: CloudUnderTest.Answer) async throws -> CloudUnderTest.Answer {
        let location = try #require(answer.reply.header("location"))
        let path = location.hasPrefix("/") ? location : String(location.dropFirst(Self.host.count))
        return try await ask("GET", path)
    }
}
