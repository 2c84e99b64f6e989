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
///   - marked: The marked points there of all declared assignments.
///   - standings: Those of their assignments there, with every mark, its grace over or not.
///   - totals: How many points each assignment has there, of those whose marks may be too many or
///     are held back.
///   - providerLoad: What weighs at the provider, with every mark.
///   - percents: Each policy's `prune_guard`.
/// - Returns: The assignments' plans by name, then the provider's, unless it is the same as one.
public func prunePlans(
    at provider: ProviderID, marked: [RecoveryPoint], standings: [PruneStanding],
    totals: [Assignment: Int], providerLoad: ProviderLoad, percents: [PolicyID: Int]
) -> [PrunePlan] {
    let byAssignment = Dictionary(
        grouping: marked.filter { $0.mark != nil && $0.mark?.confirmedPlan == nil },
        by: \.assignment)
    var plans: [PrunePlan] = []
    var heldAtProvider: [RecoveryPoint] = []
    var judged: [Timestamp: PruneLoad] = [:]
    for standing in standings.sorted(by: { $0.assignment < $1.assignment }) {
        guard let percent = percents[standing.assignment.policy],
            let points = byAssignment[standing.assignment]
        else { continue }
        func waits(for scope: GuardScope, _ load: (Timestamp) -> PruneLoad) -> [RecoveryPoint] {
            points.filter { point in
                guard let mark = point.mark else { return false }
                let isHeld = mark.hold?.scope == scope && percent < RetentionSettings.guardOff
                return isHeld || !load(mark.at).isWithin(percent: percent)
            }
        }
        if let total = totals[standing.assignment] {
            let held = waits(for: .assignment) { standing.load(among: total, judging: $0) }
            if !held.isEmpty {
                plans.append(
                    PrunePlan(
                        scope: .assignment(standing.assignment), provider: provider, points: held,
                        load: standing.load(among: total), percent: percent))
            }
        }
        heldAtProvider += waits(for: .provider) { mark in
            if let load = judged[mark] { return load }
            let load = providerLoad.judging(mark)
            judged[mark] = load
            return load
        }
    }
    guard !heldAtProvider.isEmpty else { return plans }
    let whole = PrunePlan(
        scope: .provider, provider: provider, points: heldAtProvider, load: providerLoad.whole,
        percent: heldAtProvider.compactMap { percents[$0.assignment.policy] }.min() ?? 0)
    return plans.contains { $0.hash == whole.hash } ? plans : plans + [whole]
}
