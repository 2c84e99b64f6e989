import HoldfastCore

/// When each provider is next asked about something that changes without us: one question at a time
/// for each of them.
struct WatchPlan: Sendable {
    /// Between an answer and the next question.
    let distance: Duration
    private var due: [ProviderID: Timestamp] = [:]
    private var asked: Set<ProviderID> = []
    /// Those whose newest question failed.
    private(set) var failing: Set<ProviderID> = []

    init(distance: Duration) {
        self.distance = distance
    }

    /// The next instant at which somebody is asked.
    var next: Timestamp? {
        due.filter { !asked.contains($0.key) }.values.min()
    }

    /// Watches these providers and no others; all of them are due at once.
    mutating func watch(_ providers: Set<ProviderID>, from now: Timestamp) {
        due = Dictionary(uniqueKeysWithValues: providers.map { ($0, now) })
        failing.formIntersection(providers)
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
        if due[provider] != nil { due[provider] = now + (again ?? distance) }
        guard isFailure else {
            failing.remove(provider)
            return false
        }
        return failing.insert(provider).inserted
    }
}
