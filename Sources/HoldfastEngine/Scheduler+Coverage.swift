import HoldfastCore
import Logging

extension Scheduler {
    /// So many assignments are looked at for one transaction of breaches.
    private static let breachChunk = 500

    /// Keeps the objectives of the configuration that is being put in force.
    func keepObjectives(of configuration: Configuration) async throws(StoreError) {
        try await context.store.synchroniseObjectives(
            configuration.policies.compactMapValues(\.recoveryPointObjective),
            exempt: Set(
                configuration.targets.values.filter { !$0.subject.makesPoints }.map(\.id)),
            digest: configuration.assignmentsDigest, at: now)
        try await context.store.synchroniseWaivers(configuration.waivers.map(\.waiver), at: now)
    }

    /// Notes which assignments went beyond their objective, and which are within it again. While the
    /// clock is in doubt nothing is noted: it would be noted with a wrong instant.
    func noteBreaches() async throws(StoreError) {
        guard clock.verdict == .sane else { return }
        while true {
            let now = self.now
            let due = try await context.store.objectivesDue(at: now, limit: Self.breachChunk)
            nextBreach = due.next
            let notes = due.items.flatMap { $0.standing.notes(points: $0.points, at: now) }
            guard !notes.isEmpty else { return }
            try await context.store.note(notes, at: now)
            tell(notes)
            try await tellForgotten(by: notes)
            heartbeat?.beat()
        }
    }

    private func tell(_ notes: [BreachNote]) {
        var broken: [Assignment] = []
        var restored: [Assignment] = []
        for note in notes {
            switch note.change {
            case .began: broken.append(note.assignment)
            case .ended: restored.append(note.assignment)
            case .was, .settled: continue
            }
        }
        // One by one in the audit log; here the first and how many.
        if let first = broken.first {
            logger.error(
                "beyond the objective",
                metadata: [
                    "assignments": "\(broken.count)", "policy": "\(first.policy)",
                    "target":
                        "\(broken.prefix(5).map(\.target.text).joined(separator: ", "))",
                ])
        }
        if let first = restored.first {
            logger.notice(
                "within the objective again",
                metadata: [
                    "assignments": "\(restored.count)", "policy": "\(first.policy)",
                    "target": "\(first.target)",
                ])
        }
    }
}
