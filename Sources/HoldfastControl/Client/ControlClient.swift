import AsyncHTTPClient
import Foundation
import Glibc
public import HoldfastCore
import NIOCore
import NIOHTTP1

/// Why a question to the daemon was not answered.
public enum ControlClientError: Error, CustomStringConvertible, Sendable {
    /// Nobody answers on the socket.
    case unreachable(String)
    /// The socket may not be opened.
    case notPermitted(String)
    /// The daemon said no.
    case problem(ProblemWire)
    /// The daemon said something that this program does not understand.
    case garbled(String)

    /// What happened, where, and what to do now.
    public var description: String {
        switch self {
        case .unreachable(let words), .notPermitted(let words), .garbled(let words): words
        case .problem(let problem): problem.detail
        }
    }
}

/// Asks the daemon over its status socket.
public struct ControlClient: Sendable {
    let path: String

    /// An answer that takes longer is given up.
    private static let timeout = TimeAmount.seconds(60)
    /// The largest answer that is read: a thousand runs with all their output, and more.
    private static let bodyMax = 64 * 1024 * 1024

    /// How many rows of a long listing are asked for at once; the most that the daemon gives.
    private static let partSize = 1000

    /// Takes the socket's path.
    public init(path: String) {
        self.path = path
    }

    /// Asks `GET` and decodes the answer.
    public func get<Value: Decodable>(
        _ type: Value.Type, _ uri: String, query: [String: String?] = [:]
    ) async throws(ControlClientError) -> Value {
        try decode(type, try await send("GET", uri, query))
    }

    /// Asks `GET` for a listing, part by part to its end.
    public func getAll<Item: Codable & Sendable>(
        _ type: Item.Type, _ uri: String, query: [String: String?] = [:]
    ) async throws(ControlClientError) -> PageWire<Item> {
        var items: [Item] = []
        var cursor: String?
        repeat {
            var asked = query
            asked["limit"] = String(Self.partSize)
            asked["cursor"] = cursor
            let page = try await get(PageWire<Item>.self, uri, query: asked)
            items += page.items
            guard page.nextCursor != cursor || cursor == nil else {
                throw .garbled("the daemon on \(path) gives the same part of a listing for ever")
            }
            cursor = page.nextCursor
        } while cursor != nil
        return PageWire(items: items)
    }

    /// Asks `GET /v1/breaches`, part by part to its end.
    public func breaches(
        from: Timestamp, to: Timestamp, target: String?
    ) async throws(ControlClientError) -> BreachListWire {
        var query: [String: String?] = [
            "from": from.rfc3339, "to": to.rfc3339, "target": target,
            "limit": String(Self.partSize),
        ]
        var list = try await get(BreachListWire.self, "/v1/breaches", query: query)
        while let cursor = list.nextCursor {
            query["cursor"] = cursor
            let more = try await get(BreachListWire.self, "/v1/breaches", query: query)
            guard more.nextCursor != cursor else {
                throw .garbled("the daemon on \(path) gives the same part of a listing for ever")
            }
            list = list.adding(more)
        }
        return list
    }

    /// Asks `GET /v1/uncovered`, part by part to its end.
    public func uncovered(
        provider: String?
    ) async throws(ControlClientError) -> UncoveredListWire {
        var query: [String: String?] = ["provider": provider, "limit": String(Self.partSize)]
        var list = try await get(UncoveredListWire.self, "/v1/uncovered", query: query)
        while let cursor = list.nextCursor {
            query["cursor"] = cursor
            let more = try await get(UncoveredListWire.self, "/v1/uncovered", query: query)
            guard more.nextCursor != cursor else {
                throw .garbled("the daemon on \(path) gives the same part of a listing for ever")
            }
            list = UncoveredListWire(
                items: list.items + more.items, nextCursor: more.nextCursor,
                listings: more.listings)
        }
        return list
    }

    /// Asks `POST` without a body and decodes the answer.
    public func post<Value: Decodable>(
        _ type: Value.Type, _ uri: String, query: [String: String?] = [:]
    ) async throws(ControlClientError) -> Value {
        try decode(type, try await send("POST", uri, query))
    }

    /// Encodes one piece of a path.
    public static func pathPiece(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-_.~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }

    func decode<Value: Decodable>(
        _ type: Value.Type, _ data: Data
    ) throws(ControlClientError) -> Value {
        do {
            return try WireCoding.decode(type, from: data)
        } catch {
            throw .garbled(
                "the daemon on \(path) answered in a way that this program does not understand; "
                    + "is it of another version? (\(error))")
        }
    }

    private func send(
        _ method: String, _ uri: String, _ query: [String: String?]
    ) async throws(ControlClientError) -> Data {
        let request = try request(method, uri, query)
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: Self.timeout)
            let buffer = try await response.body.collect(upTo: Self.bodyMax)
            let body = Data(buffer.readableBytesView)
            guard (200..<300).contains(Int(response.status.code)) else {
                throw ControlClientError.problem(problem(body, Int(response.status.code)))
            }
            return body
        } catch let error as ControlClientError {
            throw error
        } catch {
            throw .unreachable("the daemon on \(path) did not answer: \(error)")
        }
    }

    func request(
        _ method: String, _ uri: String, _ query: [String: String?]
    ) throws(ControlClientError) -> HTTPClientRequest {
        try checkSocket()
        let pairs = query.compactMap { key, value in
            value.map { "\(key)=\(Self.pathPiece($0))" }
        }.sorted()
        let full = pairs.isEmpty ? uri : uri + "?" + pairs.joined(separator: "&")
        guard let url = URL(httpURLWithSocketPath: path, uri: full) else {
            throw .unreachable("\(path) can't be a socket's path")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = .init(rawValue: method)
        return request
    }

    func problem(_ body: Data, _ status: Int) -> ProblemWire {
        do {
            return try WireCoding.decode(ProblemWire.self, from: body)
        } catch {
            return ProblemWire(
                type: "about:blank", title: "", status: status,
                detail: "the daemon answered with status \(status)")
        }
    }

    /// The HTTP library waits and retries where the kernel's answer is final.
    private func checkSocket() throws(ControlClientError) {
        switch SocketFile.connectError(to: path) {
        case 0: return
        case EACCES, EPERM:
            throw .notPermitted(
                "you may not open \(path); be root or a member of the socket's group")
        case ENOENT:
            throw .unreachable(
                "there is no socket \(path), so the daemon does not run; start it with "
                    + "'systemctl start holdfast', or name its socket with --socket")
        case let number:
            throw .unreachable(
                "no daemon answers on \(path) (\(String(cString: strerror(number)))); start it "
                    + "with 'systemctl start holdfast'")
        }
    }
}
