import HoldfastConfig
import HoldfastCore
import Testing

@Suite("Files with a Contabo account")
struct ContaboFilesTests {
    private let loader = ConfigurationLoader(zones: TestZones())

    private func load(_ keys: String) throws -> Configuration {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(
            """
            version: 1
            providers:
              vps:
                type: contabo
                client_id: INT-54321
                client_secret: { credential: contabo-client-secret }
                user: backup@example.com
                password: { env: CONTABO_PASSWORD }
            \(keys)
            policies:
              p: { plan: daily, retention: { keep_daily: 30 } }
            targets:
              - { name: a, provider: vps, instance: 100101, policy: p }
            selectors:
              - { provider: vps, name: "web-*", policy: p }

            """)
        return try loader.load(path: path, now: testNow)
    }

    @Test("What is left out is the vendor's own")
    func defaults() throws {
        let configuration = try load("")
        let provider = try #require(configuration.providers[try ProviderID("vps")])
        let account = ContaboAccount(
            clientID: "INT-54321", clientSecret: .credential("contabo-client-secret"),
            user: "backup@example.com", password: .environment("CONTABO_PASSWORD"))
        #expect(provider.kind == .contabo(account))
        #expect(account.endpoint == "https://api.contabo.com")
        #expect(account.tokenURL.hasPrefix("https://auth.contabo.com/auth/realms/contabo/"))
        #expect(provider.concurrency == 5)
        let target = try #require(configuration.targets[try TargetID("a")])
        #expect(target.subject == .instance(id: 100_101))
        #expect(configuration.selectors.map(\.selector) == [.name("web-*")])
        #expect(configuration.warnings == [])
    }

    @Test("Every key reaches its own setting")
    func everything() throws {
        let configuration = try load(
            """
                when_full: replace_oldest
                endpoint: http://127.0.0.1:8701/
                token_url: http://127.0.0.1:8701/token
                concurrency: 2
            """)
        let provider = try #require(configuration.providers[try ProviderID("vps")])
        guard case .contabo(let account) = provider.kind else {
            Issue.record("\(provider.kind)")
            return
        }
        #expect(account.whenFull == .replaceOldest)
        #expect(account.endpoint == "http://127.0.0.1:8701")
        #expect(account.tokenURL == "http://127.0.0.1:8701/token")
        #expect(provider.concurrency == 2)
        #expect(provider.kind.replacesOldest)
        #expect(configuration.warnings == [])
    }
}
