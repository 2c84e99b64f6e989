import HoldfastCore

/// What the inventories of all vendors have in common.
enum InventoryWords {
    /// So many bytes of a vendor's name are shown.
    private static let titleMax = 255

    /// A vendor's name for something: one line, bounded.
    static func title(_ name: String) -> String { VendorDecoding.shown(name, max: titleMax) }

    /// A UUID of a list in lower case, as subjects have it.
    ///
    /// - Parameter list: What is listed, as messages name it.
    /// - Throws: `transient` for anything else: what can't be a target must not be shown as one.
    static func uuid(_ text: String, in list: String) throws(ProviderError) -> String {
        let groups = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        let isUUID =
            groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.joined().allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
            }
        guard isUUID else { throw nonsense(text, in: list, "UUID") }
        return text.lowercased()
    }

    /// The error of a list with an id that can't be one.
    static func nonsense(_ id: String, in list: String, _ expected: String) -> ProviderError {
        ProviderError(
            .transient,
            "the list of \(list) has one with the id '\(VendorDecoding.shown(id))', which is no "
                + expected)
    }
}

extension ProviderError {
    /// The error of a listing that may have been refused for want of a right: then with what is
    /// missing, and how to do without.
    ///
    /// Backups go on without that right, so it need not be granted. What refuses a login, such as
    /// a token server, is not asked by `GET`.
    func ofInventory(lacking right: String) -> ProviderError {
        guard kind == .authentication, message.hasPrefix("GET "),
            message.contains("refused with 403")
        else { return self }
        return ProviderError(
            kind,
            message + "; to list what the account has, \(right) is missing: grant it, or write "
                + "'inventory: off' at the provider in the configuration to switch the listing off")
    }
}
