import Foundation
import HoldfastCore

/// DigitalOcean's interface, request by request.
struct DigitalOceanClient: Sendable {
    /// The vendor's published allowance: an hour's, which its headers tell about, and a minute's.
    static let allowance = [
        SlidingWindow(limit: 5000, length: .hours(1)),
        SlidingWindow(limit: 250, length: .minutes(1)),
    ]
    /// The most that a page holds.
    static let pageSize = 200
    /// A list of more pages is an error, so that none goes on for ever.
    static let pageMax = 2000

    let transport: HTTPTransport
    let wall: any WallClock

    /// Sends a request and decodes its success.
    ///
    /// - Returns: The value, and what the vendor's clock said.
    func call<Value: Decodable>(
        _ type: Value.Type, _ request: VendorRequest
    ) async throws(ProviderError) -> (value: Value, clock: Timestamp?) {
        let reply = try await exchange(request)
        let value: Value
        do throws(ProviderError) {
            value = try VendorDecoding.decode(type, from: reply, of: transport.name(of: request))
        } catch  where !request.isRepeatable {
            // It was done; only its answer can't be read.
            throw ProviderError(.ambiguous, error.message)
        }
        return (value, reply.date)
    }

    /// Sends a request whose success has nothing to read.
    func exchange(_ request: VendorRequest) async throws(ProviderError) -> VendorReply {
        let reply = try await transport.send(request)
        await transport.gate.learn(
            limit: reply.headers["ratelimit-limit"].flatMap { Int($0) },
            remaining: reply.headers["ratelimit-remaining"].flatMap { Int($0) })
        guard (200..<300).contains(reply.status) else {
            let error = DigitalOceanMapping.error(
                reply, of: transport.name(of: request), isRepeatable: request.isRepeatable,
                now: wall.now)
            // A volume's or a Droplet's own patience concerns nobody else.
            if reply.status == 429, let until = error.retryAfter,
                !error.message.contains("10m0s")
            {
                await transport.gate.close(until: until)
            }
            throw error
        }
        return reply
    }

    /// Every item of a list, over all of its pages.
    ///
    /// - Throws: Whatever goes wrong on any page: a part of a list is never given.
    func all<Page: DigitalOceanPage>(
        _ type: Page.Type, _ path: String
    ) async throws(ProviderError) -> (items: [Page.Item], clock: Timestamp?) {
        var items: [Page.Item] = []
        var clock: Timestamp?
        for number in 1...Self.pageMax {
            let separator = path.contains("?") ? "&" : "?"
            let request = VendorRequest(
                .get, "\(path)\(separator)per_page=\(Self.pageSize)&page=\(number)")
            let (page, date) = try await call(type, request)
            items += page.items
            clock = date ?? clock
            guard let next = page.links?.pages?.next else {
                // What goes while the pages are read moves others from one page to another.
                if let total = page.meta?.total, items.count < total {
                    throw ProviderError(
                        .transient,
                        "\(path) has \(total) entries and \(items.count) came; the list changed "
                            + "while it was read")
                }
                return (items, clock)
            }
            guard VendorLink.number("page", in: next) == number + 1 else {
                throw ProviderError(
                    .transient,
                    "\(transport.name(of: request)) names '\(BoundedText.cut(next, to: 200))' as its next "
                        + "page; the list can't be read to its end")
            }
        }
        throw ProviderError(
            .transient, "the list \(path) has more than \(Self.pageMax) pages")
    }
}
