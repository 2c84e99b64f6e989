import HoldfastCore
import HoldfastTesting
import Testing

@Suite("What a listing says of recorded points")
struct PointTruthTests {
    private let now = Fixture.noon + .days(40)

    private func point(
        _ number: Int, age: Duration = .days(1), origin: PointOrigin = .managed
    ) -> RecoveryPoint {
        let slot = SlotKey(
            assignment: Fixture.assignment(), opens: now - age - .minutes(number))
        return RecoveryPoint(
            id: PointID(Int64(number)), assignment: slot.assignment,
            provider: ProviderID(trusted: "disk"), origin: origin, run: RunID(1),
            remote: Fixture.remotePoint(of: slot), state: .available, recordedAt: slot.opens)
    }

    private func listing(
        _ points: [RecoveryPoint], strangers: [StrangePoint] = [], isComplete: Bool = true
    ) -> PointListing {
        PointListing(
            points: points.map(\.remote), strangers: strangers, isComplete: isComplete,
            providerClock: nil)
    }

    private func vanished(
        _ recorded: [RecoveryPoint], _ listing: PointListing, lifetime: Duration? = nil
    ) -> VanishedPoints {
        VanishedPoints(of: recorded, from: listing, lifetime: lifetime, now: now)
    }

    @Test(
        "More than half gone at once is doubtful",
        arguments: [(4, 2, false), (4, 3, true), (1, 1, true), (5, 2, false), (0, 0, false)])
    func doubt(recorded: Int, gone: Int, isDoubtful: Bool) {
        let points = (0..<recorded).map { point($0) }
        let found = vanished(points, listing(Array(points.dropFirst(gone))))
        #expect(found.gone == Array(points.prefix(gone)))
        #expect(found.isDoubtful == isDoubtful)
        #expect(found.expired.isEmpty)
    }

    @Test("A listing that is not complete says nothing")
    func incomplete() {
        let found = vanished([point(1)], listing([], isComplete: false))
        #expect(found.gone.isEmpty && found.expired.isEmpty && !found.isDoubtful)
    }

    @Test("What outlived its time at the vendor has expired, and casts no doubt")
    func expired() {
        let old = (0..<5).map { point($0, age: .days(31)) }
        let young = (5..<7).map { point($0) }
        let found = vanished(old + young, listing([old[0]] + young), lifetime: .days(30))
        #expect(found.expired == Array(old.dropFirst()))
        #expect(found.gone.isEmpty && !found.isDoubtful)
        // Where the vendor ends nothing by itself, the same are gone.
        #expect(vanished(old + young, listing(young)).gone == old)
    }

    @Test(
        "A stranger's identifier makes it ours when it was adopted, or where nothing has a name",
        arguments: [
            (PointOrigin.adopted, true, true), (.managed, true, false), (.managed, false, true),
            (.vendor, false, false),
        ])
    func recognised(origin: PointOrigin, namesPoints: Bool, isOurs: Bool) {
        let known = point(1, origin: origin)
        let stranger = StrangePoint(
            remoteID: known.remote.remoteID, name: "by hand", takenAt: known.remote.takenAt,
            origin: .foreign, storedBytes: ByteCount(7))
        let other = StrangePoint(
            remoteID: "other", name: "by hand", takenAt: now, origin: .foreign)
        let seen = listing([], strangers: [stranger, other])
            .recognising([known], namesPoints: namesPoints)
        #expect(seen.points.map(\.token) == (isOurs ? [known.remote.token] : []))
        #expect(seen.points.map(\.storedBytes) == (isOurs ? [ByteCount(7)] : []))
        #expect(seen.strangers == (isOurs ? [other] : [stranger, other]))
        #expect(vanished([known], seen).gone.isEmpty == isOurs)
    }

    @Test("The vendor's own is never taken for an adopted one")
    func vendors() {
        let known = point(1, origin: .adopted)
        let theirs = StrangePoint(
            remoteID: known.remote.remoteID, name: "backup", takenAt: now, origin: .vendor)
        let seen = listing([], strangers: [theirs]).recognising([known], namesPoints: true)
        #expect(seen.points.isEmpty && seen.strangers == [theirs])
    }
}
