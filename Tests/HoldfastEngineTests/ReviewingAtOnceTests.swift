import HoldfastCore
import HoldfastTesting
import Logging
import Testing

@testable import HoldfastEngine

@Suite("Reviews of one assignment at the same time")
struct ReviewingAtOnceTests {
    @Test(
        "Whoever comes first sets the marks, takes the credit and tells of it; the others see that")
    func once() async throws {
        let time = VirtualTime(at: Fixture.noon)
        let world = SimulatedWorld(seed: 1, time: time, provider: ScriptedProvider(time: time))
        let etc = Fixture.assignment()
        var rules = KeepRules()
        rules.last = .all
        let loose = Fixture.policy(retention: RetentionSettings(rules: rules))
        rules.last = .periods(5)
        let strict = Fixture.policy(retention: RetentionSettings(rules: rules))
        try simulate(seed: 1, time: time) {
            let configuration = Fixture.configuration(
                policies: [loose], targets: [Fixture.target()])
            try await world.run(configuration, for: .hours(8) - .minutes(30))
        }
        let before = try await world.store.retentionBasis(of: etc)
        #expect(before.credit == 8)
        let keeper = RetentionKeeper(
            context: world.context,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let marked = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 1...50 {
                group.addTask {
                    try await keeper.review(etc, under: strict, isNew: false).count { !$0.isKept }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(marked == Array(repeating: 3, count: 50))
        let after = try await world.store.retentionBasis(of: etc)
        #expect(after.points.count { $0.mark?.turnsOver == true } == 3)
        #expect(after.credit == 5)
        let told = try await world.store.events(PageRequest(state: "point.marked")).rows
        #expect(told.count == 1)
    }
}
