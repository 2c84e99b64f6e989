import HoldfastCore

extension ProviderDecoder {
    /// More digits are no contract's number.
    private static let contractDigitMax = 10

    static func ionos(_ section: Section) -> ProviderSettings.Kind? {
        section.expectKeys([
            "type", "token", "user", "password", "contract", "endpoint", "concurrency",
            LookDecoder.key, InventoryDecoder.key,
        ])
        let login = ionosLogin(section)
        let contract = ionosContract(section)
        let endpoint = EndpointDecoder.endpoint(
            in: section, default: IONOSAccount.publicEndpoint)
        guard let login, let endpoint, section["contract"] == nil || contract != nil else {
            return nil
        }
        return .ionos(IONOSAccount(login: login, contract: contract, endpoint: endpoint))
    }

    /// A token, or a user with a password.
    private static func ionosLogin(_ section: Section) -> IONOSAccount.Login? {
        if let token = section["token"] {
            for key in ["user", "password"] {
                guard let other = section[key] else { continue }
                section.error(
                    other.position, key,
                    "'token' at \(token.position.line):\(token.position.column) lets in already; "
                        + "use 'token', or 'user' and 'password'")
            }
            return SecretDecoder.required("token", of: "a token of the token manager", in: section)
                .map { .token($0) }
        }
        let hint = "use the user's e-mail address"
        guard section["user"] != nil || section["password"] != nil else {
            section.error(
                "'token' is missing, where a token of the token manager is kept; use "
                    + "{ credential: NAME }, { file: /absolute/path } or { env: NAME }, or give "
                    + "'user' and 'password'")
            return nil
        }
        if section["user"] == nil { section.error("'user' is missing beside 'password'; \(hint)") }
        let user = section.text("user", hint: hint)
        let password = SecretDecoder.required("password", of: "the user's password", in: section)
        guard let user, let password else { return nil }
        // A colon would end the name where it is sent.
        guard (1...320).contains(user.text.utf8.count),
            user.text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != 0x3A })
        else {
            section.error(
                user.position, "user", "\(quoted(user.text)) can't be a user; \(hint)")
            return nil
        }
        return .basic(user: user.text, password: password)
    }

    private static func ionosContract(_ section: Section) -> String? {
        let hint = "use the contract's number, such as 31960000"
        guard let value = section.text("contract", hint: hint) else { return nil }
        guard (1...contractDigitMax).contains(value.text.utf8.count),
            value.text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            section.error(
                value.position, "contract", "\(quoted(value.text)) is not a contract; \(hint)")
            return nil
        }
        return value.text
    }
}
