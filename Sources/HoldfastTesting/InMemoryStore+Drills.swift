public import HoldfastCore

extension InMemoryStore {
    /// See `DrillHistory`.
    public func drillRecords(
        of policy: PolicyID, target: TargetID?
    ) throws(StoreError) -> [TargetID: DrillRecord] {
        var found: [TargetID: DrillRecord] = [:]
        for assignment in starts.keys
        where assignment.policy == policy && (target.map { $0 == assignment.target } ?? true) {
            let jobs = jobList.filter { $0.assignment == assignment }
            let drills = jobs.filter { $0.request.kind == .verify }
            let backups = jobs.filter { $0.request.kind == .backup && $0.state == .succeeded }
            found[assignment.target] = DrillRecord(
                lastEndedAt: Self.newestEnded(drills)?.endedAt,
                firstGoodAt: backups.min { $0.request.slot.opens < $1.request.slot.opens }?
                    .endedAt,
                hasPoint: pointList.contains {
                    $0.assignment == assignment && $0.state == .available && $0.origin != .vendor
                }, isOpen: drills.contains { !$0.state.isEnd })
        }
        return found
    }

    private static func newestEnded(_ drills: [Job]) -> Job? {
        drills.filter { [.succeeded, .failed].contains($0.state) }
            .max { $0.request.slot.opens < $1.request.slot.opens }
    }

    /// See `DrillHistory`.
    public func drillsDeclared(
        under policy: PolicyID, at now: Timestamp
    ) throws(StoreError) -> Timestamp {
        let since = drillDeclarations[policy] ?? now
        drillDeclarations[policy] = since
        return since
    }

    /// See `DrillHistory`.
    public func markVerified(
        _ point: PointID, as proof: PointProof, at now: Timestamp, event: NewEvent
    ) throws(StoreError) {
        note(ProvenPoint(point, proof), at: now)
        add([event])
    }

    func note(_ proven: ProvenPoint, at now: Timestamp) {
        let index = Int(proven.id.number) - 1
        let point = pointList[index]
        guard point.state == .available else { return }
        pointList[index] = point.changed(
            verifiedAt: now, proof: proven.proof.joined(to: point.proof))
    }

    func proofs(of assignment: Assignment) -> ProofSummary {
        let points = pointList.filter { $0.assignment == assignment }
        let proven = points.filter { $0.state == .available && $0.verifiedAt != nil }
            .max { $0.remote.takenAt < $1.remote.takenAt }
        let drill = Self.newestEnded(
            jobList.filter { $0.assignment == assignment && $0.request.kind == .verify })
        return ProofSummary(
            newest: proven.flatMap { point in
                guard let at = point.verifiedAt, let proof = point.proof else { return nil }
                return ProofSummary.Proven(
                    takenAt: point.remote.takenAt, provenAt: at, proof: proof)
            }, newestDamaged: points.filter { $0.state == .damaged }.map(\.remote.takenAt).max(),
            lastDrill: drill?.state.name, lastDrillError: drill?.lastError)
    }
}

extension Job {
    /// Whether another job has to end first: of one target one job runs at a time, and a drill
    /// keeps neither a backup nor a reconcile nor a restore waiting.
    func waits(for other: Job) -> Bool {
        guard other.assignment.target == assignment.target else { return false }
        return other.request.kind != .verify
            || ![.backup, .reconcile, .restore].contains(request.kind)
    }
}
