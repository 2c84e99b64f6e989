import HoldfastCore

/// Jobs for tests: one backup of the test assignment.
enum Jobs {
    static let opens = Timestamp(seconds: 1_780_000_000)

    static func job(
        _ state: JobState, attempt: Int, failures: Int, startBefore: Timestamp
    ) -> Job {
        Job(
            id: JobID(1),
            request: NewJob(
                kind: .backup, trigger: .schedule,
                slot: SlotKey(assignment: Points.assignment, opens: opens),
                provider: ProviderID(trusted: "disk"), closes: startBefore,
                startBefore: startBefore, notBefore: opens),
            state: state, attempt: attempt, failures: failures, createdAt: opens, endedAt: nil,
            lastError: nil)
    }
}
