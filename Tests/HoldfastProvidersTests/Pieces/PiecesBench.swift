import HoldfastCore
import SimulatedClouds
import Synchronization
import Testing

@testable import HoldfastProviders

/// A simulated Pieces OS, a provider that asks it, and a device as its target.
struct PiecesBench: Sendable {
    let cloud: PiecesCloud
    let desk: CloudDesk
    let clock: SimulatedClock
    let provider: PiecesProvider
    let url: String

    static let host = ProviderUnderTest.piecesHost
    static let id = ProviderID(trusted: "pos")

    /// Runs a body on a new one.
    ///
    /// - Parameter isJudged: Whether a conformance run compares its exchanges with the trimmed
    ///   specification, which has no restore and none of the other readings.
    static func run(
        faults: [String] = [], isJudged: Bool = true,
        _ adjusting: @Sendable (inout PiecesSettings) -> Void = { _ in },
        _ body: @Sendable (PiecesBench) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let cloud = try ProviderUnderTest.piecesCloud(clock, .full, adjusting: adjusting)
        let plan = try FaultPlan(
            json: Array(#"{"faults": [\#(faults.joined(separator: ","))]}"#.utf8))
        let desk = CloudDesk(cloud, clock: clock, faults: plan)
        try await ProviderUnderTest.device.serving(desk, isJudged: isJudged) { url in
            try await body(
                PiecesBench(
                    cloud: cloud, desk: desk, clock: clock,
                    provider: ProviderUnderTest.piecesProvider(id, at: url, clock), url: url))
        }
    }

    static func target(_ device: String? = nil) -> Target {
        Target(
            id: TargetID(trusted: "snippets"), provider: id, subject: .device(name: device),
            policies: [PolicyID(trusted: "nightly")])
    }

    static func token(_ number: Int = 0) -> BackupToken {
        slot(number).token
    }

    static func slot(_ number: Int) -> SlotKey {
        SlotKey(
            assignment: Assignment(
                policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: "snippets")),
            opens: Bench.noon + .days(number))
    }

    static func request(
        _ number: Int = 0, report: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) -> BackupRequest {
        BackupRequest(
            target: target(), slot: slot(number), token: token(number), report: report)
    }

    /// Makes a backup that is finished when this returns.
    func backUp(_ number: Int = 0) async throws -> RemotePoint {
        guard case .finished(let point) = try await provider.start(Self.request(number)) else {
            throw BenchError(words: "a backup that runs on")
        }
        return point
    }

    func find(
        _ number: Int = 0, since intentAt: Timestamp? = Bench.noon, recorded: [RemotePoint] = [],
        device: String? = nil
    ) async throws -> RemotePoint? {
        try await provider.find(
            Self.token(number), on: Self.target(device),
            knowing: TargetPast(points: recorded, intentAt: intentAt))
    }

    func list(_ recorded: [RemotePoint] = [], device: String? = nil) async throws -> PointListing {
        try await provider.list(Self.target(device), knowing: TargetPast(points: recorded))
    }

    func order(_ faults: String) async throws {
        await desk.order(try FaultPlan(json: Array(#"{"faults": [\#(faults)]}"#.utf8)))
    }
}

/// A server that answers in one way whatever is asked, for what no simulator says.
struct CannedCloud: VendorCloud {
    let reply: @Sendable (CloudRequest) -> CloudReply

    var kind: String { "canned" }
    var credentials: [String: String] { [:] }
    func route(of request: CloudRequest) -> String? { nil }
    func answer(_ request: CloudRequest) async -> CloudReply { reply(request) }
    func refusal(status: Int) async -> CloudReply { CloudReply(status: status) }
    func savedState() async throws -> [UInt8] { [] }

    /// Runs a body with a provider that asks such servers, each at an address of its own.
    static func run(
        _ replies: [@Sendable (CloudRequest) -> CloudReply],
        _ body: @escaping @Sendable (PiecesProvider, [CloudDesk]) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let desks = replies.map { CloudDesk(CannedCloud(reply: $0), clock: clock) }
        try await serve(desks[...], urls: []) { urls in
            try await body(
                PiecesProvider(
                    id: PiecesBench.id, candidates: urls, wall: clock,
                    hostName: PiecesBench.host, version: "test",
                    // A busy machine may take longer than an operator's patience.
                    patience: .seconds(60), sleep: { clock.advance(by: $0) }), desks)
        }
    }

    private static func serve(
        _ desks: ArraySlice<CloudDesk>, urls: [String],
        _ body: @escaping @Sendable ([String]) async throws -> Void
    ) async throws {
        guard let desk = desks.first else { return try await body(urls) }
        try await ProviderUnderTest.device.serving(desk) { url in
            try await serve(desks.dropFirst(), urls: urls + [url], body)
        }
    }
}
