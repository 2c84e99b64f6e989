/// By how much what weighs at a provider changes.
struct LoadChange: Sendable {
    private(set) var excess = 0
    private(set) var total = 0

    init() {}

    init(from old: PruneLoad, to new: PruneLoad) {
        excess = new.excess - old.excess
        total = new.total - old.total
    }

    mutating func add(_ other: LoadChange) {
        excess += other.excess
        total += other.total
    }

    /// What weighs after all of it, from nothing.
    var load: PruneLoad {
        PruneLoad(excess: max(0, excess), total: max(0, total))
    }
}

/// What happens at one provider at one instant, over all assignments.
struct InstantTally: Sendable {
    /// Requests, about.
    var requests = 0
    /// Backups that the provider takes for us.
    var backups = 0
    /// Points that the kernel let go.
    var deleted = 0
    /// What changes before the kernel is asked: points come and end, marks are set.
    var before = LoadChange()
    /// What changes by its word.
    var after = LoadChange()
    /// The guards of the policies that were asked under with something that no new point made up for:
    /// a bit for each number of percent.
    var percents: UInt128 = 0

    mutating func add(_ other: InstantTally) {
        requests += other.requests
        backups += other.backups
        deleted += other.deleted
        before.add(other.before)
        after.add(other.after)
        percents |= other.percents
    }
}

/// What happens at one provider in the time of a forecast.
struct ProviderTimeline: Sendable {
    /// What weighs at the beginning.
    var start = LoadChange()
    var instants: [Timestamp: InstantTally] = [:]

    mutating func add(_ tally: InstantTally, at instant: Timestamp) {
        instants[instant, default: InstantTally()].add(tally)
    }

    mutating func add(_ other: ProviderTimeline) {
        start.add(other.start)
        instants.merge(other.instants) { mine, theirs in
            var sum = mine
            sum.add(theirs)
            return sum
        }
    }

    /// What weighed at each instant at which the kernel was asked, over all assignments, and by
    /// policies of which percentages.
    private func asks() -> [(at: Timestamp, load: PruneLoad, percents: UInt128)] {
        var standing = start
        var asks: [(Timestamp, PruneLoad, UInt128)] = []
        for (at, tally) in instants.sorted(by: { $0.key < $1.key }) {
            standing.add(tally.before)
            if tally.percents != 0 { asks.append((at, standing.load, tally.percents)) }
            standing.add(tally.after)
        }
        return asks
    }

    /// When the guard of the provider as a whole holds first.
    var holdsFrom: Timestamp? {
        asks().first { ask in
            (0...100).contains { percent in
                ask.percents & 1 << UInt128(percent) != 0
                    && !ask.load.isWithin(percent: percent)
            }
        }?.at
    }

    /// Compares what a replay was told of the guard with what came of it. Up to the first instant
    /// at which they differ it is right; from there on it is guessed that the guard goes on holding,
    /// or letting go, because what is held back stays marked.
    ///
    /// - Returns: What the next replay is told; `nil` when this one was right.
    func holds(after known: [Int: [ProviderHold]]) -> [Int: [ProviderHold]]? {
        var revised = known
        let asks = asks()
        for percent in 0...100 {
            let spans = known[percent] ?? []
            for ask in asks where ask.percents & 1 << UInt128(percent) != 0 {
                let isHeld = spans.contains { $0.contains(ask.at) }
                let exceeds = !ask.load.isWithin(percent: percent)
                guard isHeld != exceeds else { continue }
                var fresh = spans.filter { $0.from < ask.at }.map {
                    ProviderHold(from: $0.from, until: min($0.until, ask.at), load: $0.load)
                }
                if exceeds {
                    fresh.append(ProviderHold(from: ask.at, until: .distantFuture, load: ask.load))
                }
                revised[percent] = fresh
                break
            }
        }
        return revised == known ? nil : revised
    }
}

/// A time in which the guard of a provider as a whole holds.
struct ProviderHold: Hashable, Sendable {
    let from: Timestamp
    let until: Timestamp
    /// What was marked when it began.
    let load: PruneLoad

    func contains(_ instant: Timestamp) -> Bool { from <= instant && instant < until }
}

/// What a replay is told of the guards of providers as a whole, by provider and percentage.
public struct ProviderHolds: Hashable, Sendable {
    /// A guard that comes and goes more often is told as far as that many replays found out.
    public static let replayMax = 8

    var byProvider: [ProviderID: [Int: [ProviderHold]]] = [:]

    /// Nothing is held.
    public init() {}
}
