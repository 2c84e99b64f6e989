import HoldfastCore
import Testing

/// Ten daily points of which the oldest is marked, its grace over, everything in order: the kernel
/// permits its deletion. Tests change one thing.
struct DeletionScene {
    /// Row numbers 1 (oldest) to 10 (newest).
    var drafts: [PointDraft]
    /// What the provider lists; `nil`: every available point as recorded.
    var listed: [RemotePoint]?
    var isComplete = true
    var providerClock: Timestamp?
    var settings: RetentionSettings = {
        var rules = KeepRules()
        rules.last = .periods(1)
        return RetentionSettings(rules: rules, minimum: 1)
    }()
    var providerLoad = PruneLoad(excess: 1, total: 10)
    var clock = ClockVerdict.sane
    var provider = ProviderID(trusted: "disk")
    let now = Timestamp(seconds: 1_780_000_000)

    init() {
        let now = self.now
        drafts = (1...10).map { PointDraft($0, takenAt: now - .days(11 - Int($0))) }
        drafts[0].mark = Points.mark(at: now - .hours(25))
    }

    var recorded: [RecoveryPoint] { drafts.map(\.point) }

    var context: DeletionContext {
        let listing = listed ?? recorded.filter { $0.state == .available }.map(\.remote)
        return DeletionContext(
            provider: provider, recorded: recorded,
            listing: PointListing(
                points: listing, isComplete: isComplete, providerClock: providerClock),
            settings: settings, zone: .utc, providerLoad: providerLoad, clock: clock, now: now)
    }

    /// What the kernel answers for the points with these row numbers, let go together.
    func refusals(_ numbers: [Int64]) -> [DeletionRefusal?] {
        let points = numbers.compactMap { number in recorded.first { $0.id.number == number } }
        return deletionVerdicts(for: points, in: context).map {
            switch $0 {
            case .permitted: nil
            case .refused(_, let refusal): refusal
            }
        }
    }

    mutating func mark(_ numbers: some Sequence<Int>, hoursAgo: Int = 25) {
        for number in numbers { drafts[number - 1].mark = Points.mark(at: now - .hours(hoursAgo)) }
    }

    mutating func turnOver(_ index: Int) {
        drafts[index].mark = drafts[index].mark.map {
            PruneMark(
                at: $0.at, deleteAfter: $0.deleteAfter, reason: $0.reason, turnsOver: true)
        }
    }

    mutating func confirm(_ index: Int) {
        drafts[index].mark = drafts[index].mark.map {
            PruneMark(
                at: $0.at, deleteAfter: $0.deleteAfter, reason: $0.reason, confirmedPlan: "plan",
                hold: $0.hold)
        }
    }

    /// The provider's guard held it back, of a hundred points.
    mutating func hold(_ index: Int) {
        drafts[index].mark = drafts[index].mark.map {
            PruneMark(
                at: $0.at, deleteAfter: $0.deleteAfter, reason: $0.reason,
                hold: GuardHold(since: now - .hours(20), scope: .provider, total: 100))
        }
    }

    /// Lists only the points with these row numbers.
    mutating func list(only numbers: some Sequence<Int>) {
        listed = numbers.map { recorded[$0 - 1].remote }
    }
}

/// One thing that is changed in the scene, and what the kernel says of one point then.
struct RefusalCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var number: Int64 = 1
    let expected: DeletionRefusal?
    let change: @Sendable (inout DeletionScene) -> Void

    init(
        _ testDescription: String, number: Int64 = 1, _ expected: DeletionRefusal?,
        change: @escaping @Sendable (inout DeletionScene) -> Void = { _ in }
    ) {
        self.testDescription = testDescription
        self.number = number
        self.expected = expected
        self.change = change
    }
}
