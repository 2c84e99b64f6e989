public import HoldfastCore

extension ControlDesk {
    /// See `CoverageSurface`.
    public func pause(
        policy name: String, reason: String, until: Timestamp?, by actor: Actor
    ) async throws(ControlRefusal) -> Pause {
        let state = await scheduler.state
        let now = self.now
        guard let policy = state.configuration.policies.values.first(where: { $0.id.text == name })
        else {
            throw ControlRefusal(
                .notFound,
                "no policy is named '\(BoundedText.cut(name, to: 100))'"
                    + Suggestion.clause(
                        for: name, among: state.configuration.policies.keys.sorted().map(\.text)))
        }
        guard policy.enforcement == .managed else {
            throw ControlRefusal(
                .invalid,
                "policy '\(policy.id)' is enforced by the provider itself, which goes on making "
                    + "backups; only a policy with 'enforce: managed' can be paused")
        }
        let words = reason.trimmed
        guard !words.isEmpty, words.utf8.count <= Pause.reasonMax else {
            throw ControlRefusal(
                .invalid,
                "a pause needs a reason of 1 to \(Pause.reasonMax) bytes; nothing was paused")
        }
        guard until.map({ $0 > now }) ?? true else {
            throw ControlRefusal(
                .invalid, "the end \(until?.rfc3339 ?? "") is not in the future; nothing was paused"
            )
        }
        let pause = Pause(
            policy: policy.id, reason: words, actor: actor.description, pausedAt: now,
            until: until)
        let isNew = try await stored { () async throws(StoreError) in
            try await scheduler.pause(pause, by: actor)
        }
        guard isNew else {
            let since = state.pauses[policy.id].map { " since \($0.pausedAt.rfc3339)" } ?? ""
            throw ControlRefusal(
                .invalid,
                "policy '\(policy.id)' is paused already\(since); 'holdfast resume \(policy.id)' "
                    + "ends that")
        }
        return pause
    }

    /// See `CoverageSurface`.
    public func resume(
        policy name: String, by actor: Actor
    ) async throws(ControlRefusal) -> Pause {
        let pauses = await scheduler.state.pauses
        let now = self.now
        guard let pause = pauses.values.first(where: { $0.policy.text == name }) else {
            let paused = pauses.keys.sorted().map(\.text)
            let declared = await scheduler.configuration.policies.keys.sorted().map(\.text)
            guard declared.contains(name) else {
                throw ControlRefusal(
                    .notFound,
                    "no policy is named '\(BoundedText.cut(name, to: 100))'"
                        + Suggestion.clause(for: name, among: paused.isEmpty ? declared : paused))
            }
            throw ControlRefusal(
                .notFound,
                "policy '\(BoundedText.cut(name, to: 100))' is not paused; "
                    + (paused.isEmpty
                        ? "none is" : "paused: \(paused.joined(separator: ", "))"))
        }
        _ = try await stored { () async throws(StoreError) in
            try await scheduler.resume(pause.policy, at: now, by: actor)
        }
        return pause
    }
}

extension String {
    fileprivate var trimmed: String {
        let kept = drop { $0.isWhitespace }
        return String(kept.reversed().drop { $0.isWhitespace }.reversed())
    }
}
