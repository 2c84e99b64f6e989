import Foundation
import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Logging
import ServiceLifecycle
import Testing

@testable import HoldfastControl

@Suite("Objectives over the status socket")
struct CoverageRoutesTests {
    private let noon = Fixture.noon

    /// A socket that answers at noon, with assignments declared two days before.
    private func serving(
        _ body: (ControlClient, InMemoryStore) async throws -> Void
    ) async throws {
        let store = InMemoryStore()
        let since = noon - .days(2)
        let assignments = [
            Fixture.assignment("nightly", "etc"), Fixture.assignment("nightly", "home"),
            Fixture.assignment("weekly", "home"),
        ]
        try await store.synchronise(assignments, digest: "one", at: since)
        try await store.synchroniseObjectives(
            [PolicyID(trusted: "nightly"): .hours(2)], exempt: [], digest: "one", at: since)
        let time = VirtualTime(at: noon)
        let world = SimulatedWorld(
            seed: 1, time: time, store: store, provider: ScriptedProvider(time: time))
        let configuration = Fixture.configuration(
            policies: [Fixture.policy(objective: .hours(2)), Fixture.policy("weekly")],
            targets: [
                Fixture.target("etc"), Fixture.target("home", policies: ["nightly", "weekly"]),
            ])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let scheduler = Scheduler(
            world.installation(configuration), context: world.context, newestRecord: nil,
            heartbeat: nil, logger: logger)
        let path =
            FileManager.default.temporaryDirectory.path + "/hf-\(UUID().uuidString.prefix(8))"
        let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
        let server = ControlServer(
            path: path, surface: ControlDesk(scheduler, context: world.context),
            adminGroup: { nil }, logger: logger, onListening: { isListening.finish() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isListening.finish() }
                try await server.run()
            }
            for await _ in listening {}
            try await body(ControlClient(path: path), store)
            group.cancelAll()
        }
    }

    @Test("The listing tells how each assignment stands, part by part")
    func coverage() async throws {
        try await serving { client, _ in
            let all = try await client.getAll(CoverageWire.self, "/v1/coverage")
            #expect(
                all.items.map { "\($0.target) \($0.policy) \($0.state)" } == [
                    "etc nightly beyond", "home nightly beyond", "home weekly no_objective",
                ])
            #expect(all.items.first?.brokenAt == noon - .days(2) + .hours(2))
            let part = try await client.get(
                PageWire<CoverageWire>.self, "/v1/coverage",
                query: ["limit": "1", "target": "home"])
            #expect(part.items.map(\.policy) == ["nightly"])
            #expect(part.nextCursor != nil)
            do {
                _ = try await client.get(
                    PageWire<CoverageWire>.self, "/v1/coverage", query: ["target": "hom"])
                Issue.record("a target that is not there was answered")
            } catch {
                #expect("\(error)" == "no target is named 'hom'; did you mean 'home'?")
            }
        }
    }

    @Test("Breaches are told with what the history knows of the time asked about")
    func breaches() async throws {
        try await serving { client, store in
            let due = try await store.objectivesDue(at: noon, limit: 10)
            try await store.note(
                due.items.flatMap { $0.standing.notes(points: $0.points, at: noon) }, at: noon)
            let list = try await client.breaches(from: noon - .days(9), to: noon, target: nil)
            #expect(list.items.map(\.target) == ["etc", "home"])
            #expect(list.items.map(\.reason) == ["no_point", "no_point"])
            #expect(list.now == noon)
            #expect(list.recordedSince == noon)
            #expect(list.items.compactMap(\.breach).count == 2)
            let one = try await client.breaches(from: noon - .days(9), to: noon, target: "home")
            #expect(one.items.count == 1)
            let none = try await client.breaches(
                from: noon - .days(9), to: noon - .days(8), target: nil)
            #expect(none.items.isEmpty)
        }
    }

    @Test(
        "A question that can't be answered is refused with the way out",
        arguments: [
            ("/v1/breaches", "'from' is an instant such as 2026-03-29T01:00:00Z"),
            ("/v1/breaches?from=2026-03-29T01:00:00Z", "'to' is an instant such as"),
            (
                "/v1/breaches?from=2026-03-29T01:00:00Z&to=2026-03-29T01:00:00Z",
                "'to' is not after 'from'"
            ), ("/v1/coverage?form=1", "the parameter 'form' is not known here"),
        ])
    func refusals(uri: String, words: String) async throws {
        try await serving { client, _ in
            do {
                _ = try await client.get(BreachListWire.self, uri)
                Issue.record("\(uri) was answered")
            } catch {
                #expect("\(error)".hasPrefix(words))
            }
        }
    }
}
