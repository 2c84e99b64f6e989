import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Snapshots of the simulated DigitalOcean")
struct DigitalOceanSnapshotTests {
    private let list = "/v2/droplets/\(CloudUnderTest.web)/snapshots"

    @Test("A snapshot appears when its action has completed, dated at the action's start")
    func life() async throws {
        let cloud = try CloudUnderTest(at: CloudUnderTest.noon + .milliseconds(700))
        let started = try await cloud.act(#"{"type":"snapshot","name":"bp-1"}"#)
        #expect(started.status == 201)
        #expect(started["action/status"]?.text == "in-progress")
        #expect(started["action/resource_id"]?.number == CloudUnderTest.web)
        #expect(started["action/started_at"]?.text == "2026-03-28T12:00:00Z")
        let id = try #require(started["action/id"]?.number)
        cloud.clock.advance(by: .seconds(89))
        let running = try await cloud.ask("GET", "/v2/actions/\(id)")
        #expect(running["action/status"]?.text == "in-progress")
        #expect(try await cloud.ask("GET", list)["meta/total"]?.number == 0)
        cloud.clock.advance(by: .seconds(1))
        let ended = try await cloud.ask(
            "GET", "/v2/droplets/\(CloudUnderTest.web)/actions/\(id)")
        #expect(ended["action/status"]?.text == "completed")
        #expect(ended["action/completed_at"]?.text == "2026-03-28T12:01:30Z")
        let snapshots = try await cloud.ask("GET", list)
        #expect(snapshots["snapshots/0/name"]?.text == "bp-1")
        #expect(snapshots["snapshots/0/type"]?.text == "snapshot")
        #expect(
            snapshots["snapshots/0/created_at"]?.text == started["action/started_at"]?.text)
        let droplet = try await cloud.ask("GET", "/v2/droplets/\(CloudUnderTest.web)")
        let snapshot = try #require(snapshots["snapshots/0/id"]?.number)
        #expect(droplet["droplet/snapshot_ids/0"]?.number == snapshot)
        let wide = try await cloud.ask("GET", "/v2/snapshots?resource_type=droplet")
        #expect(wide["snapshots/0/id"]?.text == String(snapshot))
    }

    @Test("One action at a time: another one is a pending event until the first has ended")
    func pending() async throws {
        let cloud = try CloudUnderTest()
        _ = try await cloud.act(#"{"type":"snapshot","name":"first"}"#)
        let refused = try await cloud.act(#"{"type":"snapshot","name":"second"}"#)
        #expect(refused.status == 422)
        #expect(refused["message"]?.text == "Droplet already has a pending event.")
        let other = try await cloud.act(#"{"type":"power_off"}"#, on: CloudUnderTest.web + 1)
        #expect(other.status == 201)
        cloud.clock.advance(by: .seconds(90))
        #expect(try await cloud.act(#"{"type":"snapshot"}"#).status == 201)
        let actions = try await cloud.ask("GET", "/v2/droplets/\(CloudUnderTest.web)/actions")
        #expect(actions["meta/total"]?.number == 2)
        #expect(actions["actions/0/status"]?.text == "in-progress")
        #expect(actions["actions/1/status"]?.text == "completed")
        let off = try await cloud.ask("GET", "/v2/droplets/\(CloudUnderTest.web + 1)")
        #expect(off["droplet/status"]?.text == "off")
    }

    @Test("Actions that take no time have ended in their first answer")
    func atOnce() async throws {
        let cloud = try CloudUnderTest { $0.actionSeconds = 0 }
        let answer = try await cloud.act(#"{"type":"snapshot","name":"now"}"#)
        #expect(answer["action/status"]?.text == "completed")
        #expect(try await cloud.ask("GET", list)["snapshots/0/name"]?.text == "now")
    }

    @Test("A deleted snapshot is gone from every list, and a second deletion finds nothing")
    func deletion() async throws {
        let cloud = try CloudUnderTest { $0.actionSeconds = 0 }
        _ = try await cloud.act(#"{"type":"snapshot","name":"a"}"#)
        _ = try await cloud.act(#"{"type":"snapshot","name":"b"}"#)
        let snapshots = try await cloud.ask("GET", list)
        let ids = try #require(snapshots["snapshots"]?.items).compactMap { $0["id"]?.number }
        let (first, second) = (try #require(ids.first), try #require(ids.last))
        #expect(try await cloud.ask("DELETE", "/v2/snapshots/\(first)").status == 204)
        #expect(try await cloud.ask("DELETE", "/v2/images/\(second)").status == 204)
        #expect(try await cloud.ask("DELETE", "/v2/snapshots/\(first)").status == 404)
        #expect(try await cloud.ask("GET", list)["meta/total"]?.number == 0)
        #expect(try await cloud.ask("GET", "/v2/snapshots")["meta/total"]?.number == 0)
    }

    @Test("A volume's snapshot is there at once, and its name is taken")
    func volumes() async throws {
        let cloud = try CloudUnderTest()
        let path = "/v2/volumes/\(CloudUnderTest.volume)/snapshots"
        let made = try await cloud.ask("POST", path, #"{"name":"a","tags":["bp"]}"#)
        #expect(made.status == 201)
        #expect(made["snapshot/resource_type"]?.text == "volume")
        #expect(made["snapshot/tags/0"]?.text == "bp")
        let again = try await cloud.ask("POST", path, #"{"name":"a"}"#)
        #expect(again.status == 409)
        #expect(again["message"]?.text?.contains("already exists") == true)
        let id = try #require(made["snapshot/id"]?.text)
        #expect(try await cloud.ask("GET", "/v2/snapshots/\(id)").status == 200)
        #expect(try await cloud.ask("DELETE", "/v2/snapshots/\(id)").status == 204)
        #expect(try await cloud.ask("GET", path)["meta/total"]?.number == 0)
    }

    @Test("A volume takes one snapshot in ten minutes, and 25 in all")
    func volumeLimits() async throws {
        let cloud = try CloudUnderTest()
        let path = "/v2/volumes/\(CloudUnderTest.volume)/snapshots"
        for number in 0..<25 {
            let made = try await cloud.ask("POST", path, #"{"name":"s\#(number)"}"#)
            #expect(made.status == 201)
            let early = try await cloud.ask("POST", path, #"{"name":"early"}"#)
            #expect(early.status == 429)
            #expect(early["message"]?.text?.contains("10m0s") == true)
            #expect(early.reply.header("ratelimit-remaining") != "0")
            cloud.clock.advance(by: .minutes(10))
        }
        let full = try await cloud.ask("POST", path, #"{"name":"one too many"}"#)
        #expect(full.status == 422)
        #expect(full["message"]?.text?.contains("25") == true)
    }
}
