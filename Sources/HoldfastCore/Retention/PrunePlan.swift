/// Marked points that the guard holds back until an operator confirms that very set.
public struct PrunePlan: Hashable, Sendable {
    /// Which guard holds them.
    public enum Scope: Hashable, Sendable {
        /// That of one assignment at the provider.
        case assignment(Assignment)
        /// That of the provider as a whole.
        case provider
    }

    /// Whose points are meant.
    public let scope: Scope
    /// Who holds them.
    public let provider: ProviderID
    /// Marked ones that nobody confirmed, their grace over or not; by id, one at least.
    public let points: [RecoveryPoint]
    /// What they weigh.
    public let load: PruneLoad
    /// The share that the guard lets pass, the smallest where policies differ.
    public let percent: Int
    /// Names this plan: whatever moves in it, another point or another date, changes it.
    public let hash: String

    /// Takes what waits.
    ///
    /// - Precondition: There is a point.
    public init(
        scope: Scope, provider: ProviderID, points: [RecoveryPoint], load: PruneLoad, percent: Int
    ) {
        precondition(!points.isEmpty, "a plan without points")
        self.scope = scope
        self.provider = provider
        self.points = points.sorted { $0.id < $1.id }
        self.load = load
        self.percent = percent
        hash = Self.hash(of: points)
    }

    /// When the first of the points may go.
    public var earliest: Timestamp? { points.compactMap(\.mark?.deleteAfter).min() }
    /// When the last of them may go.
    public var latest: Timestamp? { points.compactMap(\.mark?.deleteAfter).max() }

    /// The first digits of SHA-256 over what is to go and when, in any order: 16 of them.
    public static func hash(of points: [RecoveryPoint]) -> String {
        let lines = points.map { point in
            [
                point.provider.text, point.assignment.policy.text, point.assignment.target.text,
                point.remote.token.text, point.remote.remoteID,
                point.mark.map { "\($0.deleteAfter.milliseconds)" } ?? "",
            ].map { "\($0.utf8.count):\($0)" }.joined()
        }
        return String(SHA256Digest(of: lines.sorted().joined(separator: "\n")).text.prefix(16))
    }
}

/// What waits at one provider for an operator's confirmation, and what need not wait any more.
public struct PruneWaits: Sendable {
    /// The assignments' plans by name, then the provider's, unless it is the same as one.
    public var plans: [PrunePlan] = []
    /// Points that were held back and are no more.
    public var lifted: [RecoveryPoint] = []
    /// Points of the plans that carry no hold, or are lifted, each with the one that it is to have.
    public var fresh: [PointID: GuardHold] = [:]
}

/// Tells what the guards of one provider hold back, the grace over or not. What the kernel's guard
/// refuses is among it at any time.
///
/// - Parameters:
///   - marked: The marked points there of all assignments that are pruned.
///   - standings: Those of their assignments there.
///   - unmarked: How many points that are not marked each assignment has there that is heavy.
///   - providerLoad: What weighs at the provider.
///   - percents: Each policy's `prune_guard`.
///   - now: What is held freshly is so since then.
///   - mayLift: Whether a hold is weighed anew, that of the point it is asked with.
public func pruneWaits(
    at provider: ProviderID, marked: [RecoveryPoint], standings: [PruneStanding],
    unmarked: [Assignment: Int], providerLoad: PruneLoad, percents: [PolicyID: Int],
    now: Timestamp, mayLift: (RecoveryPoint, GuardHold) -> Bool = { _, _ in false }
) -> PruneWaits {
    let byAssignment = Dictionary(
        grouping: marked.filter { $0.mark != nil && $0.mark?.confirmedPlan == nil },
        by: \.assignment)
    var waits = PruneWaits()
    var heldAtProvider: [RecoveryPoint] = []
    for standing in standings.sorted(by: { $0.assignment < $1.assignment }) {
        guard let percent = percents[standing.assignment.policy],
            let points = byAssignment[standing.assignment]
        else { continue }
        let own = unmarked[standing.assignment].map { standing.load(beside: $0) }
        let pruneGuard = PruneGuard(own: own, provider: providerLoad, percent: percent)
        var held: [GuardScope: [RecoveryPoint]] = [:]
        for point in points {
            guard let mark = point.mark else { continue }
            var old = mark.hold
            if let hold = old, mayLift(point, hold), pruneGuard.lifts(hold) {
                waits.lifted.append(point)
                old = nil
            }
            guard
                let hold = pruneGuard.refusal(turnsOver: mark.turnsOver, hold: old)?
                    .hold(since: now)
            else { continue }
            held[hold.scope, default: []].append(point)
            if old == nil { waits.fresh[point.id] = hold }
        }
        heldAtProvider += held[.provider] ?? []
        guard let here = held[.assignment] else { continue }
        waits.plans.append(
            PrunePlan(
                scope: .assignment(standing.assignment), provider: provider, points: here,
                load: own ?? standing.load(beside: 0), percent: percent))
        // Whoever confirms all of the provider's confirms these too.
        if !providerLoad.isWithin(percent: percent) { heldAtProvider += here }
    }
    guard !heldAtProvider.isEmpty else { return waits }
    let whole = PrunePlan(
        scope: .provider, provider: provider, points: heldAtProvider, load: providerLoad,
        percent: heldAtProvider.compactMap { percents[$0.assignment.policy] }.min() ?? 0)
    if !waits.plans.contains(where: { $0.hash == whole.hash }) { waits.plans.append(whole) }
    return waits
}
