import HoldfastCore

/// When each provider is next asked about something that changes without us: one question at a time
/// for each of them.
struct WatchPlan: Sendable {
    /// Between an answer and the next question.
    let distance: Duration
    private var due: [ProviderID: Timestamp] = [:]
    private var asked: Set<ProviderID> = []
    /// Those whose question under way was asked for what is not in force any more.
    private var outdated: Set<ProviderID> = []
    /// Those that are asked again as soon as they have answered.
    private var hurried: Set<ProviderID> = []
    /// Those whose newest question failed.
    private(set) var failing: Set<ProviderID> = []

    init(distance: Duration) {
        self.distance = distance
    }

    /// The next instant at which somebody is asked.
    var next: Timestamp? {
        due.filter { !asked.contains($0.key) }.values.min()
    }

    /// Watches these providers and no others; all of them are due at once, those that are being
    /// asked as soon as they have answered.
    mutating func watch(_ providers: Set<ProviderID>, from now: Timestamp) {
        due = Dictionary(uniqueKeysWithValues: providers.map { ($0, now) })
        outdated = asked
        failing.formIntersection(providers)
    }

    /// Those that are watched.
    var providers: Set<ProviderID> { Set(due.keys) }

    /// Whether a question is due, or under way.
    func isOpen(_ provider: ProviderID, at now: Timestamp) -> Bool {
        asked.contains(provider) || due[provider].map { $0 <= now } ?? false
    }

    /// Whether a question under way was asked for what is not in force any more.
    func isOutdated(_ provider: ProviderID) -> Bool {
        outdated.contains(provider) || due[provider] == nil
    }

    /// Asks a provider that is watched at once, or as soon as it has answered.
    mutating func hurry(_ provider: ProviderID, at now: Timestamp) {
        guard due[provider] != nil else { return }
        // One that is being asked may have answered before what makes the hurry.
        if asked.contains(provider) { hurried.insert(provider) } else { due[provider] = now }
    }

    /// After the clock was set: nobody waits longer than the distance.
    mutating func reset(at now: Timestamp) {
        due = due.mapValues { min($0, now + distance) }
    }

    /// Those that are to be asked now; until `answered` nobody asks them again.
    mutating func takeDue(at now: Timestamp) -> [ProviderID] {
        let taken = due.filter { $0.value <= now && !asked.contains($0.key) }.map(\.key).sorted()
        asked.formUnion(taken)
        return taken
    }

    /// A question came to its end.
    ///
    /// - Parameter again: The time to the next question, where it is not the usual one.
    /// - Returns: Whether a failure is the first after a success.
    @discardableResult
    mutating func answered(
        _ provider: ProviderID, isFailure: Bool, at now: Timestamp, again: Duration? = nil
    ) -> Bool {
        asked.remove(provider)
        let isOutdated = outdated.remove(provider) != nil
        let isHurried = hurried.remove(provider) != nil
        guard due[provider] != nil else { return false }
        due[provider] = isOutdated || isHurried ? now : now + (again ?? distance)
        guard isFailure else {
            failing.remove(provider)
            return false
        }
        return failing.insert(provider).inserted
    }
}
