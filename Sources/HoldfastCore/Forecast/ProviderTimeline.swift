/// What happens at one provider at one instant, over all assignments.
struct InstantTally: Sendable {
    /// Requests, about.
    var requests = 0
    /// Backups that the provider takes for us.
    var backups = 0
    /// Points that were made, or ended by the vendor, before the kernel was asked.
    var madeOrEnded = 0
    /// Points that the kernel let go.
    var deleted = 0
    /// What was marked, in the assignments that were asked about, and how much of it was excess.
    var marked = 0
    var excess = 0
    /// The excess that these assignments had held back before, and that they hold back after.
    var heldBefore = 0
    var heldAfter = 0
    /// The guards of the policies that were asked under: a bit for each number of percent.
    var percents: UInt128 = 0

    mutating func add(_ other: InstantTally) {
        requests += other.requests
        backups += other.backups
        madeOrEnded += other.madeOrEnded
        deleted += other.deleted
        marked += other.marked
        excess += other.excess
        heldBefore += other.heldBefore
        heldAfter += other.heldAfter
        percents |= other.percents
    }
}

/// What happens at one provider in the time of a forecast.
struct ProviderTimeline: Sendable {
    var pointsNow = 0
    var instants: [Timestamp: InstantTally] = [:]

    mutating func add(_ tally: InstantTally, at instant: Timestamp) {
        instants[instant, default: InstantTally()].add(tally)
    }

    mutating func add(_ other: ProviderTimeline) {
        pointsNow += other.pointsNow
        instants.merge(other.instants) { mine, theirs in
            var sum = mine
            sum.add(theirs)
            return sum
        }
    }

    /// What was marked at each instant at which the kernel was asked, over all assignments, and by
    /// policies of which percentages.
    ///
    /// Where policies have different percentages, what the lower one holds back counts for the
    /// higher one only as far as it stayed in the replay.
    private func asks() -> [(at: Timestamp, load: PruneLoad, percents: UInt128)] {
        var total = pointsNow
        var held = 0
        var asks: [(Timestamp, PruneLoad, UInt128)] = []
        for (at, tally) in instants.sorted(by: { $0.key < $1.key }) {
            total += tally.madeOrEnded
            if tally.marked > 0 {
                let load = PruneLoad(
                    marked: tally.marked, excess: max(0, held - tally.heldBefore + tally.excess),
                    total: max(0, total))
                asks.append((at, load, tally.percents))
            }
            held += tally.heldAfter - tally.heldBefore
            total -= tally.deleted
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
