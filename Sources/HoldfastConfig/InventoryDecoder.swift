import HoldfastCore

/// Reads a provider's `inventory`: whether what its account has is listed.
enum InventoryDecoder {
    static let key = "inventory"

    /// `true` where nothing is said.
    static func decode(in section: Section) -> Bool {
        let hint = "use 'on' or 'off'"
        guard section[key] != nil, let value = section.text(key, hint: hint) else { return true }
        switch value.text {
        case "on": return true
        case "off": return false
        default:
            section.error(value.position, key, "\(quoted(value.text)) is neither; \(hint)")
            return true
        }
    }
}
