import HoldfastCore

/// What one look at a target's points at its provider found.
struct PointSight: Sendable {
    /// How many available points of ours are there.
    var presentCount = 0
    /// Ours that the vendor ended when their time was over.
    var expired: [RecoveryPoint] = []
    /// Ours that are gone, as far as it is believed.
    var gone: [RecoveryPoint] = []
    /// Ours that were gone and are there again, as recorded before.
    var returned: [RecoveryPoint] = []
    /// Why some that are not listed are not believed to be gone.
    var doubt: ProviderError?
    /// What is not ours; each identifier once. `nil` where nobody could look.
    var foreign: [StrangePoint] = []
    /// The identifiers of what was not ours before.
    var knownForeign: Set<String>?
    /// The identifiers of what is listed and recorded.
    var ours: Set<String> = []
    /// The vendor's own.
    var vendors: [StrangePoint] = []
    /// Strangers that became ours.
    var adopted: [(stranger: StrangePoint, point: RemotePoint)] = []

    /// So many strangers stand in a run's output.
    private static let listedMax = 200

    /// Everything that the attempt changes.
    func outcome(
        _ claimed: ClaimedJob, _ machine: JobMachine, _ failure: ProviderError?,
        isStopped: Bool, at now: Timestamp
    ) -> AttemptOutcome {
        let state: RunState = failure == nil ? .succeeded : isStopped ? .handedBack : .failed
        let taken = Set(adopted.map(\.stranger.remoteID))
        return AttemptOutcome(
            claimed: claimed,
            ending: RunEnding(
                state: state, errorKind: failure?.kind, message: failure?.message,
                output: knownForeign == nil ? nil : lines.joined(separator: "\n")),
            endedAt: now, next: machine.state, failures: machine.failures,
            isUncertain: machine.isUncertain,
            retired: gone.map { RetiredPoint($0.id, as: .missing) }
                + expired.map { RetiredPoint($0.id, as: .expired) },
            returned: returned.map(\.id), adopted: adopted.map(\.point),
            foreign: knownForeign.map { _ in foreign.filter { !taken.contains($0.remoteID) } },
            events: events(claimed, machine, failure, at: now))
    }

    private func events(
        _ claimed: ClaimedJob, _ machine: JobMachine, _ failure: ProviderError?,
        at now: Timestamp
    ) -> [NewEvent] {
        let request = claimed.job.request
        let assignment = request.slot.assignment
        let told = PointEvents(job: claimed.job.id, now: now)
        var events = gone.map {
            told.retired($0, as: .missing, reason: "not in the listing any more")
        }
        events += expired.map {
            told.retired($0, as: .expired, reason: "the vendor ended it when its time was over")
        }
        events += returned.map(told.returned)
        func add(
            _ kind: EventKind, by actor: Actor = .scheduler, token: BackupToken? = nil,
            _ detail: [String: DetailValue]
        ) {
            let holder: [String: DetailValue] = ["provider": .text(request.provider.text)]
            events.append(
                NewEvent(
                    at: now, kind: kind, actor: actor, assignment: assignment,
                    job: claimed.job.id, token: token,
                    detail: detail.merging(holder) { first, _ in first }))
        }
        let fresh = foreign.filter { knownForeign?.contains($0.remoteID) == false }
        if !fresh.isEmpty {
            add(
                .foreignSeen,
                [
                    "count": .number(Int64(foreign.count)),
                    "new": .list(fresh.prefix(PointEvents.namedMax).map(Self.name)),
                    "new_count": .number(Int64(fresh.count)),
                    "with_token": .number(Int64(foreign.count { BackupToken($0.name) != nil })),
                ])
        }
        if let doubt { add(.reconcileDoubtful, ["reason": .text(doubt.message)]) }
        if let adoption = request.survey?.adoption {
            for (stranger, point) in adopted {
                add(
                    .pointAdopted, by: adoption.actor, token: point.token,
                    [
                        "name": .text(BoundedText.cut(stranger.name, to: 200)),
                        "reason": .text(adoption.reason), "remote_id": .text(point.remoteID),
                        "taken_at": .text(point.takenAt.rfc3339),
                    ])
            }
        }
        if let failure, machine.state.isEnd {
            let isAdoption = request.survey?.adoption != nil
            add(
                isAdoption ? .adoptionFailed : .reconcileFailed,
                by: request.survey?.adoption?.actor ?? .scheduler,
                [
                    "error": .text(failure.kind.rawValue),
                    "reason": .text(BoundedText.cut(failure.message, to: 2048)),
                ])
        }
        return events
    }

    /// What people read of it, a line for each thing worth one.
    private var lines: [String] {
        var lines = ["there: \(presentCount) of ours"]
        if !vendors.isEmpty { lines[0] += ", \(vendors.count) of the vendor's own" }
        func name(_ point: RecoveryPoint) -> String {
            "\(point.remote.token) (\(point.assignment.policy))"
        }
        lines += gone.map { "missing: \(name($0))" }
        lines += expired.map { "expired: \(name($0))" }
        lines += returned.map { "there again: \(name($0)), which was \($0.state.rawValue)" }
        lines += adopted.map { "adopted: \(Self.name($0.stranger)) as \($0.point.token)" }
        let taken = Set(adopted.map(\.stranger.remoteID))
        let rest = foreign.filter { !taken.contains($0.remoteID) }
        lines += rest.prefix(Self.listedMax).map {
            let note =
                BackupToken($0.name) == nil ? "" : "; another Holdfast's, or of a lost history"
            return "foreign: \(Self.name($0)), taken \($0.takenAt)\(note)"
        }
        if rest.count > Self.listedMax { lines.append("foreign: \(rest.count) in all") }
        return lines
    }

    private static func name(_ stranger: StrangePoint) -> String {
        "\(stranger.remoteID) '\(BoundedText.cut(stranger.name, to: 100))'"
    }
}
