import HTTPTypes
import HoldfastCore
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// The audit log as it grows, and how far transfers have come, as server-sent events: `audit` with
/// an entry and its number as `id`, `progress` with a job.
///
/// A follower reads out of the history at its own pace: what it has not taken yet waits there, and
/// nobody waits for it.
struct EventStream: Sendable {
    let feed: any EventFeed
    let channel: any Channel
    let filter: PageRequest
    /// The newest entry that the follower has.
    let after: Int64
    /// Held as long as somebody follows.
    let place: StreamPlaces.Place

    /// Between two looks at the transfers.
    private static let look = Duration.seconds(1)
    /// So many looks lie between two signs of life, at which entries of other processes are found
    /// too.
    private static let looksPerSign = 15
    /// So many entries are read at once.
    private static let chunk = 500
    /// A reader that takes nothing for so long is left.
    private static let patience = TimeAmount.seconds(30)

    private enum Cause {
        case news, look
    }

    /// Writes until the follower is gone or the daemon stops.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let (causes, cause) = AsyncStream.makeStream(
            of: Cause.self, bufferingPolicy: .bufferingNewest(2))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [feed] in
                for await _ in feed.news() { cause.yield(.news) }
            }
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: Self.look)
                    cause.yield(.look)
                }
            }
            var follower = Follower(newest: after)
            try await send("retry: 3000\n\n", to: &writer)
            try await catchUp(&follower, to: &writer)
            for await cause in causes.cancelOnGracefulShutdown() {
                switch cause {
                case .news: try await catchUp(&follower, to: &writer)
                case .look: try await look(&follower, to: &writer)
                }
            }
            group.cancelAll()
        }
        try await writer.finish(nil)
        withExtendedLifetime(place) {}
    }

    /// What a follower has.
    private struct Follower {
        var newest: Int64
        var progress: [JobID: TransferProgress] = [:]
        var lookCount = 0
    }

    private func look(
        _ follower: inout Follower, to writer: inout any ResponseBodyWriter
    ) async throws {
        follower.lookCount += 1
        let before = follower.newest
        if follower.lookCount % Self.looksPerSign == 0 {
            try await catchUp(&follower, to: &writer)
            if follower.newest == before { try await send(":\n\n", to: &writer) }
        }
        try await sendProgress(&follower, to: &writer)
    }

    private func catchUp(
        _ follower: inout Follower, to writer: inout any ResponseBodyWriter
    ) async throws {
        var count = Self.chunk
        while count == Self.chunk {
            let events = try await feed.events(after: follower.newest, limit: Self.chunk)
            var text = ""
            for event in events where concerns(event) {
                text += try Self.message("audit", id: event.id, EventWire(event))
            }
            if !text.isEmpty { try await send(text, to: &writer) }
            follower.newest = events.last?.id ?? follower.newest
            count = events.count
        }
    }

    private func sendProgress(
        _ follower: inout Follower, to writer: inout any ResponseBodyWriter
    ) async throws {
        var progress: [JobID: TransferProgress] = [:]
        var text = ""
        for transfer in try await feed.transfers() where concerns(transfer.job) {
            progress[transfer.job.id] = transfer.progress
            guard follower.progress[transfer.job.id] != transfer.progress else { continue }
            text += try Self.message("progress", id: nil, JobWire(transfer))
        }
        follower.progress = progress
        if !text.isEmpty { try await send(text, to: &writer) }
    }

    private func concerns(_ event: Event) -> Bool {
        (filter.policy.map { $0 == event.policy } ?? true)
            && (filter.target.map { $0 == event.target } ?? true)
            && (filter.state.map { $0 == event.kind } ?? true)
    }

    /// Whoever asked for one kind of event gets no progress.
    private func concerns(_ job: Job) -> Bool {
        let assignment = job.request.slot.assignment
        return filter.state == nil
            && (filter.policy.map { $0 == assignment.policy.text } ?? true)
            && (filter.target.map { $0 == assignment.target.text } ?? true)
    }

    private func send(_ text: String, to writer: inout any ResponseBodyWriter) async throws {
        let closing = channel.eventLoop.scheduleTask(in: Self.patience) {
            channel.close(promise: nil)
        }
        defer { closing.cancel() }
        try await writer.write(ByteBuffer(string: text))
    }

    /// The JSON of a value has no line ends, so it is one line of data.
    private static func message(
        _ name: String, id: Int64?, _ value: some Encodable
    ) throws -> String {
        let data = String(decoding: try WireCoding.encode(value), as: UTF8.self)
        let number = id.map { "id: \($0)\n" } ?? ""
        return "\(number)event: \(name)\ndata: \(data)\n\n"
    }
}

/// How many follow at once: connections are few, and questions must find one.
final class StreamPlaces: Sendable {
    /// More than so many are refused.
    static let max = 16

    private let taken = Mutex(0)

    /// One of the places; given back when nobody holds it any more.
    final class Place: Sendable {
        private let places: StreamPlaces

        fileprivate init(_ places: StreamPlaces) {
            self.places = places
        }

        deinit { places.taken.withLock { $0 -= 1 } }
    }

    /// A place, or `nil` when all are taken.
    func take() -> Place? {
        let isFree = taken.withLock { taken in
            guard taken < Self.max else { return false }
            taken += 1
            return true
        }
        return isFree ? Place(self) : nil
    }
}

extension ControlRoutes {
    func addStream(to router: Router<ControlContext>) {
        let places = StreamPlaces()
        router.get("/v1/events/stream") { request, context in
            let query = try Query(request, allowing: ["after", "policy", "target", "state"])
            let newest = try await answering { try await surface.newestEvent() }
            let after = try Self.after(request, query, newest: newest)
            guard let place = places.take() else {
                throw Problem.unavailable(
                    "\(StreamPlaces.max) follow the events already; end one, or ask /v1/events")
            }
            let stream = EventStream(
                feed: surface, channel: context.channel, filter: try query.pageRequest(),
                after: after, place: place)
            return Response(
                status: .ok,
                headers: [.contentType: Self.streamType, .cacheControl: "no-cache"],
                body: ResponseBody { writer in try await stream.write(to: &writer) })
        }
    }

    static let streamType = "text/event-stream"

    private static func after(
        _ request: Request, _ query: Query, newest: Int64
    ) throws -> Int64 {
        let header = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
        guard let text = header ?? query["after"] else { return newest }
        guard let number = Int64(text), (0...newest).contains(number) else {
            throw Problem.invalid(
                "'\(BoundedText.cut(text, to: 100))' is no entry to go on after; the newest one "
                    + "is \(newest)")
        }
        return number
    }
}
