public import HoldfastCore

/// A provider whose every answer a test decides, and which counts what really happened.
public actor ScriptedProvider: BackupProvider {
    /// What happens to one call of `start`.
    public enum Answer: Sendable {
        /// The backup is made after this time.
        case succeed(after: Duration = .seconds(10))
        /// Nothing is made.
        case fail(ProviderError)
        /// The backup is made, but the answer gets lost.
        case loseReply(after: Duration = .seconds(10))
        /// The backup runs on; each poll until the count is used up says "not yet".
        case runInBackground(polls: Int)
        /// Nothing happens until the task is cancelled.
        case hang
    }

    let time: VirtualTime
    private let choose: @Sendable (BackupRequest, Int) -> Answer
    private var points: [TargetID: [RemotePoint]] = [:]
    private var background: [OperationID: (request: BackupRequest, polls: Int)] = [:]
    private var strangers: [TargetID: [StrangePoint]] = [:]
    private var isListingComplete = true
    private var placeMax = Int.max
    private var hidden: Set<BackupToken> = []
    private var findFailures = 0
    private var deletion: (@Sendable () async -> Void)?
    private var listing: (@Sendable () async -> Void)?
    var drillAnswer: @Sendable (BackupToken, Int) -> DrillAnswer = { _, _ in .succeed() }
    /// The points that were drilled, in order.
    public internal(set) var drilled: [BackupToken] = []
    /// How many drills ran at once at most.
    public internal(set) var drillWidthMax = 0
    var drillWidth = 0

    /// How many backups were really made of each token.
    public private(set) var made: [BackupToken: Int] = [:]
    /// The tokens of every call of `start`, in order.
    public private(set) var started: [BackupToken] = []
    /// The points that were deleted, in order.
    public private(set) var deleted: [BackupToken] = []
    /// How many backups ran at once at most.
    public private(set) var widthMax = 0
    private var width = 0

    /// Takes the clock, and what decides each answer: the request and how many calls came before.
    public init(
        time: VirtualTime,
        answer: @escaping @Sendable (BackupRequest, Int) -> Answer = { _, _ in .succeed() }
    ) {
        self.time = time
        choose = answer
    }

    /// As the local provider.
    public nonisolated var capabilities: ProviderCapabilities { .local }

    /// See `BackupProvider`.
    public func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        let answer = choose(request, started.count)
        started.append(request.token)
        guard (points[request.target.id] ?? []).count < placeMax else {
            throw ProviderError(.quota, "all \(placeMax) places are taken")
        }
        width += 1
        widthMax = max(widthMax, width)
        defer { width -= 1 }
        switch answer {
        case .fail(let error): throw error
        case .succeed(let duration):
            try await work(duration)
            return .finished(make(request))
        case .loseReply(let duration):
            try await work(duration)
            _ = make(request)
            throw ProviderError(.ambiguous, "the answer was lost")
        case .runInBackground(let polls):
            let operation = OperationID("operation-\(started.count)")
            background[operation] = (request, polls)
            return .running(operation, pollAfter: .seconds(30))
        case .hang:
            try await work(.days(365))
            return .finished(make(request))
        }
    }

    private func work(_ duration: Duration) async throws(ProviderError) {
        do {
            try await time.sleep(for: duration)
        } catch {
            throw ProviderError(.transient, "the backup was stopped")
        }
    }

    private func make(_ request: BackupRequest) -> RemotePoint {
        made[request.token, default: 0] += 1
        let point = Fixture.remotePoint(
            of: request.slot, takenAt: time.wall.now.roundedDownToSecond)
        points[request.target.id, default: []].append(point)
        return point
    }

    /// See `BackupProvider`.
    public func poll(_ operation: OperationID) throws(ProviderError) -> BackupProgress {
        guard let (request, polls) = background[operation] else {
            throw ProviderError(.notFound, "there is no such operation")
        }
        guard polls <= 0 else {
            background[operation] = (request, polls - 1)
            return .running(operation, pollAfter: .seconds(30))
        }
        background[operation] = nil
        return .finished(make(request))
    }

    /// See `BackupProvider`.
    public func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) throws(ProviderError) -> RemotePoint? {
        if findFailures > 0 {
            findFailures -= 1
            throw ProviderError(.transient, "the listing can't be had now")
        }
        return points[target.id]?.first { $0.token == token }
    }

    /// See `BackupProvider`.
    public func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing {
        await listing?()
        return PointListing(
            points: (points[target.id] ?? []).filter { !hidden.contains($0.token) },
            strangers: strangers[target.id] ?? [], isComplete: isListingComplete, providerClock: nil
        )
    }

    /// See `BackupProvider`.
    public func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer {
        await deletion?()
        let point = permission.point
        let target = point.assignment.target
        let isThere = points[target]?.contains { $0.token == point.remote.token } ?? false
        points[target]?.removeAll { $0.token == point.remote.token }
        strangers[target]?.removeAll { $0.remoteID == point.remote.remoteID }
        deleted.append(point.remote.token)
        return isThere ? .deleted("as told") : .alreadyGone("it was not there")
    }

    /// See `BackupProvider`.
    public func sweep() throws(ProviderError) -> [String] { [] }

    /// No target has more than so many backups.
    public func limitPlaces(_ count: Int) { placeMax = count }

    /// The next calls of `find` fail.
    public func failFind(times: Int) { findFailures = times }

    /// Something happens at the beginning of every deletion.
    public func onDelete(_ body: @escaping @Sendable () async -> Void) { deletion = body }

    /// Calls this before each listing is answered.
    public func onList(_ body: @escaping @Sendable () async -> Void) { listing = body }

    /// Listings say that they are not complete, or complete again.
    public func makeListingsIncomplete(_ isIncomplete: Bool = true) {
        isListingComplete = !isIncomplete
    }

    /// Listings keep quiet about a backup that is there, or show it again.
    public func hide(_ tokens: Set<BackupToken>) { hidden = tokens }

    /// Somebody else makes a backup.
    public func placeStranger(_ stranger: StrangePoint, of target: TargetID) {
        strangers[target, default: []].append(stranger)
    }

    /// A backup of somebody else's is gone.
    public func loseStranger(_ remoteID: String, of target: TargetID) {
        strangers[target]?.removeAll { $0.remoteID == remoteID }
    }

    /// Puts a backup there that nobody recorded.
    public func place(_ point: RemotePoint, of target: TargetID) {
        points[target, default: []].append(point)
    }

    /// Takes a backup away behind Holdfast's back.
    public func lose(_ token: BackupToken, of target: TargetID) {
        points[target]?.removeAll { $0.token == token }
    }

    /// The tokens that are there now, ascending.
    public func tokens(of target: TargetID) -> [BackupToken] {
        (points[target] ?? []).map(\.token).sorted()
    }
}

/// Hooks that are recorded instead of run.
public actor ScriptedHooks: HookRunner {
    private let answer: @Sendable (Hook, [String: String]) -> HookResult
    /// The variables of every hook that ran, in order.
    public private(set) var ran: [[String: String]] = []
    /// Where each of them ran; `nil` where no place was given.
    public private(set) var places: [String?] = []

    /// Takes what decides each result.
    public init(
        answer: @escaping @Sendable (Hook, [String: String]) -> HookResult = { _, _ in
            HookResult(failure: nil, output: "")
        }
    ) {
        self.answer = answer
    }

    /// See `HookRunner`.
    public func run(
        _ hook: Hook, variables: [String: String], in directory: String?, mustEnd: Bool
    ) -> HookResult {
        ran.append(variables)
        places.append(directory)
        return answer(hook, variables)
    }
}
