import Foundation
import HoldfastCore

/// Pieces OS's interface, request by request.
struct PiecesClient: Sendable {
    /// A creation or a restore may take as long as a policy lets it.
    static let longest = Duration.hours(24)

    let finder: PiecesFinder
    let gate: RateGate
    let applicationID: String?
    let wall: any WallClock

    /// An answer, whatever its status, and the request's name for messages.
    struct Answer: Sendable {
        let reply: VendorReply
        let what: String
        let isRepeatable: Bool
    }

    /// Sends a request and decodes its success.
    func call<Value: Decodable>(
        _ type: Value.Type, _ request: VendorRequest
    ) async throws(ProviderError) -> (value: Value, clock: Timestamp?) {
        let answer = try await ask(request)
        try await expectSuccess(answer)
        return (try decode(type, from: answer), answer.reply.date)
    }

    /// Reads a success.
    func decode<Value: Decodable>(
        _ type: Value.Type, from answer: Answer
    ) throws(ProviderError) -> Value {
        do throws(ProviderError) {
            return try VendorDecoding.decode(type, from: answer.reply, of: answer.what)
        } catch  where !answer.isRepeatable {
            // It was done; only its answer can't be read.
            throw ProviderError(.ambiguous, error.message)
        }
    }

    /// Sends a request.
    func ask(_ request: VendorRequest) async throws(ProviderError) -> Answer {
        try await reaching(request) { (transport, request) async throws(ProviderError) in
            try await transport.send(request)
        }
    }

    /// Sends a request whose success comes bit by bit.
    func stream(
        _ request: VendorRequest,
        _ take: @escaping @Sendable ([UInt8]) throws(ProviderError) -> HTTPTransport.Appetite
    ) async throws(ProviderError) -> Answer {
        try await reaching(request) { (transport, request) async throws(ProviderError) in
            try await transport.stream(request, take)
        }
    }

    /// Throws what an answer means that is no success.
    func expectSuccess(_ answer: Answer) async throws(ProviderError) {
        guard !(200..<300).contains(answer.reply.status) else { return }
        let error = PiecesMapping.error(
            answer.reply, of: answer.what, isRepeatable: answer.isRepeatable, now: wall.now)
        if answer.reply.status == 429, let until = error.retryAfter {
            await gate.close(until: until)
        }
        throw error
    }

    private func reaching(
        _ request: VendorRequest,
        _ send: (HTTPTransport, VendorRequest) async throws(ProviderError) -> VendorReply
    ) async throws(ProviderError) -> Answer {
        let transport = try await finder.find()
        var request = request
        if let applicationID { request.headers.append(("X-Application-ID", applicationID)) }
        do throws(ProviderError) {
            return Answer(
                reply: try await send(transport, request),
                what: "\(request.method.rawValue) \(transport.endpoint)\(request.path)",
                isRepeatable: request.isRepeatable)
        } catch {
            await finder.forget()
            throw error
        }
    }
}
