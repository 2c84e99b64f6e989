import Foundation
import Glibc
import HoldfastCore
import HoldfastTesting
import Logging
import Synchronization
import Testing

@testable import HoldfastControl
@testable import HoldfastEngine

@Suite("The event stream")
struct EventStreamTests {
    /// A daemon's surface that answers out of memory, on a socket of its own.
    private struct Served {
        let path: String
        let store: InMemoryStore
        let scheduler: Scheduler
        var client: ControlClient { ControlClient(path: path) }

        func append(_ kind: EventKind, _ target: String? = nil) async throws {
            try await store.append([
                NewEvent(
                    at: Fixture.noon, kind: kind, actor: .scheduler,
                    target: target.map { TargetID(trusted: $0) })
            ])
        }
    }

    private func serving(_ body: (Served) async throws -> Void) async throws {
        let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
        let path =
            FileManager.default.temporaryDirectory.path + "/hf-\(UUID().uuidString.prefix(8)).sock"
        let bell = NewsBell()
        let time = VirtualTime(at: Fixture.noon)
        let store = InMemoryStore(onAppend: bell.ring)
        let world = SimulatedWorld(
            seed: 1, time: time, store: store, provider: ScriptedProvider(time: time), bell: bell)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let scheduler = Scheduler(
            world.installation(
                Fixture.configuration(
                    policies: [Fixture.policy()], targets: [Fixture.target("etc")])),
            context: world.context, newestRecord: nil, heartbeat: nil, logger: logger)
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
            try await body(Served(path: path, store: store, scheduler: scheduler))
            group.cancelAll()
        }
    }

    /// Follows until a body has seen what it waited for.
    private func following(
        _ served: Served, _ query: [String: String?] = [:],
        _ body: (inout AsyncStream<FollowedNews>.Iterator) async throws -> Void
    ) async throws {
        let (news, tell) = AsyncStream.makeStream(of: FollowedNews.self)
        let client = served.client
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { tell.finish() }
                do {
                    try await client.follow(query: query) { tell.yield($0) }
                } catch {
                    // The end of the body ends the request.
                    guard Task.isCancelled else { throw error }
                }
            }
            var iterator = news.makeAsyncIterator()
            try await body(&iterator)
            group.cancelAll()
        }
    }

    private func kind(_ news: FollowedNews?) -> String? {
        guard case .event(let event) = news else { return nil }
        return "\(event.id) \(event.kind)"
    }

    @Test("What was appended after an entry comes first, and then what comes, in order")
    func entries() async throws {
        try await serving { served in
            for kind in [EventKind.daemonStarted, .windowOpened, .backupSucceeded] {
                try await served.append(kind)
            }
            try await following(served, ["after": "1"]) { news in
                #expect(kind(await news.next()) == "2 window.opened")
                #expect(kind(await news.next()) == "3 backup.succeeded")
                try await served.append(.pointMarked)
                #expect(kind(await news.next()) == "4 point.marked")
            }
        }
    }

    @Test("More entries than are read at once come, all of them")
    func manyEntries() async throws {
        try await serving { served in
            for _ in 0..<1201 { try await served.append(.attemptFailed) }
            try await following(served, ["after": "0"]) { news in
                for number in 1...1201 {
                    let found = kind(await news.next())
                    try #require(found == "\(number) attempt.failed")
                }
            }
        }
    }

    @Test("A follower of one target hears of that one only")
    func filter() async throws {
        try await serving { served in
            try await served.append(.backupFailed, "home")
            try await served.append(.backupFailed, "etc")
            try await following(served, ["after": "0", "target": "etc"]) { news in
                #expect(kind(await news.next()) == "2 backup.failed")
            }
        }
    }

    @Test("A transfer's progress is told until it ends")
    func progress() async throws {
        try await serving { served in
            let job = try await served.store.enqueue(Fixture.backup(), event: nil, at: Fixture.noon)
            let board = await served.scheduler.progress
            board.post(TransferProgress(percent: 37), of: job.id)
            try await following(served) { news in
                guard case .progress(let first) = await news.next() else {
                    Issue.record("that is no progress")
                    return
                }
                #expect(first.id == job.id.number)
                #expect(first.progressPercent == 37)
                board.post(TransferProgress(percent: 90), of: job.id)
                guard case .progress(let second) = await news.next() else {
                    Issue.record("that is no progress")
                    return
                }
                #expect(second.progressPercent == 90)
            }
        }
    }

    @Test("An entry that there is not is refused", arguments: ["2", "-1", "x", "1%20"])
    func wrongEntry(after: String) async throws {
        try await serving { served in
            try await served.append(.daemonStarted)
            let error = await #expect(throws: ControlClientError.self) {
                try await served.client.follow(query: ["after": after]) { _ in }
            }
            guard case .problem(let problem) = error else {
                Issue.record("\(String(describing: error)) is no problem document")
                return
            }
            #expect(problem.status == 400)
            #expect(problem.detail.contains("newest one is 1"), "\(problem.detail)")
        }
    }

    @Test("Followers that take nothing leave the socket to others, and one too many is refused")
    func stuckFollowers() async throws {
        try await serving { served in
            let request = Array("GET /v1/events/stream HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            let followers = try (0..<StreamPlaces.max).map { _ in
                let follower = try connectedSocket(served.path)
                try #require(write(follower, request, request.count) == request.count)
                return follower
            }
            defer { followers.forEach { close($0) } }
            for follower in followers {
                let isAnswered = await readsByte(follower)
                try #require(isAnswered)
            }
            let error = await #expect(throws: ControlClientError.self) {
                try await served.client.follow { _ in }
            }
            guard case .problem(let problem) = error else {
                Issue.record("\(String(describing: error)) is no problem document")
                return
            }
            #expect(problem.status == 503)
            for _ in 0..<200 { try await served.append(.attemptFailed) }
            let events = try await served.client.get(
                PageWire<EventWire>.self, "/v1/events", query: ["limit": "1"])
            #expect(events.items.first?.id == 200)
        }
    }

    @Test("A place is free again when its follower is gone")
    func places() {
        let places = StreamPlaces()
        var taken = (0..<StreamPlaces.max).compactMap { _ in places.take() }
        #expect(taken.count == StreamPlaces.max)
        #expect(places.take() == nil)
        taken.removeLast()
        #expect(places.take() != nil)
    }

    @Test("Messages are found however the stream is cut", arguments: 1...40)
    func cutting(size: Int) {
        let text = """
            retry: 3000

            :

            id: 7
            event: audit
            data: {"a":"b: c"}

            event: progress
            data: one
            data: two


            """
        var messages = ServerSentMessages(max: 100)
        var found: [ServerSentMessages.Message] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            found += messages.take(rest.prefix(size)) ?? []
            rest = rest.dropFirst(size)
        }
        #expect(
            found == [
                .init(name: "audit", data: #"{"a":"b: c"}"#),
                .init(name: "progress", data: "one\ntwo"),
            ])
    }

    @Test("A line without an end is not read for ever")
    func endlessLine() {
        var messages = ServerSentMessages(max: 100)
        #expect(messages.take([UInt8](repeating: 65, count: 100)) == [])
        #expect(messages.take([65]) == nil)
    }
}
