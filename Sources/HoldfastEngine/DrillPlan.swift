import HoldfastCore

/// When the next drill of each assignment is due, as far as it has been looked up.
struct DrillPlan: Sendable {
    /// The earliest instant at which a drill is due.
    private(set) var next: Timestamp?
    private var due: [Assignment: Timestamp] = [:]
    /// Those of which has to be looked up when their next drill is due.
    private(set) var unknown: Set<Assignment> = []
    /// Whether all of them have to be looked up.
    private(set) var isForgotten = true

    /// So many of a provider's places drills may take at once: half of them, so that a backup
    /// whose window opens finds one; the only one where there is one.
    static func places(of provider: ProviderSettings) -> Int { max(1, provider.concurrency / 2) }

    /// Everything is looked up again: other policies apply, or the clock was set.
    mutating func forget() { isForgotten = true }

    /// Takes what was looked up for all assignments.
    mutating func learn(all due: [Assignment: Timestamp]) {
        self.due = due
        unknown = []
        isForgotten = false
        next = due.values.min()
    }

    /// Takes what was looked up for one assignment; `nil`: none is due until something ends.
    mutating func learn(_ instant: Timestamp?, of assignment: Assignment) {
        unknown.remove(assignment)
        guard let instant else { return }
        due[assignment] = instant
        next = min(next ?? instant, instant)
    }

    /// A job of an assignment ended, so a drill of it may be due where none was.
    mutating func consider(_ assignment: Assignment) {
        if due[assignment] == nil { unknown.insert(assignment) }
    }

    /// At most so many of those that are due, by assignment, each with the instant at which it fell
    /// due. They are due no more.
    mutating func takeDue(
        at now: Timestamp, limit: Int
    ) -> [(assignment: Assignment, since: Timestamp)] {
        guard let next, next <= now else { return [] }
        let taken = due.filter { $0.value <= now }.sorted { $0.key < $1.key }.prefix(limit)
        for (assignment, _) in taken { due[assignment] = nil }
        self.next = due.values.min()
        return taken.map { ($0.key, $0.value) }
    }
}
