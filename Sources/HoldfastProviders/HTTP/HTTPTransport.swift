import AsyncHTTPClient
import Foundation
import Glibc
import HoldfastCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends requests to one endpoint of a vendor: bounded, never redirected, at the vendor's pace.
struct HTTPTransport: Sendable {
    /// A larger answer is an error.
    static let bodyMax = 16 * 1024 * 1024
    let provider: ProviderID
    let endpoint: String
    let gate: RateGate
    let version: String
    let log: VendorExchange.Log
    /// The `Authorization` header; made anew for each request, so that a token may be renewed.
    /// `nil`: requests have none.
    let authorization: @Sendable () async throws(ProviderError) -> Secret?

    /// One for the process, made with the first cloud provider, and never shut down before it ends.
    static let client = HTTPClient(
        eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: 1),
        configuration: {
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            configuration.timeout.connect = .seconds(15)
            // A job's own retries, with their back-off, do this better.
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
            return configuration
        }())

    /// Sends a request when its turn has come.
    ///
    /// - Returns: The answer, whatever its status.
    /// - Throws: `transient` when it certainly was not done or may be repeated, `ambiguous` when it
    ///   may have been done, `throttled` when its turn is too far away, and what `authorization`
    ///   throws.
    func send(_ request: VendorRequest) async throws(ProviderError) -> VendorReply {
        let message = try await prepared(request)
        let result: Result<VendorReply, ProviderError>
        do throws(ProviderError) {
            result = .success(try await perform(message, request))
        } catch {
            result = .failure(error)
        }
        await gate.answered()
        return try result.get()
    }

    /// The request when its turn has come; `gate.answered()` ends it.
    func prepared(
        _ request: VendorRequest
    ) async throws(ProviderError) -> HTTPClientRequest {
        try await gate.pass()
        // Only now: the wait may have been longer than a token's life.
        do throws(ProviderError) {
            return message(for: request, try await authorization())
        } catch {
            await gate.answered()
            throw error
        }
    }

    private func message(for request: VendorRequest, _ secret: Secret?) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: endpoint + request.path)
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        message.headers.add(name: "User-Agent", value: "holdfast/\(version)")
        message.headers.add(name: "Accept", value: "application/json")
        secret?.reveal { message.headers.add(name: "Authorization", value: $0) }
        for (name, value) in request.headers { message.headers.add(name: name, value: value) }
        if let body = request.body {
            message.headers.add(name: "Content-Type", value: request.contentType)
            message.body = .bytes(ByteBuffer(bytes: body))
        }
        return message
    }

    private func perform(
        _ message: HTTPClientRequest, _ request: VendorRequest
    ) async throws(ProviderError) -> VendorReply {
        do {
            let response = try await Self.client.execute(
                message,
                deadline: .now() + .milliseconds(request.timeout.wholeMilliseconds))
            let body = try await response.body.collect(upTo: Self.bodyMax)
            let reply = Self.reply(response, body: Data(body.readableBytesView))
            note(reply, to: request)
            return reply
        } catch {
            throw failure(of: request, error)
        }
    }

    /// Tells the log of an answer, by the vendor's name for it or else by ours.
    func note(_ reply: VendorReply, to request: VendorRequest) {
        let id = reply.requestID ?? request.headers.first { $0.name == "x-request-id" }?.value
        log(
            VendorExchange(
                provider: provider, request: name(of: request), isChange: request.method != .get,
                status: reply.status, requestID: id.map { BoundedText.cut($0, to: 100) }))
    }

    static func reply(_ response: HTTPClientResponse, body: Data) -> VendorReply {
        var headers: [String: String] = [:]
        for (name, value) in response.headers { headers[name.lowercased()] = value }
        return VendorReply(
            status: Int(response.status.code), headers: headers, body: body,
            requestID: headers["x-request-id"] ?? headers["x-correlation-id"],
            date: headers["date"].flatMap(HTTPDate.parse))
    }

    /// How messages name a request.
    func name(of request: VendorRequest) -> String {
        "\(request.method.rawValue) \(endpoint)\(request.path)"
    }

    /// What an exchange that broke off means.
    private func failure(_ words: String, of request: VendorRequest, wasSent: Bool) -> ProviderError
    {
        let what = "\(name(of: request)) failed: \(words)"
        guard wasSent, !request.isRepeatable else { return ProviderError(.transient, what) }
        return ProviderError(.ambiguous, what + "; it may have been done")
    }

    func failure(of request: VendorRequest, _ error: any Error) -> ProviderError {
        switch error {
        case let error as HTTPClientError where error == .cancelled:
            return failure("it was stopped", of: request, wasSent: true)
        case let error as HTTPClientError where Self.beforeSending.contains(error):
            return failure(
                "the connection could not be made (\(error))", of: request, wasSent: false)
        case let error as IOError where Self.unreachable.contains(error.errnoCode):
            return failure("\(error)", of: request, wasSent: false)
        case is NIOConnectionError, is SocketAddressError:
            return failure(
                "nobody answers there; check the network and 'endpoint'", of: request,
                wasSent: false)
        case is CancellationError:
            return failure("it was stopped", of: request, wasSent: true)
        case is NIOTooManyBytesError:
            return failure(
                "the answer has more than \(Self.bodyMax / (1024 * 1024)) MiB", of: request,
                wasSent: true)
        default: return failure("\(error)", of: request, wasSent: true)
        }
    }

    private static let unreachable = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN]
    private static let beforeSending: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout,
    ]
}

/// The date of an HTTP header (RFC 9110, section 5.6.7).
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` for anything else.
    static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", parts[1].count == 2,
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
