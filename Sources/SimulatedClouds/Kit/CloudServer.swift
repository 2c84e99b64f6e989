import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Why a simulated cloud does not listen.
public struct CloudServerError: Error, CustomStringConvertible, Sendable {
    /// What happened, where, and what to do now.
    public let description: String
}

/// A simulated cloud's connections: HTTP/1.1 on a loopback address.
public struct CloudServer: Service {
    private let address: LoopbackAddress
    private let desk: CloudDesk
    private let onListening: @Sendable (_ url: String) async -> Void

    /// A connection that says nothing for so long is closed.
    private static let idleTimeout = TimeAmount.minutes(5)
    /// More connections than this wait until one is closed.
    private static let connectionMax = 1024
    /// No request of any vendor's is longer.
    private static let bodyMax = 1 << 20
    /// A padded body is written in pieces of this size.
    private static let pieceSize = 1 << 16

    /// Prepares the server; nothing listens before `run`.
    ///
    /// - Parameter onListening: Called once, when requests are answered, with the URL to ask.
    public init(
        _ desk: CloudDesk, at address: LoopbackAddress,
        onListening: @escaping @Sendable (_ url: String) async -> Void
    ) {
        self.desk = desk
        self.address = address
        self.onListening = onListening
    }

    /// Answers until a graceful shutdown or cancellation.
    ///
    /// - Throws: `CloudServerError` when the address is taken.
    public func run() async throws {
        let (desk, address, onListening) = (desk, address, onListening)
        let quiet = Logger(label: "holdfast.cloud") { _ in SwiftLogNoOpLogHandler() }
        do {
            try await HTTPServerBuilder.http1(
                configuration: .init(idleTimeout: Self.idleTimeout)
            ).buildServer(
                configuration: ServerConfiguration(
                    address: .hostname(address.host, port: address.port),
                    availableConnectionsDelegate: MaximumAvailableConnections(
                        Self.connectionMax)),
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet
            ) { request, writer, channel in
                try await Self.answer(request, on: channel, at: desk, writer)
            } onServerRunning: { channel in
                await onListening(
                    address.url(port: channel.localAddress?.port ?? address.port))
            }.run()
        } catch {
            throw CloudServerError(
                description: "\(address.url(port: address.port)) can't be listened on: \(error); "
                    + "choose another port, or 0 for any that is free")
        }
    }

    private static func answer(
        _ request: Request, on channel: any Channel, at desk: CloudDesk,
        _ writer: consuming ResponseWriter
    ) async throws {
        var body: [UInt8] = []
        for try await piece in request.body {
            guard body.count + piece.readableBytes <= bodyMax else {
                try await send(CloudReply(status: 413), writer)
                // The rest of the request is not waited for.
                throw ConnectionCut()
            }
            body.append(contentsOf: piece.readableBytesView)
        }
        let question = CloudRequest(
            request.method.rawValue, request.head.path ?? "/",
            headers: request.headers.map { ($0.name.canonicalName, $0.value) }
                + (request.head.authority.map { [("host", $0)] } ?? []),
            body: body)
        switch try await desk.answer(question) {
        case .reply(let reply) where question.method == "HEAD":
            try await writer.writeResponse(head(of: reply))
        case .reply(let reply) where reply.stream != nil:
            try await stream(reply, on: channel, isCut: false, writer)
        case .truncated(let reply) where reply.stream != nil:
            try await stream(reply, on: channel, isCut: true, writer)
        case .reply(let reply): try await send(reply, writer)
        case .cut: throw ConnectionCut()
        case .truncated(let reply):
            let body = try await writer.writeHead(head(of: reply))
            var half: any ResponseBodyWriter = body
            try await half.write(ByteBuffer(bytes: reply.body.prefix(reply.body.count / 2)))
            throw ConnectionCut()
        }
    }

    private static func send(
        _ reply: CloudReply, _ writer: consuming ResponseWriter
    ) async throws {
        let head = head(of: reply)
        guard reply.padding > 0 else {
            let body =
                reply.body.isEmpty
                ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
            return try await writer.write(response: head, body: body)
        }
        let body = ResponseBody(contentLength: reply.length) { writer in
            try await writer.write(ByteBuffer(bytes: reply.body))
            try await pad(reply.padding, &writer)
            try await writer.finish(nil)
        }
        try await writer.write(response: head, body: body)
    }

    /// Sends a body whose length is not known yet, until it ends or the client goes away.
    private static func stream(
        _ reply: CloudReply, on channel: any Channel, isCut: Bool,
        _ writer: consuming ResponseWriter
    ) async throws {
        guard let stream = reply.stream else { return }
        let root = try await writer.writeHead(head(of: reply))
        var body: any ResponseBodyWriter = root
        if !reply.body.isEmpty { try await body.write(ByteBuffer(bytes: reply.body)) }
        let isComplete = try await LeaveWatch.watching(channel) { leave in
            try await stream.forEachPiece(isCut: isCut, until: leave) { piece in
                try await body.write(ByteBuffer(bytes: piece))
            }
        }
        guard isComplete else { throw ConnectionCut() }
        try await pad(reply.padding, &body)
        try await body.finish(nil)
    }

    private static func pad(_ count: Int, _ body: inout any ResponseBodyWriter) async throws {
        var left = count
        while left > 0 {
            let size = min(left, pieceSize)
            try await body.write(ByteBuffer(repeating: 0x20, count: size))
            left -= size
        }
    }

    private static func head(of reply: CloudReply) -> HTTPResponse {
        var fields = HTTPFields()
        for (name, value) in reply.headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        fields[.contentType] = reply.contentType
        if reply.mayHaveBody, reply.stream == nil {
            fields[.contentLength] = String(reply.length)
        }
        return HTTPResponse(status: .init(code: reply.status), headerFields: fields)
    }
}

extension CloudReply {
    /// The bytes that the head announces.
    fileprivate var length: Int { body.count + padding }
}

/// Thrown out of a responder, which closes the connection.
private struct ConnectionCut: Error {}
