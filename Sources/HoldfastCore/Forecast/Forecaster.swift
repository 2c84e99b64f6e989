/// Replays a proposed configuration over what is recorded, target by target, on a virtual clock.
///
/// Every coming window of a policy gets its backup at its opening. At each instant at which
/// something may change, a new point, a grace that ends or a vendor's end of a point, the review
/// and the deletion kernel of the daemon decide, with a listing that shows what is recorded and a
/// clock that is sane.
public struct Forecaster: Sendable {
    /// What is proposed, with what selectors have found.
    public let configuration: Configuration
    /// The beginning of the virtual clock.
    public let from: Timestamp
    /// Its end, which is not reached.
    public let until: Timestamp

    /// Where policies have points under other rules than before: what a provider's guard holds there is
    /// weighed anew.
    let changedAt: Set<ProviderID>

    /// Takes a configuration and the time to look at.
    ///
    /// - Parameter reviewedRules: The rules that each policy's targets were reviewed under last.
    public init(
        _ configuration: Configuration, from: Timestamp, until: Timestamp,
        reviewedRules: [PolicyID: String] = [:]
    ) {
        precondition(from < until, "a forecast looks ahead")
        let changed = configuration.policies.values.filter { policy in
            reviewedRules[policy.id].map { $0 != policy.rulesFingerprint } ?? false
        }
        changedAt = configuration.providers(under: Set(changed.map(\.id)))
        self.configuration = configuration
        self.from = from
        self.until = until
    }

    /// Replays some targets. What is replayed in parts is joined with `ForecastPart.add`.
    ///
    /// - Parameter holds: What is known of the guards of providers: nothing at first, then what the
    ///   replay of all targets found, until it finds nothing else; see `ForecastPart.holds`.
    /// - Complexity: O(*w* · *n*) for *w* openings and *n* points held at once, each assignment.
    public func replay(
        _ targets: [RecordedTarget], holding holds: ProviderHolds = ProviderHolds()
    ) -> ForecastPart {
        var part = ForecastPart()
        for target in targets {
            var replay = TargetReplay(
                target, declared: configuration.targets[target.id], self, holds: holds)
            part.targets.append(replay.run(&part.timelines))
        }
        return part
    }
}

/// The replay of one target; its assignments share its places at the provider.
private struct TargetReplay {
    let recorded: RecordedTarget
    let declared: Target?
    let forecaster: Forecaster
    let costs: RequestCosts?
    let places: Int?
    let replacesOldest: Bool
    var lanes: [ForecastLane]
    var held: (most: Int, since: Timestamp)

    init(
        _ recorded: RecordedTarget, declared: Target?, _ forecaster: Forecaster,
        holds: ProviderHolds
    ) {
        self.recorded = recorded
        self.declared = declared
        self.forecaster = forecaster
        let kind = declared.flatMap { forecaster.configuration.providers[$0.provider]?.kind }
        costs = kind.map { RequestCosts(of: $0) }
        replacesOldest = kind?.replacesOldest ?? false
        places =
            declared.flatMap { ProviderPlaces.published(for: $0.subject) }
            ?? recorded.assignments.compactMap(\.placesTold).max()
        lanes = recorded.assignments.map {
            ForecastLane(
                $0, target: declared, knownAt: recorded.knownAt, in: forecaster, holds: holds)
        }
        held = (lanes.map(\.heldCount).reduce(0, +), forecaster.from)
    }

    mutating func run(_ timelines: inout [ProviderID: ProviderTimeline]) -> TargetForecast {
        for lane in lanes {
            for (holder, load) in zip(lane.holders, lane.loads) {
                timelines[holder, default: ProviderTimeline()].start.add(
                    LoadChange(from: PruneLoad(excess: 0, total: 0), to: load))
            }
        }
        let now = forecaster.from
        for index in lanes.indices { lanes[index].endLifetimes(at: now, &timelines) }
        for index in lanes.indices {
            if lanes[index].begin(at: now) { open(index, at: now, &timelines) }
            lanes[index].reviewAndPrune(at: now, isFirst: true, &timelines)
        }
        while let now = lanes.compactMap(\.next).min(), now < forecaster.until {
            for index in lanes.indices { lanes[index].endLifetimes(at: now, &timelines) }
            for index in lanes.indices where lanes[index].isDue(at: now) {
                if lanes[index].nextOpening == now {
                    lanes[index].passOpening()
                    open(index, at: now, &timelines)
                }
                lanes[index].reviewAndPrune(at: now, isFirst: false, &timelines)
            }
        }
        return result()
    }

    /// A window that opens: a backup, where there is a place for it.
    private mutating func open(
        _ index: Int, at now: Timestamp, _ timelines: inout [ProviderID: ProviderTimeline]
    ) {
        guard let declared, let policy = lanes[index].policy else { return }
        let isManaged = policy.enforcement == .managed && lanes[index].makesPoints
        if isManaged {
            let wanted = lanes.map(\.heldCount).reduce(0, +) + 1
            if wanted > held.most { held = (wanted, now) }
            if let places, wanted > places {
                let room = replacesOldest && lanes[index].makeRoom(at: now, &timelines)
                guard room else {
                    lanes[index].missPlace(at: now)
                    return
                }
            }
        }
        if lanes[index].makesPoints {
            lanes[index].takePoint(at: now, from: forecaster.from)
        }
        var tally = InstantTally()
        tally.requests = isManaged ? costs?.backup ?? 0 : costs?.look ?? 0
        tally.backups = isManaged ? 1 : 0
        timelines[declared.provider, default: ProviderTimeline()].add(tally, at: now)
    }

    private mutating func result() -> TargetForecast {
        let assignments = lanes.indices.compactMap { index -> AssignmentForecast? in
            let lane = lanes[index]
            guard lane.policy != nil || lane.recorded.isInForce || lane.orphaning != nil else {
                return nil
            }
            return forecast(&lanes[index])
        }
        return TargetForecast(
            id: recorded.id,
            provider: declared?.provider ?? lanes.lazy.compactMap(\.holders.first).first,
            assignments: assignments.sorted { $0.assignment < $1.assignment }, held: held,
            places: places)
    }

    private func forecast(_ lane: inout ForecastLane) -> AssignmentForecast {
        let isVendors = lane.policy?.enforcement == .native
        if lane.policy != nil, lane.makesPoints {
            lane.noteGap(until: forecaster.until, from: forecaster.from)
        }
        let recorded = lane.recorded
        return AssignmentForecast(
            assignment: recorded.assignment,
            change: lane.policy == nil
                ? recorded.isInForce ? .lost : .orphan : recorded.isInForce ? .stays : .gained,
            isVendors: isVendors,
            pointsNow: recorded.points.count + (isVendors ? recorded.vendorPoints.count : 0),
            pointsAtEnd: isVendors ? nil : lane.points.count,
            departures: lane.departures.sorted { ($0.at, $0.takenAt) < ($1.at, $1.takenAt) },
            waiting: lane.waiting(),
            reason: lane.policy?.retention.rules.refusalText
                ?? lane.orphaning?.retention.orphans.map { "an orphan (\($0.text))" }
                ?? "nothing prunes it",
            orphans: lane.orphaning?.retention.orphans,
            gapBefore: gapBefore(recorded.completions),
            gapAfter: lane.policy == nil ? nil : lane.gap,
            objective: lane.policy?.recoveryPointObjective, backups: lane.backups,
            withoutPlace: lane.withoutPlace)
    }

    private func gapBefore(_ completions: [Timestamp]) -> PointGap? {
        zip(completions, completions.dropFirst() + [forecaster.from]).map {
            PointGap(length: $1 - $0, from: $0)
        }.max { $0.length < $1.length }
    }
}
