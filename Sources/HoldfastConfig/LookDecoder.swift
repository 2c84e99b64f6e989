import HoldfastCore

/// Reads a provider's `reconcile`: how often its points are compared with its listings.
enum LookDecoder {
    static let key = "reconcile"
    static let usual = Duration.hours(24)
    static let range = Duration.hours(1)...Duration.days(30)

    /// The distance between two looks; `nil` for `off`.
    static func decode(in section: Section) -> Duration? {
        let hint = "use a duration from 1h to 30d, or 'off'"
        guard section[key] != nil else { return usual }
        guard let value = section.text(key, hint: hint) else { return usual }
        guard value.text != "off" else { return nil }
        guard DurationText.parse(value.text) != nil else {
            section.error(
                value.position, key, "\(quoted(value.text)) is not a duration; \(hint)")
            return usual
        }
        return section.duration(key, in: range) ?? usual
    }
}
