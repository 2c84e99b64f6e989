public import HoldfastCore

/// What happens to one call of `drill`.
public enum DrillAnswer: Sendable {
    /// It is unpacked in this time, and the caller looks at it.
    case succeed(after: Duration = .seconds(5))
    /// It can't be unpacked, or is not what was written.
    case fail(ProviderError)
    /// Nothing happens until the task is cancelled.
    case hang
}

extension ScriptedProvider: DrillingProvider {
    /// Decides every answer from now on: the point, and how many drills came before.
    public func answerDrills(_ answer: @escaping @Sendable (BackupToken, Int) -> DrillAnswer) {
        drillAnswer = answer
    }

    /// See `DrillingProvider`.
    public func drill(_ request: DrillRequest) async throws(ProviderError) -> DrillReport {
        let answer = drillAnswer(request.point.token, drilled.count)
        drilled.append(request.point.token)
        drillWidth += 1
        drillWidthMax = max(drillWidthMax, drillWidth)
        defer { drillWidth -= 1 }
        let began = request.clock()
        switch answer {
        case .fail(let error): throw error
        case .succeed(let duration): try await unpack(for: duration)
        case .hang: try await unpack(for: .days(365))
        }
        let took = request.clock() - began
        try await request.inspect(
            DrillRequest.Place(directory: "/scratch", restored: "/scratch"))
        return DrillReport(
            restoreTime: took, entries: request.point.entries ?? 0,
            storedBytes: request.point.storedBytes ?? ByteCount(0))
    }

    private func unpack(for duration: Duration) async throws(ProviderError) {
        do {
            try await time.sleep(for: duration)
        } catch {
            throw ProviderError(.transient, "the drill was stopped")
        }
    }
}
