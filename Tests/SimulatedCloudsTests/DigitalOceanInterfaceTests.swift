import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("The simulated DigitalOcean's interface")
struct DigitalOceanInterfaceTests {
    @Test(
        "Only a known bearer token is let in",
        arguments: [
            (nil, 401), ("Bearer wrong", 401), ("Basic dop_v1_simulated_full_access", 401),
            ("Bearer", 401), ("Bearer dop_v1_simulated_full_access", 200),
            ("bearer dop_v1_simulated_full_access", 200),
        ])
    func authentication(header: String?, status: Int) async throws {
        let answer = try await CloudUnderTest().ask(
            "GET", "/v2/account", authorization: header)
        #expect(answer.status == status)
        #expect((answer["id"]?.text == "unauthorized") == (status == 401))
        #expect((answer["account/status"]?.text == "active") == (status == 200))
    }

    @Test("A token without the scope is told which one it lacks")
    func scopes() async throws {
        let cloud = try CloudUnderTest()
        let reader = "Bearer dop_v1_simulated_read_only"
        let list = try await cloud.ask("GET", "/v2/droplets", authorization: reader)
        #expect(list.status == 200)
        let refused = try await cloud.ask(
            "POST", "/v2/droplets/\(CloudUnderTest.web)/actions", #"{"type":"snapshot"}"#,
            authorization: reader)
        #expect(refused.status == 403)
        #expect(refused["message"]?.text?.contains("droplet:update") == true)
    }

    @Test("A list of 450 Droplets is had in three pages, each by the link to the next")
    func paging() async throws {
        let cloud = try CloudUnderTest(estate: DigitalOceanEstate("droplets=450"))
        var next: String? = "/v2/droplets?tag_name=production&per_page=200"
        var sizes: [Int] = []
        var ids: Set<Int64> = []
        while let target = next {
            try #require(sizes.count < 10, "the pages have no end")
            let answer = try await cloud.ask("GET", target)
            let droplets = try #require(answer["droplets"]?.items)
            sizes.append(droplets.count)
            ids.formUnion(droplets.compactMap { $0["id"]?.number })
            #expect(answer["meta/total"]?.number == 450)
            let link = answer["links/pages/next"]?.text
            #expect(link?.hasPrefix("http://127.0.0.1:1/v2/droplets?tag_name=") ?? true)
            next = link.map { String($0.dropFirst("http://127.0.0.1:1".count)) }
        }
        #expect(sizes == [200, 200, 50])
        #expect(ids.count == 450)
        let beyond = try await cloud.ask("GET", "/v2/droplets?page=99999999999999999999999")
        #expect(beyond["droplets"]?.items?.isEmpty == true)
        #expect(beyond["meta/total"]?.number == 450)
        let byDefault = try await cloud.ask("GET", "/v2/droplets")
        #expect(byDefault["droplets"]?.items?.count == 20)
    }

    @Test(
        "Droplets are picked by tag or by name",
        arguments: [
            ("tag_name=web", 2), ("tag_name=Web", 0), ("name=DB-01", 1), ("name=db", 0),
            ("type=gpus", 0), ("type=droplets", 3),
        ])
    func filters(query: String, count: Int) async throws {
        let answer = try await CloudUnderTest().ask("GET", "/v2/droplets?\(query)")
        #expect(answer["droplets"]?.items?.count == count)
    }

    @Test(
        "A malformed request is refused with the vendor's kind of error and its id",
        arguments: [
            ("GET", "/v2/droplets?per_page=201", "", 422), ("GET", "/v2/droplets?page=x", "", 422),
            ("GET", "/v2/droplets?page=0", "", 422), ("GET", "/v2/droplets/1", "", 404),
            ("GET", "/v2/droplets?page=-1", "", 422),
            ("GET", "/v2/droplets?tag_name=a&name=b", "", 422),
            ("GET", "/v2/droplets/abc", "", 404), ("GET", "/v2/nothing", "", 404),
            ("PUT", "/v2/account", "", 405), ("GET", "/v2/actions/1", "", 404),
            ("GET", "/v2/snapshots?resource_type=x", "", 422), ("GET", "/v2/images/1", "", 404),
            ("GET", "/v2/snapshots/1", "", 404), ("GET", "/v2/snapshots/x", "", 404),
            ("DELETE", "/v2/snapshots/1", "", 404), ("DELETE", "/v2/images/1", "", 404),
            ("POST", "/v2/droplets/1/actions", "{}", 404),
            ("POST", "/v2/droplets/3164444/actions", "{", 400),
            ("POST", "/v2/droplets/3164444/actions", "", 400),
            ("POST", "/v2/droplets/3164444/actions", "[]", 422),
            ("POST", "/v2/droplets/3164444/actions", "{}", 422),
            ("POST", "/v2/droplets/3164444/actions", #"{"type":"explode"}"#, 422),
            ("POST", "/v2/droplets/3164444/actions", #"{"type":"snapshot","name":7}"#, 422),
            ("POST", "/v2/droplets/3164444/actions", #"{"type":"restore"}"#, 422),
            ("POST", "/v2/droplets/3164444/actions", #"{"type":"restore","image":"1"}"#, 422),
            ("POST", "/v2/droplets/3164444/actions", #"{"type":"restore","image":1}"#, 422),
            ("POST", "/v2/droplets/3164445/actions", #"{"type":"change_backup_policy"}"#, 422),
            ("POST", "/v2/volumes/x/snapshots", #"{"name":"a"}"#, 404),
            ("POST", "/v2/volumes/\(CloudUnderTest.volume)/snapshots", #"{}"#, 422),
            ("POST", "/v2/volumes/\(CloudUnderTest.volume)/snapshots", #"{"name":"#, 400),
            (
                "POST", "/v2/volumes/\(CloudUnderTest.volume)/snapshots",
                #"{"name":"a","tags":[1]}"#, 422
            ),
        ])
    func malformed(method: String, target: String, body: String, status: Int) async throws {
        let answer = try await CloudUnderTest().ask(method, target, body)
        #expect(answer.status == status)
        let id = try #require(answer["request_id"]?.text)
        #expect(answer.reply.header("x-request-id") == id)
        let kinds = [
            400: "bad_request", 404: "not_found", 405: "method_not_allowed",
            422: "unprocessable_entity",
        ]
        #expect(answer["id"]?.text == kinds[status])
        #expect(answer["message"]?.text?.isEmpty == false)
    }

    @Test("A method that a path does not have is refused with those that it has")
    func allowed() async throws {
        let cloud = try CloudUnderTest()
        let answer = try await cloud.ask("PUT", "/v2/snapshots/1")
        #expect(answer.reply.header("allow") == "GET, DELETE")
        #expect(try await cloud.ask("GET", "/v2/account").reply.header("allow") == nil)
    }

    @Test("Every reply tells the hour's allowance; the hour's refusal has no retry-after")
    func hourLimit() async throws {
        let cloud = try CloudUnderTest { $0.rateHour = 2 }
        let first = try await cloud.ask("GET", "/v2/account")
        #expect(first.reply.header("ratelimit-limit") == "2")
        #expect(first.reply.header("ratelimit-remaining") == "1")
        #expect(
            first.reply.header("ratelimit-reset")
                == String((CloudUnderTest.noon + .hours(1)).seconds))
        _ = try await cloud.ask("GET", "/v2/account")
        let refused = try await cloud.ask("GET", "/v2/account")
        #expect(refused.status == 429)
        #expect(refused["id"]?.text == "too_many_requests")
        #expect(refused.reply.header("retry-after") == nil)
        #expect(refused.reply.header("ratelimit-remaining") == "0")
        cloud.clock.advance(by: .hours(1))
        #expect(try await cloud.ask("GET", "/v2/account").status == 200)
    }

    @Test("The minute's refusal says how long to wait, and waiting so long is enough")
    func minuteLimit() async throws {
        let cloud = try CloudUnderTest { $0.rateMinute = 1 }
        _ = try await cloud.ask("GET", "/v2/account")
        cloud.clock.advance(by: .milliseconds(20_500))
        let refused = try await cloud.ask("GET", "/v2/account")
        #expect(refused.status == 429)
        #expect(refused.reply.header("retry-after") == "40")
        cloud.clock.advance(by: .seconds(40))
        #expect(try await cloud.ask("GET", "/v2/account").status == 200)
    }

    @Test("The date is the simulated clock's")
    func date() async throws {
        let answer = try await CloudUnderTest().ask("GET", "/v2/account")
        #expect(answer.reply.header("date") == "Sat, 28 Mar 2026 12:00:00 GMT")
    }

    @Test("An account comes back from its saved state as it was")
    func savedState() async throws {
        let cloud = try CloudUnderTest()
        _ = try await cloud.act(#"{"type":"snapshot","name":"kept"}"#)
        _ = try await cloud.ask(
            "POST", "/v2/volumes/\(CloudUnderTest.volume)/snapshots", #"{"name":"a"}"#)
        let saved = try await cloud.cloud.savedState()
        let again = try CloudUnderTest(
            savedState: saved, at: CloudUnderTest.noon + .minutes(2))
        let names = try await again.ask(
            "GET", "/v2/droplets/\(CloudUnderTest.web)/snapshots")
        #expect(names["snapshots/0/name"]?.text == "kept")
        let resaved = try await CloudUnderTest(savedState: saved).cloud.savedState()
        #expect(resaved == saved)
    }

    @Test("A state that was saved in the future takes its clock along")
    func futureState() async throws {
        let ahead = try CloudUnderTest(at: CloudUnderTest.noon + .days(30))
        _ = try await ahead.act(#"{"type":"snapshot","name":"ahead"}"#)
        let cloud = try CloudUnderTest(savedState: try await ahead.cloud.savedState())
        let answer = try await cloud.ask("GET", "/v2/account")
        #expect(answer.reply.header("date") == "Mon, 27 Apr 2026 12:00:00 GMT")
        cloud.clock.advance(by: .seconds(90))
        let list = "/v2/droplets/\(CloudUnderTest.web)/snapshots"
        #expect(try await cloud.ask("GET", list)["meta/total"]?.number == 1)
    }
}
