import HoldfastCore
import HoldfastTesting
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("Checking DigitalOcean")
struct DigitalOceanCheckTests {
    private func verdicts(
        _ findings: [ProviderFinding], _ aspect: ProviderFinding.Aspect
    ) -> [ProviderFinding.Verdict] {
        findings.filter { $0.aspect == aspect }.map(\.verdict)
    }

    @Test("A token that may do everything is good in everything, and nothing was changed")
    func good() async throws {
        try await DigitalOceanBench.run { bench in
            let before = try await bench.savedState()
            let findings = await bench.provider.check()
            #expect(findings.allSatisfy { $0.verdict == .good }, "\(findings)")
            #expect(
                Set(findings.map(\.aspect)) == [
                    .reachability, .credentials, .rights, .clock, .account,
                ])
            #expect(verdicts(findings, .rights).count == 6)
            let after = try await bench.savedState()
            #expect(before == after)
        }
    }

    @Test("A token that may only read lacks what it lacks, by the scopes' names")
    func readOnly() async throws {
        try await DigitalOceanBench.run(token: "dop_v1_simulated_read_only") { bench in
            let findings = await bench.provider.check()
            #expect(verdicts(findings, .credentials) == [.good])
            #expect(verdicts(findings, .rights) == [.good, .good, .good, .bad, .bad, .warning])
            let bad = findings.filter { $0.verdict == .bad }.map(\.text)
            #expect(bad.first?.contains("droplet:update") == true)
            #expect(bad.last?.contains("snapshot:delete") == true)
            #expect(bad.allSatisfy { $0.contains("docs/providers/digitalocean.md") })
            #expect(!findings.contains { $0.text.contains("dop_v1") })
        }
    }

    @Test("A token that is not in force is told, and nothing else can be")
    func wrongToken() async throws {
        try await DigitalOceanBench.run(token: "not-the-secret") { bench in
            let findings = await bench.provider.check()
            #expect(findings.map(\.aspect) == [.credentials])
            #expect(findings.map(\.verdict) == [.bad])
            #expect(findings.first?.text.contains("not-the-secret") == false)
        }
    }

    @Test("Nobody there is told as such")
    func unreachable() async throws {
        let provider = DigitalOceanProvider(
            id: ProviderID(trusted: "do"), endpoint: "http://127.0.0.1:9",
            wall: SimulatedClock(standingAt: Bench.noon), version: "test",
            token: { () throws(ProviderError) in Secret("token") }, sleep: { _ in })
        let findings = await provider.check()
        #expect(findings.map(\.aspect) == [.reachability])
        #expect(findings.map(\.verdict) == [.bad])
        #expect(findings.first?.text.contains("http://127.0.0.1:9") == true)
    }

    @Test(
        "A secret that can't be read is told with its own words",
        arguments: [
            ProviderError.Kind.authentication, .permanent,
        ])
    func noSecret(kind: ProviderError.Kind) async throws {
        let provider = DigitalOceanProvider(
            id: ProviderID(trusted: "do"), endpoint: "http://127.0.0.1:9",
            wall: SimulatedClock(standingAt: Bench.noon), version: "test",
            token: { () throws(ProviderError) in
                throw ProviderError(kind, "chmod 600 /etc/token")
            }, sleep: { _ in })
        let findings = await provider.check()
        #expect(findings.map(\.verdict) == [.bad])
        #expect(findings.first?.text.contains("chmod 600") == true)
    }

    @Test(
        "The clocks may differ by two minutes, either way",
        arguments: [
            (-121, ProviderFinding.Verdict.bad), (-120, .good), (0, .good), (120, .good),
            (121, .bad), (86_400, .bad),
        ])
    func clockSkew(seconds: Int, verdict: ProviderFinding.Verdict) async throws {
        try await DigitalOceanBench.run { bench in
            try await bench.order(
                #""fault": "clock_skew", "seconds": \#(seconds), "every": 1"#)
            let findings = await bench.provider.check()
            #expect(verdicts(findings, .clock) == [verdict])
        }
    }

    @Test(
        "An account that is not active deserves a look", arguments: ["warning", "locked"])
    func account(status: String) async throws {
        let state = try await DigitalOceanBench.state { state in
            guard var account = state["account"] as? [String: Any] else { return }
            account["status"] = status
            state["account"] = account
        }
        try await DigitalOceanBench.run(state: state) { bench in
            let findings = await bench.provider.check()
            let account = findings.first { $0.aspect == .account }
            #expect(account?.verdict == .warning)
            #expect(account?.text.contains("operator@example.com is \(status)") == true)
        }
    }

    @Test(
        "The first question's failure is told by what it means",
        arguments: [
            (#""fault": "status", "status": 503"#, ProviderFinding.Aspect.reachability, true),
            (#""fault": "status", "status": 429, "retry_after": 5"#, .reachability, false),
            (#""fault": "truncate""#, .reachability, true),
            (#""fault": "empty_200""#, .reachability, true),
            (#""fault": "cut_before""#, .reachability, true),
            (#""fault": "huge_body", "bytes": 20000000"#, .reachability, true),
            (#""fault": "status", "status": 401"#, .credentials, true),
        ])
    func broken(fault: String, aspect: ProviderFinding.Aspect, isBad: Bool) async throws {
        try await DigitalOceanBench.run { bench in
            try await bench.order(#"\#(fault), "method": "GET", "path": "/v2/account""#)
            let findings = await bench.provider.check()
            #expect(findings.map(\.aspect) == [aspect], "\(findings)")
            #expect(findings.map(\.verdict) == [isBad ? .bad : .warning])
        }
    }

    @Test("A right that can't be told is no right that is there, and none that is missing")
    func unknownRight() async throws {
        try await DigitalOceanBench.run { bench in
            try await bench.order(
                #""fault": "status", "status": 503, "method": "GET", "path": "/v2/volumes""#,
                #""fault": "lost_reply", \#(DigitalOceanBench.order)"#)
            let findings = await bench.provider.check()
            #expect(
                verdicts(findings, .rights) == [
                    .good, .good, .warning, .warning, .good, .good,
                ])
            #expect(
                findings.filter { $0.verdict == .warning }.allSatisfy {
                    $0.text.contains("is not known")
                })
        }
    }
}
