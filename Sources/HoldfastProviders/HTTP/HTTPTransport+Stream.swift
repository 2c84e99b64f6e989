import AsyncHTTPClient
import Foundation
import HoldfastCore
import NIOCore
import NIOHTTP1

extension HTTPTransport {
    /// What reading a part of a streamed answer came to.
    enum Appetite: Sendable {
        case more
        /// The rest of the answer says nothing new.
        case enough
    }

    /// After enough was read, the end of the answer is waited for so long, in real time: a connection
    /// that is read to its end can be used again.
    private static let endWait = Duration.seconds(2)

    /// Sends a request whose success comes bit by bit, and hands on each part when it is there.
    ///
    /// - Parameter take: Gets the parts of a success, which together are not longer than any other
    ///   answer may be; none after `enough`.
    /// - Returns: The answer; without its body when that was handed on.
    /// - Throws: As `send`, and what `take` throws.
    func stream(
        _ request: VendorRequest,
        _ take: @escaping @Sendable ([UInt8]) throws(ProviderError) -> Appetite
    ) async throws(ProviderError) -> VendorReply {
        let message = try await prepared(request)
        let result: Result<VendorReply, ProviderError>
        do throws(ProviderError) {
            let reply = try await received(message, request, take)
            note(reply, to: request)
            result = .success(reply)
        } catch {
            result = .failure(error)
        }
        await gate.answered()
        return try result.get()
    }

    private func received(
        _ message: HTTPClientRequest, _ request: VendorRequest,
        _ take: @escaping @Sendable ([UInt8]) throws(ProviderError) -> Appetite
    ) async throws(ProviderError) -> VendorReply {
        do {
            return try await withThrowingTaskGroup(of: VendorReply?.self) { group in
                defer { group.cancelAll() }
                let (enough, told) = AsyncStream.makeStream(of: VendorReply.self)
                group.addTask {
                    defer { told.finish() }
                    return try await Self.read(message, request, take) { told.yield($0) }
                }
                group.addTask {
                    for await reply in enough {
                        try await Task.sleep(for: Self.endWait)
                        return reply
                    }
                    return nil  // the answer ended by itself
                }
                while let first = try await group.next() {
                    if let first { return first }
                }
                throw CancellationError()
            }
        } catch let error as ProviderError {
            throw error
        } catch {
            throw failure(of: request, error)
        }
    }

    private static func read(
        _ message: HTTPClientRequest, _ request: VendorRequest,
        _ take: ([UInt8]) throws(ProviderError) -> Appetite, enough: (VendorReply) -> Void
    ) async throws -> VendorReply {
        let response = try await client.execute(
            message, deadline: .now() + .milliseconds(request.timeout.wholeMilliseconds))
        guard (200..<300).contains(response.status.code) else {
            let body = try await response.body.collect(upTo: bodyMax)
            return reply(response, body: Data(body.readableBytesView))
        }
        let reply = reply(response, body: Data())
        var left = bodyMax
        var isHungry = true
        do {
            for try await part in response.body {
                left -= part.readableBytes
                guard left >= 0 else { throw NIOTooManyBytesError(maxBytes: bodyMax) }
                guard isHungry, case .enough = try take(Array(part.readableBytesView)) else {
                    continue
                }
                isHungry = false
                enough(reply)
            }
        } catch  where !isHungry {
            return reply  // how it ended says nothing new either
        }
        return reply
    }
}
