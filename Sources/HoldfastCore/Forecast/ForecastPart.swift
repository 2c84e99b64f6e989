/// What the replay of some targets, or of all, gave.
public struct ForecastPart: Sendable {
    /// In the order in which the parts were joined.
    public var targets: [TargetForecast] = []
    var timelines: [ProviderID: ProviderTimeline] = [:]

    /// Begins with nothing.
    public init() {}

    /// Joins another part.
    public mutating func add(_ other: ForecastPart) {
        targets += other.targets
        for (provider, timeline) in other.timelines {
            timelines[provider, default: ProviderTimeline()].add(timeline)
        }
    }

    /// What another replay of all targets has to be told of the guards of providers, because each
    /// target was replayed alone; `nil` when this one was told right.
    ///
    /// - Parameter known: What this one was told.
    public func holds(after known: ProviderHolds) -> ProviderHolds? {
        var revised = known
        for (provider, timeline) in timelines {
            if let holds = timeline.holds(after: known.byProvider[provider] ?? [:]) {
                revised.byProvider[provider] = holds
            }
        }
        return revised == known ? nil : revised
    }

    /// What each provider has to do, by name.
    public func providers(of configuration: Configuration) -> [ProviderForecast] {
        timelines.sorted { $0.key < $1.key }.map { id, timeline in
            let busiest = timeline.instants.max {
                ($0.value.requests, $1.key) < ($1.value.requests, $0.key)
            }
            return ProviderForecast(
                id: id, kind: configuration.providers[id]?.kind.name,
                backups: timeline.instants.values.map(\.backups).reduce(0, +),
                deletions: timeline.instants.values.map(\.deleted).reduce(0, +),
                requests: timeline.instants.values.map(\.requests).reduce(0, +),
                busiest: busiest.flatMap {
                    $0.value.requests > 0 ? ($0.value.requests, $0.key) : nil
                },
                holdsFrom: timeline.holdsFrom)
        }
    }
}

/// What one provider has to do in the time of a forecast.
public struct ProviderForecast: Sendable {
    /// Its name.
    public let id: ProviderID
    /// The configuration's word; `nil` where it is not declared.
    public let kind: String?
    /// Backups that it takes for us.
    public let backups: Int
    /// Points that are deleted there.
    public let deletions: Int
    /// Requests for all of that, about.
    public let requests: Int
    /// The most requests that one opening asks for, and when first.
    public let busiest: (requests: Int, at: Timestamp)?
    /// From when the guard of the provider as a whole would hold.
    public let holdsFrom: Timestamp?
}
