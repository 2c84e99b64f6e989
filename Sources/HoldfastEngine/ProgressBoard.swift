import HoldfastCore
import Synchronization

/// How far the running transfers have come, for whoever asks. Reports come from synchronous
/// callbacks of the providers, hence the lock.
final class ProgressBoard: Sendable {
    private let reports = Mutex<[JobID: TransferProgress]>([:])

    func post(_ progress: TransferProgress, of job: JobID) {
        reports.withLock { $0[job] = progress }
    }

    func clear(_ job: JobID) {
        reports.withLock { $0[job] = nil }
    }

    func progress(of job: JobID) -> TransferProgress? {
        reports.withLock { $0[job] }
    }
}
