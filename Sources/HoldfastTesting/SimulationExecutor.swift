import Synchronization

/// Runs every task of a simulation on the thread of the test, one step at a time, in an order that
/// the seed decides. When no step is left, everything waits for time to pass.
public final class SimulationExecutor: TaskExecutor {
    private struct State {
        var ready: [UnownedJob] = []
        var generator: SeededGenerator
    }

    private let state: Mutex<State>

    /// Takes the seed of the order.
    public init(seed: UInt64) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    /// Called by the runtime: a task can go on.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    /// Runs one of the tasks that can go on, up to its next suspension.
    ///
    /// - Returns: `false` when none can.
    public func step() -> Bool {
        let next = state.withLock { state -> UnownedJob? in
            guard !state.ready.isEmpty else { return nil }
            let index = Int.random(in: state.ready.indices, using: &state.generator)
            return state.ready.remove(at: index)
        }
        guard let next else { return false }
        next.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }
}

/// What a simulation came to.
public enum SimulationEnd: Error, Sendable, CustomStringConvertible {
    /// Nobody could run and nobody rested.
    case deadlock
    /// It took more steps than any of these simulations should.
    case tooLong

    /// A sentence.
    public var description: String {
        switch self {
        case .deadlock: "nobody can run and nobody rests"
        case .tooLong: "the simulation does not come to an end"
        }
    }
}

/// Runs a body with every task that it makes on one thread, and lets time pass when all of them
/// wait.
///
/// - Throws: What the body throws, or `SimulationEnd`.
@discardableResult
public func simulate<Value: Sendable>(
    seed: UInt64, time: VirtualTime, stepMax: Int = 5_000_000,
    _ body: @escaping @Sendable () async throws -> Value
) throws -> Value {
    let executor = SimulationExecutor(seed: seed)
    let result = Mutex<Result<Value, any Error>?>(nil)
    // The one unstructured task: a synchronous test has no other way into an executor of its own.
    Task(executorPreference: executor) {
        do {
            let value = try await body()
            result.withLock { $0 = .success(value) }
        } catch {
            result.withLock { $0 = .failure(error) }
        }
    }
    var steps = 0
    while true {
        if let result = result.withLock({ $0 }) { return try result.get() }
        steps += 1
        guard steps < stepMax else { throw SimulationEnd.tooLong }
        if executor.step() { continue }
        guard time.advance() else { throw SimulationEnd.deadlock }
    }
}
