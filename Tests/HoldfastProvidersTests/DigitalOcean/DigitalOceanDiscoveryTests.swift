import HoldfastCore
import HoldfastTesting
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("Finding Droplets at DigitalOcean")
struct DigitalOceanDiscoveryTests {
    private func second(_ deed: String) -> String {
        #"\#(deed), "method": "GET", "path": "/v2/droplets?*page=2""#
    }

    @Test("A tag picks its Droplets, with their names; others are none of its business")
    func tag() async throws {
        try await DigitalOceanBench.run { bench in
            let found = try await bench.provider.discover(.tag("web"))
            #expect(
                found == [
                    DiscoveredSubject(.droplet(id: 3_164_444), title: "web-01"),
                    DiscoveredSubject(.droplet(id: 3_164_445), title: "web-02"),
                ])
            let none = try await bench.provider.discover(.tag("nobody"))
            #expect(none.isEmpty)
        }
    }

    @Test("A tag may have any characters: it can't become another question")
    func encoding() async throws {
        try await DigitalOceanBench.run { bench in
            for tag in ["web&name=db-01", "web page", "wéb", "a/b?c=d#e", "%77eb"] {
                let found = try await bench.provider.discover(.tag(tag))
                #expect(found.isEmpty, "\(tag)")
            }
            #expect(await bench.desk.requestCount(of: "GET /v2/droplets", status: 200) == 5)
        }
    }

    @Test("Several pages are one list, each Droplet once")
    func pages() async throws {
        try await DigitalOceanBench.run(try DigitalOceanEstate("droplets=410")) { bench in
            let all = try await bench.provider.discover(.tag("production"))
            #expect(
                all.map(\.subject) == (0..<410).map { .droplet(id: DigitalOceanBench.web + $0) })
            #expect(await bench.count("GET /v2/droplets") == 3)
        }
    }

    @Test(
        "A page that can't be read is an error, never a shorter list",
        arguments: [
            #""fault": "status", "status": 502, "body": "html""#, #""fault": "truncate""#,
            #""fault": "status", "status": 500"#, #""fault": "empty_200""#,
            #""fault": "endless_pages""#, #""fault": "cut_before""#, #""fault": "cut_after""#,
            #""fault": "lost_reply""#, #""fault": "huge_body", "bytes": 20000000"#,
        ])
    func brokenPage(fault: String) async throws {
        try await DigitalOceanBench.run(try DigitalOceanEstate("droplets=410")) { bench in
            try await bench.order(second(fault))
            let error = await providerFailure {
                _ = try await bench.provider.discover(.tag("production"))
            }
            #expect(error?.kind == .transient, "\(error?.message ?? "no error")")
            let again = try await bench.provider.discover(.tag("production"))
            #expect(again.count == 410)
        }
    }

    @Test("Being asked for patience, or refused, in the middle is told as such")
    func refusedPage() async throws {
        try await DigitalOceanBench.run(try DigitalOceanEstate("droplets=410")) { bench in
            try await bench.order(second(#""fault": "status", "status": 429, "retry_after": 30"#))
            let patience = await providerFailure {
                _ = try await bench.provider.discover(.tag("production"))
            }
            #expect(patience?.kind == .throttled)
            #expect(patience?.retryAfter == bench.clock.now + .seconds(30))
            try await bench.order(second(#""fault": "status", "status": 403"#))
            let refused = await providerFailure {
                _ = try await bench.provider.discover(.tag("production"))
            }
            #expect(refused?.kind == .authentication)
        }
    }

    @Test("Droplets are not picked by name")
    func byName() async throws {
        try await DigitalOceanBench.run { bench in
            let error = await providerFailure {
                _ = try await bench.provider.discover(.name("web-*"))
            }
            #expect(error?.kind == .permanent)
            #expect(error?.message.contains("'tag'") == true)
            #expect(await bench.count("GET /v2/droplets") == 0)
        }
    }
}
