import Foundation
import HoldfastCore
import HoldfastStore
import HoldfastTesting

/// The implementations that the contract suites run on.
enum StoreUnderTest: String, CaseIterable, Sendable {
    case inMemory
    case sqlite

    /// A new, empty store; a file lives in a directory of its own until the process ends.
    func make() throws -> any JobQueue & History {
        switch self {
        case .inMemory: InMemoryStore()
        case .sqlite: try SQLiteHistory(path: try ScratchFolder().path + "/history.sqlite")
        }
    }
}

/// A new directory below the temporary one.
struct ScratchFolder {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.path + "/holdfast-store-"
            + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }
}

extension JobQueue {
    /// Claims with a lease of an hour.
    func claim(
        _ limit: Int = 1, at now: Timestamp = Fixture.noon, provider: String = "disk"
    ) async throws -> [ClaimedJob] {
        try await claim(
            Claim(
                provider: ProviderID(trusted: provider), limit: limit, now: now,
                leaseUntil: now + .hours(1)))
    }

    /// Puts jobs in without a cursor or events.
    @discardableResult
    func enqueue(_ jobs: [NewJob], at now: Timestamp = Fixture.noon) async throws -> Int {
        try await enqueue(jobs, cursor: nil, events: [], at: now).addedCount
    }

    /// Records that an attempt made a point.
    @discardableResult
    func succeed(
        _ claimed: ClaimedJob, at now: Timestamp = Fixture.noon, takenAt: Timestamp? = nil
    ) async throws -> PointID? {
        try await record(
            AttemptOutcome(
                claimed: claimed, ending: RunEnding(state: .succeeded), endedAt: now,
                next: .succeeded, failures: claimed.job.failures, isUncertain: false,
                point: Fixture.remotePoint(of: claimed.job.request.slot, takenAt: takenAt),
                events: [
                    NewEvent(
                        at: now, kind: .backupSucceeded, actor: .scheduler,
                        assignment: claimed.job.request.slot.assignment, job: claimed.job.id)
                ]))
    }

    /// Records that an attempt ended in some other way.
    func end(
        _ claimed: ClaimedJob, _ state: RunState, next: JobState, failures: Int = 1,
        at now: Timestamp = Fixture.noon
    ) async throws {
        _ = try await record(
            AttemptOutcome(
                claimed: claimed,
                ending: RunEnding(state: state, errorKind: .transient, message: "it rained"),
                endedAt: now, next: next, failures: failures,
                isUncertain: state == .interrupted || state == .handedBack, point: nil,
                events: []))
    }
}
