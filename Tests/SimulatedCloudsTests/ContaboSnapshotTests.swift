import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Snapshots of the simulated Contabo")
struct ContaboSnapshotTests {
    private let list = ContaboUnderTest.snapshots(slots: 3)
    private static let first = "snap1774699200"

    @Test("A snapshot is made, read, described, found by a part of its name, and deleted")
    func life() async throws {
        let cloud = try ContaboUnderTest(at: CloudUnderTest.noon + .milliseconds(363))
        let made = try await cloud.ask(
            "POST", list, #"{"name":"bp-7f3a-20260328T120000Z","description":"nightly"}"#)
        #expect(made.status == 201)
        #expect(made["data"]?.items?.count == 1)
        #expect(made["data/0/snapshotId"]?.text == Self.first)
        #expect(made["data/0/instanceId"]?.number == 100_101)
        #expect(made["data/0/createdDate"]?.text == "2026-03-28T12:00:00.363Z")
        #expect(made["data/0/autoDeleteDate"]?.text == "2026-04-27T12:00:00.363Z")
        #expect(made["_links/self"]?.text == "\(list)/\(Self.first)")
        let read = try await cloud.ask("GET", "\(list)/\(Self.first)")
        #expect(read.reply.body == made.reply.body)
        let changed = try await cloud.ask(
            "PATCH", "\(list)/\(Self.first)", #"{"description":"kept by hand"}"#)
        #expect(changed.status == 200)
        #expect(changed["data/0/description"]?.text == "kept by hand")
        #expect(changed["data/0/name"]?.text == "bp-7f3a-20260328T120000Z")
        #expect(try await cloud.names("\(list)?name=7f3a") == ["bp-7f3a-20260328T120000Z"])
        #expect(try await cloud.names("\(list)?name=other") == [])
        let deleted = try await cloud.ask("DELETE", "\(list)/\(Self.first)")
        #expect(deleted.status == 204 && deleted.reply.body.isEmpty)
        #expect(try await cloud.ask("GET", "\(list)/\(Self.first)").status == 404)
        #expect(try await cloud.ask("DELETE", "\(list)/\(Self.first)").status == 404)
    }

    @Test("An instance has as many slots as its product", arguments: [0, 1, 2, 3, 5])
    func slots(count: Int) async throws {
        let cloud = try ContaboUnderTest()
        let list = ContaboUnderTest.snapshots(slots: count)
        let present = try await cloud.names(list).count
        for number in present..<count { _ = try await cloud.create("s\(number)", in: list) }
        let full = try await cloud.ask("POST", list, #"{"name":"one too many"}"#)
        #expect(full.status == 402)
        #expect(
            full["message"]?.text
                == "Total snapshots exceed the total max limit of \(count) snapshots")
        #expect(try await cloud.names(list).count == count)
        guard count > 0 else { return }
        let all = try await cloud.ask("GET", list)
        let oldest = try #require(all["data/0/snapshotId"]?.text)
        #expect(try await cloud.ask("DELETE", "\(list)/\(oldest)").status == 204)
        _ = try await cloud.create("in its place", in: list)
    }

    @Test("Two instances may have the same snapshot id; one instance never has it twice")
    func ids() async throws {
        let cloud = try ContaboUnderTest()
        let other = ContaboUnderTest.snapshots(slots: 2)
        #expect(try await cloud.create("a", in: list) == Self.first)
        #expect(try await cloud.create("b", in: other) == Self.first)
        #expect(try await cloud.create("c", in: list) == "snap1774699201")
        _ = try await cloud.ask("DELETE", "\(list)/snap1774699201")
        #expect(try await cloud.create("d", in: list) == "snap1774699202")
        _ = try await cloud.ask("DELETE", "\(list)/\(Self.first)")
        #expect(try await cloud.names(other) == ["b"])
    }

    @Test("The vendor deletes every snapshot 30 days after it was made")
    func autoDeletion() async throws {
        let cloud = try ContaboUnderTest()
        let made = ContaboUnderTest.snapshots(slots: 5)
        // The one that was made by hand ten days ago.
        #expect(try await cloud.names(made).count == 1)
        _ = try await cloud.create("new", in: list)
        cloud.clock.advance(by: .days(20) - .milliseconds(1))
        #expect(try await cloud.names(made).count == 1)
        cloud.clock.advance(by: .milliseconds(1))
        #expect(try await cloud.names(made) == [])
        cloud.clock.advance(by: .days(10))
        #expect(try await cloud.names(list) == [])
        let audits = try await cloud.ask("GET", ContaboUnderTest.audits)
        #expect(audits["_pagination/totalElements"]?.number == 1)
    }

    @Test("A clock that is set back brings nothing back and ends nothing")
    func clockSetBack() async throws {
        let cloud = try ContaboUnderTest()
        _ = try await cloud.create("a", in: list)
        cloud.clock.advance(by: .days(-400))
        #expect(try await cloud.names(list) == ["a"])
        #expect(try await cloud.create("b", in: list) == "snap1774699201")
        cloud.clock.advance(by: .days(430))
        #expect(try await cloud.names(list) == [])
    }

    @Test("A rollback deletes the newer snapshots of that instance and no others")
    func rollback() async throws {
        let cloud = try ContaboUnderTest()
        let other = ContaboUnderTest.snapshots(slots: 2)
        var ids: [String] = []
        for name in ["a", "b", "c"] {
            ids.append(try await cloud.create(name, in: list))
            cloud.clock.advance(by: .hours(1))
        }
        _ = try await cloud.create("elsewhere", in: other)
        let answer = try await cloud.ask("POST", "\(list)/\(ids[1])/rollback", "{}")
        #expect(answer.status == 200)
        #expect(answer["_links/self"]?.text == "\(list)/\(ids[1])/rollback")
        #expect(try await cloud.names(list) == ["a", "b"])
        #expect(try await cloud.names(other) == ["elsewhere"])
        let deleted = try await cloud.ask(
            "GET", "\(ContaboUnderTest.audits)?snapshotId=\(ids[2])&orderBy=id:desc")
        #expect(deleted["data/0/action"]?.text == "DELETED")
        #expect(await cloud.cloud.state.instances[100_101]?.rolledBackTo == ids[1])
    }

    @Test("While a snapshot is in the making it can't be read and the instance takes no order")
    func inTheMaking() async throws {
        let cloud = try ContaboUnderTest { $0.snapshotSeconds = 60 }
        let id = try await cloud.create("slow", in: list)
        cloud.clock.advance(by: .seconds(59))
        #expect(try await cloud.ask("GET", "\(list)/\(id)").status == 404)
        #expect(try await cloud.names(list) == [])
        let busy = try await cloud.ask("POST", list, #"{"name":"b"}"#)
        #expect(busy.status == 409)
        cloud.clock.advance(by: .seconds(1))
        #expect(try await cloud.names(list) == ["slow"])
        let rollback = try await cloud.ask("POST", "\(list)/\(id)/rollback", "{}")
        #expect(rollback.status == 200)
        #expect(try await cloud.ask("DELETE", "\(list)/\(id)").status == 409)
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.ask("DELETE", "\(list)/\(id)").status == 204)
    }

    @Test(
        "A snapshot that fails was accepted and is gone, unseen or seen", arguments: [false, true])
    func failing(isSeen: Bool) async throws {
        let faults = #"{"faults":[{"fault":"action_errored","method":"POST","path":"/v1/*"}]}"#
        let cloud = try ContaboUnderTest(faults: faults) {
            $0.snapshotSeconds = 60
            $0.pendingSnapshotsAreListed = isSeen
        }
        let id = try await cloud.create("doomed", in: list)
        #expect(try await cloud.ask("GET", "\(list)/\(id)").status == (isSeen ? 200 : 404))
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.ask("GET", "\(list)/\(id)").status == 404)
        #expect(try await cloud.names(list) == [])
        _ = try await cloud.create("again", in: list)
    }

    @Test("A rollback that fails was accepted and deletes nothing")
    func failingRollback() async throws {
        let cloud = try ContaboUnderTest(
            faults: #"{"faults":[{"fault":"action_errored","path":"*/rollback"}]}"#)
        let id = try await cloud.create("a", in: list)
        _ = try await cloud.create("b", in: list)
        #expect(try await cloud.ask("POST", "\(list)/\(id)/rollback", "{}").status == 200)
        #expect(try await cloud.names(list) == ["a", "b"])
    }

    @Test("A lost reply is a 500 after the snapshot was made; the audit list finds it by request")
    func lostReply() async throws {
        let cloud = try ContaboUnderTest(
            faults: #"{"faults":[{"fault":"lost_reply","method":"POST","path":"/v1/*"}]}"#)
        let label = "11111111-2222-4333-8444-555555555555"
        let lost = try await cloud.ask(
            "POST", list, #"{"name":"bp-1"}"#,
            headers: [("x-request-id", label), ("x-trace-id", "night")])
        #expect(lost.status == 500)
        #expect(lost["statusCode"]?.number == 500)
        let found = try await cloud.ask(
            "GET", "\(ContaboUnderTest.audits)?requestId=\(label)&instanceId=100101")
        #expect(found["data"]?.items?.count == 1)
        #expect(found["data/0/action"]?.text == "CREATED")
        #expect(found["data/0/snapshotId"]?.text == Self.first)
        #expect(found["data/0/traceId"]?.text == "night")
        #expect(found["data/0/username"]?.text == "operator@example.com")
        #expect(found["data/0/changes/name/new"]?.text == "bp-1")
        #expect(try await cloud.names(list) == ["bp-1"])
    }

    @Test(
        "Audit entries are picked by each of their filters",
        arguments: [
            ("", 4), ("instanceId=100101", 3), ("instanceId=100103", 1), ("instanceId=1", 0),
            ("snapshotId=snap1774699200", 4), ("requestId=x", 0),
            ("changedBy=a91e0000-0000-4000-8000-000000000001", 4), ("changedBy=x", 0),
            ("startDate=2026-03-29", 1), ("endDate=2026-03-28", 3), ("endDate=2026-03-27", 0),
            ("startDate=2026-03-28&endDate=2026-03-29", 4),
        ])
    func audits(query: String, count: Int64) async throws {
        let cloud = try ContaboUnderTest()
        let id = try await cloud.create("a", in: list)
        _ = try await cloud.create("b", in: ContaboUnderTest.snapshots(slots: 2))
        _ = try await cloud.ask("PATCH", "\(list)/\(id)", #"{"name":"c"}"#)
        // Nothing is changed, so nothing is noted.
        _ = try await cloud.ask("PATCH", "\(list)/\(id)", #"{"name":"c"}"#)
        cloud.clock.advance(by: .hours(12))
        _ = try await cloud.ask("DELETE", "\(list)/\(id)")
        let answer = try await cloud.ask("GET", "\(ContaboUnderTest.audits)?\(query)")
        #expect(answer["_pagination/totalElements"]?.number == count)
    }

    @Test("Audit entries come late, and tell of the vendor's deletions, when that is set")
    func auditSettings() async throws {
        let cloud = try ContaboUnderTest {
            $0.auditDelaySeconds = 30
            $0.autoDeletionIsAudited = true
        }
        _ = try await cloud.create("a", in: list)
        let target = "\(ContaboUnderTest.audits)?instanceId=100101"
        cloud.clock.advance(by: .seconds(29))
        #expect(try await cloud.ask("GET", target)["data"]?.items?.isEmpty == true)
        cloud.clock.advance(by: .seconds(1))
        #expect(try await cloud.ask("GET", target)["data/0/action"]?.text == "CREATED")
        cloud.clock.advance(by: .days(30))
        let later = try await cloud.ask("GET", target)
        #expect(later["data/1/action"]?.text == "DELETED")
        #expect(later["data/1/timestamp"]?.text == "2026-04-27T12:00:00.000Z")
    }

    @Test("Names may be used again, unless that is set", arguments: [false, true])
    func uniqueNames(areUnique: Bool) async throws {
        let cloud = try ContaboUnderTest { $0.namesAreUnique = areUnique }
        _ = try await cloud.create("a", in: list)
        let second = try await cloud.ask("POST", list, #"{"name":"a"}"#)
        #expect(second.status == (areUnique ? 409 : 201))
        let other = try await cloud.create("b", in: list)
        let renamed = try await cloud.ask("PATCH", "\(list)/\(other)", #"{"name":"a"}"#)
        #expect(renamed.status == (areUnique ? 409 : 200))
    }

    @Test("The longest name and every allowed character are taken")
    func allowedName() async throws {
        let cloud = try ContaboUnderTest()
        let name = "Az 09-bp-7f3a-20260114T020000Z"
        #expect(name.count == 30)
        _ = try await cloud.create(name, in: list)
        #expect(try await cloud.names("\(list)?name=Az+09") == [name])
    }
}
