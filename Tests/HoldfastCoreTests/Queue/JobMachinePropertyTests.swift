import HoldfastCore
import HoldfastTesting
import Testing

@Suite("JobMachine properties")
struct JobMachinePropertyTests {
    /// A queue and a provider around the machine: valid calls only, drawn at random. It watches
    /// what must never happen.
    private struct World {
        var rng: SeededGenerator
        let failureMax: Int
        let startBefore = Jobs.opens + .hours(4)
        var now = Jobs.opens
        var job: Job
        /// Whether the provider may have begun a backup that nobody looked for since.
        var mayHaveStarted = false
        var starts = 0
        var problems: [String] = []

        init(seed: UInt64) {
            rng = SeededGenerator(seed: seed)
            failureMax = rng.number(in: 1...4)
            job = Jobs.job(
                .ready(notBefore: Jobs.opens), attempt: 0, failures: 0, startBefore: startBefore)
        }

        /// What the queue does with a machine's result.
        mutating func store(_ machine: JobMachine) {
            if machine.failures > failureMax { problems.append("\(machine.failures) failures") }
            if machine.failures > machine.attempt { problems.append("more failures than attempts") }
            if machine.failures < job.failures { problems.append("a failure was forgotten") }
            job = Jobs.job(
                machine.state, attempt: machine.attempt, failures: machine.failures,
                startBefore: startBefore)
        }

        mutating func run() {
            for _ in 0..<60 {
                guard case .ready(let notBefore) = job.state else { break }
                now = max(now, notBefore) + .minutes(rng.number(in: 0...20))
                if now >= startBefore, job.attempt == 0 || rng.oneIn(2) {
                    var machine = JobMachine(job, failureMax: failureMax)
                    check(machine.windowClosed(), machine)
                    store(machine)
                } else if rng.oneIn(30) {
                    var machine = JobMachine(job, failureMax: failureMax)
                    check(machine.cancelled(), machine)
                    store(machine)
                } else {
                    attempt()
                }
            }
        }

        private mutating func attempt() {
            var machine = JobMachine(
                Jobs.job(
                    .running(leaseUntil: now + .minutes(5)), attempt: job.attempt + 1,
                    failures: job.failures, startBefore: startBefore), failureMax: failureMax)
            if rng.oneIn(12) {  // died before it did anything
                check(machine.interrupted(at: now), machine)
                store(machine)
                return
            }
            var action = machine.claimed()
            for _ in 0..<8 {
                check(action, machine)
                switch action {
                case .start: action = start(&machine)
                case .findToken: action = find(&machine)
                case .retry, .record:
                    store(machine)
                    return
                }
            }
            problems.append("an attempt that does not end")
        }

        private mutating func start(_ machine: inout JobMachine) -> JobMachine.Action {
            if mayHaveStarted { problems.append("a start without looking for the token") }
            if job.attempt > 0, now >= startBefore { problems.append("a start after the window") }
            mayHaveStarted = true
            starts += 1
            now = now + .seconds(rng.number(in: 1...900))
            switch rng.number(in: 0...5) {
            case 0: return machine.completed()
            case 1: return machine.handedBack(at: now)
            case 2: return machine.interrupted(at: now)
            default: return fail(&machine)
            }
        }

        private mutating func find(_ machine: inout JobMachine) -> JobMachine.Action {
            now = now + .seconds(rng.number(in: 1...60))
            switch rng.number(in: 0...7) {
            case 0 where mayHaveStarted: return machine.completed()
            case 1: return machine.interrupted(at: now)
            case 2: return fail(&machine)
            case 3: return machine.handedBack(at: now)
            default:
                mayHaveStarted = false
                return machine.tokenAbsent(at: now, retryAt: retryAt())
            }
        }

        private mutating func fail(_ machine: inout JobMachine) -> JobMachine.Action {
            let kinds: [ProviderError.Kind] = [
                .transient, .transient, .throttled, .throttled, .ambiguous, .ambiguous, .quota,
            ]
            let kind = rng.pick(kinds)
            let before = machine.failures
            let after = rng.oneIn(3) ? retryAt() : nil
            let action = machine.attemptFailed(
                ProviderError(kind, "no", retryAfter: after), retryAt: retryAt())
            if kind == .throttled, machine.failures != before {
                problems.append("throttling counted as a failure")
            }
            if case .retry(let at) = action {
                if at >= startBefore { problems.append("a retry after the window") }
                if let after, at < after { problems.append("a retry before the provider's time") }
            }
            return action
        }

        private mutating func retryAt() -> Timestamp { now + .seconds(rng.number(in: 0...1500)) }

        private mutating func check(_ action: JobMachine.Action, _ machine: JobMachine) {
            let isRunning = machine.state.name == "running"
            switch action {
            case .start, .findToken:
                if !isRunning { problems.append("\(action) in \(machine.state)") }
            case .retry(let at):
                if machine.state != .ready(notBefore: at) { problems.append("no retry at \(at)") }
            case .record(let state):
                if machine.state != state || !state.isEnd { problems.append("no end: \(state)") }
                if state == .missed, starts > 0 { problems.append("missed after a start") }
            }
        }
    }

    @Test("Whatever happens, the promises of the queue hold")
    func promises() {
        var ends: [String: Int] = [:]
        var startCount = 0
        for seed in UInt64(1)...5000 {
            var world = World(seed: seed)
            world.run()
            #expect(world.problems == [], "seed \(seed)")
            ends[world.job.state.name, default: 0] += 1
            startCount += world.starts
        }
        // The walks reach every end, and start often enough for the rules to matter.
        for name in ["succeeded", "failed", "cancelled"] { #expect(ends[name, default: 0] > 50) }
        #expect(startCount > 5000)
    }
}
