import HoldfastCore
import HoldfastTesting
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("Keeping DigitalOcean's backup policies as declared")
struct DigitalOceanPolicyTests {
    private static let orders = "POST /v2/droplets/{droplet_id}/actions"

    /// web-01 has backups daily at 04:00, web-02 none, db-01 weekly on Sunday at 20:00.
    private let web1 = DigitalOceanBench.web
    private let web2 = DigitalOceanBench.web + 1
    private let db1 = DigitalOceanBench.web + 2

    private func weekly(_ day: Weekday = .sunday, hour: Int = 20) -> Policy {
        Policy(
            id: PolicyID(trusted: "weekly"),
            schedule: Schedule(
                plan: .weekly([day]), opensAt: LocalTime(hour: hour, minute: 0) ?? .midnight,
                length: .hours(4), zone: .utc),
            enforcement: .native, timeout: .hours(6), retention: RetentionSettings(),
            recoveryPointObjective: nil, retry: RetrySettings(), catchUp: .skip, hooks: Hooks())
    }

    /// After the vendor's action has ended.
    private func settled(_ bench: DigitalOceanBench) { bench.clock.advance(by: .minutes(5)) }

    @Test("What is as declared is only looked at, and the vendor's backups are listed")
    func asDeclared() async throws {
        try await DigitalOceanBench.run { bench in
            let report = try await bench.provider.reconcile(
                bench.request(web1, Fixture.nativePolicy(hour: 4)))
            #expect(report.repairs.isEmpty)
            #expect(report.pointLifetime == .days(7))
            let points = try #require(report.points)
            #expect(points.count == 7)
            #expect(points.allSatisfy { $0.origin == .vendor && $0.takenAt < Bench.noon })
            #expect(points.allSatisfy { Bench.noon - $0.takenAt < .days(8) })
            let sunday = try await bench.provider.reconcile(bench.request(db1, weekly()))
            #expect(sunday.repairs.isEmpty)
            #expect(sunday.pointLifetime == .days(28))
            #expect(await bench.count(Self.orders) == 0)
        }
    }

    @Test("Backups that are off are enabled")
    func off() async throws {
        try await DigitalOceanBench.run { bench in
            let request = bench.request(web2, weekly(.monday, hour: 8))
            let report = try await bench.provider.reconcile(request)
            #expect(report.repairs.count == 1)
            #expect(
                report.repairs.first?.contains("were off; enabled weekly on MON at 8:00 UTC")
                    == true)
            #expect(report.points == [])
            settled(bench)
            let again = try await bench.provider.reconcile(request)
            #expect(again.repairs.isEmpty)
            #expect(await bench.count(Self.orders) == 1)
        }
    }

    @Test("Another hour, day or plan is changed, and what it was is told")
    func changed() async throws {
        try await DigitalOceanBench.run { bench in
            let cases: [(Int64, Policy, String)] = [
                (
                    web1, Fixture.nativePolicy(hour: 8),
                    "was daily at 4:00 UTC; changed to daily at 8:00"
                ),
                (db1, weekly(.monday), "was weekly on SUN at 20:00 UTC; changed to weekly on MON"),
                (db1, Fixture.nativePolicy(hour: 20), "was weekly on MON"),
            ]
            for (droplet, policy, words) in cases {
                let report = try await bench.provider.reconcile(bench.request(droplet, policy))
                #expect(report.repairs.first?.contains(words) == true, "\(report.repairs)")
                settled(bench)
                let again = try await bench.provider.reconcile(bench.request(droplet, policy))
                #expect(again.repairs.isEmpty)
            }
            #expect(await bench.count(Self.orders) == 3)
        }
    }

    @Test("A plan that this version does not know is left alone, and named")
    func unknownPlan() async throws {
        let state = try await DigitalOceanBench.state { state in
            guard var droplets = state["droplets"] as? [[String: Any]],
                var policy = droplets.first?["policy"] as? [String: Any]
            else { return }
            policy["plan"] = "intra_daily_4h"
            droplets[0]["policy"] = policy
            state["droplets"] = droplets
        }
        try await DigitalOceanBench.run(state: state) { bench in
            let request = bench.request(web1, Fixture.nativePolicy(hour: 4))
            let error = await providerFailure { _ = try await bench.provider.reconcile(request) }
            #expect(error?.kind == .permanent)
            #expect(error?.message.contains("intra_daily_4h") == true)
            #expect(error?.message.contains("left alone") == true)
            #expect(await bench.count(Self.orders) == 0)
            let drifted = try await bench.provider.drifted([request])
            #expect(drifted.isEmpty)
        }
    }

    @Test("What DigitalOcean does not offer is refused with what it has, and nothing is ordered")
    func unsupported() async throws {
        try await DigitalOceanBench.run { bench in
            let long = Policy(
                id: PolicyID(trusted: "long"),
                schedule: Schedule(
                    plan: .daily, opensAt: .midnight, length: .hours(2), zone: .utc),
                enforcement: .native, timeout: .hours(6), retention: RetentionSettings(),
                recoveryPointObjective: nil, retry: RetrySettings(), catchUp: .skip, hooks: Hooks())
            for (policy, words) in [
                (Fixture.nativePolicy(hour: 5), "(it has 0, 4, 8, 12, 16, 20)"),
                (long, "(its windows have 4 hours)"),
                (Fixture.policy(plan: .hourly(every: 4)), "plan"),
            ] {
                let error = await providerFailure {
                    _ = try await bench.provider.reconcile(bench.request(web2, policy))
                }
                #expect(error?.kind == .permanent)
                #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            }
            #expect(await bench.count(Self.orders) == 0)
        }
    }

    @Test(
        "An order whose answer is lost may be repeated, because ordering it twice is ordering it once",
        arguments: ["lost_reply", "cut_before", "cut_after", "truncate", "empty_200"])
    func lostReply(fault: String) async throws {
        try await DigitalOceanBench.run { bench in
            try await bench.order(#""fault": "\#(fault)", \#(DigitalOceanBench.order)"#)
            let request = bench.request(web2, Fixture.nativePolicy(hour: 4))
            let error = await providerFailure { _ = try await bench.provider.reconcile(request) }
            #expect(error?.kind == .transient, "\(error?.message ?? "")")
            settled(bench)
            _ = try await bench.provider.reconcile(request)
            settled(bench)
            let drifted = try await bench.provider.drifted([request])
            #expect(drifted.isEmpty)
            #expect(await bench.count(Self.orders) == (fault == "cut_before" ? 2 : 1))
        }
    }

    @Test("While another action runs on the Droplet the change is waited for")
    func pending() async throws {
        try await DigitalOceanBench.run { bench in
            _ = try await bench.provider.reconcile(
                bench.request(web2, Fixture.nativePolicy(hour: 4)))
            let error = await providerFailure {
                _ = try await bench.provider.reconcile(
                    bench.request(web2, Fixture.nativePolicy(hour: 8)))
            }
            #expect(error?.kind == .throttled)
            #expect(error?.retryAfter == bench.clock.now + .seconds(60))
        }
    }

    @Test(
        "Any question that fails orders nothing, or is told though it was ordered",
        arguments: [
            ("/v2/droplets/backups/supported_policies", 0), ("/v2/droplets/*/backups/policy", 0),
            ("/v2/droplets/*/backups", 1),
        ])
    func brokenQuestion(path: String, orders: Int64) async throws {
        try await DigitalOceanBench.run { bench in
            for (deed, kind) in [
                (#""fault": "status", "status": 503"#, ProviderError.Kind.transient),
                (#""fault": "truncate""#, .transient), (#""fault": "empty_200""#, .transient),
                (#""fault": "status", "status": 403"#, .authentication),
                (#""fault": "status", "status": 429, "retry_after": 7"#, .throttled),
            ] {
                try await bench.order(#"\#(deed), "method": "GET", "path": "\#(path)""#)
                let error = await providerFailure {
                    _ = try await bench.provider.reconcile(
                        bench.request(web2, Fixture.nativePolicy(hour: 4)))
                }
                #expect(error?.kind == kind, "\(deed): \(error?.message ?? "no error")")
                settled(bench)
            }
            #expect(await bench.count(Self.orders) == orders)
        }
    }

    @Test("A volume, and a Droplet that is gone, are refused")
    func foreign() async throws {
        try await DigitalOceanBench.run { bench in
            let volume = Target(
                id: TargetID(trusted: "data"), provider: bench.provider.id,
                subject: .volume(id: DigitalOceanBench.volume), policies: [])
            let error = await providerFailure {
                _ = try await bench.provider.reconcile(
                    ReconcileRequest(volume, Fixture.nativePolicy(hour: 4)))
            }
            #expect(error?.kind == .permanent)
            #expect(error?.message.contains("volume") == true)
            let gone = await providerFailure {
                _ = try await bench.provider.reconcile(
                    bench.request(99, Fixture.nativePolicy(hour: 4)))
            }
            #expect(gone?.kind == .notFound)
        }
    }

    @Test("The drift of a whole account is seen in one look over its pages")
    func drift() async throws {
        let estate = try DigitalOceanEstate("droplets=410,backups=405")
        try await DigitalOceanBench.run(estate) { bench in
            let requests = (0..<410).map {
                bench.request(web1 + Int64($0), Fixture.nativePolicy(hour: 4))
            }
            let drifted = try await bench.provider.drifted(requests)
            #expect(
                drifted.map(\.target.subject)
                    == (405..<410).map { .droplet(id: web1 + Int64($0)) })
            #expect(await bench.count("GET /v2/droplets/backups/policies") == 3)
            let elsewhere = try await bench.provider.drifted([
                bench.request(web1, Fixture.nativePolicy(hour: 8)),
                bench.request(web1 + 1, Fixture.nativePolicy(hour: 4)),
                bench.request(99, Fixture.nativePolicy(hour: 4)),
            ])
            #expect(elsewhere.map(\.target.id.text) == ["droplet-\(web1)", "droplet-99"])
        }
    }

    @Test(
        "A look that breaks off is an error, and no Droplet is taken for drifted",
        arguments: [
            #""fault": "status", "status": 502"#, #""fault": "truncate""#,
            #""fault": "endless_pages""#, #""fault": "empty_200""#, #""fault": "cut_after""#,
        ])
    func brokenDrift(fault: String) async throws {
        try await DigitalOceanBench.run(
            try DigitalOceanEstate("droplets=410,backups=410")
        ) { bench in
            try await bench.order(
                #"\#(fault), "method": "GET", "path": "/v2/droplets/backups/policies?*page=2""#)
            let requests = (0..<410).map {
                bench.request(web1 + Int64($0), Fixture.nativePolicy(hour: 4))
            }
            let error = await providerFailure { _ = try await bench.provider.drifted(requests) }
            #expect(error?.kind == .transient, "\(error?.message ?? "no error")")
            let again = try await bench.provider.drifted(requests)
            #expect(again.isEmpty)
        }
    }
}
