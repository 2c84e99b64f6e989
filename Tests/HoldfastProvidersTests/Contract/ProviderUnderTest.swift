import Foundation
import HoldfastCore
import HoldfastTesting
import SimulatedClouds
import Synchronization
import Testing

@testable import HoldfastProviders

/// The kinds of target that the contract suite runs on.
enum ProviderUnderTest: String, CaseIterable, Sendable {
    case directory
    case droplet
    case volume
    case instance
    case ionosVolume
    case device

    /// Those that are asked over HTTP.
    static let clouds: [ProviderUnderTest] = [
        .droplet, .volume, .instance, .ionosVolume, .device,
    ]

    /// Whether a list of backups comes in pages.
    var listsInPages: Bool { self == .droplet || self == .volume || self == .instance }

    /// What orders a backup, as a fault's method and path.
    var order: String {
        switch self {
        case .directory: ""
        case .droplet: #""method": "POST", "path": "/v2/droplets/*/actions""#
        case .volume: #""method": "POST", "path": "/v2/volumes/*/snapshots""#
        case .instance: Self.contaboOrder
        case .ionosVolume: Self.ionosOrder
        case .device: Self.piecesOrder
        }
    }

    /// What lists backups, as a fault's method and path.
    var listing: String {
        switch self {
        case .directory: ""
        case .droplet: #""method": "GET", "path": "/v2/droplets/*/snapshots""#
        case .volume: #""method": "GET", "path": "/v2/volumes/*/snapshots""#
        case .instance: Self.contaboListing
        case .ionosVolume: Self.ionosListing
        case .device: Self.piecesListing
        }
    }

    var subject: Subject {
        switch self {
        case .directory: .directory(path: "/", exclude: [])
        case .droplet: .droplet(id: 3_164_444)
        case .volume: .volume(id: "506f78a4-0000-4000-8000-000000000001")
        case .instance: .instance(id: 100_101)
        case .ionosVolume: Self.ionosSubject
        case .device: .device(name: nil)
        }
    }
}

/// A provider with the world that it works in, which a test may move.
struct Bench: Sendable {
    static let noon = Timestamp(seconds: 1_774_699_200)

    let provider: any BackupProvider
    let target: Target
    let clock: SimulatedClock
    /// The requests that the simulated cloud answered; `nil` for the local provider.
    let desk: CloudDesk?
    private let record = BenchRecord()

    init(provider: any BackupProvider, target: Target, clock: SimulatedClock, desk: CloudDesk?) {
        self.provider = provider
        self.target = target
        self.clock = clock
        self.desk = desk
    }

    /// What a history would know by now.
    var past: TargetPast {
        TargetPast(points: record.points.withLock { $0 }, intentAt: Self.noon)
    }

    /// What is found is recorded, as the engine does.
    func find(_ token: BackupToken) async throws(ProviderError) -> RemotePoint? {
        let found = try await provider.find(token, on: target, knowing: past)
        if let found { note(found) }
        return found
    }

    /// Puts a point into what a history would know.
    func note(_ point: RemotePoint) {
        record.points.withLock { points in
            if !points.contains(where: { $0.token == point.token }) { points.append(point) }
        }
    }

    func list() async throws(ProviderError) -> PointListing {
        try await provider.list(target, knowing: past)
    }

    func slot(_ number: Int) -> SlotKey {
        SlotKey(
            assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: target.id),
            opens: Self.noon + .days(number))
    }

    func start(_ number: Int = 0) async throws -> BackupProgress {
        try await provider.start(
            BackupRequest(
                target: target, slot: slot(number), token: slot(number).token, report: { _ in }))
    }

    /// Polls to the end, while the time goes on.
    func finish(_ progress: BackupProgress) async throws -> RemotePoint {
        var progress = progress
        for _ in 0..<100 {
            switch progress {
            case .finished(let point):
                note(point)
                return point
            case .running(let operation, let pollAfter):
                clock.advance(by: pollAfter)
                progress = try await provider.poll(operation)
            }
        }
        throw BenchError(words: "the backup does not end")
    }

    /// Makes backups of the first slots, with enough time between them for every vendor.
    @discardableResult
    func backUp(_ count: Int) async throws -> [RemotePoint] {
        var points: [RemotePoint] = []
        for number in 0..<count {
            points.append(try await finish(try await start(number)))
            clock.advance(by: .minutes(20))
        }
        return points
    }

    /// The kernel's permission to delete the first of some points.
    func permission(_ points: [RemotePoint]) throws -> DeletePermission {
        let recorded = points.enumerated().map { index, remote in
            RecoveryPoint(
                id: PointID(Int64(index + 1)), assignment: slot(index).assignment,
                provider: target.provider, run: RunID(Int64(index + 1)), remote: remote,
                state: .available, recordedAt: remote.takenAt,
                mark: index == 0
                    ? PruneMark(
                        at: remote.takenAt, deleteAfter: remote.takenAt + .hours(1), reason: "old")
                    : nil)
        }
        var rules = KeepRules()
        rules.last = .periods(1)
        let verdicts = deletionVerdicts(
            for: [recorded[0]],
            in: DeletionContext(
                provider: target.provider, recorded: recorded,
                listing: PointListing(points: points, isComplete: true, providerClock: nil),
                settings: RetentionSettings(rules: rules), zone: .utc,
                providerLoad: PruneLoad(excess: 0, total: points.count),
                clock: .sane,
                now: (points.last?.takenAt ?? Self.noon) + .days(3)))
        guard case .permitted(let permission) = verdicts.first else {
            throw BenchError(words: "\(verdicts)")
        }
        return permission
    }
}

/// The points that were made so far, as a history has them.
private final class BenchRecord: Sendable {
    let points = Mutex<[RemotePoint]>([])
}

/// What a provider under test authenticates with.
enum BenchSecret: String, CaseIterable, Sendable {
    /// May do everything.
    case full
    /// Is accepted and may not make backups.
    case powerless
    /// Is not accepted.
    case wrong

    /// What no message may show.
    static let words = [
        "dop_v1_simulated_read_only", "ionos-simulated-read-only", "not-the-secret",
        "simulated-reading-password", "simulated-client-secret",
    ]

    fileprivate var digitalOceanToken: String {
        switch self {
        case .full: "dop_v1_simulated_full_access"
        case .powerless: "dop_v1_simulated_read_only"
        case .wrong: "not-the-secret"
        }
    }
}

struct BenchError: Error {
    let words: String
}

extension ProviderUnderTest {
    /// Runs a body on a new, small world of this kind.
    ///
    /// - Parameters:
    ///   - faults: What happens to which requests, each in the simulated cloud's JSON.
    ///   - secret: What the provider authenticates with.
    func withBench(
        faults: [String] = [], secret: BenchSecret = .full,
        _ body: @Sendable (Bench) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let id = ProviderID(trusted: "under-test")
        guard self != .directory else { return try await withDirectory(id, clock, body) }
        guard self != .ionosVolume else {
            return try await withIONOS(faults: faults, secret: secret) { try await body($0.bench) }
        }
        guard self != .instance else {
            return try await Self.withContabo(faults: faults, secret: secret) {
                try await body($0.bench)
            }
        }
        let target = Target(
            id: TargetID(trusted: "web"), provider: id, subject: subject,
            policies: [PolicyID(trusted: "nightly")])
        let cloud: any VendorCloud =
            switch self {
            case .device: try Self.piecesCloud(clock, secret)
            default: try DigitalOceanCloud(clock: clock)
            }
        let plan = try FaultPlan(
            json: Array(#"{"faults": [\#(faults.joined(separator: ","))]}"#.utf8))
        let desk = CloudDesk(cloud, clock: clock, faults: plan)
        try await serving(desk) { url in
            try await body(
                Bench(
                    provider: provider(at: url, clock, secret), target: target, clock: clock,
                    desk: desk))
        }
    }

    /// A provider of this kind of cloud that asks an address.
    func provider(
        at url: String, _ clock: SimulatedClock, _ secret: BenchSecret = .full
    ) -> any BackupProvider {
        let id = ProviderID(trusted: "under-test")
        guard self != .ionosVolume else { return Self.ionosProvider(at: url, clock, secret) }
        guard self != .instance else { return Self.contabo(id, at: url, secret, clock) }
        guard self != .device else { return Self.piecesProvider(id, at: url, clock) }
        return DigitalOceanProvider(
            id: id, endpoint: url, wall: clock, version: "test",
            token: { () throws(ProviderError) in Secret(secret.digitalOceanToken) },
            sleep: { clock.advance(by: $0) })
    }

    private func withDirectory(
        _ id: ProviderID, _ clock: SimulatedClock, _ body: @Sendable (Bench) async throws -> Void
    ) async throws {
        let root = FileManager.default.temporaryDirectory.path + "/holdfast-\(UUID().uuidString)"
        let source = root + "/source"
        try FileManager.default.createDirectory(
            atPath: source, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }  // scratch, whatever happened
        try "contents".write(toFile: source + "/file", atomically: true, encoding: .utf8)
        let target = Target(
            id: TargetID(trusted: "web"), provider: id,
            subject: .directory(path: source, exclude: []),
            policies: [PolicyID(trusted: "nightly")])
        let provider = LocalProvider(
            id: id, repository: root + "/repository", wall: clock, tellsClock: false)
        try await body(Bench(provider: provider, target: target, clock: clock, desk: nil))
    }

    /// Runs a body while the simulated cloud answers, and ends it with the body.
    ///
    /// - Parameter isJudged: Whether a conformance run compares the exchanges with the vendor's
    ///   specification, which need not have everything.
    func serving(
        _ desk: CloudDesk, isJudged: Bool = true, _ body: @Sendable (String) async throws -> Void
    ) async throws {
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
            let direct = try #require(url)
            let door =
                isJudged
                ? try await ConformanceDoors.url(before: direct, kind: desk.kind) : direct
            try await body(door)
            group.cancelAll()
        }
    }
}
