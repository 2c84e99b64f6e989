import HoldfastCore

/// Zones that were asked for in this load, each read once.
final class ZoneCatalogue {
    private let database: any ZoneDatabase
    private var known: [String: Result<TimeZoneRules, ZoneError>] = [:]
    private lazy var names: [String] = database.names

    init(_ database: any ZoneDatabase) {
        self.database = database
    }

    /// The zone that a key names; reports and gives `nil` when it can't be had.
    func zone(_ key: String, in section: Section) -> TimeZoneRules? {
        guard let value = section.text(key, hint: "use a zone such as Europe/Berlin or UTC") else {
            return nil
        }
        switch rules(named: value.text) {
        case .success(let rules): return rules
        case .failure(.unknown):
            let isWanted = section.report.wantsSuggestions
            let nearest = isWanted ? Suggestion.nearest(to: value.text, among: names) : nil
            let clause =
                nearest.map { "did you mean '\($0)'?" } ?? "use a name such as Europe/Berlin or UTC"
            section.error(
                value.position, key, "no time zone is named \(quoted(value.text)); \(clause)")
        case .failure(.unusable(let reason)):
            section.error(
                value.position, key,
                "the time zone \(quoted(value.text)) can't be used: \(reason)")
        }
        return nil
    }

    private func rules(named name: String) -> Result<TimeZoneRules, ZoneError> {
        if let result = known[name] { return result }
        let result: Result<TimeZoneRules, ZoneError>
        do {
            result = .success(try database.rules(named: name))
        } catch {
            result = .failure(error)
        }
        known[name] = result
        return result
    }
}
