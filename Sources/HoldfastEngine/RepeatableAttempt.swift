import HoldfastCore

extension EngineContext {
    /// Makes an attempt at a job that does no harm when it is done twice (a look, a drill, a mending,
    /// a prune), so that no token has to be looked for first.
    ///
    /// - Parameters:
    ///   - what: How the failure of a job names it that was cut short too often.
    ///   - body: The work. It returns why it failed although it came to its end, or throws that; an
    ///     error that is no `ProviderError` is one that may pass.
    /// - Returns: Where the job goes, and why the attempt failed; `nil` when it did not.
    func attempt(
        _ claimed: ClaimedJob, under policy: Policy, what: String = "it",
        _ body: () async throws -> ProviderError?
    ) async -> (machine: JobMachine, failure: ProviderError?) {
        var machine = JobMachine(claimed.job, failureMax: policy.retry.attempts)
        var action = machine.claimed()
        if action == .findToken {
            let now = environment.wall.now
            action = machine.tokenAbsent(at: now, retryAt: now)
        }
        guard action == .start else {
            return (machine, ProviderError(.permanent, "\(what) was cut short too often"))
        }
        let failure: ProviderError?
        do {
            failure = try await body()
        } catch let error as ProviderError {
            failure = error
        } catch {
            failure = ProviderError(.transient, "\(error)")
        }
        guard let failure else {
            _ = machine.completed()
            return (machine, nil)
        }
        guard !Task.isCancelled else {
            _ = machine.handedBack(at: environment.wall.now)
            return (machine, failure)
        }
        let retryAt = retryAt(machine, claimed.job.id, under: policy)
        let next = machine.attemptFailed(failure, retryAt: retryAt)
        if next == .findToken {
            _ = machine.tokenAbsent(at: environment.wall.now, retryAt: retryAt)
        }
        return (machine, failure)
    }
}
