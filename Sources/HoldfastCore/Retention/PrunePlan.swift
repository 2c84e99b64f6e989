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

/// What waits at one provider for an operator's confirmation: what the guard holds back, and what it
/// will when its grace is over, so that nobody has to wait for that to confirm. What the kernel's
/// guard refuses is among it at any time.
///
/// - Parameters:
///   - marked: The marked points there of all assignments that are pruned.
///   - standings: Those of their assignments there, with every mark, its grace over or not.
///   - totals: How many points each assignment has there that is heavy.
///   - providerLoad: What weighs at the provider, with every mark.
///   - percents: Each policy's `prune_guard`.
/// - Returns: The assignments' plans by name, then the provider's, unless it is the same as one.
public func prunePlans(
    at provider: ProviderID, marked: [RecoveryPoint], standings: [PruneStanding],
    totals: [Assignment: Int], providerLoad: PruneLoad, percents: [PolicyID: Int]
) -> [PrunePlan] {
    let byAssignment = Dictionary(
        grouping: marked.filter { $0.mark != nil && $0.mark?.confirmedPlan == nil },
        by: \.assignment)
    var plans: [PrunePlan] = []
    var heldAtProvider: [RecoveryPoint] = []
    for standing in standings.sorted(by: { $0.assignment < $1.assignment }) {
        guard let percent = percents[standing.assignment.policy],
            let points = byAssignment[standing.assignment]
        else { continue }
        let total = totals[standing.assignment]
        var pruneGuard = PruneGuard(
            marks: standing.marks, recorded: standing.recorded, total: total,
            provider: providerLoad, percent: percent)
        var held: [GuardScope: [RecoveryPoint]] = [:]
        for point in points {
            guard let mark = point.mark,
                let hold = pruneGuard.refusal(of: GuardedMark(at: mark.at, hold: mark.hold))?
                    .hold(since: mark.at)
            else { continue }
            held[hold.scope, default: []].append(point)
        }
        heldAtProvider += held[.provider] ?? []
        guard let own = held[.assignment] else { continue }
        plans.append(
            PrunePlan(
                scope: .assignment(standing.assignment), provider: provider, points: own,
                load: standing.load(among: total ?? own.count), percent: percent))
        // Whoever confirms all of the provider's confirms these too.
        if !providerLoad.isWithin(percent: percent) { heldAtProvider += own }
    }
    guard !heldAtProvider.isEmpty else { return plans }
    let whole = PrunePlan(
        scope: .provider, provider: provider, points: heldAtProvider, load: providerLoad,
        percent: heldAtProvider.compactMap { percents[$0.assignment.policy] }.min() ?? 0)
    return plans.contains { $0.hash == whole.hash } ? plans : plans + [whole]
}
