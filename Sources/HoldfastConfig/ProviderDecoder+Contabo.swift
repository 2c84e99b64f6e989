import HoldfastCore

extension ProviderDecoder {
    private static let loginMax = 255

    /// Reads a provider of type `contabo`.
    static func contabo(_ section: Section) -> ProviderSettings.Kind? {
        section.expectKeys([
            "type", "client_id", "client_secret", "user", "password", "when_full", "endpoint",
            "token_url", "concurrency", LookDecoder.key, InventoryDecoder.key,
        ])
        let clientID = login(
            "client_id", of: "the OAuth2 client's id, which the control panel shows under 'API'",
            in: section)
        let clientSecret = SecretDecoder.required(
            "client_secret", of: "the OAuth2 client's secret", in: section)
        let user = login("user", of: "the API user, an e-mail address", in: section)
        let password = SecretDecoder.required(
            "password", of: "the API user's password", in: section)
        let whenFull = section.choice("when_full", as: ContaboAccount.WhenFull.self) ?? .fail
        let endpoint = EndpointDecoder.endpoint(
            in: section, default: ContaboAccount.publicEndpoint)
        let tokenURL = EndpointDecoder.endpoint(
            "token_url", in: section, default: ContaboAccount.publicTokenURL)
        checkPair(in: section)
        guard let clientID, let clientSecret, let user, let password, let endpoint, let tokenURL
        else { return nil }
        return .contabo(
            ContaboAccount(
                clientID: clientID, clientSecret: clientSecret, user: user, password: password,
                whenFull: whenFull, endpoint: endpoint, tokenURL: tokenURL))
    }

    private static func login(_ key: String, of what: String, in section: Section) -> String? {
        guard section[key] != nil else {
            section.error("'\(key)' is missing; use \(what)")
            return nil
        }
        guard let value = section.text(key, hint: "use \(what)") else { return nil }
        let isLogin =
            (1...loginMax).contains(value.text.utf8.count)
            && value.text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard isLogin else {
            section.error(
                value.position, key,
                "this has 1 to \(loginMax) bytes and no spaces; use \(what)")
            return nil
        }
        return value.text
    }

    /// A password of a rehearsal must not go to the vendor, nor a real one to a rehearsal.
    private static func checkPair(in section: Section) {
        let keys = ["endpoint", "token_url"]
        let given = keys.filter { section[$0] != nil }
        guard given.count == 1, let entry = section[given[0]] else { return }
        let other = given[0] == keys[0] ? keys[1] : keys[0]
        section.error(
            entry.position, given[0],
            "'\(other)' is missing beside it; use both for another server than the vendor's, or "
                + "neither")
    }
}
