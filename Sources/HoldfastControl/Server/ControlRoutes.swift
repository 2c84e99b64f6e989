import Foundation
import HTTPTypes
import HoldfastCore
import Hummingbird
import NIOCore

/// What the router carries with each request: the channel, to ask who is at its other end.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Requests have no body to speak of.
    var maxUploadSize: Int { 64 * 1024 }
}

/// The paths under `/v1`.
struct ControlRoutes: Sendable {
    let surface: any ControlSurface
    /// The group that may change things, asked anew each time because a reload may change it.
    let adminGroup: @Sendable () async -> String?

    func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: UnknownPathMiddleware())
        router.get("/v1/status") { request, _ in
            _ = try Query(request, allowing: [])
            return try await json(StatusWire(answering { try await surface.status() }))
        }
        router.get("/v1/policies") { request, _ in
            _ = try Query(request, allowing: [])
            let rows = try await answering { try await surface.policies() }
            return try json(PageWire(items: rows.map(PolicyWire.init)))
        }
        router.get("/v1/targets") { request, _ in
            let part = try Query(request, allowing: ["limit", "cursor"]).listPart()
            let rows = try await answering { try await surface.targets(part) }
            return try json(wire(rows, TargetWire.init))
        }
        addHistory(to: router)
        addStream(to: router)
        addPoints(to: router)
        addProviders(to: router)
        addPruning(to: router)
        addMetrics(to: router)
        addDrills(to: router)
        addTruth(to: router)
        addCoverage(to: router)
        router.get("/v1/prune") { request, _ in
            let query = try Query(request, allowing: ["limit", "cursor", "target"])
            let part = try query.listPart()
            let rows = try await answering {
                try await surface.pruneReview(target: query["target"], part)
            }
            return try json(wire(rows, ReviewWire.init))
        }
        router.post("/v1/prune") { request, context in
            _ = try Query(request, allowing: [])
            let actor = try await authorised(context)
            let count = try await answering { try await surface.requestPrune(by: actor) }
            return try json(PruneWire(jobs: count), status: .accepted)
        }
        router.post("/v1/targets/{name}/backup") { request, context in
            let query = try Query(request, allowing: ["policy"])
            let name = try context.text("name")
            let actor = try await authorised(context)
            let job = try await answering {
                try await surface.requestBackup(
                    target: name, policy: query["policy"], by: actor)
            }
            return try json(JobWire(JobStatus(job: job, progress: nil)), status: .accepted)
        }
        return router
    }

    private func addHistory(to router: Router<ControlContext>) {
        router.get("/v1/jobs/{id}") { _, context in
            guard let number = Int64(try context.parameters.require("id")) else {
                throw Problem.invalid("a job is named by its number")
            }
            let job = try await answering { try await surface.job(JobID(number)) }
            guard let job else { throw Problem.notFound("there is no job \(number)") }
            return try json(JobWire(job))
        }
        router.get("/v1/jobs") { request, _ in
            let page = try Query(request, allowing: Query.page).pageRequest()
            let rows = try await answering { try await surface.jobs(page) }
            return try json(wire(rows, JobWire.init))
        }
        router.get("/v1/runs") { request, _ in
            let page = try Query(request, allowing: Query.page).pageRequest()
            let rows = try await answering { try await surface.runs(page) }
            return try json(wire(rows, RunWire.init))
        }
        router.get("/v1/events") { request, _ in
            let page = try Query(request, allowing: Query.page).pageRequest()
            let rows = try await answering { try await surface.events(page) }
            return try json(wire(rows, EventWire.init))
        }
    }

    /// Who asks for a change, when they may.
    func authorised(_ context: ControlContext) async throws -> Actor {
        guard let peer = await Peer.of(context.channel) else {
            throw Problem.forbidden("the kernel does not tell who is asking; nothing was changed")
        }
        let group = await adminGroup()
        let actor = await peer.actor()
        switch await peer.permission(adminGroup: group) {
        case .granted: return actor
        case .unknown(let why): throw Problem.unavailable("nothing was changed: \(why)")
        case .refused:
            let hint =
                group.map { "a member of the group '\($0)'" }
                ?? "a member of 'control.admin_group', which is not set"
            throw Problem.forbidden("\(actor) may not do this; be root or \(hint)")
        }
    }

    func wire<Row, Wire: Codable & Sendable>(
        _ page: Page<Row>, _ make: (Row) -> Wire
    ) -> PageWire<Wire> {
        PageWire(items: page.rows.map(make), nextCursor: page.next.map(Cursor.encode))
    }

    func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireCoding.encode(value))))
    }
}

/// The query of a request, with unknown keys refused.
struct Query {
    static let page: Set<String> = ["limit", "cursor", "policy", "target", "state"]

    private let values: [String: String]

    init(_ request: Request, allowing known: Set<String>) throws {
        var values: [String: String] = [:]
        for (key, value) in request.uri.queryParameters {
            guard known.contains(String(key)) else {
                throw Problem.invalid(
                    "the parameter '\(BoundedText.cut(String(key), to: 100))' is not known here; "
                        + "known are: "
                        + (known.isEmpty ? "none" : known.sorted().joined(separator: ", ")))
            }
            values[String(key)] = String(value)
        }
        self.values = values
    }

    subscript(key: String) -> String? { values[key] }

    func pageRequest(isMarked: Bool = false) throws -> PageRequest {
        PageRequest(
            limit: try limit(), before: try cursor(), policy: values["policy"],
            target: values["target"], state: values["state"], isMarked: isMarked)
    }

    func listPart() throws -> ListPart {
        ListPart(limit: try limit(), offset: try cursor().map { Int(clamping: $0) } ?? 0)
    }

    private func limit() throws -> Int {
        guard let text = values["limit"] else { return 100 }
        guard let number = Int(text), (1...PageRequest.limitMax).contains(number) else {
            throw Problem.invalid("limit is a number from 1 to \(PageRequest.limitMax)")
        }
        return number
    }

    private func cursor() throws -> Int64? {
        guard let text = values["cursor"] else { return nil }
        guard let row = Cursor.decode(text) else {
            throw Problem.invalid("the cursor is not one that this daemon gave")
        }
        return row
    }
}

/// Gives unknown paths and the library's own refusals a problem document too.
private struct UnknownPathMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            throw problem
        } catch let error as any HTTPResponseError {
            guard error.status == .notFound else {
                throw Problem(
                    status: error.status, type: "about:blank",
                    title: error.status.reasonPhrase, detail: "\(error)")
            }
            throw Problem.notFound(
                "\(request.method) \(request.uri.path) is not a request of this version")
        }
    }
}
