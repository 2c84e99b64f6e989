import Foundation
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastProviders

@Suite("What Contabo's refusals mean")
struct ContaboMappingTests {
    private let noon = Fixture.noon
    private static let full =
        #"{"statusCode":402,"message":"Total snapshots exceed the total max limit of 3 snapshots"}"#
    private static let none =
        #"{"statusCode":402,"message":"Total snapshots exceed the total max limit of 0 snapshots"}"#

    private func reply(_ refusal: RefusalOfVendor) -> VendorReply {
        VendorReply(
            status: refusal.status, headers: refusal.headers, body: Data(refusal.body.utf8),
            requestID: "r-1", date: nil)
    }

    @Test(
        "Each refusal of the interface has one meaning, with the vendor's words and the request",
        arguments: [
            RefusalOfVendor(
                status: 401, body: #"{"statusCode":401,"message":"Unauthorized"}"#,
                kind: .authentication, words: "Unauthorized (request r-1)"),
            RefusalOfVendor(
                status: 403, body: #"{"statusCode":403,"message":"Forbidden"}"#,
                kind: .authentication, words: "docs/providers/contabo.md"),
            RefusalOfVendor(
                status: 402, body: full, kind: .quota, words: "all 3 of the instance's"),
            RefusalOfVendor(
                status: 402, body: none, kind: .quota, words: "this product has no snapshots"),
            RefusalOfVendor(
                status: 402, body: #"{"message":"Pay"}"#, kind: .permanent,
                words: "look at the account"),
            RefusalOfVendor(
                status: 404, body: #"{"statusCode":404,"message":"Gone"}"#, kind: .notFound),
            RefusalOfVendor(
                status: 400, body: #"{"statusCode":400,"message":["name is long","so it is"]}"#,
                kind: .permanent, words: "name is long; so it is"),
            RefusalOfVendor(
                status: 409, body: #"{"statusCode":409,"message":"Conflict"}"#, kind: .throttled,
                wait: .seconds(60)),
            RefusalOfVendor(
                status: 429, body: #"{"statusCode":429,"message":"Too many"}"#,
                headers: ["retry-after": "7"], kind: .throttled, wait: .seconds(7)),
            RefusalOfVendor(
                status: 429, body: "", headers: ["retry-after": "99999999999"], kind: .throttled,
                wait: .seconds(60), words: "an empty body"),
            RefusalOfVendor(status: 500, body: #"{"message":"Oops"}"#, kind: .ambiguous),
            RefusalOfVendor(
                status: 503, body: "<html>Unavailable</html>", isRepeatable: true,
                kind: .transient, words: "<html>Unavailable</html>"),
            RefusalOfVendor(
                status: 418, body: #"{"message":7}"#, kind: .permanent, words: #"{"message":7}"#),
        ])
    func meaning(refusal: RefusalOfVendor) {
        let error = ContaboMapping.error(
            reply(refusal), of: "POST https://api/v1/x", isRepeatable: refusal.isRepeatable,
            now: noon)
        #expect(error.kind == refusal.kind)
        #expect(error.retryAfter == refusal.wait.map { noon + $0 })
        #expect(error.message.hasPrefix("POST https://api/v1/x was refused with \(refusal.status)"))
        #expect(error.message.contains("(request r-1)"))
        #expect(refusal.words.isEmpty || error.message.contains(refusal.words))
    }

    @Test(
        "Each refusal of the token server has one meaning, and none may have been done",
        arguments: [
            RefusalOfVendor(
                status: 401,
                body: #"{"error":"invalid_grant","error_description":"Invalid user credentials"}"#,
                kind: .authentication, words: "invalid_grant: Invalid user credentials"),
            RefusalOfVendor(
                status: 400, body: #"{"error":"unauthorized_client"}"#, kind: .authentication,
                words: "unauthorized_client"),
            RefusalOfVendor(
                status: 401, body: "your password hunter2 is wrong", kind: .authentication,
                words: "no words of its own"),
            RefusalOfVendor(status: 404, body: "", kind: .permanent, words: "token_url"),
            RefusalOfVendor(status: 302, body: "", kind: .permanent, words: "token_url"),
            RefusalOfVendor(
                status: 429, body: "", headers: ["retry-after": "3"], kind: .throttled,
                wait: .seconds(3)),
            RefusalOfVendor(status: 500, body: #"{"error":"unknown_error"}"#, kind: .transient),
        ])
    func tokenMeaning(refusal: RefusalOfVendor) {
        let error = ContaboMapping.tokenError(
            reply(refusal), of: "POST https://auth/token", now: noon)
        #expect(error.kind == refusal.kind)
        #expect(error.retryAfter == refusal.wait.map { noon + $0 })
        #expect(refusal.words.isEmpty || error.message.contains(refusal.words))
        #expect(!error.message.contains("hunter2"))
    }

    @Test("A body can't fill the log, and its control characters don't reach it")
    func bounded() {
        let words = String(repeating: "\\u001b[2J<p>", count: 100_000)
        let body = Data(#"{"message":"\#(words)"}"#.utf8)
        let error = ContaboMapping.error(
            VendorReply(status: 400, headers: [:], body: body, requestID: nil, date: nil),
            of: "GET /", isRepeatable: true, now: noon)
        #expect(error.message.utf8.count < 600)
        #expect(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    @Test(
        "The slots are read out of the vendor's words",
        arguments: [
            ("Total snapshots exceed the total max limit of 1 snapshots", 1),
            ("the max limit of 25", 25), ("max limit of many", nil), ("", nil),
            ("max limit of 99999999999999999999 snapshots", nil),
        ])
    func slots(words: String, count: Int?) {
        #expect(ProviderPlaces.told(in: words) == count)
    }

    @Test("An operation and a rollback survive their way through the engine")
    func operations() throws {
        let token = try #require(BackupToken("hf-5k3v9m2q0d-20260329T010000Z"))
        let snapshot = try #require(ContaboSnapshotID("100101/snap1628603855"))
        #expect(snapshot.text == "100101/snap1628603855")
        #expect(snapshot.path == "/v1/compute/instances/100101/snapshots/snap1628603855")
        let operation = ContaboOperation(snapshot, token, orderedAt: noon)
        #expect(ContaboOperation(operation.id) == operation)
        let rollback = ContaboRollback(snapshot, orderedAt: noon, newer: ["snap1", "snap2"])
        #expect(ContaboRollback(rollback.id) == rollback)
        #expect(ContaboRollback(operation.id) == nil)
        #expect(ContaboOperation(rollback.id) == nil)
    }

    @Test(
        "What is no snapshot's id never gets into a path",
        arguments: [
            "", "1", "1/", "/snap1", "0/snap1", "-1/snap1", "01/snap1", "1/snap 1", "1/../x",
            "1/snap1/rollback", "1/snap%2F", "x/snap1", "1/snäp", "+1/snap1",
            "1/" + String(repeating: "a", count: 101),
        ])
    func identifiers(text: String) {
        #expect(ContaboSnapshotID(text) == nil)
        #expect(
            ContaboOperation(OperationID("\(text)/hf-5k3v9m2q0d-20260329T010000Z/1")) == nil)
        #expect(ContaboRollback(OperationID("rollback/\(text)/1/")) == nil)
    }

    @Test(
        "A form's values are encoded byte by byte",
        arguments: [
            ("plain-._~09AZ", "plain-._~09AZ"), ("a+b&c=d e%", "a%2Bb%26c%3Dd%20e%25"),
            ("\u{1}\u{E9}", "%01%C3%A9"), ("", ""),
        ])
    func form(value: String, encoded: String) {
        #expect(ContaboTokens.encoded(value) == encoded)
    }
}
