import Foundation
import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("The simulated IONOS Cloud's interface")
struct IONOSInterfaceTests {
    private static func basic(_ pair: String) -> String {
        "Basic " + Data(pair.utf8).base64EncodedString()
    }

    @Test(
        "A known token or password is let in, and nothing else",
        arguments: [
            (nil, 401), ("Bearer wrong", 401), ("Bearer", 401), ("Basic %%%", 401),
            (basic("operator@example.com"), 401), (basic("operator@example.com:wrong"), 401),
            (basic("operator@example.com:ionos-simulated-full-access"), 401),
            (basic("operator@example.com:simulated-password"), 200),
            (IONOSUnderTest.token, 200), ("bearer ionos-simulated-full-access", 200),
        ])
    func authentication(header: String?, status: Int) async throws {
        let answer = try await IONOSUnderTest().ask("GET", "/contracts", authorization: header)
        #expect(answer.status == status)
        let told: Int64? = status == 200 ? nil : Int64(status)
        #expect(answer["httpStatus"]?.number == told)
    }

    @Test("A login with two factors has no password, and sees protected snapshots")
    func twoFactors() async throws {
        let cloud = try IONOSUnderTest { $0.requestSeconds = 0 }
        let made = try await cloud.ask(
            "POST", "\(IONOSUnderTest.volume)/create-snapshot",
            #"{"properties":{"name":"hidden","secAuthProtection":true}}"#)
        #expect(made.status == 202)
        let id = try #require(made["id"]?.text)
        #expect(try await cloud.ask("GET", "/snapshots/\(id)").status == 404)
        #expect(try await cloud.ask("GET", "/snapshots")["items"]?.items?.count == 1)
        var state = try IONOSState(json: await cloud.cloud.savedState())
        state.logins[0].hasTwoFactors = true
        let again = try IONOSUnderTest(savedState: state.json())
        #expect(try await again.ask("GET", "/snapshots/\(id)").status == 200)
        #expect(try await again.ask("GET", "/snapshots")["items"]?.items?.count == 2)
        let password = Self.basic("operator@example.com:simulated-password")
        let refused = try await again.ask("GET", "/snapshots", authorization: password)
        #expect(refused.status == 401)
    }

    @Test(
        "The contract's number may be sent; another one is refused",
        arguments: [("31960000", 200), ("1", 403), ("x", 400)])
    func contractNumber(text: String, status: Int) async throws {
        let answer = try await IONOSUnderTest().ask(
            "GET", "/snapshots", headers: [("X-Contract-Number", text)])
        #expect(answer.status == status)
    }

    @Test("A login without rights reads everything and changes nothing")
    func rights() async throws {
        let cloud = try IONOSUnderTest()
        let reader = "Bearer ionos-simulated-read-only"
        for path in ["/contracts", "/datacenters", "/snapshots", "/requests", "/backupunits"] {
            #expect(try await cloud.ask("GET", path, authorization: reader).status == 200)
        }
        let writes = [
            ("POST", "\(IONOSUnderTest.volume)/create-snapshot"),
            ("POST", "\(IONOSUnderTest.volume)/restore-snapshot"),
            ("PATCH", "/snapshots/\(IONOSUnderTest.oldSnapshot)"),
            ("DELETE", "/snapshots/\(IONOSUnderTest.oldSnapshot)"), ("POST", "/backupunits"),
            ("DELETE", IONOSUnderTest.unit), ("GET", "\(IONOSUnderTest.unit)/ssourl"),
        ]
        for (method, path) in writes {
            let answer = try await cloud.ask(method, path, "{}", authorization: reader)
            #expect(answer.status == 403, "\(method) \(path)")
        }
        #expect(try await cloud.ask("GET", "/requests")["items"]?.items?.isEmpty == true)
    }

    @Test("Lists tell ids only at depth 0, and properties from depth 1 on")
    func depth() async throws {
        let cloud = try IONOSUnderTest { $0.requestSeconds = 0 }
        _ = try await cloud.snapshot(named: "a")
        for path in [
            "/datacenters", IONOSUnderTest.volumes, "/snapshots", "/requests", "/backupunits",
        ] {
            let flat = try await cloud.ask("GET", path)
            let deep = try await cloud.ask("GET", "\(path)?depth=1")
            let ids = try #require(flat["items"]?.items).map { $0["id"]?.text }
            #expect(!ids.isEmpty)
            #expect(try #require(deep["items"]?.items).map { $0["id"]?.text } == ids)
            #expect(flat["items/0/properties"] == nil && flat["items/0/metadata"] == nil)
            #expect(flat["items/0/href"]?.text == deep["items/0/href"]?.text)
            #expect(deep["items/0/properties"] != nil && deep["items/0/metadata"] != nil)
        }
        let one = try await cloud.ask("GET", "/snapshots/\(IONOSUnderTest.oldSnapshot)")
        #expect(one["properties/name"]?.text == "before-upgrade")
        #expect(one["properties/location"]?.text == "de/txl")
        #expect(one["properties/size"]?.number == 100)
    }

    @Test("A list of 25 volumes is had in pages by the link to the next")
    func paging() async throws {
        let cloud = try IONOSUnderTest(estate: IONOSEstate("volumes=25"))
        var next: String? = "\(IONOSUnderTest.volumes)?depth=1&limit=10"
        var names: [String] = []
        while let target = next {
            try #require(names.count < 100, "the pages have no end")
            let answer = try await cloud.ask("GET", target)
            #expect(answer["limit"]?.number == 10)
            #expect(answer["offset"]?.number == Int64(names.count))
            #expect((answer["_links/prev"] == nil) == names.isEmpty)
            let items = try #require(answer["items"]?.items)
            names += items.compactMap { $0["properties"]?["name"]?.text }
            next = answer["_links/next"]?.text.map {
                String($0.dropFirst(IONOSUnderTest.host.count))
            }
        }
        #expect(names == (1...25).map { "volume-\($0)" })
        let beyond = try await cloud.ask("GET", "\(IONOSUnderTest.volumes)?offset=25")
        #expect(beyond["items"]?.items?.isEmpty == true)
    }

    @Test("Endless pages link to themselves, and come again when they are counted on")
    func endless() async throws {
        let cloud = try IONOSUnderTest(
            faults: #"{"faults":[{"fault":"endless_pages","every":1}]}"#)
        let answer = try await cloud.ask("GET", "\(IONOSUnderTest.volumes)?limit=2")
        #expect(answer["_links/next"]?.text == answer["_links/self"]?.text)
        let counted = try await cloud.ask("GET", "\(IONOSUnderTest.volumes)?limit=2&offset=40")
        #expect(counted["items"]?.items?.count == 2)
    }

    @Test(
        "A malformed request is refused in the vendor's shape",
        arguments: [
            ("GET", "/datacenters?limit=0", "", 422), ("GET", "/datacenters?limit=10001", "", 422),
            ("GET", "/datacenters?limit=x", "", 400), ("GET", "/datacenters?offset=-1", "", 422),
            ("GET", "/snapshots?depth=11", "", 422), ("GET", "/snapshots?depth=one", "", 400),
            ("GET", "/snapshots?orderBy=colour", "", 422),
            ("GET", "/snapshots?maxResults=0", "", 422),
            ("GET", "/requests?filter.status=OK", "", 422),
            ("GET", "/requests?filter.createdAfter=2026-03-28", "", 400),
            ("GET", "/requests?filter.createdAfter=2026-03-28T12:00:00", "", 400),
            ("GET", "/requests/x/status", "", 404), ("GET", "/snapshots/x", "", 404),
            ("GET", "/nothing", "", 404), ("PUT", "/snapshots", "", 405),
            ("GET", "/datacenters/x/volumes", "", 404), ("GET", "/backupunits/x", "", 404),
            (
                "GET",
                "/datacenters/\(IONOSUnderTest.staging)/volumes/"
                    + "b10c0001-0000-4000-8000-000000000002", "", 404
            ),
            ("POST", "\(IONOSUnderTest.volume)/create-snapshot", "{", 400),
            ("POST", "\(IONOSUnderTest.volume)/create-snapshot", "[]", 422),
            ("POST", "\(IONOSUnderTest.volume)/create-snapshot", #"{"properties":[]}"#, 422),
            (
                "POST", "\(IONOSUnderTest.volume)/create-snapshot",
                #"{"properties":{"name":7}}"#, 422
            ),
            (
                "POST", "\(IONOSUnderTest.volume)/create-snapshot",
                #"{"properties":{"licenceType":"BEOS"}}"#, 422
            ),
            ("POST", "\(IONOSUnderTest.volume)/restore-snapshot", "", 422),
            (
                "POST", "\(IONOSUnderTest.volume)/restore-snapshot",
                #"{"properties":{"snapshotId":"x"}}"#, 422
            ),
            ("PATCH", "/snapshots/\(IONOSUnderTest.oldSnapshot)", "", 400),
            ("PATCH", "/snapshots/\(IONOSUnderTest.oldSnapshot)", #"{"name":1}"#, 422),
            (
                "PATCH", "/snapshots/\(IONOSUnderTest.oldSnapshot)",
                #"{"properties":{"name":"a"}}"#, 422
            ),
            ("POST", "/backupunits", "{}", 422),
            ("POST", "/backupunits", #"{"properties":{"name":""}}"#, 422),
            ("POST", "/backupunits", #"{"properties":{"name":"two words"}}"#, 422),
            ("POST", "/backupunits", #"{"properties":{"name":"NightlyUnit"}}"#, 422),
            ("POST", "/backupunits", #"{"properties":{"name":"A","email":"nobody"}}"#, 422),
            ("PUT", IONOSUnderTest.unit, #"{"email":"a@example.com"}"#, 422),
            ("PUT", IONOSUnderTest.unit, #"{"properties":{"name":"Other"}}"#, 422),
            ("PATCH", IONOSUnderTest.unit, #"{"properties":{"email":"a@example.com"}}"#, 422),
            ("PATCH", IONOSUnderTest.unit, #"{"name":"Other"}"#, 422),
        ])
    func malformed(method: String, target: String, body: String, status: Int) async throws {
        let cloud = try IONOSUnderTest()
        let answer = try await cloud.ask(method, target, body)
        #expect(answer.status == status)
        #expect(answer["httpStatus"]?.number == Int64(status))
        #expect(answer["messages/0/message"]?.text?.isEmpty == false)
        #expect(answer["messages/0/errorCode"]?.text?.isEmpty == false)
        #expect(await cloud.cloud.state.requests.count == 0)
    }

    @Test("A method that a path does not have is refused with those that it has")
    func allowed() async throws {
        let answer = try await IONOSUnderTest().ask("POST", "/snapshots/x")
        #expect(answer.reply.header("allow") == "GET, PATCH, DELETE")
    }

    @Test("Another media type than JSON is refused")
    func mediaType() async throws {
        let answer = try await IONOSUnderTest().ask(
            "POST", "/backupunits", #"{"properties":{"name":"A"}}"#, type: "text/plain")
        #expect(answer.status == 415)
    }

    @Test("The limit refills: a burst, then so many a minute, and 429 says how long to wait")
    func rateLimit() async throws {
        let cloud = try IONOSUnderTest {
            $0.rateMinute = 20
            $0.rateBurst = 2
        }
        let first = try await cloud.ask("GET", "/contracts")
        #expect(first.reply.header("x-ratelimit-limit") == "20")
        #expect(first.reply.header("x-ratelimit-burst") == "2")
        #expect(first.reply.header("x-ratelimit-remaining") == "1")
        #expect(try await cloud.ask("GET", "/contracts").status == 200)
        let refused = try await cloud.ask("GET", "/contracts")
        #expect(refused.status == 429)
        #expect(refused.reply.header("retry-after") == "3")
        #expect(refused.reply.header("x-ratelimit-remaining") == "0")
        cloud.clock.advance(by: .seconds(3))
        #expect(try await cloud.ask("GET", "/contracts").status == 200)
        let quiet = try IONOSUnderTest {
            $0.rateMinute = 1
            $0.rateBurst = 1
            $0.sendsRetryAfter = false
        }
        _ = try await quiet.ask("GET", "/contracts")
        #expect(try await quiet.ask("GET", "/contracts").reply.header("retry-after") == nil)
    }

    @Test("Instants come without their zone where the settings say so")
    func zoneless() async throws {
        let path = "/snapshots/\(IONOSUnderTest.oldSnapshot)"
        let plain = try await IONOSUnderTest().ask("GET", path)
        #expect(plain["metadata/createdDate"]?.text == "2025-12-28T12:00:00Z")
        let bare = try await IONOSUnderTest { $0.datesWithoutZone = true }.ask("GET", path)
        #expect(bare["metadata/createdDate"]?.text == "2025-12-28T12:00:00")
    }

    @Test("A contract comes back from its saved state as it was, and a request goes on")
    func savedState() async throws {
        let cloud = try IONOSUnderTest()
        let made = try await cloud.snapshot(named: "kept")
        _ = try await cloud.ask(
            "PATCH", "/snapshots/\(IONOSUnderTest.oldSnapshot)",
            #"{"name":null,"description":"text","exposeSerial":true}"#)
        let saved = try await cloud.cloud.savedState()
        #expect(try await IONOSUnderTest(savedState: saved).cloud.savedState() == saved)
        let again = try IONOSUnderTest(
            savedState: saved, at: CloudUnderTest.noon + .minutes(2))
        #expect(try await again.status(made)["metadata/status"]?.text == "DONE")
        let changed = try await again.ask("GET", "/snapshots/\(IONOSUnderTest.oldSnapshot)")
        #expect(changed["properties/description"]?.text == "text")
        #expect(changed["properties/name"]?.text == nil)
    }

    @Test("A fault's status has the vendor's error body", arguments: [401, 422, 429, 500, 503])
    func ordered(status: Int) async throws {
        let cloud = try IONOSUnderTest(
            faults: #"{"faults":[{"fault":"status","status":\#(status)}]}"#)
        let answer = try await cloud.ask("GET", "/contracts")
        #expect(answer.status == status)
        #expect(answer["httpStatus"]?.number == Int64(status))
        #expect(answer["messages/0/message"]?.text?.isEmpty == false)
    }

    @Test(
        "An estate of another shape is refused with what would be right",
        arguments: ["volumes", "volumes=-1", "droplets=1", "volumes=1,", ""])
    func wrongEstate(text: String) {
        let error = #expect(throws: InvalidEstate.self) { try IONOSEstate(text) }
        #expect(error?.description.contains("datacenters=N") == true)
    }
}
