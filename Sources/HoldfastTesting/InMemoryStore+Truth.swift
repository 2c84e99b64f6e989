public import HoldfastCore

extension InMemoryStore {
    /// Takes what an outcome says of points that came back, and of what is not ours.
    func notice(_ outcome: AttemptOutcome) {
        for back in outcome.returned {
            let index = Int(back.number) - 1
            guard ![.available, .damaged].contains(pointList[index].state) else { continue }
            pointList[index] = pointList[index].changed(
                state: .available, deletedAt: nil, mark: .some(nil))
        }
        guard let foreign = outcome.foreign else { return }
        let target = outcome.claimed.job.request.slot.assignment.target
        let provider = outcome.claimed.job.request.provider
        let listed = Set(foreign.map(\.remoteID))
        for (index, row) in foreignList.enumerated()
        where row.target == target && row.provider == provider && row.goneAt == nil
            && !listed.contains(row.remoteID)
        {
            foreignList[index] = row.seen(goneAt: max(row.firstSeen, outcome.endedAt))
        }
        for stranger in foreign {
            let known = foreignList.firstIndex {
                $0.provider == provider && $0.remoteID == stranger.remoteID
            }
            guard let known else {
                foreignList.append(
                    ForeignPoint(
                        id: Int64(foreignList.count + 1), provider: provider, target: target,
                        remoteID: stranger.remoteID, title: stranger.name,
                        takenAt: stranger.takenAt, storedBytes: stranger.storedBytes,
                        firstSeen: outcome.endedAt, goneAt: nil))
                continue
            }
            guard foreignList[known].target == target || foreignList[known].goneAt != nil else {
                continue
            }
            foreignList[known] = foreignList[known].seen(as: stranger, of: target, goneAt: nil)
        }
    }

    /// See `History`.
    public func traceablePoints(
        of target: TargetID, at provider: ProviderID
    ) throws(StoreError) -> [RecoveryPoint] {
        pointList.filter {
            $0.assignment.target == target && $0.provider == provider && $0.origin != .vendor
                && (![.deleted, .damaged].contains($0.state) || $0.origin == .adopted)
        }.sorted { ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id) }
    }

    /// See `History`.
    public func foreignPoints(
        of target: TargetID, at provider: ProviderID
    ) throws(StoreError) -> [ForeignPoint] {
        foreignList.filter {
            $0.target == target && $0.provider == provider && $0.goneAt == nil
        }.sorted { ($0.takenAt, $0.id) > ($1.takenAt, $1.id) }
    }

    /// See `History`.
    public func orphans() throws(StoreError) -> [Orphan] {
        struct Key: Hashable {
            let assignment: Assignment
            let provider: ProviderID
        }
        let left = pointList.filter {
            $0.state == .available && $0.origin != .vendor && starts[$0.assignment] == nil
        }
        return Dictionary(grouping: left) {
            Key(assignment: $0.assignment, provider: $0.provider)
        }.compactMap { key, points in
            guard let ended = ends[key.assignment], let newest = points.map(\.remote.takenAt).max()
            else { return nil }
            return Orphan(
                assignment: key.assignment, provider: key.provider, endedAt: ended,
                pointCount: points.count, markedCount: points.count { $0.mark != nil },
                newestPoint: newest,
                storedBytes: points.compactMap(\.remote.storedBytes).reduce(ByteCount(0), +))
        }.sorted { ($0.assignment, $0.provider) < ($1.assignment, $1.provider) }
    }

    /// See `History`.
    public func foreignPoints(_ page: PageRequest) throws(StoreError) -> Page<ForeignPoint> {
        let found = foreignList.reversed().filter { row in
            row.goneAt == nil && (page.before.map { row.id < $0 } ?? true)
                && (page.target.map { row.target.text == $0 } ?? true)
        }
        let shown = Array(found.prefix(page.limit))
        return Page(rows: shown, next: found.count > page.limit ? shown.last?.id : nil)
    }
}

extension ForeignPoint {
    fileprivate func seen(
        as stranger: StrangePoint? = nil, of target: TargetID? = nil, goneAt: Timestamp?
    ) -> ForeignPoint {
        ForeignPoint(
            id: id, provider: provider, target: target ?? self.target, remoteID: remoteID,
            title: stranger?.name ?? title, takenAt: stranger?.takenAt ?? takenAt,
            storedBytes: stranger.map(\.storedBytes) ?? storedBytes, firstSeen: firstSeen,
            goneAt: goneAt)
    }
}
