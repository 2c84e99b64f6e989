import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Something that the daemon told a follower.
public enum FollowedNews: Sendable {
    /// The audit log has a new entry.
    case event(EventWire)
    /// A transfer has come further.
    case progress(JobWire)
}

extension ControlClient {
    /// The largest message that is read.
    private static let messageMax = 1024 * 1024

    /// Follows `GET /v1/events/stream`; returns when the daemon ends it.
    ///
    /// - Parameters:
    ///   - query: `after`, `policy`, `target`, `state`.
    ///   - onNews: Called for each message, in order.
    public func follow(
        query: [String: String?] = [:], _ onNews: (FollowedNews) async -> Void
    ) async throws(ControlClientError) {
        let request = try request("GET", "/v1/events/stream", query)
        do {
            let response = try await HTTPClient.shared.execute(request, deadline: .distantFuture)
            guard response.status == .ok else {
                let body = try await response.body.collect(upTo: Self.messageMax)
                throw ControlClientError.problem(
                    problem(Data(body.readableBytesView), Int(response.status.code)))
            }
            var messages = ServerSentMessages(max: Self.messageMax)
            for try await chunk in response.body {
                guard let found = messages.take(chunk.readableBytesView) else {
                    throw ControlClientError.garbled(
                        "the daemon on \(path) sent a message of more than "
                            + "\(Self.messageMax) bytes")
                }
                for message in found {
                    guard let news = try news(in: message) else { continue }
                    await onNews(news)
                }
            }
        } catch let error as ControlClientError {
            throw error
        } catch {
            throw .unreachable("the daemon on \(path) is not heard any more: \(error)")
        }
    }

    /// `nil` for messages of a newer daemon that this program does not know.
    private func news(
        in message: ServerSentMessages.Message
    ) throws(ControlClientError) -> FollowedNews? {
        switch message.name {
        case "audit": .event(try decode(EventWire.self, Data(message.data.utf8)))
        case "progress": .progress(try decode(JobWire.self, Data(message.data.utf8)))
        default: nil
        }
    }
}

/// Cuts a stream of server-sent events (WHATWG HTML, section 9.2) into messages; comments and
/// `retry` are passed over.
struct ServerSentMessages {
    struct Message: Equatable {
        let name: String
        let data: String
    }

    private let max: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [String] = []

    /// - Parameter max: A longer line is not read.
    init(max: Int) {
        self.max = max
    }

    /// The messages that are whole with these bytes; `nil` when a line is too long.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [Message]? {
        var found: [Message] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                guard line.count < max else { return nil }
                line.append(byte)
                continue
            }
            if let message = end(of: String(decoding: line, as: UTF8.self)) {
                found.append(message)
            }
            line.removeAll(keepingCapacity: true)
        }
        return found
    }

    private mutating func end(of line: String) -> Message? {
        guard !line.isEmpty else {
            defer { (name, data) = ("", []) }
            return data.isEmpty ? nil : Message(name: name, data: data.joined(separator: "\n"))
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let value = String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1])
        switch parts[0] {
        case "event": name = value
        case "data": data.append(value)
        default: break
        }
        return nil
    }
}
