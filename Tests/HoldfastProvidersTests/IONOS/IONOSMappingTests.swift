import Foundation
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastProviders

@Suite("What the refusals of IONOS Cloud mean")
struct IONOSMappingTests {
    private let noon = Fixture.noon

    private static func body(_ words: String, code: String = "100") -> String {
        #"{"httpStatus":400,"messages":[{"errorCode":"\#(code)","message":"\#(words)"}]}"#
    }

    @Test(
        "Each refusal has one meaning, and the vendor's words are told",
        arguments: [
            RefusalOfVendor(
                status: 401, body: body("Unauthorized", code: "315"), kind: .authentication,
                words: "315 Unauthorized"),
            RefusalOfVendor(
                status: 403, body: body("Access denied"), kind: .authentication, words: "rights"),
            RefusalOfVendor(status: 402, body: body("Trial"), kind: .quota),
            RefusalOfVendor(
                status: 404, body: body("Resource does not exist", code: "309"), kind: .notFound),
            RefusalOfVendor(status: 400, body: body("syntax"), kind: .permanent),
            RefusalOfVendor(status: 405, body: "", kind: .permanent, words: "an empty body"),
            RefusalOfVendor(status: 415, body: body("media type"), kind: .permanent),
            RefusalOfVendor(
                status: 422, body: body("[(root).properties.name] is required"), kind: .permanent,
                words: "[(root).properties.name] is required"),
            RefusalOfVendor(
                status: 422, body: body("[VDC-5-9] The contract's HDD limit is exceeded"),
                kind: .quota),
            RefusalOfVendor(
                status: 422, body: body("Resource limit reached for HDD"), kind: .quota),
            RefusalOfVendor(status: 422, body: body("Quota of snapshots used up"), kind: .quota),
            RefusalOfVendor(
                status: 422, body: body("The resource is locked by another request"),
                kind: .throttled, wait: .seconds(30)),
            RefusalOfVendor(
                status: 423, body: body("Locked"), kind: .throttled, wait: .seconds(30)),
            RefusalOfVendor(
                status: 429, body: body("Slow down"), headers: ["retry-after": "29"],
                kind: .throttled, wait: .seconds(29)),
            RefusalOfVendor(
                status: 429, body: "", headers: ["retry-after": "soon"], kind: .throttled,
                wait: .seconds(60)),
            RefusalOfVendor(
                status: 429, body: "", headers: ["retry-after": "-5"], kind: .throttled,
                wait: .seconds(60)),
            RefusalOfVendor(status: 500, body: body("[VDC-5-0]"), kind: .ambiguous),
            RefusalOfVendor(status: 503, body: body("maintenance"), kind: .ambiguous),
            RefusalOfVendor(
                status: 503, body: body("maintenance"), isRepeatable: true, kind: .transient),
            RefusalOfVendor(
                status: 502, body: "<html><body>Bad gateway</body></html>", isRepeatable: true,
                kind: .transient, words: "Bad gateway"),
            RefusalOfVendor(status: 302, body: "", kind: .permanent),
        ])
    func meaning(refusal: RefusalOfVendor) {
        let reply = VendorReply(
            status: refusal.status, headers: refusal.headers, body: Data(refusal.body.utf8),
            requestID: nil, date: nil)
        let error = IONOSMapping.error(
            reply, of: "POST https://api/x", isRepeatable: refusal.isRepeatable, now: noon)
        #expect(error.kind == refusal.kind)
        #expect(error.retryAfter == refusal.wait.map { noon + $0 })
        #expect(error.message.hasPrefix("POST https://api/x was refused with \(refusal.status)"))
        #expect(refusal.words.isEmpty || error.message.contains(refusal.words))
    }

    @Test("A request that failed for want of room is told as such; another one as the caller says")
    func failures() {
        let full = IONOSMapping.failure(
            "[VDC-5-9] HDD limit of the contract", of: "a request", as: .ambiguous)
        #expect(full.kind == .quota)
        let other = IONOSMapping.failure(
            "[VDC-5-0] An unexpected error occurred", of: "a request", as: .transient)
        #expect(other.kind == .transient)
        #expect(other.message.contains("VDC-5-0"))
        #expect(IONOSMapping.failure(nil, of: "a request", as: .permanent).kind == .permanent)
    }

    @Test("A body can't fill the log, and its control characters don't reach it")
    func bounded() {
        let words = String(repeating: #"\u001b[2J<p>"#, count: 50_000)
        let bodies = [Self.body(words), String(repeating: "\u{1B}[2J<p>", count: 50_000)]
        for body in bodies {
            let error = IONOSMapping.error(
                VendorReply(
                    status: 400, headers: [:], body: Data(body.utf8), requestID: nil, date: nil),
                of: "GET /", isRepeatable: true, now: noon)
            #expect(error.message.utf8.count < 600)
            #expect(!error.message.unicodeScalars.contains("\u{1B}"))
        }
    }
}

@Suite("Names that go through IONOS Cloud and the engine")
struct IONOSNameTests {
    private let token = "hf-5k3v9m2q0d-20260329T010000Z"

    @Test(
        "A snapshot under way survives its way through the engine; anything else is none",
        arguments: ["", "1/2", "a/b/c", "../x/hf-5k3v9m2q0d-20260329T010000Z", "a//hf-5k3v9m2q0d"])
    func operations(text: String) throws {
        let request = try #require(IONOSRequestPath(id: "4e900001-0000-4000-8000-000000000004"))
        let known = IONOSOperation(
            request: request, snapshot: "5a9500aa-0000-4000-8000-000000000003",
            token: try #require(BackupToken(token)))
        #expect(IONOSOperation(known.id) == known)
        #expect(request.text == "/requests/4e900001-0000-4000-8000-000000000004/status")
        #expect(IONOSOperation(OperationID(text)) == nil)
        let restore = IONOSRestore(request: request, datacenter: "d-1", volume: "v-1")
        #expect(IONOSRestore(restore.id) == restore)
        #expect(IONOSRestore(OperationID(text)) == nil || text == "a/b/c")
    }

    @Test(
        "A request's state is asked for at the endpoint only",
        arguments: [
            ("https://api.ionos.com/cloudapi/v6/requests/r-1/status", "r-1"),
            ("https://API.ionos.com:443/cloudapi/v6/requests/r-1/status", "r-1"),
            ("/cloudapi/v6/requests/r-1/status", "r-1"),
            ("https://api.ionos.com.example.org/cloudapi/v6/requests/r-1/status", nil),
            ("https://api.ionos.com@example.org/cloudapi/v6/requests/r-1/status", nil),
            ("https://example.org/cloudapi/v6/requests/r-1/status", nil),
            ("http://api.ionos.com/cloudapi/v6/requests/r-1/status", nil),
            ("https://api.ionos.com:8443/cloudapi/v6/requests/r-1/status", nil),
            ("//example.org/cloudapi/v6/requests/r-1/status", nil),
            ("/requests/r-1/status", nil), ("/cloudapi/v6/requests//status", nil),
            ("/cloudapi/v6/requests/status", nil),
            ("/cloudapi/v6/requests/a/../b/status", nil),
            ("/cloudapi/v6/requests/r-1/status?x=1", nil), ("requests/r-1/status", nil), ("", nil),
        ])
    func location(text: String, id: String?) {
        let path = IONOSRequestPath(
            location: text, endpoint: "https://api.ionos.com/cloudapi/v6")
        #expect(path?.id == id)
    }

    @Test("The volume is read out of a description, whatever people wrote around it")
    func link() {
        let link = IONOSLink(datacenter: "dc-1", volume: "v-1")
        #expect(IONOSLink(link.text) == link)
        #expect(IONOSLink("kept for audit; \(link.text); ask ops") == link)
        #expect(IONOSLink("Holdfast volume=V-1, datacenter=DC-1") == link)
        for text in [nil, "", "volume=v-1", "by hand"] { #expect(IONOSLink(text) == nil) }
    }
}
