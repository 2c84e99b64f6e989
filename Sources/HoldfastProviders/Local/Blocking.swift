import Foundation
import HoldfastCore
import Synchronization

/// Says to work on another thread that nobody waits for it any longer.
final class StopFlag: Sendable {
    private let stopped = Atomic<Bool>(false)

    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    func stop() { stopped.store(true, ordering: .relaxed) }

    /// Throws once the flag is up.
    func check(_ work: String) throws(ProviderError) {
        if isStopped { throw .stopped(work) }
    }
}

extension ProviderError {
    /// The failure of work that a timeout or the daemon's end cut short.
    static func stopped(_ work: String) -> ProviderError {
        ProviderError(.transient, "\(work) was stopped before it was complete")
    }
}

/// Runs work with a flag that goes up when the surrounding task is cancelled.
func withStopFlag<Value>(
    _ work: (StopFlag) async throws(ProviderError) -> Value
) async throws(ProviderError) -> Value {
    let flag = StopFlag()
    let result: Result<Value, ProviderError> = await withTaskCancellationHandler {
        do throws(ProviderError) {
            return .success(try await work(flag))
        } catch {
            return .failure(error)
        }
    } onCancel: {
        flag.stop()
    }
    return try result.get()
}

/// Runs work that waits for a disk or a pipe on a thread that may wait.
///
/// The threads that run Swift's tasks are as many as the processors; one that sleeps in `read` or
/// `fsync` for minutes would take the scheduler's place. A concurrent queue does not help: on
/// Linux it shares those very threads, and another is added only once a second while all sleep.
/// A serial queue gets a thread of its own at once, so each call makes one.
func blocking<Value: Sendable>(
    _ work: @escaping @Sendable () throws(ProviderError) -> Value
) async throws(ProviderError) -> Value {
    let result = await withCheckedContinuation { continuation in
        DispatchQueue(label: blockingLabel).async {
            do throws(ProviderError) {
                continuation.resume(returning: Result<Value, ProviderError>.success(try work()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}

private let blockingLabel = "holdfast.local"

/// Runs cleaning up where it may wait; it can't fail, and a cancelled task does it all the same.
func blockingCleanup(_ work: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: blockingLabel).async {
            work()
            continuation.resume()
        }
    }
}
