import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Requests and snapshots of the simulated IONOS Cloud")
struct IONOSRequestTests {
    @Test("A snapshot's request is queued, runs and is done; only then it is available")
    func life() async throws {
        let cloud = try IONOSUnderTest()
        let made = try await cloud.snapshot(named: "bp-1")
        #expect(made.status == 202)
        #expect(made["metadata/state"]?.text == "BUSY")
        let id = try #require(made["id"]?.text)
        let location = try #require(made.reply.header("location"))
        #expect(location.hasPrefix("http://127.0.0.1:1/cloudapi/v6/requests/"))
        #expect(location.hasSuffix("/status"))
        let queued = try await cloud.status(made)
        #expect(queued.status == 200)
        #expect(queued["metadata/status"]?.text == "QUEUED")
        #expect(queued["metadata/targets/0/target/id"]?.text == id)
        #expect(queued["metadata/targets/0/target/type"]?.text == "snapshot")
        #expect(try await cloud.ask("GET", IONOSUnderTest.volume)["metadata/state"]?.text == "BUSY")
        cloud.clock.advance(by: .seconds(5))
        #expect(try await cloud.status(made)["metadata/status"]?.text == "RUNNING")
        cloud.clock.advance(by: .seconds(54))
        #expect(try await cloud.status(made)["metadata/status"]?.text == "RUNNING")
        let busy = try await cloud.ask("GET", "/snapshots/\(id)")
        #expect(busy["metadata/state"]?.text == "BUSY")
        cloud.clock.advance(by: .seconds(1))
        let done = try await cloud.status(made)
        #expect(done["metadata/status"]?.text == "DONE")
        #expect(done["metadata/targets/0/status"]?.text == "DONE")
        let snapshot = try await cloud.ask("GET", "/snapshots/\(id)")
        #expect(snapshot["metadata/state"]?.text == "AVAILABLE")
        #expect(snapshot["properties/name"]?.text == "bp-1")
        #expect(snapshot["properties/size"]?.number == 100)
    }

    @Test("Requests that take no time have ended in their first answer")
    func atOnce() async throws {
        let cloud = try IONOSUnderTest { $0.requestSeconds = 0 }
        let made = try await cloud.snapshot(named: "now")
        #expect(made["metadata/state"]?.text == "AVAILABLE")
        #expect(try await cloud.status(made)["metadata/status"]?.text == "DONE")
    }

    @Test("A snapshot may stay busy after its request is done")
    func settling() async throws {
        let cloud = try IONOSUnderTest { $0.settlingSeconds = 10 }
        let made = try await cloud.snapshot(named: "slow")
        let id = try #require(made["id"]?.text)
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.status(made)["metadata/status"]?.text == "DONE")
        let busy = try await cloud.ask("GET", "/snapshots/\(id)")
        #expect(busy["metadata/state"]?.text == "BUSY")
        cloud.clock.advance(by: .seconds(10))
        let ready = try await cloud.ask("GET", "/snapshots/\(id)")
        #expect(ready["metadata/state"]?.text == "AVAILABLE")
    }

    @Test("What works on the same volume waits for its turn; another volume does not")
    func turns() async throws {
        let cloud = try IONOSUnderTest()
        let first = try await cloud.snapshot(named: "first")
        let second = try await cloud.snapshot(named: "second")
        let other = try await cloud.snapshot(
            named: "other", of: "\(IONOSUnderTest.volumes)/b10c0001-0000-4000-8000-000000000001")
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.status(first)["metadata/status"]?.text == "DONE")
        #expect(try await cloud.status(other)["metadata/status"]?.text == "DONE")
        #expect(try await cloud.status(second)["metadata/status"]?.text == "RUNNING")
        cloud.clock.advance(by: .seconds(55))
        #expect(try await cloud.status(second)["metadata/status"]?.text == "DONE")
    }

    @Test(
        "A request on order fails with a reason; its snapshot is gone or inactive",
        arguments: [false, true])
    func failed(stays: Bool) async throws {
        let cloud = try IONOSUnderTest(faults: #"{"faults":[{"fault":"action_errored"}]}"#) {
            $0.failedSnapshotStays = stays
        }
        let made = try await cloud.snapshot(named: "doomed")
        #expect(made.status == 202)
        let id = try #require(made["id"]?.text)
        cloud.clock.advance(by: .seconds(60))
        let status = try await cloud.status(made)
        #expect(status.status == 200)
        #expect(status["metadata/status"]?.text == "FAILED")
        #expect(status["metadata/message"]?.text?.contains("VDC-5-0") == true)
        let left = try await cloud.ask("GET", "/snapshots/\(id)")
        #expect(left.status == (stays ? 200 : 404))
        #expect(left["metadata/state"]?.text == (stays ? "INACTIVE" : nil))
    }

    @Test("A deleted snapshot is there until its request is done, then 404")
    func deletion() async throws {
        let cloud = try IONOSUnderTest()
        let path = "/snapshots/\(IONOSUnderTest.oldSnapshot)"
        let deleted = try await cloud.ask("DELETE", path)
        #expect(deleted.status == 202 && deleted.reply.body.isEmpty)
        #expect(try await cloud.ask("GET", path)["metadata/state"]?.text == "BUSY")
        #expect(try await cloud.ask("DELETE", path).status == 422)
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.status(deleted)["metadata/status"]?.text == "DONE")
        #expect(try await cloud.ask("GET", path).status == 404)
        #expect(try await cloud.ask("DELETE", path).status == 404)
    }

    @Test("A second deletion may also be accepted, and fail")
    func secondDeletion() async throws {
        let cloud = try IONOSUnderTest { $0.secondDeletionIsRefused = false }
        let path = "/snapshots/\(IONOSUnderTest.oldSnapshot)"
        _ = try await cloud.ask("DELETE", path)
        let second = try await cloud.ask("DELETE", path)
        #expect(second.status == 202)
        cloud.clock.advance(by: .minutes(2))
        #expect(try await cloud.status(second)["metadata/status"]?.text == "FAILED")
    }

    @Test("A change is told at once and shown when it is done, and nothing else changes")
    func change() async throws {
        let cloud = try IONOSUnderTest()
        let path = "/snapshots/\(IONOSUnderTest.oldSnapshot)"
        let told = try await cloud.ask("PATCH", path, #"{"description":"keep"}"#)
        #expect(told.status == 202)
        #expect(told["properties/description"]?.text == "keep")
        #expect(try await cloud.ask("GET", path)["properties/description"]?.text == nil)
        cloud.clock.advance(by: .seconds(60))
        let changed = try await cloud.ask("GET", path)
        #expect(changed["properties/description"]?.text == "keep")
        #expect(changed["properties/name"]?.text == "before-upgrade")
        #expect(changed["metadata/lastModifiedDate"]?.text == "2026-03-28T12:01:00Z")
    }

    @Test("A volume is overwritten with a snapshot of its location that fits")
    func restore() async throws {
        let cloud = try IONOSUnderTest()
        let body = #"{"properties":{"snapshotId":"\#(IONOSUnderTest.oldSnapshot)"}}"#
        let small = "\(IONOSUnderTest.volumes)/b10c0001-0000-4000-8000-000000000001"
        let elsewhere =
            "/datacenters/\(IONOSUnderTest.staging)/volumes/"
            + "b10c0001-0000-4000-8000-000000000004"
        for path in [small, elsewhere] {
            let refused = try await cloud.ask("POST", "\(path)/restore-snapshot", body)
            #expect(refused.status == 422)
        }
        let begun = try await cloud.ask(
            "POST", "\(IONOSUnderTest.volume)/restore-snapshot", body)
        #expect(begun.status == 202 && begun.reply.body.isEmpty)
        let deleted = try await cloud.ask("DELETE", "/snapshots/\(IONOSUnderTest.oldSnapshot)")
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.status(begun)["metadata/status"]?.text == "DONE")
        #expect(try await cloud.status(deleted)["metadata/status"]?.text == "RUNNING")
        let volume = await cloud.cloud.state.volumes["b10c0001-0000-4000-8000-000000000002"]
        #expect(volume?.restoredFrom == IONOSUnderTest.oldSnapshot)
    }

    @Test("A server that runs may be in the way of a restore")
    func runningServer() async throws {
        let cloud = try IONOSUnderTest { $0.restoreNeedsStoppedServer = true }
        let refused = try await cloud.ask(
            "POST", "\(IONOSUnderTest.volume)/restore-snapshot",
            #"{"properties":{"snapshotId":"\#(IONOSUnderTest.oldSnapshot)"}}"#)
        #expect(refused.status == 422)
        #expect(refused["messages/0/message"]?.text?.contains("stopped") == true)
    }

    @Test("Bodies of create-snapshot are JSON, forms or both, by the setting")
    func bodies() async throws {
        let form = "application/x-www-form-urlencoded"
        let cases: [(IONOSSettings.SnapshotBodies, Int, Int)] = [
            (.json, 202, 415), (.form, 415, 202), (.both, 202, 202),
        ]
        for (bodies, json, forms) in cases {
            let cloud = try IONOSUnderTest {
                $0.snapshotBodies = bodies
                $0.requestSeconds = 0
            }
            #expect(try await cloud.snapshot(named: "a").status == json)
            let answer = try await cloud.ask(
                "POST", "\(IONOSUnderTest.volume)/create-snapshot", "name=bp+1&description=d%3D1",
                type: form)
            #expect(answer.status == forms)
            guard forms == 202 else { continue }
            #expect(answer["properties/name"]?.text == "bp 1")
            #expect(answer["properties/description"]?.text == "d=1")
        }
    }

    @Test("The contract's HDD quota is used by snapshots, and given back by their deletion")
    func quota() async throws {
        let cloud = try IONOSUnderTest { $0.requestSeconds = 0 }
        var state = try IONOSState(json: await cloud.cloud.savedState())
        // 310 GB of HDD volumes, a snapshot of 100 GB, and room for another one.
        state.contract.hddGigabytes = 510
        let tight = try IONOSUnderTest(savedState: state.json())
        let limits = "items/0/properties/resourceLimits"
        let before = try await tight.ask("GET", "/contracts")
        #expect(before["\(limits)/hddLimitPerContract"]?.number == 522_240)
        #expect(before["\(limits)/hddVolumeProvisioned"]?.number == 419_840)
        let made = try await tight.snapshot(named: "fits")
        #expect(made.status == 202)
        let full = try await tight.snapshot(named: "does not")
        #expect(full.status == 422)
        #expect(full["messages/0/message"]?.text?.contains("HDD limit") == true)
        let id = try #require(made["id"]?.text)
        #expect(try await tight.ask("DELETE", "/snapshots/\(id)").status == 202)
        #expect(try await tight.snapshot(named: "fits again").status == 202)
        state.settings.quotaUnit = .gigabytes
        state.settings.snapshotsAreProvisioned = false
        let other = try await IONOSUnderTest(savedState: state.json()).ask("GET", "/contracts")
        #expect(other["\(limits)/hddLimitPerContract"]?.number == 510)
        #expect(other["\(limits)/hddVolumeProvisioned"]?.number == 310)
    }

    @Test("A Location may be a path")
    func relativeLocation() async throws {
        let cloud = try IONOSUnderTest { $0.locationIsRelative = true }
        let made = try await cloud.snapshot(named: "a")
        #expect(made.reply.header("location")?.hasPrefix("/cloudapi/v6/requests/") == true)
        #expect(try await cloud.status(made)["metadata/status"]?.text == "QUEUED")
    }
}

@Suite("The list of requests of the simulated IONOS Cloud")
struct IONOSRequestListTests {
    /// Three writes, an hour apart; the last one is under way.
    private func busyCloud(
        adjusting: @Sendable (inout IONOSSettings) -> Void = { _ in }
    ) async throws -> IONOSUnderTest {
        let cloud = try IONOSUnderTest(
            faults: #"{"faults":[{"fault":"action_errored","method":"DELETE"}]}"#,
            adjusting: adjusting)
        _ = try await cloud.snapshot(named: "bp-one")
        cloud.clock.advance(by: .hours(1))
        _ = try await cloud.ask("DELETE", "/snapshots/\(IONOSUnderTest.oldSnapshot)")
        cloud.clock.advance(by: .hours(1))
        _ = try await cloud.snapshot(named: "bp-two")
        cloud.clock.advance(by: .seconds(10))
        return cloud
    }

    @Test(
        "Requests are found by state, time, method, URL and body",
        arguments: [
            ("", 3), ("depth=1", 3), ("filter.status=DONE", 1), ("filter.status=FAILED", 1),
            ("filter.status=RUNNING", 1), ("filter.status=QUEUED", 0),
            ("filter.createdAfter=2026-03-28+12:00:00", 2),
            ("filter.createdAfter=2026-03-28%2011:59:59", 3),
            ("filter.createdBefore=2026-03-28%2013:30:00", 2),
            ("depth=1&filter.method=delete", 1), ("filter.method=DELETE", 3),
            ("depth=1&filter.url=create-snapshot", 2), ("depth=1&filter.body=bp-two", 1),
            ("depth=1&filter.method=POST&filter.body=bp-three", 0), ("limit=2", 2),
            ("offset=2", 1),
        ])
    func filters(query: String, count: Int) async throws {
        let answer = try await busyCloud().ask("GET", "/requests?\(query)")
        #expect(answer["items"]?.items?.count == count)
    }

    @Test("A request tells what was sent, what it changes, and how far it is")
    func row() async throws {
        let answer = try await busyCloud().ask(
            "GET", "/requests?depth=1&filter.body=bp-two")
        #expect(answer["items/0/properties/method"]?.text == "POST")
        #expect(
            answer["items/0/properties/url"]?.text
                == "http://127.0.0.1:1\(IONOSUnderTest.volume)/create-snapshot")
        #expect(answer["items/0/properties/body"]?.text?.contains("bp-two") == true)
        #expect(answer["items/0/metadata/createdDate"]?.text == "2026-03-28T14:00:00Z")
        let status = "items/0/metadata/requestStatus/metadata"
        #expect(answer["\(status)/status"]?.text == "RUNNING")
        #expect(answer["\(status)/targets/0/target/type"]?.text == "snapshot")
    }

    @Test("The order, the zone of the filters and the depth of the state are settings")
    func settings() async throws {
        let cloud = try await busyCloud {
            $0.requestsNewestFirst = false
            $0.filterZoneMinutes = 60
            $0.requestStatusDepth = 2
        }
        let answer = try await cloud.ask(
            "GET", "/requests?depth=1&filter.createdAfter=2026-03-28%2012:30:00")
        // 12:30 an hour east of Greenwich is 11:30 in UTC.
        #expect(answer["items"]?.items?.count == 3)
        #expect(answer["items/0/properties/body"]?.text?.contains("bp-one") == true)
        #expect(answer["items/0/metadata/requestStatus/id"]?.text?.hasSuffix("/status") == true)
        #expect(answer["items/0/metadata/requestStatus/metadata"] == nil)
        let deep = try await cloud.ask("GET", "/requests?depth=2")
        #expect(deep["items/0/metadata/requestStatus/metadata/status"]?.text == "DONE")
    }
}
