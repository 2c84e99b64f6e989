import HoldfastCore
import Logging

extension Scheduler {
    /// So many pins that are over are taken away in one transaction each before the next sign of
    /// life.
    private static let pinsEndedMax = 200

    /// Reviews the points whose pin is over, and then takes the pin away.
    ///
    /// In this order, so that a crash in between repeats the review and loses none.
    func endPins() async throws(StoreError) {
        // A clock that is in doubt ends nothing; when it is believed again this is asked again.
        guard clock.verdict == .sane else { return }
        let keeper = RetentionKeeper(context: context, logger: logger)
        while true {
            let ended = try await context.store.endedPins(at: now, limit: Self.pinsEndedMax)
            guard !ended.isEmpty else { return }
            for assignment in Set(ended.map(\.assignment)).sorted() {
                guard isDeclared(assignment),
                    let policy = installation.configuration.policies[assignment.policy]
                else { continue }
                let reviews = try await keeper.review(
                    assignment, under: policy, isNew: rulesToNote[policy.id] != nil)
                if reviews.contains(where: \.weighs) { forgetLoads() }
            }
            for point in ended {
                let change = point.pinEnded(at: now)
                // Pinned anew meanwhile: then there is nothing to take away.
                _ = try await context.store.change(
                    pin: change.pin, of: point, events: change.events)
            }
            heartbeat?.beat()
        }
    }

    /// Reviews an assignment in the next round.
    func reviewSoon(_ assignment: Assignment) {
        reviewsDue.insert(assignment)
        context.environment.pacer.wake()
    }
}
