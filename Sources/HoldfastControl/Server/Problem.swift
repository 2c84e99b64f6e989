import Foundation
import HTTPTypes
import HoldfastCore
import Hummingbird
import NIOCore

/// An error that becomes a problem document (RFC 9457).
struct Problem: Error, HTTPResponseError {
    let status: HTTPResponse.Status
    let type: String
    let title: String
    let detail: String

    static func invalid(_ detail: String) -> Problem {
        Problem(
            status: .badRequest, type: "about:holdfast:invalid",
            title: "The request can't be understood", detail: detail)
    }

    static func notFound(_ detail: String) -> Problem {
        Problem(
            status: .notFound, type: "about:holdfast:not_found", title: "There is no such thing",
            detail: detail)
    }

    static func forbidden(_ detail: String) -> Problem {
        Problem(
            status: .forbidden, type: "about:holdfast:not_permitted", title: "Not permitted",
            detail: detail)
    }

    static func unavailable(_ detail: String) -> Problem {
        Problem(
            status: .serviceUnavailable, type: "about:holdfast:unavailable",
            title: "The daemon can't do it now", detail: detail)
    }

    init(status: HTTPResponse.Status, type: String, title: String, detail: String) {
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
    }

    init(_ refusal: ControlRefusal) {
        switch refusal.kind {
        case .notFound: self = .notFound(refusal.message)
        case .invalid: self = .invalid(refusal.message)
        case .unavailable: self = .unavailable(refusal.message)
        case .provider:
            self.init(
                status: .badGateway, type: "about:holdfast:provider",
                title: "The provider said no", detail: refusal.message)
        case .conflict:
            self.init(
                status: .conflict, type: "about:holdfast:conflict",
                title: "It contradicts what is there", detail: refusal.message)
        }
    }

    init(_ error: StoreError) {
        self = .unavailable(error.message)
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        let body = try WireCoding.encode(
            ProblemWire(type: type, title: title, status: status.code, detail: detail))
        return Response(
            status: status, headers: [.contentType: "application/problem+json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

/// Turns the engine's typed errors into problem documents.
func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as StoreError {
        throw Problem(error)
    } catch let refusal as ControlRefusal {
        throw Problem(refusal)
    }
}
