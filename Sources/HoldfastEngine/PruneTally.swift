import HoldfastCore

/// What the deletion kernel said in one look, and what was done then.
struct PruneTally: Sendable {
    /// One point that it did not let go.
    struct Refused: Sendable {
        let point: RecoveryPoint
        let refusal: DeletionRefusal
    }

    var deleted: [RecoveryPoint] = []
    var refused: [Refused] = []
    var permitted: [PointID] = []
    var missingCount = 0
    /// Whether points were left for a reason that passes by itself.
    var isCut = false

    /// So many tokens are named in one event; the count tells the rest.
    private static let namedMax = 100

    mutating func refuse(_ point: RecoveryPoint, _ refusal: DeletionRefusal) {
        refused.append(Refused(point: point, refusal: refusal))
    }

    /// As it goes into the history.
    func look(at now: Timestamp) -> KernelLook {
        KernelLook(
            refused: refused.map {
                PointRefusal(
                    point: $0.point.id, code: $0.refusal.code, reason: $0.refusal.text,
                    hold: $0.refusal.hold(since: now))
            }, permitted: permitted)
    }

    /// An event for each reason of refusals that did not stand for the same one before: a refusal is
    /// told once and not at each look.
    ///
    /// - Parameter standing: The refusals of these points that the history has.
    func refusalEvents(
        beyond standing: [PointRefusal], of job: Job, at now: Timestamp
    ) -> [NewEvent] {
        let known = Dictionary(
            standing.map { ($0.point, $0.code) }, uniquingKeysWith: { first, _ in first })
        let news = refused.filter { known[$0.point.id] != $0.refusal.code }
        return Dictionary(grouping: news, by: \.refusal.code).sorted { $0.key < $1.key }
            .map { code, refused in
                NewEvent(
                    at: now, kind: .pruneRefused, actor: .scheduler,
                    assignment: job.request.slot.assignment, job: job.id,
                    detail: [
                        "code": .text(code), "count": .number(Int64(refused.count)),
                        "points": .list(
                            refused.prefix(Self.namedMax).map(\.point.remote.token.text)),
                        "reason": .text(refused[0].refusal.text),
                    ])
            }
    }
}
