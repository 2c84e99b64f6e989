import Foundation
import HoldfastConfig
import HoldfastCore
import HoldfastStore

/// What a proposed configuration would do, worked out over the history's file in this process, so
/// that the daemon is not kept from its work.
struct Forecasting {
    /// The file that was given.
    let path: String
    let proposed: Configuration
    /// The configuration in force, where it can be read.
    let current: Configuration?
    let history: String
    let from: Timestamp
    /// Whether that is the instant of the question.
    let isNow: Bool
    let days: Int

    /// So many targets are read and replayed at once by each of the tasks.
    private static let chunk = 64

    /// Reads the history and replays the proposal over it.
    func run() async throws -> Forecast {
        let reader = try HistoryReader(path: history)
        let outline = try await reader.outline()
        if !isNow, let newest = outline.newestRecord, from < newest {
            try reader.close()
            throw CommandFailure(
                .usage,
                "a replay begins with the points that there are, so not before the newest entry of the "
                    + "history (\(newest.roundedDownToSecond)); give a later --from, or none")
        }
        let configuration = proposed.adding(outline.discovered)
        let forecaster = Forecaster(
            configuration, from: from, until: from + .days(days),
            reviewedRules: outline.reviewedRules)
        var byTarget: [TargetID: Set<Assignment>] = [:]
        let declared = configuration.assignmentsByPolicy.flatMap(\.assignments)
        for assignment in outline.inForce.union(outline.withPoints).union(declared) {
            byTarget[assignment.target, default: []].insert(assignment)
        }
        let targets = byTarget.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
        let work = Work(
            reader: reader, forecaster: forecaster, outline: outline,
            earliest: from - .days(days), targets: targets)
        var holds = ProviderHolds()
        var whole = try await work.replay(holding: holds)
        var isSettled = true
        for count in 1... {
            guard let revised = whole.holds(after: holds) else { break }
            isSettled = count < ProviderHolds.replayMax
            guard isSettled else { break }
            holds = revised
            whole = try await work.replay(holding: holds)
        }
        try reader.close()
        return Forecast(
            path: path, history: history, from: from, days: days,
            targets: whole.targets.filter { !$0.assignments.isEmpty }.sorted { $0.id < $1.id },
            providers: whole.providers(of: configuration),
            objectivesBefore: current.map { $0.policies.mapValues(\.recoveryPointObjective) }
                ?? [:],
            notes: notes(configuration, outline.pauses, isSettled: isSettled))
    }

    /// What can't be foreseen.
    private func notes(
        _ configuration: Configuration, _ pauses: [Pause], isSettled: Bool
    ) -> [String] {
        let known = current.map { Set($0.selectors) }
        let unknown = proposed.selectors.filter { !(known?.contains($0) ?? false) }.map {
            "selector \($0.selector.kind) '\($0.selector.text)' of provider '\($0.provider)': "
                + (known == nil
                    ? "what it picks is as the history has it"
                    : "new, or under other policies; what it picks is not known before a reload "
                        + "asks the provider")
        }
        let gone = (known ?? []).subtracting(proposed.selectors).filter { old in
            proposed.selectors.contains { $0.provider == old.provider }
        }.map {
            "selector \($0.selector.kind) '\($0.selector.text)' of provider '\($0.provider)' is "
                + "left out or changed; the history does not tell which selector found a target, so what it "
                + "found is taken to stay"
        }.sorted()
        let unsettled =
            isSettled
            ? []
            : [
                "the guard of a provider as a whole comes and goes; what is told of its later holds "
                    + "is not certain"
            ]
        let paused = pauses.filter { configuration.policies[$0.policy] != nil }.map {
            "policy '\($0.policy)' is paused since \($0.pausedAt.roundedDownToSecond)"
                + ($0.until.map { ", until \($0.roundedDownToSecond)" } ?? "")
                + "; this is told as if it were not: nothing of it is backed up or deleted before it ends"
        }
        return configuration.warnings + unknown + gone + paused + unsettled
    }

    private struct Work {
        let reader: HistoryReader
        let forecaster: Forecaster
        let outline: RecordedOutline
        let earliest: Timestamp
        let targets: [(TargetID, [Assignment])]

        /// Reads and replays parts side by side; only what comes of them stays in memory.
        func replay(holding holds: ProviderHolds) async throws -> ForecastPart {
            var chunks = stride(from: 0, to: targets.count, by: Forecasting.chunk).makeIterator()
            return try await withThrowingTaskGroup(of: ForecastPart.self) { group in
                func addOne() {
                    guard let begin = chunks.next() else { return }
                    let part = targets[begin..<min(begin + Forecasting.chunk, targets.count)]
                    group.addTask {
                        forecaster.replay(
                            try await reader.recorded(
                                Array(part), in: outline, from: earliest), holding: holds)
                    }
                }
                // One more than there are processors: while some compute, one reads.
                for _ in 0...ProcessInfo.processInfo.activeProcessorCount { addOne() }
                var whole = ForecastPart()
                while let part = try await group.next() {
                    whole.add(part)
                    addOne()
                }
                return whole
            }
        }
    }
}

/// What a proposed configuration would do.
struct Forecast {
    let path: String
    let history: String
    let from: Timestamp
    let days: Int
    /// By name.
    let targets: [TargetForecast]
    let providers: [ProviderForecast]
    /// The objectives in force, by policy; empty where the configuration in force can't be read.
    let objectivesBefore: [PolicyID: Duration?]
    /// What can't be foreseen, for people.
    let notes: [String]

    var until: Timestamp { from + .days(days) }

    /// Every assignment with its target.
    var assignments: [(target: TargetForecast, assignment: AssignmentForecast)] {
        targets.flatMap { target in target.assignments.map { (target, $0) } }
    }

    func count(_ change: AssignmentForecast.Change) -> Int {
        targets.count { $0.change == change }
    }
}
