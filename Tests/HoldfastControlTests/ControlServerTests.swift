import Foundation
import Glibc
import HoldfastCore
import HoldfastEngine
import HoldfastTesting
import Logging
import ServiceLifecycle
import Testing

@testable import HoldfastControl

@Suite("The status socket")
struct ControlServerTests {
    /// A daemon's surface that answers out of memory, on a socket of its own.
    private struct Served {
        let path: String
        let store: InMemoryStore
        var client: ControlClient { ControlClient(path: path) }
    }

    private static func socketPath() -> String {
        FileManager.default.temporaryDirectory.path + "/hf-\(UUID().uuidString.prefix(8)).sock"
    }

    private static func server(
        at path: String, store: InMemoryStore = InMemoryStore(),
        onListening: @escaping @Sendable () async -> Void = {}
    ) -> ControlServer {
        let time = VirtualTime(at: Fixture.noon)
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
        return ControlServer(
            path: path, surface: ControlDesk(scheduler, context: world.context),
            adminGroup: { nil }, logger: logger, onListening: onListening)
    }

    /// Runs a body while the socket answers, and ends the server with it.
    private func serving(_ body: (Served) async throws -> Void) async throws {
        let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
        let store = InMemoryStore()
        let path = Self.socketPath()
        let server = Self.server(at: path, store: store) { isListening.finish() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isListening.finish() }
                try await server.run()
            }
            for await _ in listening {}
            try await body(Served(path: path, store: store))
            group.cancelAll()
        }
    }

    @Test("Every listing answers, and in the shape that the client knows")
    func listings() async throws {
        try await serving { served in
            _ = try await served.store.enqueue(
                Fixture.backup(),
                event: NewEvent(
                    at: Fixture.noon, kind: .backupRequested, actor: .scheduler),
                at: Fixture.noon)
            let client = served.client
            let status = try await client.get(StatusWire.self, "/v1/status")
            #expect(status.targets == 2)
            #expect(status.jobsReady == 1)
            #expect(status.pruningHeld != nil)
            let policies = try await client.get(PageWire<PolicyWire>.self, "/v1/policies")
            #expect(policies.items.map(\.name) == ["nightly", "weekly"])
            let targets = try await client.get(PageWire<TargetWire>.self, "/v1/targets")
            #expect(targets.items.map(\.name) == ["etc", "home", "home"])
            #expect(targets.items.first?.health == "new")
            let jobs = try await client.get(PageWire<JobWire>.self, "/v1/jobs")
            #expect(jobs.items.map(\.state) == ["ready"])
            let job = try await client.get(JobWire.self, "/v1/jobs/1")
            #expect(job.token == Fixture.backup().slot.token.text)
            let events = try await client.get(PageWire<EventWire>.self, "/v1/events")
            #expect(events.items.map(\.kind) == ["backup.requested"])
            #expect(try await client.get(PageWire<RunWire>.self, "/v1/runs").items.isEmpty)
            #expect(try await client.get(PageWire<PointWire>.self, "/v1/points").items.isEmpty)
            #expect(try await client.get(PageWire<ReviewWire>.self, "/v1/prune").items.isEmpty)
        }
    }

    @Test(
        "A wrong request is told what is wrong with it",
        arguments: [
            ("/v1/nothing", 404, "/v1/nothing"), ("/v1/jobs?limit=0", 400, "1 to 1000"),
            ("/v1/jobs?limit=x", 400, "limit"), ("/v1/jobs?cursor=%21", 400, "cursor"),
            ("/v1/jobs?colour=red", 400, "colour"), ("/v1/jobs/99", 404, "99"),
            ("/v1/prune/plans?limit=3", 400, "limit"), ("/metrics?x=1", 400, "x"),
            ("/v1/jobs/abc", 400, "number"), ("/v1/prune?target=nobody", 404, "nobody"),
        ])
    func refusals(uri: String, status: Int, words: String) async throws {
        try await serving { served in
            let error = await #expect(throws: ControlClientError.self) {
                try await served.client.get(StatusWire.self, uri)
            }
            guard case .problem(let problem) = error else {
                Issue.record("\(String(describing: error)) is no problem document")
                return
            }
            #expect(problem.status == status)
            #expect(problem.detail.contains(words), "\(problem.detail)")
        }
    }

    @Test("A backup is put into the queue by root, who stands in the audit log")
    func backup() async throws {
        try await serving { served in
            let isRoot = getuid() == 0
            do {
                let job = try await served.client.post(JobWire.self, "/v1/targets/etc/backup")
                #expect(isRoot)
                #expect(job.cause == "operator")
                let event = try #require(
                    try await served.store.events(PageRequest()).rows.first)
                #expect(event.actor == "uid 0 (root)")
                #expect(event.kind == "backup.requested")
            } catch {
                #expect(!isRoot, "\(error)")
            }
        }
    }

    @Test("A drill is asked for like a backup, and of what has no point it is refused")
    func drill() async throws {
        try await serving { served in
            let isRoot = getuid() == 0
            let cases: [(String, String?, Int)] = [
                ("etc", nil, isRoot ? 409 : 403), ("nobody", nil, isRoot ? 404 : 403),
                ("home", nil, isRoot ? 400 : 403), ("home", "daily", isRoot ? 404 : 403),
            ]
            for (target, policy, status) in cases {
                let error = await #expect(throws: ControlClientError.self) {
                    try await served.client.post(
                        JobWire.self, "/v1/targets/\(target)/verify", query: ["policy": policy])
                }
                guard case .problem(let problem) = error else {
                    Issue.record("\(String(describing: error)) is no problem document")
                    return
                }
                #expect(problem.status == status, "\(target): \(problem.detail)")
            }
            let store = served.store
            try await store.synchronise(
                [Fixture.assignment()], digest: "one", at: Fixture.noon)
            _ = try await store.enqueue(
                [Fixture.backup()], cursor: nil, events: [], at: Fixture.noon)
            let claimed = try #require(
                try await store.claim(
                    Claim(
                        provider: ProviderID(trusted: "disk"), limit: 1, now: Fixture.noon,
                        leaseUntil: Fixture.noon + .hours(1))
                ).first)
            let point = try #require(
                try await store.record(
                    AttemptOutcome(
                        claimed: claimed, ending: RunEnding(state: .succeeded),
                        endedAt: Fixture.noon, next: .succeeded, failures: 0, isUncertain: false,
                        point: Fixture.remotePoint(of: claimed.job.request.slot), events: [])))
            try await store.markVerified(
                point, as: PointProof(.restored, restoreTime: .milliseconds(2500)),
                at: Fixture.noon,
                event: NewEvent(at: Fixture.noon, kind: .pointVerified, actor: .scheduler))
            let targets = try await served.client.get(PageWire<TargetWire>.self, "/v1/targets")
            let etc = try #require(targets.items.first { $0.name == "etc" })
            #expect(etc.provenPoint == Fixture.noon)
            #expect(etc.proof == "restored")
            #expect(etc.restoreMs == 2500)
            let status = try await served.client.get(StatusWire.self, "/v1/status")
            #expect(status.proven == 1)
            #expect(status.oldestProofTarget == "etc")
            let points = try await served.client.get(PageWire<PointWire>.self, "/v1/points")
            #expect(points.items.map(\.restoreMs) == [2500])
            guard isRoot else { return }
            let job = try await served.client.post(JobWire.self, "/v1/targets/etc/verify")
            #expect(job.kind == "verify")
            #expect(job.cause == "operator")
            #expect(job.closes == nil)
            let event = try #require(try await store.events(PageRequest()).rows.first)
            #expect(event.kind == "drill.requested")
            #expect(event.actor == "uid 0 (root)")
        }
    }

    @Test(
        "A backup of what is not there, or of no single policy, is refused",
        .enabled(if: getuid() == 0, "only root may ask for a backup here"),
        arguments: [
            ("nobody", String?.none, 404), ("home", nil, 400), ("home", "daily", 404),
            ("..%2Fetc", nil, 404),
        ])
    func wrongBackup(target: String, policy: String?, status: Int) async throws {
        try await serving { served in
            let error = await #expect(throws: ControlClientError.self) {
                try await served.client.post(
                    JobWire.self, "/v1/targets/\(target)/backup", query: ["policy": policy])
            }
            guard case .problem(let problem) = error else {
                Issue.record("\(String(describing: error)) is no problem document")
                return
            }
            #expect(problem.status == status)
            let jobs = try await served.store.jobs(PageRequest())
            #expect(jobs.rows.isEmpty)
        }
    }

    @Test("A peer that says nothing does not hold up the others")
    func stuckPeer() async throws {
        try await serving { served in
            let stuck = try (0..<20).map { _ in try connectedSocket(served.path) }
            defer { stuck.forEach { close($0) } }
            let status = try await served.client.get(StatusWire.self, "/v1/status")
            #expect(status.targets == 2)
        }
    }

    @Test("A reader that takes nothing of a long answer does not hold up the end")
    func stuckReader() async throws {
        let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
        let store = InMemoryStore()
        let path = Self.socketPath()
        let long = String(repeating: "word ", count: 400)
        try await store.append(
            (0..<1000).map { _ in
                NewEvent(
                    at: Fixture.noon, kind: .backupFailed, actor: .scheduler,
                    detail: ["reason": .text(long)])
            })
        let server = Self.server(at: path, store: store) { isListening.finish() }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server)],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { isListening.finish() }
                try await group.run()
            }
            for await _ in listening {}
            let reader = try connectedSocket(path)
            defer { close(reader) }
            let request = Array("GET /v1/events?limit=1000 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            try #require(write(reader, request, request.count) == request.count)
            // The answer has begun, and is longer than what the kernel holds for a socket.
            let hasBegun = await readsByte(reader)
            try #require(hasBegun)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A long listing comes in parts that fit together")
    func parts() async throws {
        try await serving { served in
            var found: [String] = []
            var cursor: String?
            repeat {
                let page = try await served.client.get(
                    PageWire<TargetWire>.self, "/v1/targets",
                    query: ["limit": "1", "cursor": cursor])
                #expect(page.items.count == 1)
                found += page.items.map { $0.name + " " + $0.policy }
                cursor = page.nextCursor
            } while cursor != nil && found.count < 9
            #expect(found == ["etc nightly", "home nightly", "home weekly"])
            let all = try await served.client.getAll(TargetWire.self, "/v1/targets")
            #expect(all.items.count == 3)
            #expect(all.nextCursor == nil)
        }
    }

    @Test("The socket is for its owner and group, and goes with the daemon")
    func permissions() async throws {
        var path = ""
        try await serving { served in
            path = served.path
            let attributes = try FileManager.default.attributesOfItem(atPath: served.path)
            #expect(attributes[.posixPermissions] as? Int == 0o660)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A socket on which somebody answers is left alone")
    func liveSocket() async throws {
        try await serving { served in
            let error = await #expect(throws: ControlServerError.self) {
                try await Self.server(at: served.path).run()
            }
            #expect(error?.description.contains("another daemon answers") == true)
            _ = try await served.client.get(StatusWire.self, "/v1/status")
        }
    }

    @Test("A socket file that nobody listens on is replaced")
    func staleSocket() throws {
        let path = Self.socketPath()
        let descriptor = try boundSocket(path)
        close(descriptor)
        #expect(FileManager.default.fileExists(atPath: path))
        try SocketFile.makeRoom(at: path)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A file that is no socket is never replaced")
    func regularFile() throws {
        let path = Self.socketPath()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        #expect(throws: ControlServerError.self) { try SocketFile.makeRoom(at: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test("A path that the kernel can't take is refused with its length")
    func longPath() {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        let error = #expect(throws: ControlServerError.self) {
            try SocketFile.makeRoom(at: path)
        }
        #expect(error?.description.contains("108 bytes") == true)
    }

    @Test("A daemon that does not run is told as such")
    func unreachable() async {
        let client = ControlClient(path: "/tmp/hf-no-such.sock")
        let error = await #expect(throws: ControlClientError.self) {
            try await client.get(StatusWire.self, "/v1/status")
        }
        guard case .unreachable(let words) = error else {
            Issue.record("\(String(describing: error)) is not 'unreachable'")
            return
        }
        #expect(words.contains("systemctl start holdfast"))
    }

    @Test("A cursor survives its way through a client; anything else is no cursor")
    func cursors() {
        for row in [Int64(1), 99, .max] {
            #expect(Cursor.decode(Cursor.encode(row)) == row)
        }
        for text in ["", "1", "v1:7", "djI6MQ", String(repeating: "A", count: 200)] {
            #expect(Cursor.decode(text) == nil, "\(text)")
        }
    }
}
