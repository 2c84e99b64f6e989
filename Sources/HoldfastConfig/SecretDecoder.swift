import HoldfastCore

/// Reads where a secret is kept. The secret itself never stands in a configuration file.
enum SecretDecoder {
    private static let keys = ["credential", "file", "env"]
    private static let nameMax = 255
    private static let hint =
        "use { credential: NAME }, { file: /absolute/path } or { env: NAME }"

    /// Reads a key that has to be there.
    ///
    /// - Parameter what: What the secret is, such as `a personal access token`.
    static func required(
        _ key: String, of what: String, in section: Section
    ) -> SecretReference? {
        guard let entry = section[key] else {
            section.error("'\(key)' is missing, where \(what) is kept; \(hint)")
            return nil
        }
        if case .scalar = entry.value.content, !entry.value.isNull {
            // The text may be the secret, so it is not repeated here.
            section.error(
                entry.value.position, key,
                "a secret does not stand in this file; \(hint), and if this was the secret "
                    + "itself, replace it at its provider")
            return nil
        }
        guard let reference = section.section(entry, hint: hint) else { return nil }
        reference.expectKeys(keys)
        let given = reference.entries.filter { keys.contains($0.key) }
        guard let kind = given.first, given.count == 1 else {
            section.error(entry.value.position, key, "one place is needed; \(hint)")
            return nil
        }
        return place(kind.key, in: reference)
    }

    private static func place(_ key: String, in reference: Section) -> SecretReference? {
        if key == "file" { return reference.absolutePath(key).map { .file($0.text) } }
        guard let name = reference.text(key, hint: "use a name") else { return nil }
        let isName =
            (1...nameMax).contains(name.text.utf8.count)
            && name.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x3D }
            && name.text != "." && name.text != ".."
        guard isName else {
            reference.error(
                name.position, key,
                "this can't be a name; use letters, digits, '-', '_' and '.'")
            return nil
        }
        return key == "env" ? .environment(name.text) : .credential(name.text)
    }
}

/// Reads the address of a vendor's interface.
enum EndpointDecoder {
    private static let lengthMax = 1024

    /// The address under a key, without a slash at its end; `nil` when it is wrong.
    static func endpoint(
        _ key: String = "endpoint", in section: Section, default usual: String
    ) -> String? {
        let hint = "use an address such as \(usual)"
        guard section[key] != nil else { return usual }
        guard let value = section.text(key, hint: hint) else { return nil }
        var text = value.text
        while text.hasSuffix("/") { text.removeLast() }
        guard let problem = problem(with: text) else { return text }
        section.error(value.position, key, "\(quoted(value.text)) \(problem); \(hint)")
        return nil
    }

    private static func problem(with text: String) -> String? {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://"), text.utf8.count <= lengthMax,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "is not an address" }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        guard !rest.contains(where: { "?#@".contains($0) }) else {
            return "has a user, a query or a fragment, which belong elsewhere"
        }
        let host = rest.prefix { $0 != "/" }
        guard !host.isEmpty else { return "has no host" }
        guard isSecure || isLoopback(host) else {
            return "is not encrypted; only a server of this machine may be asked without https"
        }
        return nil
    }

    private static func isLoopback(_ host: Substring) -> Bool {
        if host.hasPrefix("[") { return host.hasPrefix("[::1]") }
        let name = host.prefix { $0 != ":" }
        guard name != "localhost" else { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { UInt8($0) != nil }
    }
}
