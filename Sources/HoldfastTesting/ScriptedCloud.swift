public import HoldfastCore

/// A vendor of Droplets whose every answer a test decides: it finds them by selector, makes backups
/// by policies of its own, and puts backups back.
public actor ScriptedCloud: BackupProvider {
    /// What the vendor does by itself for one Droplet.
    public enum Timetable: Hashable, Sendable {
        case off
        /// Opens on this day, or on all, at an hour in UTC.
        case opens(Weekday?, hour: Int)
        /// A plan that Holdfast does not know, and must not touch.
        case unknown
    }

    /// What happens to one call of `restore`.
    public enum RestoreAnswer: Sendable {
        /// It is done after so many polls.
        case succeed(polls: Int = 0)
        /// It is refused.
        case fail(ProviderError)
        /// It is done after some polls, and these errors come first.
        case stumble([ProviderError])
        /// It never ends.
        case hang
    }

    private let time: VirtualTime
    private let backups: ScriptedProvider
    private var picked: [TargetSelector: [DiscoveredSubject]] = [:]
    private var discoveryError: ProviderError?
    private var timetables: [Subject: Timetable] = [:]
    private var vendors: [Subject: [StrangePoint]] = [:]
    private var reconcileErrors: [ProviderError] = []
    private var preview = RestorePreview(dangers: [.overwritesTarget], overwrites: "the disk")
    private var restoreAnswer = RestoreAnswer.succeed()
    private var restoring: (polls: Int, errors: [ProviderError])?
    private var hold: Duration?
    private var account: [InventoryItem] = []
    private var inventoryError: ProviderError?
    private var inventoryHold: Duration?

    /// The selectors that were asked, in order.
    public private(set) var asked: [TargetSelector] = []
    /// How often the account was listed.
    public private(set) var inventoriesRead = 0
    /// How often all timetables were compared.
    public private(set) var driftLooks = 0
    /// The targets whose timetable was brought into line, or tried to, in order.
    public private(set) var reconciled: [TargetID] = []
    /// The points that a restore was begun of, in order.
    public private(set) var restored: [BackupToken] = []
    /// How often a restore under way was asked for.
    public private(set) var restorePolls = 0

    /// Begins with nothing.
    public init(time: VirtualTime) {
        self.time = time
        backups = ScriptedProvider(time: time)
    }

    /// As DigitalOcean.
    public nonisolated var capabilities: ProviderCapabilities { .digitalOcean }

    // MARK: The script

    /// What a selector finds from now on.
    public func pick(_ subjects: [Subject], by selector: TargetSelector) {
        picked[selector] = subjects.map { DiscoveredSubject($0, title: "machine \($0.source)") }
    }

    /// Every question of a selector fails, or none any more.
    public func failDiscovery(_ error: ProviderError?) { discoveryError = error }

    /// Every question of a selector takes so long.
    public func holdDiscovery(_ time: Duration?) { hold = time }

    /// What the account has from now on.
    public func have(_ items: [InventoryItem]) { account = items }

    /// Every listing of the account fails, or none any more.
    public func failInventory(_ error: ProviderError?) { inventoryError = error }

    /// Every listing of the account takes so long.
    public func holdInventory(_ time: Duration?) { inventoryHold = time }

    func listAccount() async throws(ProviderError) -> [InventoryItem] {
        inventoriesRead += 1
        if let inventoryHold {
            do {
                try await time.sleep(for: inventoryHold)
            } catch {
                throw ProviderError(.transient, "the listing was cut short")
            }
        }
        if let inventoryError { throw inventoryError }
        return account
    }

    /// What the vendor does for a Droplet now.
    public func setTimetable(_ timetable: Timetable, of subject: Subject) {
        timetables[subject] = timetable
    }

    /// What the vendor does for a Droplet now.
    public func timetable(of subject: Subject) -> Timetable { timetables[subject] ?? .off }

    /// The vendor makes a backup then, which is listed from then on.
    public func makeBackup(_ id: String, of subject: Subject, at instant: Timestamp) {
        vendors[subject, default: []].append(
            StrangePoint(remoteID: id, name: "backup \(id)", takenAt: instant, origin: .vendor))
    }

    /// A backup of the vendor's is gone.
    public func loseBackup(_ id: String, of subject: Subject) {
        vendors[subject]?.removeAll { $0.remoteID == id }
    }

    /// The next orders and looks of `reconcile` fail, one with each of them.
    public func failReconcile(_ errors: [ProviderError]) { reconcileErrors = errors }

    /// What every preview shows from now on.
    public func showPreview(_ preview: RestorePreview) { self.preview = preview }

    /// What becomes of restores from now on.
    public func answerRestore(_ answer: RestoreAnswer) { restoreAnswer = answer }

    // MARK: Backups

    /// See `BackupProvider`.
    public func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        try await backups.start(request)
    }

    /// See `BackupProvider`.
    public func poll(_ operation: OperationID) async throws(ProviderError) -> BackupProgress {
        try await backups.poll(operation)
    }

    /// See `BackupProvider`.
    public func find(
        _ token: BackupToken, on target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> RemotePoint? {
        try await backups.find(token, on: target, knowing: past)
    }

    /// See `BackupProvider`.
    public func list(
        _ target: Target, knowing past: TargetPast
    ) async throws(ProviderError) -> PointListing {
        try await backups.list(target, knowing: past)
    }

    /// See `BackupProvider`.
    public func delete(
        _ permission: DeletePermission
    ) async throws(ProviderError) -> DeletionAnswer {
        try await backups.delete(permission)
    }

    /// See `BackupProvider`.
    public func sweep() throws(ProviderError) -> [String] { [] }

    /// The next looks for a backup by its name fail.
    public func failFind(times: Int) async { await backups.failFind(times: times) }

    /// A backup of ours is gone.
    public func lose(_ token: BackupToken, of target: TargetID) async {
        await backups.lose(token, of: target)
    }

    /// How many backups were really made, and the points that were deleted.
    public var work: (made: [BackupToken: Int], deleted: [BackupToken]) {
        get async { (await backups.made, await backups.deleted) }
    }
}

extension ScriptedCloud: DiscoveringProvider {
    /// See `DiscoveringProvider`.
    public func discover(
        _ selector: TargetSelector
    ) async throws(ProviderError) -> [DiscoveredSubject] {
        asked.append(selector)
        if let hold {
            do {
                try await time.sleep(for: hold)
            } catch {
                throw ProviderError(.transient, "the question was stopped")
            }
        }
        if let discoveryError { throw discoveryError }
        return picked[selector] ?? []
    }
}

extension ScriptedCloud: ReconcilingProvider {
    private static func wanted(_ policy: Policy) throws(ProviderError) -> Timetable {
        do throws(NativeTimetable.Unsuitable) {
            let timetable = try NativeTimetable(policy.schedule)
            return .opens(timetable.weekday, hour: timetable.hour)
        } catch {
            throw ProviderError(.permanent, error.reason)
        }
    }

    /// See `ReconcilingProvider`.
    public func drifted(
        _ requests: [ReconcileRequest]
    ) throws(ProviderError) -> [ReconcileRequest] {
        driftLooks += 1
        var found: [ReconcileRequest] = []
        for request in requests {
            let there = timetable(of: request.target.subject)
            guard there != .unknown, try Self.wanted(request.policy) != there else { continue }
            found.append(request)
        }
        return found
    }

    /// See `ReconcilingProvider`.
    public func reconcile(
        _ request: ReconcileRequest
    ) throws(ProviderError) -> ReconcileReport {
        let subject = request.target.subject
        reconciled.append(request.target.id)
        if !reconcileErrors.isEmpty { throw reconcileErrors.removeFirst() }
        let wanted = try Self.wanted(request.policy)
        var repairs: [String] = []
        switch timetable(of: subject) {
        case .unknown:
            throw ProviderError(.permanent, "the plan is not known; it was left alone")
        case wanted: break
        case let other:
            timetables[subject] = wanted
            repairs = ["\(other) became \(wanted)"]
        }
        let now = time.wall.now
        return ReconcileReport(
            repairs: repairs, points: (vendors[subject] ?? []).filter { $0.takenAt <= now },
            pointLifetime: .days(7))
    }
}

extension ScriptedCloud: RestoringProvider {
    /// See `RestoringProvider`.
    public func preview(_ request: RestoreRequest) -> RestorePreview { preview }

    /// See `RestoringProvider`.
    public func restore(_ request: RestoreRequest) throws(ProviderError) -> RestoreProgress {
        restored.append(request.point.token)
        switch restoreAnswer {
        case .fail(let error): throw error
        case .succeed(polls: 0): return .finished
        case .succeed(let polls): restoring = (polls, [])
        case .stumble(let errors): restoring = (1, errors)
        case .hang: restoring = (.max, [])
        }
        return .running(OperationID("restore"), pollAfter: .seconds(15))
    }

    /// See `RestoringProvider`.
    public func pollRestore(_ operation: OperationID) throws(ProviderError) -> RestoreProgress {
        restorePolls += 1
        guard var (polls, errors) = restoring else {
            throw ProviderError(.notFound, "nothing is being restored")
        }
        if !errors.isEmpty {
            let error = errors.removeFirst()
            restoring = (polls, errors)
            throw error
        }
        polls -= 1
        restoring = polls > 0 ? (polls, []) : nil
        return polls > 0 ? .running(operation, pollAfter: .seconds(15)) : .finished
    }
}
