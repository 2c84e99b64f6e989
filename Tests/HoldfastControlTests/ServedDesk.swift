import Foundation
import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Logging

@testable import HoldfastControl

/// A daemon's desk with a history in memory, on a socket of its own.
enum ServedDesk {
    /// Runs a body while the socket answers, and ends the server with it.
    static func serving(
        _ configuration: Configuration = Fixture.configuration(
            policies: [Fixture.policy()], targets: [Fixture.target("etc")]),
        _ body: (ControlClient, InMemoryStore) async throws -> Void
    ) async throws {
        let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
        let time = VirtualTime(at: Fixture.noon)
        let world = SimulatedWorld(
            seed: 1, time: time, provider: ScriptedProvider(time: time))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let scheduler = Scheduler(
            world.installation(configuration), context: world.context, newestRecord: nil,
            heartbeat: nil, logger: logger)
        let path =
            FileManager.default.temporaryDirectory.path + "/hf-\(UUID().uuidString.prefix(8)).sock"
        let server = ControlServer(
            path: path, surface: ControlDesk(scheduler, context: world.context),
            adminGroup: { nil }, logger: logger, onListening: { isListening.finish() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isListening.finish() }
                try await server.run()
            }
            for await _ in listening {}
            try await body(ControlClient(path: path), world.store)
            group.cancelAll()
        }
    }
}
