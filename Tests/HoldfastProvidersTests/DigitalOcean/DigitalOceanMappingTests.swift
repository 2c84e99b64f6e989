import Foundation
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastProviders

/// One refusal of the vendor and what it means.
struct RefusalOfVendor: Sendable, CustomTestStringConvertible {
    let status: Int
    let body: String
    var headers: [String: String] = [:]
    var isRepeatable = false
    let kind: ProviderError.Kind
    var wait: Duration?
    var words = ""

    var testDescription: String { "\(status) \(body.prefix(50))" }
}

@Suite("What DigitalOcean's refusals mean")
struct DigitalOceanMappingTests {
    private let noon = Fixture.noon

    @Test(
        "Each refusal has one meaning, and the vendor's words and request id are told",
        arguments: [
            RefusalOfVendor(
                status: 401,
                body: #"{"id":"unauthorized","message":"Unable to authenticate you."}"#,
                kind: .authentication, words: "Unable to authenticate you."),
            RefusalOfVendor(
                status: 403, body: #"{"id":"forbidden","message":"No."}"#, kind: .authentication,
                words: "scopes"),
            RefusalOfVendor(
                status: 404, body: #"{"id":"not_found","message":"Gone.","request_id":"r-1"}"#,
                kind: .notFound, words: "(request r-1)"),
            RefusalOfVendor(
                status: 400, body: #"{"id":"bad_request","message":"Wrong."}"#, kind: .permanent),
            RefusalOfVendor(
                status: 409, body: #"{"id":"conflict","message":"already exists"}"#,
                kind: .permanent, words: "refused with 409"),
            RefusalOfVendor(
                status: 422,
                body:
                    #"{"id":"unprocessable_entity","message":"Droplet already has a pending event."}"#,
                kind: .throttled, wait: .seconds(60)),
            RefusalOfVendor(
                status: 422,
                body: #"{"id":"unprocessable_entity","message":"Please power it off"}"#,
                kind: .permanent),
            RefusalOfVendor(
                status: 422,
                body:
                    #"{"id":"unprocessable_entity","message":"snapshot limit of volume reached"}"#,
                kind: .quota),
            RefusalOfVendor(
                status: 429, body: #"{"id":"too_many_requests","message":"Slow down."}"#,
                headers: ["retry-after": "29"], kind: .throttled, wait: .seconds(29)),
            RefusalOfVendor(
                status: 429, body: "", headers: ["retry-after": "soon"], kind: .throttled,
                wait: .seconds(60)),
            RefusalOfVendor(
                status: 429,
                body: #"{"id":"too_many_requests","message":"one request per 10m0s"}"#,
                kind: .throttled, wait: .minutes(10)),
            RefusalOfVendor(
                status: 500, body: #"{"id":"server_error","message":"Oops"}"#, kind: .ambiguous),
            RefusalOfVendor(
                status: 502, body: "<html><body>Bad gateway</body></html>", isRepeatable: true,
                kind: .transient, words: "Bad gateway"),
            RefusalOfVendor(status: 302, body: "", kind: .permanent, words: "an empty body"),
        ])
    func meaning(refusal: RefusalOfVendor) {
        let reply = VendorReply(
            status: refusal.status, headers: refusal.headers, body: Data(refusal.body.utf8),
            requestID: nil, date: nil)
        let error = DigitalOceanMapping.error(
            reply, of: "POST https://api/v2/x", isRepeatable: refusal.isRepeatable, now: noon)
        #expect(error.kind == refusal.kind)
        #expect(error.retryAfter == refusal.wait.map { noon + $0 })
        #expect(error.message.hasPrefix("POST https://api/v2/x was refused with \(refusal.status)"))
        #expect(refusal.words.isEmpty || error.message.contains(refusal.words))
    }

    @Test("A body can't fill the log, and its control characters don't reach it")
    func bounded() {
        let body = Data(String(repeating: "\u{1B}[2J<p>", count: 100_000).utf8)
        let error = DigitalOceanMapping.error(
            VendorReply(status: 400, headers: [:], body: body, requestID: nil, date: nil),
            of: "GET /", isRepeatable: true, now: noon)
        #expect(error.message.utf8.count < 600)
        #expect(!error.message.unicodeScalars.contains("\u{1B}"))
    }

    @Test(
        "An operation survives its way through the engine; anything else is none",
        arguments: ["", "1/2", "1/2/3", "x/2/hf-5k3v9m2q0d-20260329T010000Z", "1//2"])
    func operations(text: String) throws {
        let token = try #require(BackupToken("hf-5k3v9m2q0d-20260329T010000Z"))
        let known = DigitalOceanOperation(droplet: 3_164_444, action: "36804636", token: token)
        let read = try #require(DigitalOceanOperation(known.id))
        #expect(read.droplet == 3_164_444)
        #expect(read.action == "36804636")
        #expect(read.token == token)
        #expect(DigitalOceanOperation(OperationID(text)) == nil)
    }
}
