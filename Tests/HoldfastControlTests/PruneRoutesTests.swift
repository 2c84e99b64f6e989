import Foundation
import Glibc
import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Logging
import Testing

@testable import HoldfastControl

@Suite("The status socket, about pruning")
struct PruneRoutesTests {
    private let noon = Fixture.noon

    /// Twelve points of `etc`, of which the oldest so many were marked at once.
    private func store(marked: Int) async throws -> InMemoryStore {
        let store = InMemoryStore()
        try await store.synchronise([Fixture.assignment()], digest: "1", at: noon)
        for hour in 0..<12 {
            let at = noon - .days(9) + .hours(hour)
            let job = Fixture.backup(opensAfter: .hours(hour) - .days(9))
            _ = try await store.enqueue([job], cursor: nil, events: [], at: at)
            let claim = Claim(
                provider: job.provider, limit: 1, now: at, leaseUntil: at + .hours(1))
            let claimed = try #require(try await store.claim(claim).first)
            _ = try await store.record(
                AttemptOutcome(
                    claimed: claimed, ending: RunEnding(state: .succeeded), endedAt: at,
                    next: .succeeded, failures: 0, isUncertain: false,
                    point: Fixture.remotePoint(of: job.slot, takenAt: at), events: []))
        }
        var marks: [PointID: MarkChange] = [:]
        for number in 1...Int64(marked) {
            marks[PointID(number)] = .set(
                PruneMark(at: noon - .days(2), deleteAfter: noon - .days(1), reason: "old"))
        }
        try await store.change(marks: marks, events: [])
        return store
    }

    private func serving(
        _ store: InMemoryStore, _ body: (ControlClient) async throws -> Void
    ) async throws {
        let time = VirtualTime(at: noon)
        let world = SimulatedWorld(
            seed: 1, time: time, store: store, provider: ScriptedProvider(time: time))
        let configuration = Fixture.configuration(
            policies: [Fixture.policy()], targets: [Fixture.target("etc")])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let scheduler = Scheduler(
            world.installation(configuration), context: world.context, newestRecord: nil,
            heartbeat: nil, logger: logger)
        let path =
            FileManager.default.temporaryDirectory.path + "/hf-\(UUID().uuidString.prefix(8)).sock"
        let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
        let server = ControlServer(
            path: path, surface: ControlDesk(scheduler, context: world.context),
            adminGroup: { nil }, logger: logger
        ) { isListening.finish() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isListening.finish() }
                try await server.run()
            }
            for await _ in listening {}
            try await body(ControlClient(path: path))
            group.cancelAll()
        }
    }

    @Test("What waits is told by the plans, the status and the metrics")
    func plans() async throws {
        try await serving(try await store(marked: 8)) { client in
            let plans = try await client.get(PageWire<PrunePlanWire>.self, "/v1/prune/plans")
            let plan = try #require(plans.items.first)
            #expect(plans.items.count == 1)
            #expect(plan.scope == "assignment")
            #expect(plan.target == "etc")
            #expect(plan.points == 8)
            #expect(plan.total == 12)
            #expect(plan.earliest == noon - .days(1))
            #expect(plan.first.count == 8)
            let status = try await client.get(StatusWire.self, "/v1/status")
            #expect(status.prunePlanCount == 1)
            #expect(status.prunePlans.map(\.hash) == [plan.hash])
        }
    }

    @Test(
        "A plan is confirmed once, by who may",
        .enabled(if: getuid() == 0, "only root may confirm here"))
    func confirming() async throws {
        let store = try await store(marked: 8)
        let marked = try await store.markedPoints(
            at: ProviderID(trusted: "disk"), orphansUnder: [])
        let hold = GuardHold(since: noon - .hours(1), scope: .assignment, total: 12)
        try await store.change(
            holds: marked.reduce(into: [:]) { $0[$1.id] = hold }, lifted: [])
        try await serving(store) { client in
            func heldSince() async throws -> [Timestamp?] {
                try await client.get(
                    PageWire<PointWire>.self, "/v1/points", query: ["marked": "true"]
                ).items.map(\.heldSince)
            }
            let before = try await heldSince()
            #expect(before == Array(repeating: hold.since, count: 8))
            let plans = try await client.get(PageWire<PrunePlanWire>.self, "/v1/prune/plans")
            let hash = try #require(plans.items.first).hash
            let wrong = await #expect(throws: ControlClientError.self) {
                _ = try await client.post(
                    PruneConfirmationWire.self, "/v1/prune/confirm/0123456789abcdef")
            }
            guard case .problem(let problem) = wrong else {
                Issue.record("\(String(describing: wrong)) is no problem document")
                return
            }
            #expect(problem.status == 409)
            #expect(problem.detail.contains("holdfast prune plans"))
            let answer = try await client.post(
                PruneConfirmationWire.self, "/v1/prune/confirm/\(hash)")
            #expect(answer.plan.points == 8)
            #expect(answer.jobs == 1)
            let left = try await client.get(PageWire<PrunePlanWire>.self, "/v1/prune/plans")
            #expect(left.items.isEmpty)
            let after = try await heldSince()
            #expect(after == Array(repeating: nil, count: 8))
            let events = try await store.events(PageRequest(state: "prune.confirmed")).rows
            #expect(events.map(\.actor) == ["uid 0 (root)"])
            let again = await #expect(throws: ControlClientError.self) {
                _ = try await client.post(
                    PruneConfirmationWire.self, "/v1/prune/confirm/\(hash)")
            }
            #expect(again?.description.contains("confirmed already") == true)
        }
    }
}
