import HoldfastCore
import Synchronization

/// How far the running transfers have come, for whoever asks. Reports come from synchronous
/// callbacks of the providers, hence the lock.
final class ProgressBoard: Sendable {
    private let reports = Mutex<[JobID: TransferProgress]>([:])
    private let bell: NewsBell

    /// - Parameter bell: Rung at a transfer's first report and at its end; in between followers look
    ///   at their own pace.
    init(bell: NewsBell) {
        self.bell = bell
    }

    func post(_ progress: TransferProgress, of job: JobID) {
        let isFirst = reports.withLock { $0.updateValue(progress, forKey: job) == nil }
        if isFirst { bell.ring() }
    }

    func clear(_ job: JobID) {
        let wasThere = reports.withLock { $0.removeValue(forKey: job) != nil }
        if wasThere { bell.ring() }
    }

    func progress(of job: JobID) -> TransferProgress? {
        reports.withLock { $0[job] }
    }

    /// Every transfer that is under way.
    var all: [JobID: TransferProgress] {
        reports.withLock { $0 }
    }
}
