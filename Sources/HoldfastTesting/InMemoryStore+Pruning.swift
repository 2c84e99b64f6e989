public import HoldfastCore

extension InMemoryStore {
    /// See `PruneHistory`.
    public func pruneStandings(
        at provider: ProviderID?, orphansUnder policies: Set<PolicyID>
    ) throws(StoreError) -> PruneStandings {
        let there = pointList.filter {
            $0.state == .available && $0.origin != .vendor
                && (provider == nil || $0.provider == provider)
        }
        var standings: [PruneStanding] = []
        let byProvider = Dictionary(grouping: there, by: \.provider)
        for (provider, points) in byProvider {
            for (assignment, points) in Dictionary(grouping: points, by: \.assignment)
            where isPruned(assignment, policies) {
                let marks = points.compactMap(\.mark).filter { $0.confirmedPlan == nil }
                guard !marks.isEmpty else { continue }
                standings.append(
                    PruneStanding(
                        assignment: assignment, provider: provider,
                        excess: marks.count { !$0.turnsOver },
                        held: marks.count { $0.hold != nil }))
            }
        }
        return PruneStandings(
            standings: standings.sorted {
                ($0.assignment, $0.provider) < ($1.assignment, $1.provider)
            },
            unmarked: byProvider.mapValues { $0.count { $0.mark == nil } }.filter { $0.value > 0 })
    }

    /// See `PruneHistory`.
    public func retentionBasis(of assignment: Assignment) throws(StoreError) -> RetentionBasis {
        RetentionBasis(
            points: try availablePoints(of: assignment), credit: credits[assignment] ?? 0)
    }

    /// See `PruneHistory`.
    public func change(
        _ change: RetentionChange, events: [NewEvent]
    ) throws(StoreError) -> Bool {
        let isAsSeen = change.marks.keys.allSatisfy { id in
            let point = pointList[Int(id.number) - 1]
            return point.state == .available && point.mark?.at == change.seen[id]
        }
        guard isAsSeen else { return false }
        if let credit = change.credit, let old = credits[credit.assignment] {
            credits[credit.assignment] = credit.applied(to: old)
        }
        for (id, mark) in change.marks {
            let index = Int(id.number) - 1
            refusalList[id] = nil
            switch mark {
            case .set(let mark):
                pointList[index] = pointList[index].changed(mark: .some(mark))
            case .clear: pointList[index] = pointList[index].changed(mark: .some(nil))
            }
        }
        add(events)
        return true
    }

    /// See `PruneHistory`.
    public func change(holds: [PointID: GuardHold], lifted: [PointID]) throws(StoreError) {
        for id in lifted {
            let index = Int(id.number) - 1
            pointList[index] = pointList[index].changed(
                mark: .some(pointList[index].mark?.held(nil)))
            refusalList[id] = nil
        }
        for (id, hold) in holds {
            let index = Int(id.number) - 1
            let point = pointList[index]
            guard point.state == .available, let mark = point.mark, mark.confirmedPlan == nil,
                mark.hold == nil
            else { continue }
            pointList[index] = point.changed(mark: .some(mark.held(hold)))
        }
    }

    /// See `PruneHistory`.
    public func markedPoints(
        at provider: ProviderID, orphansUnder policies: Set<PolicyID>
    ) throws(StoreError) -> [RecoveryPoint] {
        pointList.filter {
            $0.state == .available && $0.provider == provider && $0.mark != nil
                && isPruned($0.assignment, policies)
        }
    }

    private func isPruned(_ assignment: Assignment, _ policies: Set<PolicyID>) -> Bool {
        starts[assignment] != nil || policies.contains(assignment.policy)
    }

    /// See `PruneHistory`.
    public func unmarkedCounts(
        of assignments: [Assignment], at provider: ProviderID
    ) throws(StoreError) -> [Assignment: Int] {
        assignments.reduce(into: [:]) { counts, assignment in
            counts[assignment] = pointList.count {
                $0.assignment == assignment && $0.provider == provider && $0.state == .available
                    && $0.origin != .vendor && $0.mark == nil
            }
        }
    }

    /// See `PruneHistory`.
    public func confirm(
        _ plan: PrunePlan, jobs: [NewJob], event: NewEvent, at now: Timestamp,
        orphansUnder policies: Set<PolicyID>
    ) throws(StoreError) -> Bool {
        let names = Set(plan.points.map(\.id))
        let waiting = try markedPoints(at: plan.provider, orphansUnder: policies).filter {
            names.contains($0.id) && $0.mark?.confirmedPlan == nil
        }
        guard PrunePlan.hash(of: waiting) == plan.hash else { return false }
        for point in waiting {
            let index = Int(point.id.number) - 1
            pointList[index] = pointList[index].changed(
                mark: .some(point.mark?.confirmed(by: plan.hash)))
        }
        for job in jobs { _ = insert(job, at: now) }
        add([event])
        return true
    }

    /// See `PruneHistory`.
    public func refusals(of points: [PointID]) throws(StoreError) -> [PointRefusal] {
        points.compactMap { refusalList[$0] }
    }

    /// See `PruneHistory`.
    public func refusalCounts() throws(StoreError) -> [String: Int] {
        Dictionary(grouping: refusalList.values, by: \.code).mapValues(\.count)
    }

    func note(_ look: KernelLook) {
        for refusal in look.refused {
            let index = Int(refusal.point.number) - 1
            let point = pointList[index]
            guard point.state == .available, let mark = point.mark else { continue }
            refusalList[refusal.point] = PointRefusal(
                point: refusal.point, code: refusal.code, reason: refusal.reason)
            guard let hold = refusal.hold, mark.confirmedPlan == nil, mark.hold == nil else {
                continue
            }
            pointList[index] = point.changed(mark: .some(mark.held(hold)))
        }
        for point in look.permitted { refusalList[point] = nil }
    }
}
