import HoldfastCore
import Logging

/// Carries one claimed look through: the provider's listing of a target is compared with what the
/// history has of it, whatever its policy, and strangers that are named are put under the job's.
struct LookRunner: Sendable {
    let context: EngineContext
    let recorder: Recorder
    let provider: any BackupProvider
    /// The one that the job is under.
    let policy: Policy
    let target: Target
    /// Says which of the points that a listing lacks are believed to be gone, and remembers the rest.
    let believe: @Sendable (_ gone: Set<PointID>, _ isDoubtful: Bool) async -> Set<PointID>
    let logger: Logger

    /// A listing that lost too much at once is asked for again after this time.
    static let doubtDistance = Duration.minutes(10)
    /// A point that was deleted may be listed so long without being there.
    private static let deletionLag = Duration.hours(1)

    /// Performs the attempt.
    ///
    /// - Returns: The assignments whose points are others now.
    func perform(_ claimed: ClaimedJob) async -> Set<Assignment> {
        var sight = PointSight()
        let (machine, failure) = await context.attempt(claimed, under: policy) {
            sight = try await look(claimed)
            if let adoption = claimed.job.request.survey?.adoption {
                sight.adopted = try await StrangerAdoption(
                    context: context, provider: provider, target: target,
                    assignment: claimed.job.request.slot.assignment
                ).adopt(adoption, among: sight)
            }
            return sight.doubt
        }
        let isRecorded = await recorder.record(
            sight.outcome(claimed, machine, failure, isStopped: Task.isCancelled, at: now))
        log(failure, sight, isAdoption: claimed.job.request.survey?.adoption != nil)
        guard isRecorded else { return [] }
        var changed = Set((sight.gone + sight.expired + sight.returned).map(\.assignment))
        if !sight.adopted.isEmpty { changed.insert(claimed.job.request.slot.assignment) }
        return changed
    }

    private var now: Timestamp { context.environment.wall.now }

    private func look(_ claimed: ClaimedJob) async throws -> PointSight {
        let store = context.store
        let holder = claimed.job.request.provider
        let namesPoints = provider.capabilities.namesPoints
        let past = namesPoints ? .unknown : try await store.past(of: claimed.job)
        let recorded = try await store.traceablePoints(of: target.id, at: holder)
        let listing = try await provider.list(target, knowing: past)
            .recognising(recorded, namesPoints: namesPoints)
        let available = recorded.filter { $0.state == .available }
        guard listing.isComplete else {
            guard !available.isEmpty else { return PointSight() }
            throw ProviderError(
                .transient,
                "the listing of provider '\(holder)' was not complete, so nothing can be said of "
                    + "the \(available.count) recorded points of \(target.id); see that its "
                    + "repository or account is there")
        }
        let vanished = VanishedPoints(
            of: available, from: listing, lifetime: provider.capabilities.pointLifetime, now: now)
        let believed = try await self.believed(vanished, claimed)
        var sight = PointSight()
        sight.expired = vanished.expired
        sight.gone = vanished.gone.filter { believed.contains($0.id) }
        let doubted = vanished.gone.count - sight.gone.count
        if doubted > 0, claimed.job.request.survey == .look {
            sight.doubt = ProviderError(
                .throttled,
                "\(doubted) of \(available.count) recorded points are not in the listing, too many "
                    + "at once to be believed; the next look, in "
                    + "\(DurationText.brief(Self.doubtDistance)), decides",
                retryAfter: now + Self.doubtDistance)
        }
        try await sort(listing, recorded, holder, into: &sight)
        let vanishedCount = sight.gone.count + sight.expired.count
        sight.presentCount = available.count - vanishedCount - doubted + sight.returned.count
        sight.knownForeign = Set(
            try await store.foreignPoints(of: target.id, at: holder).map(\.remoteID))
        return sight
    }

    private func believed(
        _ vanished: VanishedPoints, _ claimed: ClaimedJob
    ) async throws(ProviderError) -> Set<PointID> {
        let gone = Set(vanished.gone.map(\.id))
        // Whoever adopts does not wait for a second look; a look of its own follows within a day.
        guard claimed.job.request.survey == .look else { return vanished.isDoubtful ? [] : gone }
        return await believe(gone, vanished.isDoubtful)
    }

    /// Tells what is ours from what is not.
    private func sort(
        _ listing: PointListing, _ recorded: [RecoveryPoint], _ holder: ProviderID,
        into sight: inout PointSight
    ) async throws(StoreError) {
        let known = Dictionary(
            recorded.map { ($0.remote.token, $0) }, uniquingKeysWith: { first, _ in first })
        var foreign = listing.strangers.filter { $0.origin == .foreign }
        sight.vendors = listing.strangers.filter { $0.origin == .vendor }
        var underWay: Set<BackupToken>?
        for point in listing.points {
            var record = known[point.token]
            if record == nil { record = try await context.store.point(point.token) }
            guard let record else {
                if underWay == nil { underWay = try await tokensUnderWay() }
                if underWay?.contains(point.token) != true { foreign.append(point.stranger) }
                continue
            }
            guard record.provider == holder, record.remote.remoteID == point.remoteID else {
                foreign.append(point.stranger)
                continue
            }
            // A vendor that does not tell the source may list it with several targets.
            guard record.assignment.target == target.id, record.origin != .vendor else { continue }
            switch record.state {
            case .available, .damaged: sight.ours.insert(point.remoteID)
            case .deleted:
                sight.ours.insert(point.remoteID)
                guard let deletedAt = record.deletedAt, now - deletedAt > Self.deletionLag else {
                    continue
                }
                sight.returned.append(record)
            case .missing, .expired, .destroyed:
                sight.ours.insert(point.remoteID)
                sight.returned.append(record)
            }
        }
        var seen: Set<String> = []
        sight.foreign = foreign.filter { seen.insert($0.remoteID).inserted }
    }

    /// The tokens of backups that were begun and whose end is not recorded yet.
    private func tokensUnderWay() async throws(StoreError) -> Set<BackupToken> {
        let assignments = target.policies.map { Assignment(policy: $0, target: target.id) }
        let waiting = try await context.store.waitingJobs(of: assignments)
        return Set(
            waiting.filter { $0.request.kind == .backup && $0.attempt > 0 }
                .map(\.request.slot.token))
    }

    private func log(_ failure: ProviderError?, _ sight: PointSight, isAdoption: Bool) {
        var metadata: Logger.Metadata = [
            "target": "\(target.id)", "points": "\(sight.presentCount)",
        ]
        if !sight.foreign.isEmpty { metadata["foreign"] = "\(sight.foreign.count)" }
        if !sight.returned.isEmpty { metadata["returned"] = "\(sight.returned.count)" }
        if !sight.gone.isEmpty {
            metadata["missing"] = "\(sight.gone.count)"
            logger.error("points are gone from their provider", metadata: metadata)
        }
        if let failure {
            metadata["error"] = "\(failure.message)"
            logger.error(
                isAdoption
                    ? "nothing could be adopted"
                    : "the points can't be compared with their provider", metadata: metadata)
        } else {
            logger.info("compared with the provider", metadata: metadata)
        }
    }
}
