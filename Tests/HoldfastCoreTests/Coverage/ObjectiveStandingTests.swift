import HoldfastCore
import HoldfastTesting
import Testing

@Suite("What is noted of an objective")
struct ObjectiveStandingTests {
    private let began = Timestamp(seconds: 1_773_057_600)
    private let assignment = Assignment(
        policy: PolicyID(trusted: "nightly"), target: TargetID(trusted: "etc"))

    private func hour(_ count: Int) -> Timestamp { began + .hours(count) }

    /// An objective of ten hours, declared at hour zero.
    private func standing(
        newest: Int? = nil, objective: Int = 10, inForce: Int = 0, isLost: Bool = false,
        openSince: Int? = nil, openObjective: Int = 10, unseenSince: Int? = nil,
        lastEnded: Int? = nil
    ) -> ObjectiveStanding {
        ObjectiveStanding(
            assignment: assignment, objective: .hours(objective), since: began,
            inForceSince: hour(inForce), newestPoint: newest.map(hour), isLost: isLost,
            breach: openSince.map {
                Breach(
                    id: BreachID(7), assignment: assignment, beganAt: hour($0),
                    objective: .hours(openObjective), reason: .age)
            },
            unseen: unseenSince.map {
                UnseenBreach(since: hour($0), reason: .noPoint, objective: .hours(10))
            },
            lastEndedAt: lastEnded.map(hour))
    }

    private func own(taken: Int, recorded: Int) -> GoodPoint {
        GoodPoint(takenAt: hour(taken), recordedAt: hour(recorded), origin: .managed)
    }

    private func vendors(_ taken: Int) -> GoodPoint {
        GoodPoint(takenAt: hour(taken), recordedAt: hour(99), origin: .vendor)
    }

    @Test(
        "A breach begins when the newest point is as old as the objective",
        arguments: [
            (nil, 9, nil), (nil, 10, BreachReason.noPoint), (3, 12, nil), (3, 13, .age),
        ] as [(Int?, Int, BreachReason?)])
    func begins(newest: Int?, now: Int, reason: BreachReason?) {
        let changes = standing(newest: newest).changes(points: [], at: hour(now))
        let deadline = hour((newest ?? 0) + 10)
        #expect(changes == (reason.map { [.began(at: deadline, reason: $0)] } ?? []))
    }

    @Test("What nobody saw begin, began when it did and not when somebody looked")
    func beganUnseen() {
        let changes = standing(newest: 3).changes(points: [], at: hour(90))
        #expect(changes == [.began(at: hour(13), reason: .age)])
    }

    @Test("A lost point makes a breach that may begin in the past, but in none that is noted")
    func lost() {
        let lost = standing(newest: 3, isLost: true)
        #expect(lost.changes(points: [], at: hour(30)) == [.began(at: hour(13), reason: .lost)])
        let again = standing(newest: 3, isLost: true, lastEnded: 20)
        #expect(again.changes(points: [], at: hour(30)) == [.began(at: hour(20), reason: .lost)])
    }

    @Test("A shorter objective breaks nothing before it is in force")
    func shorter() {
        let changes = standing(newest: 3, objective: 2, inForce: 8).changes(
            points: [], at: hour(9))
        #expect(changes == [.began(at: hour(8), reason: .age)])
    }

    @Test("A breach lasts until a point is recorded, not until it was taken")
    func ends() {
        let open = standing(newest: 15, openSince: 13)
        #expect(standing(newest: 3, openSince: 13).changes(points: [], at: hour(20)) == [])
        let changes = open.changes(points: [own(taken: 15, recorded: 17)], at: hour(18))
        #expect(changes == [.ended(BreachID(7), at: hour(17), by: .point)])
    }

    @Test("A point that took longer than the objective ends nothing; the next one does")
    func tooSlow() {
        let slow = own(taken: 14, recorded: 25)
        let open = standing(newest: 26, openSince: 13)
        let changes = open.changes(
            points: [slow, own(taken: 26, recorded: 27)], at: hour(28))
        #expect(changes == [.ended(BreachID(7), at: hour(27), by: .point)])
    }

    @Test("A vendor's backups that were seen late count since they were taken, gaps between apart")
    func vendorsBackups() {
        let open = standing(newest: 60, openSince: 13)
        let changes = open.changes(
            points: [vendors(60), vendors(20), vendors(25), vendors(40)], at: hour(62))
        #expect(
            changes == [
                .ended(BreachID(7), at: hour(20), by: .point),
                .was(from: hour(35), until: hour(40), reason: .age, by: .point),
                .was(from: hour(50), until: hour(60), reason: .age, by: .point),
            ])
    }

    @Test("A point that was missing and is there again makes the breach one of no length")
    func foundAgain() {
        let open = standing(newest: 12, openSince: 13)
        let changes = open.changes(points: [own(taken: 12, recorded: 12)], at: hour(20))
        #expect(changes == [.ended(BreachID(7), at: hour(13), by: .point)])
    }

    @Test("A longer objective ends a breach when it comes into force")
    func longer() {
        let open = standing(newest: 3, objective: 40, inForce: 20, openSince: 13)
        let changes = open.changes(points: [own(taken: 3, recorded: 4)], at: hour(20))
        #expect(changes == [.ended(BreachID(7), at: hour(20), by: .objective)])
    }

    @Test("What passed while nobody looked is noted as it was, and once")
    func unseen() {
        let passed = standing(newest: 40, unseenSince: 13)
        #expect(
            passed.changes(
                points: [own(taken: 20, recorded: 21), own(taken: 40, recorded: 41)], at: hour(42))
                == [
                    .was(from: hour(13), until: hour(21), reason: .noPoint, by: .point),
                    .was(from: hour(30), until: hour(41), reason: .age, by: .point), .settled,
                ])
        let again = standing(newest: 20, unseenSince: 13)
        #expect(
            again.changes(points: [own(taken: 20, recorded: 21)], at: hour(50)) == [
                .was(from: hour(13), until: hour(21), reason: .noPoint, by: .point), .settled,
                .began(at: hour(30), reason: .age),
            ])
        let raised = standing(newest: 3, objective: 60, inForce: 30, unseenSince: 13)
        #expect(
            raised.changes(points: [own(taken: 3, recorded: 4)], at: hour(31)) == [
                .was(from: hour(13), until: hour(30), reason: .noPoint, by: .objective), .settled,
            ])
        // Recorded while the clock was ahead: the deadline had not passed.
        let ahead = standing(newest: 2, unseenSince: 10)
        #expect(
            ahead.changes(points: [own(taken: 2, recorded: 72)], at: hour(3)) == [.settled])
    }

    @Test("Each beginning and each end has one event, with what led to it")
    func events() {
        let notes = standing(newest: 3).notes(points: [], at: hour(14))
        #expect(notes.map { $0.events.map(\.kind) } == [[.objectiveBroken]])
        #expect(
            notes.first?.events.first?.detail == [
                "began_at": .text(hour(13).rfc3339), "newest_point": .text(hour(3).rfc3339),
                "objective_seconds": 36_000, "reason": "age",
            ])
        let late = standing(newest: 60, openSince: 13).notes(
            points: [vendors(20), vendors(60)], at: hour(62))
        #expect(
            late.map { $0.events.map(\.kind) }
                == [[.objectiveRestored], [.objectiveBroken, .objectiveRestored]])
    }

    @Test(
        "What is noted never overlaps, and a look that comes late notes the same as one in time",
        arguments: UInt64(1)...200)
    func lateLooks(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        var points: [GoodPoint] = []
        var at = 0
        while at < 200 {
            at += Int.random(in: 1...25, using: &rng)
            points.append(vendors(at))
        }
        let end = at + 5
        let whole = intervals(of: points, looks: [end])
        let some = intervals(of: points, looks: [end / 3, end / 2, end])
        #expect(whole == some)
        for (one, next) in zip(whole, whole.dropFirst()) { #expect(one.to <= next.from) }
    }

    private struct Interval: Equatable {
        let from: Timestamp
        let to: Timestamp
    }

    /// Breaches of no length left out: what was noted and taken back by a later sight of a point.
    private func intervals(of points: [GoodPoint], looks: [Int]) -> [Interval] {
        var noted: [Interval] = []
        var open: Timestamp?
        var before: [GoodPoint] = []
        for look in looks {
            // The daemon looks at its objectives before the vendor's list is read, and after.
            let seen = points.filter { $0.takenAt <= hour(look) }
            for known in [before, seen] {
                let now = ObjectiveStanding(
                    assignment: assignment, objective: .hours(10), since: began,
                    inForceSince: began, newestPoint: known.map(\.takenAt).max(),
                    breach: open.map {
                        Breach(
                            id: BreachID(1), assignment: assignment, beganAt: $0,
                            objective: .hours(10), reason: .age)
                    }, lastEndedAt: noted.map(\.to).max())
                for change in now.changes(points: known, at: hour(look)) {
                    switch change {
                    case .began(let at, _): open = at
                    case .ended(_, let at, _):
                        if let from = open { noted.append(Interval(from: from, to: at)) }
                        open = nil
                    case .was(let from, let until, _, _):
                        noted.append(Interval(from: from, to: until))
                    case .settled: break
                    }
                }
            }
            before = seen
        }
        if let open { noted.append(Interval(from: open, to: .distantFuture)) }
        return noted.filter { $0.from < $0.to }
    }
}
