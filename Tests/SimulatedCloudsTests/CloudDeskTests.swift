import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Faults of a simulated cloud")
struct CloudDeskTests {
    private let snapshot = #"{"type":"snapshot","name":"bp-1"}"#

    private func faulty(_ fault: String) throws -> CloudUnderTest {
        try CloudUnderTest(faults: #"{"faults":[\#(fault)]}"#) { $0.actionSeconds = 0 }
    }

    private func snapshotCount(_ cloud: CloudUnderTest) async -> Int {
        await cloud.cloud.state.droplets[CloudUnderTest.web]?.snapshots.count ?? -1
    }

    @Test(
        "A status on order answers without doing the work",
        arguments: [
            (#""status":429"#, 429, nil, "application/json; charset=utf-8"),
            (#""status":429,"retry_after":30"#, 429, "30", "application/json; charset=utf-8"),
            (#""status":502,"body":"html""#, 502, nil, "text/html; charset=utf-8"),
            (#""status":500,"body":"text""#, 500, nil, "text/plain"),
        ])
    func status(members: String, status: Int, retryAfter: String?, type: String) async throws {
        let cloud = try faulty(#"{"fault":"status",\#(members)}"#)
        let answer = try await cloud.act(snapshot)
        #expect(answer.status == status)
        #expect(answer.reply.header("retry-after") == retryAfter)
        #expect(answer.reply.contentType == type)
        #expect(await snapshotCount(cloud) == 0)
        #expect(try await cloud.act(snapshot).status == 201)
    }

    @Test("A connection is cut before or after the work", arguments: [("before", 0), ("after", 1)])
    func cut(when: String, count: Int) async throws {
        let cloud = try faulty(#"{"fault":"cut_\#(when)","method":"POST"}"#)
        let outcome = try await cloud.outcome(
            "POST", "/v2/droplets/\(CloudUnderTest.web)/actions", snapshot)
        guard case .cut = outcome else {
            Issue.record("not cut: \(outcome)")
            return
        }
        #expect(await snapshotCount(cloud) == count)
    }

    @Test("A lost reply is a 500 after the work was done")
    func lostReply() async throws {
        let cloud = try faulty(#"{"fault":"lost_reply"}"#)
        let answer = try await cloud.act(snapshot)
        #expect(answer.status == 500)
        #expect(answer["id"]?.text == "server_error")
        #expect(await snapshotCount(cloud) == 1)
    }

    @Test("A truncated reply is the whole one, to be cut while it is sent")
    func truncated() async throws {
        let cloud = try faulty(#"{"fault":"truncate"}"#)
        let outcome = try await cloud.outcome("GET", "/v2/droplets")
        guard case .truncated(let reply) = outcome else {
            Issue.record("not truncated: \(outcome)")
            return
        }
        #expect(reply.status == 200 && reply.body.count > 1000)
    }

    @Test("An action ends errored, having done nothing")
    func errored() async throws {
        let cloud = try faulty(#"{"fault":"action_errored"}"#)
        let answer = try await cloud.act(snapshot)
        #expect(answer.status == 201)
        #expect(answer["action/status"]?.text == "errored")
        #expect(await snapshotCount(cloud) == 0)
    }

    @Test("An empty 200 has no body at all")
    func empty() async throws {
        let cloud = try faulty(#"{"fault":"empty_200"}"#)
        let answer = try await cloud.ask("GET", "/v2/droplets")
        #expect(answer.status == 200 && answer.reply.body.isEmpty)
        #expect(answer.reply.contentType == nil)
    }

    @Test("Endless pages link to themselves")
    func endless() async throws {
        let cloud = try faulty(#"{"fault":"endless_pages","every":1}"#)
        let answer = try await cloud.ask("GET", "/v2/droplets?per_page=2")
        #expect(
            answer["links/pages/next"]?.text == "http://127.0.0.1:1/v2/droplets?page=1&per_page=2")
    }

    @Test("A skewed clock shows in the date alone")
    func skew() async throws {
        let cloud = try faulty(#"{"fault":"clock_skew","seconds":-3600}"#)
        let answer = try await cloud.ask("GET", "/v2/account")
        #expect(answer.reply.header("date") == "Sat, 28 Mar 2026 11:00:00 GMT")
        #expect(try await cloud.act(snapshot)["action/started_at"]?.text == "2026-03-28T12:00:00Z")
    }

    @Test("A huge body is the reply with spaces behind it")
    func huge() async throws {
        let cloud = try faulty(#"{"fault":"huge_body","bytes":1000000}"#)
        let answer = try await cloud.ask("GET", "/v2/account")
        #expect(answer.reply.padding == 1_000_000)
        #expect(answer["account/status"]?.text == "active")
    }

    @Test("A status that allows no body gets none", arguments: [204, 304])
    func bodiless(status: Int) async throws {
        let cloud = try faulty(#"{"fault":"status","status":\#(status)}"#)
        let answer = try await cloud.ask("GET", "/v2/account")
        #expect(answer.status == status && answer.reply.body.isEmpty)
    }

    @Test("Several faults of one request are joined: a delayed, skewed 503")
    func joined() async throws {
        let cloud = try faulty(
            #"{"fault":"delay","milliseconds":1},{"fault":"clock_skew","seconds":60},"#
                + #"{"fault":"status","status":503}"#)
        let answer = try await cloud.ask("GET", "/v2/account")
        #expect(answer.status == 503)
        #expect(answer.reply.header("date") == "Sat, 28 Mar 2026 12:01:00 GMT")
    }

    @Test("Faults are ordered, shown and taken away while it runs")
    func control() async throws {
        let cloud = try CloudUnderTest()
        let order = #"{"faults":[{"fault":"status","status":503,"path":"/v2/acc*"}]}"#
        #expect(try await cloud.ask("POST", "/_sim/faults", order).status == 200)
        #expect(try await cloud.ask("GET", "/v2/account").status == 503)
        let shown = try await cloud.ask("GET", "/_sim/faults")
        #expect(shown["faults/0/matched"]?.number == 1)
        #expect(shown["faults/0/hit"]?.number == 1)
        #expect(try await cloud.ask("POST", "/_sim/faults", "{}").status == 400)
        #expect(try await cloud.ask("POST", "/_sim/faults", #"{"faults":[]}"#).status == 200)
        #expect(try await cloud.ask("GET", "/v2/account").status == 200)
        #expect(try await cloud.ask("GET", "/_sim/nothing").status == 404)
    }

    @Test("The log counts by route and status, and forgets the oldest requests")
    func log() async throws {
        let cloud = try CloudUnderTest {
            $0.rateHour = 0
            $0.rateMinute = 0
        }
        for id in 0..<10_050 { _ = try await cloud.ask("GET", "/v2/droplets/\(id)") }
        _ = try await cloud.ask("GET", "/v2/droplets/\(CloudUnderTest.web)")
        let log = try await cloud.ask("GET", "/_sim/requests")
        #expect(log["total"]?.number == 10_051)
        #expect(log["requests"]?.items?.count == 10_000)
        #expect(log["requests/0/path"]?.text == "/v2/droplets/51")
        let last = log["requests/9999"]
        #expect(last?["status"]?.number == 200)
        let route = log["routes"]?["GET /v2/droplets/{droplet_id}"]
        #expect(route?["count"]?.number == 10_051)
        #expect(route?["by_status"]?["404"]?.number == 10_050)
        let good = await cloud.desk.requestCount(of: "GET /v2/droplets/{droplet_id}", status: 200)
        #expect(good == 1)
    }

    @Test("The state is shown, and the clock is moved, over the same door")
    func stateAndClock() async throws {
        let cloud = try CloudUnderTest()
        let moved = try await cloud.ask("POST", "/_sim/clock", #"{"advance_seconds":86400}"#)
        #expect(moved["now"]?.text == "2026-03-29T12:00:00Z")
        let state = try await cloud.ask("GET", "/_sim/state")
        #expect(state["droplets"]?.items?.count == 3)
        #expect(state["settings/action_seconds"]?.number == 90)
        #expect(try await cloud.ask("POST", "/_sim/clock", "{}").status == 400)
    }

    @Test("The state is kept where the desk was told to, and nowhere else")
    func saving() async throws {
        let cloud = try CloudUnderTest()
        #expect(try await cloud.ask("POST", "/_sim/save").status == 409)
        let (states, saved) = AsyncStream.makeStream(of: [UInt8].self)
        let desk = CloudDesk(cloud.cloud, clock: cloud.clock) { bytes in saved.yield(bytes) }
        let outcome = try await desk.answer(CloudRequest("POST", "/_sim/save"))
        guard case .reply(let reply) = outcome else {
            Issue.record("no reply: \(outcome)")
            return
        }
        #expect(reply.status == 204)
        saved.finish()
        let kept = await states.reduce(into: [[UInt8]]()) { $0.append($1) }
        #expect(try await kept == [cloud.cloud.savedState()])
    }
}
