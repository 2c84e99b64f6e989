import Foundation
import HoldfastCore

/// The Cloud API, request by request.
struct IONOSClient: Sendable {
    /// What is kept to until an answer's headers tell the vendor's own allowance, whose numbers are
    /// not published.
    static let allowance = [SlidingWindow(limit: 60, length: .minutes(1))]
    /// What is asked for at once; the most that the vendor gives is 10,000.
    static let pageSize = 500
    /// A list of more pages is an error, so that none goes on for ever.
    static let pageMax = 400

    let transport: HTTPTransport
    let wall: any WallClock
    /// Sent with every request; `nil`: the user has one contract.
    let contract: String?

    /// Stands for a secret that is not known: nothing of an answer that can't be read is shown.
    static let unknownSecret = Secret("")

    /// Sends a request and decodes its success.
    ///
    /// - Parameter secret: Must not be shown, and neither must an answer that can't be read.
    /// - Returns: The value, and what the vendor's clock said.
    func call<Value: Decodable>(
        _ type: Value.Type, _ request: VendorRequest, hiding secret: Secret? = nil
    ) async throws(ProviderError) -> (value: Value, clock: Timestamp?) {
        let reply = try await exchange(request, hiding: secret)
        do throws(ProviderError) {
            return (try decode(type, from: reply, request, isSecret: secret != nil), reply.date)
        } catch  where !request.isRepeatable {
            // It was done; only its answer can't be read.
            throw ProviderError(.ambiguous, error.message)
        }
    }

    /// Decodes a success.
    func decode<Value: Decodable>(
        _ type: Value.Type, from reply: VendorReply, _ request: VendorRequest,
        isSecret: Bool = false
    ) throws(ProviderError) -> Value {
        guard isSecret else {
            return try VendorDecoding.decode(type, from: reply, of: transport.name(of: request))
        }
        do {
            return try JSONDecoder().decode(type, from: reply.body)
        } catch {
            throw ProviderError(
                .transient,
                "\(transport.name(of: request)) was answered with \(reply.status) and something that can't "
                    + "be read; it is not shown, because it may hold a secret"
                    + VendorDecoding.mark(reply))
        }
    }

    /// Sends a request whose success has nothing to read.
    func exchange(
        _ request: VendorRequest, hiding secret: Secret? = nil
    ) async throws(ProviderError) -> VendorReply {
        var request = request
        if let contract { request.headers.append(("X-Contract-Number", contract)) }
        let reply = try await transport.send(request)
        await learn(from: reply)
        guard (200..<300).contains(reply.status) else {
            let error = IONOSMapping.error(
                reply, of: transport.name(of: request), isRepeatable: request.isRepeatable,
                hiding: secret, now: wall.now)
            if reply.status == 429, let until = error.retryAfter {
                await transport.gate.close(until: until)
            }
            throw error
        }
        return reply
    }

    /// The vendor allows so many requests at one time and so many a minute on average: as many in
    /// the time in which so many come back never are too many.
    private func learn(from reply: VendorReply) async {
        func number(_ name: String) -> Int? {
            reply.headers[name].flatMap { Int($0) }.flatMap { $0 >= 0 && $0 < 1 << 30 ? $0 : nil }
        }
        guard let burst = number("x-ratelimit-burst"), let average = number("x-ratelimit-limit"),
            burst > 0, average > 0
        else { return }
        await transport.gate.learn(
            limit: burst, remaining: number("x-ratelimit-remaining"),
            length: .milliseconds(max(1, burst * 60_000 / average)))
    }

    /// Every item of a list that has no pages.
    ///
    /// - Parameter secret: When there is one, nothing of a body is shown that can't be read.
    /// - Throws: Also when the vendor says that there is more: a part of a list is never given.
    func whole<List: IONOSList>(
        _ type: List.Type, _ path: String, hiding secret: Secret? = nil
    ) async throws(ProviderError) -> (items: [List.Item], clock: Timestamp?) {
        let request = VendorRequest(.get, "\(path)?depth=1")
        let (list, clock) = try await call(type, request, hiding: secret)
        if let next = list.links?.next {
            throw ProviderError(
                .transient,
                "\(transport.name(of: request)) names '\(BoundedText.cut(IONOSMapping.printable(next), to: 200))' as its next page, "
                    + "which this list has none of; it can't be read to its end")
        }
        return (list.items, clock)
    }

    /// Every item of a list, over all of its pages.
    ///
    /// - Parameter query: Besides the depth and the page; begins with `&` when there is one.
    /// - Throws: Whatever goes wrong on any page: a part of a list is never given.
    func all<List: IONOSList>(
        _ type: List.Type, _ path: String, query: String = ""
    ) async throws(ProviderError) -> [List.Item] {
        var items: [List.Item] = []
        for number in 0..<Self.pageMax {
            let offset = number * Self.pageSize
            let request = VendorRequest(
                .get, "\(path)?depth=1\(query)&offset=\(offset)&limit=\(Self.pageSize)")
            let (page, _) = try await call(type, request)
            items += page.items
            if let next = page.links?.next {
                guard VendorLink.number("offset", in: next) == offset + Self.pageSize else {
                    throw ProviderError(
                        .transient,
                        "\(transport.name(of: request)) names '\(BoundedText.cut(IONOSMapping.printable(next), to: 200))' as its "
                            + "next page; the list can't be read to its end")
                }
            } else if page.items.count < Self.pageSize {
                return items
            }
        }
        throw ProviderError(.transient, "the list \(path) has more than \(Self.pageMax) pages")
    }
}
