import HoldfastCore
import Testing

@testable import SimulatedClouds

/// A simulated Contabo without connections, on a clock that stands still until it is moved.
struct ContaboUnderTest {
    static let tokenPath = "/auth/realms/contabo/protocol/openid-connect/token"
    static let instances = "/v1/compute/instances"
    static let audits = "/v1/compute/snapshots/audits"
    static let requestId = "04e0f898-37b4-48bc-a794-1a57abe6aa31"
    static let form = "client_id=INT-54321&client_secret=simulated-client-secret"
    static let password =
        "&grant_type=password&username=operator%40example.com"
        + "&password=simulated%2Bpass%26word%3D100%25"

    let clock: SimulatedClock
    let cloud: ContaboCloud
    let desk: CloudDesk

    init(
        estate: ContaboEstate = .small, savedState: [UInt8]? = nil, faults: String? = nil,
        at now: Timestamp = CloudUnderTest.noon,
        adjusting: @Sendable (inout ContaboSettings) -> Void = { _ in }
    ) throws {
        clock = SimulatedClock(standingAt: now)
        cloud = try ContaboCloud(
            savedState: savedState, estate: estate, clock: clock, adjusting: adjusting)
        let plan = try faults.map { try FaultPlan(json: Array($0.utf8)) } ?? FaultPlan()
        desk = CloudDesk(cloud, clock: clock, faults: plan)
    }

    /// The snapshots of one of the small estate's instances, by their number of slots.
    static func snapshots(slots: Int) -> String {
        let ids = [3: 100_101, 5: 100_102, 2: 100_103, 1: 100_104, 0: 100_105]
        return "\(instances)/\(ids[slots] ?? 0)/snapshots"
    }

    /// Asks the token server.
    func askToken(
        _ form: String, headers: [(name: String, value: String)] = [],
        type: String = "application/x-www-form-urlencoded"
    ) async throws -> CloudUnderTest.Answer {
        try await send(
            CloudRequest(
                "POST", Self.tokenPath, headers: headers + [("Content-Type", type)],
                body: Array(form.utf8)))
    }

    /// A fresh access token of the user who may do everything.
    func token() async throws -> String {
        let answer = try await askToken(Self.form + Self.password)
        return try #require(answer["access_token"]?.text)
    }

    /// Asks the interface, with a fresh token unless one is given.
    func ask(
        _ method: String, _ target: String, _ body: String? = nil, token: String? = nil,
        headers: [(name: String, value: String)] = [("x-request-id", requestId)]
    ) async throws -> CloudUnderTest.Answer {
        let token = if let token { token } else { try await self.token() }
        let type: [(name: String, value: String)] =
            body == nil ? [] : [("Content-Type", "application/json")]
        return try await send(
            CloudRequest(
                method, target, headers: headers + type + [("Authorization", "Bearer \(token)")],
                body: Array((body ?? "").utf8)))
    }

    /// Takes a snapshot, and tells its id.
    func create(_ name: String, in list: String) async throws -> String {
        let made = try await ask("POST", list, #"{"name":"\#(name)"}"#)
        #expect(made.status == 201)
        return try #require(made["data/0/snapshotId"]?.text)
    }

    /// The names of a list, in its order.
    func names(_ target: String) async throws -> [String?] {
        let answer = try await ask("GET", target)
        return try #require(answer["data"]?.items).map { $0["name"]?.text }
    }

    func send(_ request: CloudRequest) async throws -> CloudUnderTest.Answer {
        let outcome = try await desk.answer(request)
        guard case .reply(let reply) = outcome else {
            throw CloudUnderTest.UnexpectedOutcome(outcome: "\(outcome)")
        }
        return CloudUnderTest.Answer(reply)
    }
}
