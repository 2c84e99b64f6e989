import Foundation
import HoldfastCore
import Synchronization

/// Contabo's interface, request by request: each with a token that is good, a label of its own, and
/// one more try with a new token after a 401.
struct ContaboClient: Sendable {
    /// The most that a page is asked for.
    static let pageSize = 100
    /// A list of more pages is an error, so that none goes on for ever.
    static let pageMax = 1000

    let provider: ProviderID
    let endpoint: String
    let version: String
    let gate: RateGate
    let tokens: ContaboTokens
    let wall: any WallClock
    /// Gives a new UUID of version 4.
    let log: VendorExchange.Log
    let requestID: @Sendable () -> String

    /// Sends a request and decodes its success.
    ///
    /// - Parameter trace: Ties requests together in the vendor's audit list.
    /// - Returns: The value, and what the vendor's clock said.
    func call<Value: Decodable>(
        _ type: Value.Type, _ request: VendorRequest, trace: BackupToken? = nil
    ) async throws(ProviderError) -> (value: Value, clock: Timestamp?) {
        let reply = try await exchange(request, trace: trace)
        do throws(ProviderError) {
            return (
                try VendorDecoding.decode(type, from: reply, of: name(of: request)), reply.date
            )
        } catch  where !request.isRepeatable {
            // It was done; only its answer can't be read.
            throw ProviderError(.ambiguous, error.message)
        }
    }

    /// Sends a request whose success has nothing to read.
    @discardableResult
    func exchange(
        _ request: VendorRequest, trace: BackupToken? = nil
    ) async throws(ProviderError) -> VendorReply {
        var (reply, number) = try await send(request, trace)
        if reply.status == 401 {
            // It may have run out on the way, or been ended by the vendor: nothing was done then.
            (reply, _) = try await send(request, trace, insteadOf: number)
        }
        guard (200..<300).contains(reply.status) else {
            let error = ContaboMapping.error(
                reply, of: name(of: request), isRepeatable: request.isRepeatable, now: wall.now)
            if reply.status == 429, let until = error.retryAfter {
                await gate.close(until: until)
            }
            throw error
        }
        return reply
    }

    /// - Parameter refused: The number of a token that the vendor did not take.
    /// - Returns: The answer, and the number of the token that it was asked with.
    private func send(
        _ request: VendorRequest, _ trace: BackupToken?, insteadOf refused: Int? = nil
    ) async throws(ProviderError) -> (reply: VendorReply, token: Int?) {
        let id = requestID()
        var request = request
        request.headers.append(("x-request-id", id))
        if let trace { request.headers.append(("x-trace-id", trace.text)) }
        let used = UsedToken()
        let transport = HTTPTransport(
            provider: provider, endpoint: endpoint, gate: gate, version: version, log: log,
            authorization: { [tokens] () async throws(ProviderError) in
                let held = try await tokens.token(insteadOf: refused)
                used.number.withLock { $0 = held.number }
                return held.header
            })
        do throws(ProviderError) {
            let reply = try await transport.send(request)
            return (
                VendorReply(
                    status: reply.status, headers: reply.headers, body: reply.body,
                    requestID: reply.requestID ?? id, date: reply.date),
                used.number.withLock { $0 }
            )
        } catch {
            throw ProviderError(
                error.kind, error.message + " (request \(id))", retryAfter: error.retryAfter)
        }
    }

    /// Every item of a list, over all of its pages.
    ///
    /// - Parameter id: What an item is told apart by.
    /// - Throws: Whatever goes wrong on any page, and `transient` when the pages don't fit together:
    ///   a part of a list is never given.
    func all<Item: Decodable>(
        _ type: Item.Type, _ path: String, id: (Item) -> VendorID
    ) async throws(ProviderError) -> (items: [Item], clock: Timestamp?) {
        var items: [Item] = []
        var ids: Set<VendorID> = []
        for number in 1...Self.pageMax {
            let separator = path.contains("?") ? "&" : "?"
            let request = VendorRequest(
                .get, "\(path)\(separator)page=\(number)&size=\(Self.pageSize)")
            let (page, clock) = try await call(ContaboWire.Page<Item>.self, request)
            items += page.data
            ids.formUnion(page.data.map(id))
            let hasMore = number < page.pagination.totalPages.value
            if let problem = problem(with: page, number, hasMore, items.count, ids.count) {
                throw ProviderError(
                    .transient,
                    "\(name(of: request)) \(problem); the list can't be read to its end")
            }
            if !hasMore { return (items, clock) }
        }
        throw ProviderError(.transient, "the list \(path) has more than \(Self.pageMax) pages")
    }

    /// Why a page can't be the one that was asked for; `nil` when it can.
    private func problem<Item>(
        with page: ContaboWire.Page<Item>, _ number: Int, _ hasMore: Bool, _ count: Int,
        _ distinct: Int
    ) -> String? {
        let total = page.pagination.totalElements.value
        if page.pagination.page.value != number {
            return "is answered with page \(page.pagination.page.value)"
        }
        if distinct != count { return "has items that an earlier page had" }
        if count > total { return "has more than the \(total) items that it counts" }
        if hasMore, page.data.isEmpty { return "is empty and not the last one" }
        if !hasMore, count < total { return "ends after \(count) of \(total) items" }
        // Whether the last page has a link is not published; the numbers decide.
        guard let next = page.links?.next, !next.isEmpty,
            let linked = VendorLink.number("page", in: next), linked != number + 1 || !hasMore
        else { return nil }
        let names = "names '\(VendorDecoding.shown(next))' as its"
        return hasMore || linked == number + 1 ? names + " next page" : nil
    }

    private func name(of request: VendorRequest) -> String {
        "\(request.method.rawValue) \(endpoint)\(request.path)"
    }
}

extension VendorRequest {
    /// A request with a JSON body.
    static func json(
        _ method: Method, _ path: String, _ body: some Encodable
    ) throws(ProviderError) -> VendorRequest {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return VendorRequest(method, path, body: try encoder.encode(body))
        } catch {
            throw ProviderError(.permanent, "the request can't be written: \(error)")
        }
    }
}

/// Which token a request went with; it is taken when the request's turn has come.
private final class UsedToken: Sendable {
    let number = Mutex<Int?>(nil)
}
