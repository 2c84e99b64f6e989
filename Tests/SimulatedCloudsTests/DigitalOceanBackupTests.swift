import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Automatic backups of the simulated DigitalOcean")
struct DigitalOceanBackupTests {
    private static let second = CloudUnderTest.web + 1

    private func backups(_ cloud: CloudUnderTest, of id: Int64) async throws -> [JSON] {
        let answer = try await cloud.ask("GET", "/v2/droplets/\(id)/backups?per_page=200")
        return try #require(answer["backups"]?.items)
    }

    private func policy(_ cloud: CloudUnderTest, of id: Int64) async throws
        -> CloudUnderTest.Answer
    {
        try await cloud.ask("GET", "/v2/droplets/\(id)/backups/policy")
    }

    @Test("The estate's plans keep 7 daily and 4 weekly backups, whatever day it is")
    func estate() async throws {
        let cloud = try CloudUnderTest()
        for _ in 0..<40 {
            let daily = try await backups(cloud, of: CloudUnderTest.web)
            #expect(daily.count == 7)
            #expect(try await backups(cloud, of: CloudUnderTest.web + 2).count == 4)
            #expect(daily.allSatisfy { $0["type"]?.text == "backup" })
            cloud.clock.advance(by: .hours(24))
        }
    }

    @Test("A backup is made inside its window, and the next window is a day later")
    func window() async throws {
        let cloud = try CloudUnderTest { $0.actionSeconds = 0 }
        let on = try await cloud.act(
            #"{"type":"enable_backups","backup_policy":{"plan":"daily","hour":20}}"#,
            on: Self.second)
        #expect(on.status == 201)
        let before = try await policy(cloud, of: Self.second)
        guard case .flag(true)? = before["policy/backup_enabled"] else {
            Issue.record("backups are not enabled")
            return
        }
        #expect(before["policy/backup_policy/plan"]?.text == "daily")
        #expect(before["policy/backup_policy/retention_period_days"]?.number == 7)
        #expect(before["policy/next_backup_window/start"]?.text == "2026-03-28T20:00:00Z")
        #expect(before["policy/next_backup_window/end"]?.text == "2026-03-29T00:00:00Z")
        cloud.clock.advance(by: .hours(8))
        #expect(try await backups(cloud, of: Self.second).isEmpty)
        cloud.clock.advance(by: .hours(4))
        let made = try await backups(cloud, of: Self.second)
        #expect(made.count == 1)
        let created = try #require(made.first?["created_at"]?.text)
        #expect(created >= "2026-03-28T20:00:00Z" && created < "2026-03-29T00:00:00Z")
        let after = try await policy(cloud, of: Self.second)
        #expect(after["policy/next_backup_window/start"]?.text == "2026-03-29T20:00:00Z")
        let droplet = try await cloud.ask("GET", "/v2/droplets/\(Self.second)")
        #expect(droplet["droplet/features/0"]?.text == "backups")
        #expect(droplet["droplet/backup_ids/0"]?.number == made.first?["id"]?.number)
    }

    @Test("A weekly window opens on its weekday")
    func weekly() async throws {
        let cloud = try CloudUnderTest { $0.actionSeconds = 0 }
        _ = try await cloud.act(
            #"{"type":"enable_backups","backup_policy":{"plan":"weekly","weekday":"WED","hour":8}}"#,
            on: Self.second)
        let policy = try await policy(cloud, of: Self.second)
        #expect(policy["policy/backup_policy/weekday"]?.text == "WED")
        #expect(policy["policy/next_backup_window/start"]?.text == "2026-04-01T08:00:00Z")
    }

    @Test(
        "A policy that no plan allows is refused",
        arguments: [
            #"{"plan":"hourly"}"#, #"{"plan":"daily","hour":5}"#, #"{"plan":"daily","hour":"4"}"#,
            #"{"plan":"weekly","weekday":"SUNDAY"}"#, #"{"plan":7}"#, "[]", "null",
        ])
    func unsupported(policy: String) async throws {
        let cloud = try CloudUnderTest()
        let answer = try await cloud.act(
            #"{"type":"enable_backups","backup_policy":\#(policy)}"#)
        #expect(answer.status == 422)
    }

    @Test("Backups that are switched off are gone, with the policy")
    func disabling() async throws {
        let cloud = try CloudUnderTest { $0.actionSeconds = 0 }
        _ = try await cloud.act(#"{"type":"disable_backups"}"#)
        #expect(try await backups(cloud, of: CloudUnderTest.web).isEmpty)
        let policies = try await cloud.ask("GET", "/v2/droplets/backups/policies")
        #expect(policies["meta/total"]?.number == 3)
        #expect(policies["policies/\(CloudUnderTest.web)/backup_policy"] == nil)
        #expect(policies["policies/\(CloudUnderTest.web + 2)/backup_policy/plan"]?.text == "weekly")
    }

    @Test("Deleting a backup is answered with 204 and does nothing; as a snapshot it is refused")
    func deletion() async throws {
        let cloud = try CloudUnderTest()
        let id = try #require(
            try await backups(cloud, of: CloudUnderTest.web).first?["id"]?.number)
        #expect(try await cloud.ask("DELETE", "/v2/images/\(id)").status == 204)
        #expect(try await backups(cloud, of: CloudUnderTest.web).count == 7)
        let image = try await cloud.ask("GET", "/v2/images/\(id)")
        #expect(image["image/type"]?.text == "backup")
        let refused = try await cloud.ask("DELETE", "/v2/snapshots/\(id)")
        #expect(refused.status == 400)
        #expect(refused["message"]?.text == "the resource is not a snapshot")
    }

    @Test("A converted backup is a snapshot that outlives its plan")
    func conversion() async throws {
        let cloud = try CloudUnderTest { $0.actionSeconds = 0 }
        let id = try #require(
            try await backups(cloud, of: CloudUnderTest.web).first?["id"]?.number)
        let answer = try await cloud.ask("POST", "/v2/images/\(id)/actions", #"{"type":"convert"}"#)
        #expect(answer.status == 201)
        #expect(answer["action/resource_type"]?.text == "image")
        cloud.clock.advance(by: .days(100))
        let image = try await cloud.ask("GET", "/v2/images/\(id)")
        #expect(image["image/type"]?.text == "snapshot")
        #expect(try await backups(cloud, of: CloudUnderTest.web).count == 7)
    }

    @Test("A Droplet is restored from a backup of its own, from nothing else")
    func restore() async throws {
        let cloud = try CloudUnderTest { $0.actionSeconds = 0 }
        let own = try #require(
            try await backups(cloud, of: CloudUnderTest.web).first?["id"]?.number)
        let foreign = try #require(
            try await backups(cloud, of: CloudUnderTest.web + 2).first?["id"]?.number)
        let body = { (id: Int64) in #"{"type":"restore","image":\#(id)}"# }
        #expect(try await cloud.act(body(own)).status == 201)
        #expect(await cloud.cloud.state.droplets[CloudUnderTest.web]?.restoredFrom == own)
        #expect(try await cloud.act(body(foreign)).status == 422)
        _ = try await cloud.act(#"{"type":"snapshot","name":"mine"}"#)
        let snapshots = try await cloud.ask(
            "GET", "/v2/droplets/\(CloudUnderTest.web)/snapshots")
        let snapshot = try #require(snapshots["snapshots/0/id"]?.number)
        #expect(try await cloud.act(body(snapshot)).status == 422)
    }

    @Test("A plan that the interface does not know is shown as it is")
    func newerPlan() async throws {
        var state = DigitalOceanEstate.small.state(at: CloudUnderTest.noon)
        state.setPolicy(
            SimulatedBackupPolicy(
                plan: "intra_daily_4h", weekday: nil, hour: 0, windowLengthHours: 4,
                retentionPeriodDays: 3),
            of: Self.second, at: CloudUnderTest.noon)
        let cloud = try CloudUnderTest(savedState: state.json())
        let policy = try await policy(cloud, of: Self.second)
        #expect(policy["policy/backup_policy/plan"]?.text == "intra_daily_4h")
        cloud.clock.advance(by: .days(10))
        #expect(try await backups(cloud, of: Self.second).count == 18)
    }
}
