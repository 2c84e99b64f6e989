import HoldfastCore
import Testing

@Suite("Pins and holds")
struct PinningTests {
    private let now = Timestamp(seconds: 1_780_000_000)
    private let anna = Actor.user(uid: 1000, name: "anna")

    private func pin(until: Timestamp? = nil, isHold: Bool = false) -> PointPin {
        PointPin(
            reason: "evidence", actor: "uid 0 (root)", at: now - .days(1), until: until,
            isHold: isHold)
    }

    private func point(
        _ state: PointState = .available, origin: PointOrigin = .managed, pin: PointPin? = nil,
        mark: PruneMark? = nil
    ) -> RecoveryPoint {
        RecoveryPoint(
            id: PointID(1), assignment: Points.assignment, provider: ProviderID(trusted: "disk"),
            origin: origin, run: RunID(1), remote: Points.remote(1, takenAt: now - .days(9)),
            state: state, recordedAt: now - .days(9), mark: mark, pin: pin)
    }

    private func refusal(_ body: () throws(ControlRefusal) -> PinChange) -> ControlRefusal? {
        do {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "An end is a date, an instant or a span of weeks, days and hours",
        arguments: [
            ("2026-12-31", "2027-01-01T00:00:00Z"), ("2028-02-29", "2028-03-01T00:00:00Z"),
            ("2026-12-31T12:00:00+02:00", "2026-12-31T10:00:00Z"),
            ("90d", "2026-08-26T20:26:40Z"), ("2w", "2026-06-11T20:26:40Z"),
            ("12h", "2026-05-29T08:26:40Z"), ("6m", nil), ("30s", nil), ("1h30m", nil), ("", nil),
            ("2026-02-30", nil), ("tomorrow", nil), ("90", nil), ("-1d", nil), ("2026-12", nil),
            (String(repeating: "9", count: 100), nil),
        ] as [(String, String?)])
    func ends(text: String, expected: String?) {
        #expect(PinEnd.parse(text, now: now)?.rfc3339 == expected)
    }

    @Test("A pin keeps its point up to its end, and no longer")
    func holding() {
        let until = now + .hours(1)
        #expect(point(pin: pin(until: until)).isPinned(at: until - .milliseconds(1)))
        #expect(!point(pin: pin(until: until)).isPinned(at: until))
        #expect(point(pin: pin()).isPinned(at: .distantFuture))
        #expect(point(pin: pin(isHold: true)).isPinned(at: .distantFuture))
        #expect(!point().isPinned(at: now))
    }

    @Test("What is pinned says so, with its end and who wanted it")
    func pinned() throws {
        let change = try point().pinned(
            as: PinRequest(reason: "audit 2026", until: "2026-12-31"), by: anna, at: now)
        #expect(
            change.pin
                == PointPin(
                    reason: "audit 2026", actor: "uid 1000 (anna)", at: now,
                    until: Timestamp(rfc3339: "2027-01-01T00:00:00Z")))
        let event = try #require(change.events.first)
        #expect(change.events.count == 1)
        #expect(event.kind == .pointPinned)
        #expect(event.actor == anna)
        #expect(event.token == Points.token(1))
        #expect(
            event.detail == [
                "reason": "audit 2026", "until": .text("2027-01-01T00:00:00Z"),
            ])
    }

    @Test("Pinning a marked point clears its mark, and that is told too")
    func marked() throws {
        let change = try point(mark: Points.mark(at: now)).pinned(
            as: PinRequest(reason: "evidence"), by: anna, at: now)
        #expect(change.events.map(\.kind) == [.pointPinned, .pointUnmarked])
        #expect(change.events.last?.detail["reason"] == .list(["it is pinned"]))
    }

    @Test("A hold replaces a pin and tells what it replaced; a pin replaces no hold")
    func replacing() throws {
        let until = now + .days(9)
        let change = try point(pin: pin(until: until)).pinned(
            as: PinRequest(reason: "court order", isHold: true), by: anna, at: now)
        #expect(change.pin?.isHold == true)
        #expect(change.pin?.until == nil)
        let event = try #require(change.events.first)
        #expect(event.kind == .holdPlaced)
        #expect(event.detail["was_reason"] == "evidence")
        #expect(event.detail["was_kind"] == "pin")
        #expect(event.detail["was_until"] == .text(until.rfc3339))
        let refused = refusal { () throws(ControlRefusal) in
            try point(pin: pin(isHold: true)).pinned(
                as: PinRequest(reason: "mine"), by: anna, at: now)
        }
        #expect(refused?.kind == .conflict)
        #expect(refused?.message.contains("evidence") == true)
        #expect(refused?.message.contains("--lift-hold") == true)
    }

    @Test(
        "A pin that can't be is refused with words",
        arguments: [
            (PinRequest(reason: nil), "a pin needs a reason"),
            (PinRequest(reason: "  \t "), "needs a reason"),
            (PinRequest(reason: nil, isHold: true), "a hold needs a reason"),
            (PinRequest(reason: "two\nlines"), "one line"),
            (PinRequest(reason: "a\u{2028}b"), "one line"),
            (PinRequest(reason: String(repeating: "x", count: 501)), "at most 500 characters"),
            (PinRequest(reason: "r", until: "2020-01-01"), "would be over already"),
            (PinRequest(reason: "r", until: "0d"), "would be over already"),
            (PinRequest(reason: "r", until: "soon"), "'soon' is no end of a pin"),
            (PinRequest(reason: "r", until: "9d", isHold: true), "a hold has no end"),
        ])
    func refused(request: PinRequest, words: String) {
        let refused = refusal { () throws(ControlRefusal) in
            try point().pinned(as: request, by: anna, at: now)
        }
        #expect(refused?.kind == .invalid)
        #expect(refused?.message.contains(words) == true, "\(refused?.message ?? "")")
    }

    @Test("The longest reason is taken")
    func longest() throws {
        let reason = String(repeating: "ü", count: 500)
        let change = try point().pinned(as: PinRequest(reason: reason), by: anna, at: now)
        #expect(change.pin?.reason == reason)
    }

    @Test("Only a point that is there and whole can be pinned, and none of the vendor's")
    func unpinnable() {
        for state in PointState.allCases where state != .available {
            let refused = refusal { () throws(ControlRefusal) in
                try point(state).pinned(as: PinRequest(reason: "r"), by: anna, at: now)
            }
            #expect(refused?.kind == .conflict)
            #expect(refused?.message.contains(state.rawValue) == true)
        }
        let refused = refusal { () throws(ControlRefusal) in
            try point(origin: .vendor).pinned(as: PinRequest(reason: "r"), by: anna, at: now)
        }
        #expect(refused?.message.contains("the vendor's own") == true)
    }

    @Test("A mark is kept from by clearing it and pinning the point")
    func keeping() throws {
        let change = try point(mark: Points.mark(at: now)).kept(because: nil, by: anna, at: now)
        #expect(change.pin?.reason == "kept from pruning")
        #expect(change.events.map(\.kind) == [.pointPinned, .pointUnmarked])
        #expect(change.events.allSatisfy { $0.actor == anna })
        let refused = refusal { () throws(ControlRefusal) in
            try point(pin: pin(isHold: true)).kept(because: "mine", by: anna, at: now)
        }
        #expect(refused?.message.contains("is not marked for deletion, it is on hold") == true)
    }

    @Test("Lifting a hold is a deed with a reason, and an event of its own")
    func lifting() throws {
        let held = point(pin: pin(isHold: true))
        let change = try held.unpinned(
            as: UnpinRequest(reason: "case closed", isLiftingHold: true), by: anna, at: now)
        #expect(change.pin == nil)
        let event = try #require(change.events.first)
        #expect(event.kind == .holdLifted)
        #expect(event.detail["reason"] == "case closed")
        #expect(event.detail["was_reason"] == "evidence")
        #expect(event.detail["was_by"] == "uid 0 (root)")
        for request in [UnpinRequest(reason: "r"), UnpinRequest(isLiftingHold: true)] {
            let refused = refusal { () throws(ControlRefusal) in
                try held.unpinned(as: request, by: anna, at: now)
            }
            #expect(refused?.kind == .invalid)
        }
    }

    @Test("A pin is taken away with or without a reason; what is not there can't be")
    func unpinning() throws {
        let change = try point(pin: pin()).unpinned(as: UnpinRequest(), by: anna, at: now)
        #expect(change.events.map(\.kind) == [.pointUnpinned])
        #expect(change.events.first?.detail["reason"] == nil)
        let lifted = refusal { () throws(ControlRefusal) in
            try point(pin: pin()).unpinned(
                as: UnpinRequest(reason: "r", isLiftingHold: true), by: anna, at: now)
        }
        #expect(lifted?.message.contains("leave --lift-hold out") == true)
        let none = refusal { () throws(ControlRefusal) in
            try point().unpinned(as: UnpinRequest(), by: anna, at: now)
        }
        #expect(none?.kind == .conflict)
    }

    @Test("The kernel refuses what is pinned or on hold, and permits it when the pin is over")
    func kernel() {
        var scene = DeletionScene()
        #expect(scene.refusals([1]) == [nil])
        scene.drafts[0].pin = pin(isHold: true)
        #expect(scene.refusals([1]) == [.pinned])
        scene.drafts[0].pin = pin(until: scene.now + .milliseconds(1))
        #expect(scene.refusals([1]) == [.pinned])
        scene.drafts[0].pin = pin(until: scene.now)
        #expect(scene.refusals([1]) == [nil])
    }

    @Test("The kernel keeps held points of an assignment whose target is gone, whatever the rules")
    func goneTarget() {
        // Nothing prunes such a target today; if something did, this is what it would be told.
        var scene = DeletionScene()
        scene.settings.rules.last = .periods(1)
        scene.mark(1...9)
        for index in 0..<10 { scene.drafts[index].pin = pin(isHold: index.isMultiple(of: 2)) }
        let everything = (Int64(1)...10).map { $0 }
        #expect(scene.refusals(everything) == Array(repeating: .pinned, count: 10))
        let reviews = retentionReview(
            of: scene.recorded, under: scene.settings, in: .utc, now: scene.now)
        #expect(reviews.count == 10)
        #expect(reviews.allSatisfy { $0.isKept && $0.floor == .pinned })
    }

    @Test("A pin that is over leaves its point to the rules, and it counts for them again")
    func over() {
        var scene = DeletionScene()
        scene.drafts[0].mark = nil
        scene.settings.rules.last = .periods(3)
        scene.drafts[9].pin = pin(until: scene.now)
        scene.drafts[0].pin = pin(until: scene.now + .seconds(1))
        let reviews = retentionReview(
            of: scene.recorded, under: scene.settings, in: .utc, now: scene.now)
        #expect(reviews.filter(\.isKept).map(\.point.id.number) == [10, 9, 8, 1])
        #expect(reviews.last?.texts == ["it is pinned until \(scene.now + .seconds(1))"])
    }
}
