import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("The simulated Contabo's interface")
struct ContaboInterfaceTests {
    private static let instances = ContaboUnderTest.instances
    private static let list = ContaboUnderTest.snapshots(slots: 3)

    @Test("Without a good token nothing is told, not even what is there")
    func authentication() async throws {
        let cloud = try ContaboUnderTest()
        for target in [Self.instances, "\(Self.instances)/1", "/v1/nothing"] {
            let answer = try await cloud.ask("GET", target, token: "wrong")
            #expect(answer.status == 401)
            #expect(answer["message"]?.text == "Unauthorized")
        }
    }

    @Test(
        "Every request needs a UUID of version 4 as its label",
        arguments: [
            (nil, 400), ("", 400), ("abc", 400),
            ("04e0f898-37b4-48bc-a794-1a57abe6aa31", 200),
            ("04E0F898-37B4-48BC-A794-1A57ABE6AA31", 200),
            ("04e0f898-37b4-18bc-a794-1a57abe6aa31", 400),
            ("04e0f898-37b4-48bc-c794-1a57abe6aa31", 400),
            ("04e0f898-37b4-48bc-a794-1a57abe6aa3", 400),
            ("04e0f89837b448bca7941a57abe6aa31", 400),
            ("g4e0f898-37b4-48bc-a794-1a57abe6aa31", 400),
        ])
    func label(text: String?, status: Int) async throws {
        let answer = try await ContaboUnderTest().ask(
            "GET", Self.instances, headers: text.map { [("X-Request-Id", $0)] } ?? [])
        #expect(answer.status == status)
        let told = answer["message"]?.text?.contains("x-request-id") ?? false
        #expect(told == (status == 400))
    }

    @Test("By the published pattern other versions will do, when that is set")
    func widerLabel() async throws {
        let cloud = try ContaboUnderTest { $0.requestIdsAreVersion4 = false }
        for (text, status) in [
            ("04e0f898-37b4-18bc-0794-1a57abe6aa31", 200),
            ("04e0f898-37b4-68bc-a794-1a57abe6aa31", 400),
        ] {
            let answer = try await cloud.ask(
                "GET", Self.instances, headers: [("x-request-id", text)])
            #expect(answer.status == status)
        }
    }

    @Test("A user who may only read is refused changes")
    func reader() async throws {
        let cloud = try ContaboUnderTest()
        let granted = try await cloud.askToken(
            ContaboUnderTest.form + "&grant_type=password&username=reader%40example.com"
                + "&password=simulated-reading-password")
        let token = try #require(granted["access_token"]?.text)
        #expect(try await cloud.ask("GET", Self.list, token: token).status == 200)
        let refused = try await cloud.ask("POST", Self.list, #"{"name":"a"}"#, token: token)
        #expect(refused.status == 403)
        #expect(try await cloud.names(Self.list) == [])
    }

    @Test("A list of 250 instances is had in three pages, by the links and by the numbers")
    func paging() async throws {
        let cloud = try ContaboUnderTest(estate: ContaboEstate("instances=250"))
        var next: String? = "\(Self.instances)?size=100&region=EU"
        var ids: [Int64] = []
        var sizes: [Int] = []
        while let target = next {
            try #require(sizes.count < 10, "the pages have no end")
            let answer = try await cloud.ask("GET", target)
            let data = try #require(answer["data"]?.items)
            ids += data.compactMap { $0["instanceId"]?.number }
            sizes.append(data.count)
            #expect(answer["_pagination/totalElements"]?.number == 250)
            #expect(answer["_pagination/totalPages"]?.number == 3)
            #expect(answer["_pagination/page"]?.number == Int64(sizes.count))
            #expect(answer["_pagination/size"]?.number == 100)
            #expect(
                answer["_links/last"]?.text == "\(Self.instances)?page=3&size=100&region=EU")
            #expect((answer["_links/previous"] == nil) == (sizes.count == 1))
            next = answer["_links/next"]?.text
        }
        #expect(sizes == [100, 100, 50])
        #expect(ids == Array(100_101...100_350))
        let byDefault = try await cloud.ask("GET", Self.instances)
        #expect(byDefault["data"]?.items?.count == 10)
        let beyond = try await cloud.ask("GET", "\(Self.instances)?page=9223372036854775807")
        #expect(beyond["data"]?.items?.isEmpty == true)
        #expect(beyond["_links/next"] == nil)
    }

    @Test("A page that wants too much is refused, or cut when that is set")
    func largePages() async throws {
        let estate = try ContaboEstate("instances=250")
        let strict = try ContaboUnderTest(estate: estate)
        #expect(try await strict.ask("GET", "\(Self.instances)?size=101").status == 400)
        let lenient = try ContaboUnderTest(estate: estate) { $0.largePagesAreCut = true }
        let cut = try await lenient.ask("GET", "\(Self.instances)?size=250")
        #expect(cut["data"]?.items?.count == 100)
        #expect(cut["_pagination/size"]?.number == 100)
    }

    @Test("The last page has no link to a next one, or an empty one when that is set")
    func lastPage() async throws {
        let plain = try await ContaboUnderTest().ask("GET", Self.instances)
        #expect(plain["_links/next"] == nil)
        let cloud = try ContaboUnderTest { $0.lastPageHasEmptyNext = true }
        #expect(try await cloud.ask("GET", Self.instances)["_links/next"]?.text == "")
    }

    @Test("Endless pages never end, by the links or by the numbers")
    func endless() async throws {
        let cloud = try ContaboUnderTest(
            faults: #"{"faults":[{"fault":"endless_pages","path":"/v1/*","every":1}]}"#)
        for page in 1...5 {
            let answer = try await cloud.ask("GET", "\(Self.instances)?page=\(page)&size=4")
            #expect(answer["data"]?.items?.isEmpty == false)
            #expect(answer["_links/next"]?.text == "\(Self.instances)?page=\(page)&size=4")
            let pages = try #require(answer["_pagination/totalPages"]?.number)
            #expect(pages > page)
        }
    }

    @Test(
        "Instances are filtered and ordered",
        arguments: [
            ("name=vmd10010", [100_101, 100_102, 100_103, 100_104, 100_105]),
            ("name=vmd100103", [100_103]), ("displayName=web", [100_101]),
            ("displayName=WEB", []), ("region=US", []),
            ("instanceIds=100102%2C+100105", [100_102, 100_105]),
            ("status=stopped", []), ("status=stopped,running&displayName=db", [100_102]),
            ("search=10.0.0.5", [100_104]), ("search=mai", [100_104]), ("search=", nil),
            ("orderBy=displayName:desc&size=2", [100_101, 100_104]),
            (
                "orderBy=productType&orderBy=instanceId:DESC",
                [
                    100_102, 100_101, 100_104, 100_103, 100_105,
                ]
            ),
        ] as [(String, [Int64]?)])
    func filters(query: String, ids: [Int64]?) async throws {
        let answer = try await ContaboUnderTest().ask("GET", "\(Self.instances)?\(query)")
        #expect(answer.status == 200)
        let found = try #require(answer["data"]?.items).compactMap { $0["instanceId"]?.number }
        #expect(found == ids ?? Array(100_101...100_105))
    }

    @Test(
        "A malformed request is refused with the vendor's error body",
        arguments: [
            ("GET", "\(instances)?page=0", nil, 400), ("GET", "\(instances)?page=x", nil, 400),
            ("GET", "\(instances)?size=-1", nil, 400), ("GET", "\(instances)?size=", nil, 400),
            ("GET", "\(instances)?size=99999999999999999999", nil, 400),
            ("GET", "\(instances)?orderBy=colour:asc", nil, 400),
            ("GET", "\(instances)?orderBy=name:up", nil, 400),
            ("GET", "\(instances)?instanceIds=1,x", nil, 400),
            ("GET", "\(instances)/abc", nil, 400), ("GET", "\(instances)/1", nil, 404),
            ("GET", "\(instances)/1/snapshots", nil, 404), ("GET", "/v1/nothing", nil, 404),
            ("GET", "\(list)/snap1", nil, 404), ("DELETE", "\(list)/snap1", nil, 404),
            ("PATCH", "\(list)/snap1", "{}", 404), ("POST", "\(list)/snap1/rollback", "{}", 404),
            ("POST", "\(list)/snap1/rollback", nil, 415),
            ("POST", "\(list)/snap1/rollback", "", 400),
            ("POST", "\(instances)/1/snapshots", #"{"name":"a"}"#, 404),
            ("POST", list, nil, 415), ("POST", list, "{", 400), ("POST", list, "[]", 400),
            ("POST", list, "{}", 400), ("POST", list, #"{"name":""}"#, 400),
            ("POST", list, #"{"name":7}"#, 400), ("POST", list, #"{"name":"a_b"}"#, 400),
            ("POST", list, #"{"name":"caf\u00e9"}"#, 400),
            ("POST", list, #"{"name":"1234567890123456789012345678901"}"#, 400),
            ("POST", list, #"{"name":"a","description":""}"#, 400),
            ("POST", list, #"{"name":"a","description":null}"#, 400),
            ("PUT", list, "{}", 405), ("POST", instances, "{}", 405),
            ("GET", "\(ContaboUnderTest.audits)?instanceId=x", nil, 400),
            ("GET", "\(ContaboUnderTest.audits)?startDate=2026-02-30", nil, 400),
            ("GET", "\(ContaboUnderTest.audits)?endDate=yesterday", nil, 400),
        ] as [(String, String, String?, Int)])
    func malformed(method: String, target: String, body: String?, status: Int) async throws {
        let answer = try await ContaboUnderTest().ask(method, target, body)
        #expect(answer.status == status)
        #expect(answer["statusCode"]?.number == Int64(status))
        #expect(answer["message"]?.text?.isEmpty == false)
    }

    @Test("A method that a path does not have is refused with those that it has")
    func allowed() async throws {
        let cloud = try ContaboUnderTest()
        let answer = try await cloud.ask("PUT", "\(Self.list)/snap1")
        #expect(answer.reply.header("allow") == "GET, PATCH, DELETE")
        #expect(try await cloud.ask("GET", Self.list).reply.header("allow") == nil)
    }

    @Test("The message of a 400 is a list when that is set")
    func listedMessages() async throws {
        let cloud = try ContaboUnderTest { $0.badRequestMessagesAreLists = true }
        let refused = try await cloud.ask("POST", Self.list, "{}")
        #expect(refused["message/0"]?.text == "name should not be empty")
        let missing = try await cloud.ask("GET", "\(Self.instances)/1")
        #expect(missing["message"]?.text == "Instance 1 not found")
    }

    @Test("There is no rate limit unless one is set; its refusal says nothing more by default")
    func rateLimit() async throws {
        let free = try ContaboUnderTest()
        let token = try await free.token()
        for _ in 0..<500 {
            #expect(try await free.ask("GET", Self.instances, token: token).status == 200)
        }
        for (isTold, wait) in [(false, nil), (true, "60")] {
            let cloud = try ContaboUnderTest {
                $0.rateMinute = 2
                $0.retryAfterIsTold = isTold
            }
            for status in [200, 200, 429] {
                let answer = try await cloud.ask("GET", Self.instances)
                #expect(answer.status == status)
                #expect(answer.reply.header("retry-after") == (status == 429 ? wait : nil))
            }
            cloud.clock.advance(by: .minutes(1))
            #expect(try await cloud.ask("GET", Self.instances).status == 200)
        }
    }

    @Test("An account comes back from its saved state as it was")
    func savedState() async throws {
        let cloud = try ContaboUnderTest { $0.snapshotSeconds = 60 }
        let id = try await cloud.create("kept", in: Self.list)
        let saved = try await cloud.cloud.savedState()
        let again = try ContaboUnderTest(savedState: saved)
        #expect(try await again.cloud.savedState() == saved)
        #expect(try await again.names(Self.list) == [])
        again.clock.advance(by: .minutes(1))
        let answer = try await again.ask("GET", "\(Self.list)/\(id)")
        #expect(answer["data/0/name"]?.text == "kept")
        #expect(throws: DecodingError.self) { try ContaboUnderTest(savedState: Array("{}".utf8)) }
    }

    @Test(
        "An estate that is not understood is refused, with the words that would be",
        arguments: ["", "droplets=1", "instances=x", "instances=1,", "instances=1000001"])
    func estate(text: String) {
        let error = #expect(throws: InvalidEstate.self) { try ContaboEstate(text) }
        #expect(error?.description.contains("instances=N and snapshots=N") == true)
    }
}
