import Foundation
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastProviders

@Suite("What Pieces OS's refusals mean")
struct PiecesMappingTests {
    private let noon = Fixture.noon

    @Test(
        "Each refusal has one meaning, and the server's words are told",
        arguments: [
            RefusalOfVendor(
                status: 511, body: "Network Authentication Required", kind: .authentication,
                words: "sign in to Pieces"),
            RefusalOfVendor(
                status: 505, body: "HTTP Version Not Supported", kind: .permanent,
                words: "update Pieces OS"),
            RefusalOfVendor(
                status: 500, body: "Internal Server Error", kind: .ambiguous,
                words: "'Internal Server Error'"),
            RefusalOfVendor(
                status: 500, body: "Internal Server Error", isRepeatable: true, kind: .transient),
            RefusalOfVendor(
                status: 502, body: "<html>", headers: [:], isRepeatable: true, kind: .transient,
                words: "'<html>'"),
            RefusalOfVendor(status: 401, body: "", kind: .authentication, words: "application_id"),
            RefusalOfVendor(status: 403, body: "No", kind: .authentication, words: "'No'"),
            RefusalOfVendor(status: 404, body: "Not Found", kind: .notFound),
            RefusalOfVendor(status: 400, body: "Bad", kind: .permanent),
            RefusalOfVendor(status: 302, body: "", kind: .permanent, words: "an empty body"),
            RefusalOfVendor(
                status: 429, body: "", headers: ["retry-after": "7"], kind: .throttled,
                wait: .seconds(7)),
            RefusalOfVendor(status: 429, body: "", kind: .throttled, wait: .seconds(60)),
        ])
    func table(refusal: RefusalOfVendor) {
        let error = PiecesMapping.error(
            VendorReply(
                status: refusal.status, headers: refusal.headers, body: Data(refusal.body.utf8),
                requestID: nil, date: nil),
            of: "POST http://localhost:1/x", isRepeatable: refusal.isRepeatable, now: noon)
        #expect(error.kind == refusal.kind)
        #expect(error.retryAfter == refusal.wait.map { noon + $0 })
        #expect(
            error.message.hasPrefix("POST http://localhost:1/x was refused with \(refusal.status)"))
        let tells = refusal.words.isEmpty || error.message.contains(refusal.words)
        #expect(tells, "\(error.message)")
    }

    @Test("Only what says that there is no such operation means that it was not tried")
    func notOffered() {
        #expect((200..<600).filter(PiecesMapping.isNotOffered) == [404, 405, 501])
    }
}
