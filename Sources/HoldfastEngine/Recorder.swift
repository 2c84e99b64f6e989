import HoldfastCore
import Logging

/// Writes outcomes to the history and does not give up: an outcome that can't be written now is
/// written when the disk has room again, or found again by its token after a restart.
struct Recorder: Sendable {
    let environment: Environment
    let store: any JobQueue & History
    let logger: Logger

    /// The wait between two tries to write an outcome.
    private static let retryDistance = Duration.seconds(5)

    /// Records an outcome; returns `false` when the daemon stopped before it could.
    func record(_ outcome: AttemptOutcome) async -> Bool {
        while true {
            do {
                _ = try await store.record(outcome)
                return true
            } catch {
                logger.critical(
                    "an outcome can't be recorded; trying again",
                    metadata: ["job": "\(outcome.claimed.job.id)", "error": "\(error)"])
                // The disk is full or another process holds the file: neither mends itself at once.
                guard error.kind == .io || error.kind == .busy else { return false }
                do {
                    try await environment.timeouts.sleep(for: Self.retryDistance)
                } catch {
                    return false  // stopping: recovery finds the token after the next start
                }
            }
        }
    }
}
