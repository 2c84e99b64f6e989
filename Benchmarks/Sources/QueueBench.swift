import HoldfastCore
import HoldfastStore

/// Jobs through the durable queue: enqueue, claim with the intent, record with point and event,
/// each answered only when it is on the disk.
enum QueueBench {
    static func run(directory: String, width: Int, seconds: Int) async throws {
        let store = try SQLiteHistory(path: directory + "/queue.sqlite")
        let beginning = ContinuousClock.now
        let end = beginning + .seconds(seconds)
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<width {
                group.addTask {
                    let jobs = JobStream(worker: worker)
                    var index = 0
                    while ContinuousClock.now < end {
                        try await jobs.perform(index, in: store)
                        index += 1
                    }
                    return index
                }
            }
            return try await group.reduce(0, +)
        }
        let elapsed = Bench.inSeconds(ContinuousClock.now - beginning)
        Bench.report("queue.\(width)", Double(done) / elapsed)
        try store.close()
    }
}

/// The jobs of one worker; no two have the same slot.
private struct JobStream: Sendable {
    private static let targetCount = 16
    private static let provider = ProviderID(trusted: "disk")
    private static let policy = PolicyID(trusted: "nightly")
    private static let beginning = Timestamp(seconds: 1_750_000_000)

    let worker: Int

    func perform(_ index: Int, in store: SQLiteHistory) async throws {
        let target = TargetID(trusted: "target-\(worker)-\(index % Self.targetCount)")
        let opens = Self.beginning + .seconds(index)
        let closes = opens + .days(10_000)
        let job = NewJob(
            kind: .backup, trigger: .schedule,
            slot: SlotKey(
                assignment: Assignment(policy: Self.policy, target: target), opens: opens),
            provider: Self.provider, closes: closes, startBefore: closes, notBefore: opens)
        _ = try await store.enqueue(job, event: nil, at: opens)
        let claimed = try await store.claim(
            Claim(
                provider: Self.provider, limit: 1, now: closes - .days(1), leaseUntil: closes))
        // Another worker's job may be the one that closes first; there is one for everybody.
        precondition(claimed.count == 1, "a waiting job was not claimed")
        _ = try await store.record(outcome(of: claimed[0]))
    }

    private func outcome(of claimed: ClaimedJob) -> AttemptOutcome {
        let slot = claimed.job.request.slot
        let endedAt = slot.opens + .seconds(5)
        let point = RemotePoint(
            token: slot.token, remoteID: slot.token.text, takenAt: slot.opens,
            sourceBytes: ByteCount(2_000_000), storedBytes: ByteCount(1_000_000), entries: 100)
        return AttemptOutcome(
            claimed: claimed, ending: RunEnding(state: .succeeded), endedAt: endedAt,
            next: .succeeded, failures: 0, isUncertain: false, point: point,
            events: [
                NewEvent(
                    at: endedAt, kind: .backupSucceeded, actor: .scheduler,
                    assignment: slot.assignment, job: claimed.job.id, token: slot.token,
                    detail: ["bytes": .number(1_000_000), "entries": .number(100)])
            ])
    }
}
