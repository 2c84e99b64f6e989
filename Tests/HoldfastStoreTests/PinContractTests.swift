import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract about pins")
struct PinContractTests {
    private let noon = Fixture.noon

    /// Points of an hour each, row 1 the oldest.
    private func store(
        _ kind: StoreUnderTest, points count: Int = 3
    ) async throws -> (any JobQueue & History, [RecoveryPoint]) {
        let store = try kind.make()
        var points: [RecoveryPoint] = []
        for hour in 0..<count {
            let now = noon + .hours(hour)
            let job = Fixture.backup(opensAfter: .hours(hour))
            try await store.enqueue([job], at: now)
            try await store.succeed(try #require(try await store.claim(at: now).first), at: now)
            points.append(try #require(try await store.point(job.slot.token)))
        }
        return (store, points)
    }

    private func pin(
        _ reason: String = "evidence", until: Timestamp? = nil, isHold: Bool = false
    ) -> PointPin {
        PointPin(reason: reason, actor: "uid 0 (root)", at: noon, until: until, isHold: isHold)
    }

    private func event(_ kind: EventKind, of point: RecoveryPoint) -> NewEvent {
        NewEvent(
            at: noon, kind: kind, actor: .scheduler, assignment: point.assignment,
            token: point.remote.token)
    }

    @Test(
        "A pin is read back as it was written, and its event with it",
        arguments: StoreUnderTest.allCases)
    func written(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind)
        for pin in [
            pin(), pin(until: noon + .days(9)), pin("court order", isHold: true),
        ] {
            let before = try #require(try await store.point(points[0].remote.token))
            let isDone = try await store.change(
                pin: pin, of: before, events: [event(.pointPinned, of: before)])
            #expect(isDone)
            #expect(try await store.point(before.remote.token)?.pin == pin)
        }
        let available = try await store.availablePoints(of: Fixture.assignment())
        #expect(available.map { $0.pin?.isHold } == [nil, nil, true])
        #expect(try await store.points(PageRequest()).rows.last?.pin?.reason == "court order")
        let events = try await store.events(of: points[0].remote.token, limit: 10)
        #expect(events.filter { $0.kind == "point.pinned" }.count == 3)
        let held = try #require(try await store.point(points[0].remote.token))
        #expect(try await store.change(pin: nil, of: held, events: []))
        #expect(try await store.point(points[0].remote.token)?.pin == nil)
    }

    @Test(
        "Pinning clears the mark; taking the pin away leaves marks alone",
        arguments: StoreUnderTest.allCases)
    func marks(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind)
        let mark = PruneMark(at: noon, deleteAfter: noon + .hours(1), reason: "old")
        try await store.change(marks: [points[0].id: .set(mark)], events: [])
        let marked = try #require(try await store.point(points[0].remote.token))
        #expect(try await store.change(pin: pin(), of: marked, events: []))
        let pinned = try #require(try await store.point(points[0].remote.token))
        #expect(pinned.mark == nil)
        #expect(try await store.duePrunes(at: noon + .days(1)).due.isEmpty)
        try await store.change(marks: [points[0].id: .set(mark)], events: [])
        #expect(try await store.change(pin: nil, of: pinned, events: []))
        #expect(try await store.point(points[0].remote.token)?.mark == mark)
    }

    @Test(
        "Nothing is changed on the word of a point that is another by now",
        arguments: StoreUnderTest.allCases)
    func stale(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind)
        let first = points[0]
        #expect(try await store.change(pin: pin(isHold: true), of: first, events: []))
        // Two asked at once: the second one read the point before the hold was placed.
        let isDone = try await store.change(
            pin: pin("mine"), of: first, events: [event(.pointPinned, of: first)])
        #expect(!isDone)
        #expect(try await store.point(first.remote.token)?.pin?.isHold == true)
        let mark = PruneMark(at: noon, deleteAfter: noon + .hours(1), reason: "old")
        try await store.change(marks: [points[1].id: .set(mark)], events: [])
        #expect(try await !store.change(pin: pin(), of: points[1], events: []))
        try await store.retire(
            points[2].id, as: .missing, at: noon, event: event(.pointMissing, of: points[2]))
        #expect(try await !store.change(pin: pin(), of: points[2], events: []))
        let pins = try await store.points(PageRequest()).rows.filter { $0.pin != nil }
        #expect(pins.map(\.id) == [first.id])
        let told = try await store.events(PageRequest(state: "point.pinned")).rows
        #expect(told.isEmpty)
    }

    @Test("Pins that are over come in the order of their ends", arguments: StoreUnderTest.allCases)
    func ended(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 5)
        let ends = [noon + .hours(3), noon + .hours(2), noon + .hours(9), nil, noon + .hours(1)]
        for (point, until) in zip(points, ends) {
            #expect(try await store.change(pin: pin(until: until), of: point, events: []))
        }
        // Gone is gone; its pin ends nothing.
        try await store.retire(
            points[4].id, as: .missing, at: noon, event: event(.pointMissing, of: points[4]))
        #expect(try await store.nextPinEnd(after: noon) == noon + .hours(2))
        #expect(try await store.nextPinEnd(after: noon + .hours(2)) == noon + .hours(3))
        #expect(try await store.nextPinEnd(after: noon + .hours(9)) == nil)
        let now = noon + .hours(3)
        #expect(
            try await store.endedPins(at: now, limit: 9).map(\.id) == [points[1].id, points[0].id])
        #expect(try await store.endedPins(at: now, limit: 1).map(\.id) == [points[1].id])
        #expect(
            try await store.endedPins(at: now - .milliseconds(1), limit: 9).map(\.id)
                == [points[1].id])
    }

    @Test(
        "Marked points are listed alone, in parts, and only available ones",
        arguments: StoreUnderTest.allCases)
    func markedPages(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind, points: 5)
        let mark = PruneMark(at: noon, deleteAfter: noon + .hours(1), reason: "old")
        try await store.change(
            marks: [
                points[0].id: .set(mark), points[2].id: .set(mark), points[3].id: .set(mark),
                points[4].id: .set(mark),
            ], events: [])
        try await store.retire(
            points[4].id, as: .deleted, at: noon, event: event(.pointDeleted, of: points[4]))
        let first = try await store.points(PageRequest(limit: 2, isMarked: true))
        #expect(first.rows.map(\.id) == [points[3].id, points[2].id])
        let rest = try await store.points(
            PageRequest(limit: 2, before: first.next, isMarked: true))
        #expect(rest.rows.map(\.id) == [points[0].id])
        #expect(rest.next == nil)
        #expect(try await store.points(PageRequest(target: "other", isMarked: true)).rows.isEmpty)
        #expect(
            try await store.points(PageRequest(state: "available", isMarked: true)).rows.count == 3)
    }

    @Test(
        "What happened to one point is told newest first, and bounded",
        arguments: StoreUnderTest.allCases)
    func events(kind: StoreUnderTest) async throws {
        let (store, points) = try await store(kind)
        try await store.append([
            event(.pointPinned, of: points[0]), event(.pointPinned, of: points[1]),
            event(.pointUnpinned, of: points[0]), event(.pointDeleted, of: points[0]),
        ])
        let found = try await store.events(of: points[0].remote.token, limit: 2)
        #expect(found.map(\.kind) == ["point.deleted", "point.unpinned"])
        #expect(try await store.events(of: points[2].remote.token, limit: 9).isEmpty)
    }
}
