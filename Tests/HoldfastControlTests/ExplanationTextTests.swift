import Foundation
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastControl

@Suite("Explanations as people read them")
struct ExplanationTextTests {
    /// 2026-03-09T12:00:00Z, a Monday.
    private let now = Fixture.noon
    private let web = Fixture.assignment("nightly", "web-1")

    /// Thirty points of midnight under `keep_daily: 7`, `keep_weekly: 4`, and one thing changed.
    private struct Scene {
        var points: [RecoveryPoint]
        var policies: [Policy]
        var events: [Event] = []
        var subject: RecoveryPoint
    }

    private func point(
        _ day: Int, state: PointState = .available, origin: PointOrigin = .managed,
        provider: String = "disk", verifiedAt: Timestamp? = nil, mark: PruneMark? = nil,
        pin: PointPin? = nil
    ) -> RecoveryPoint {
        let slot = SlotKey(assignment: web, opens: now - .hours(12) - .days(day))
        return RecoveryPoint(
            id: PointID(Int64(100 - day)), assignment: web,
            provider: ProviderID(trusted: provider), origin: origin, run: RunID(1),
            remote: Fixture.remotePoint(of: slot), state: state,
            recordedAt: slot.opens + .minutes(4), verifiedAt: verifiedAt, mark: mark,
            deletedAt: state == .deleted ? now - .hours(3) : nil, pin: pin)
    }

    /// - Parameter day: How many days old the point is that is explained; it replaces that day's.
    private func scene(_ day: Int, _ subject: RecoveryPoint, events: [Event] = []) -> Scene {
        var rules = KeepRules()
        rules.daily = .periods(7)
        rules.weekly = .periods(4)
        let others = (0..<30).filter { $0 != day }.map { point($0) }
        return Scene(
            points: others + [subject],
            policies: [
                Fixture.policy(
                    plan: .daily, retention: RetentionSettings(rules: rules, minimum: 3))
            ], events: events, subject: subject)
    }

    private func event(
        _ id: Int64, _ kind: EventKind, by actor: String = "uid 1000 (anna)", hoursAgo: Int,
        job: Int64? = nil, of point: RecoveryPoint, _ detail: [String: DetailValue]
    ) -> Event {
        Event(
            id: id, at: now - .hours(hoursAgo), kind: kind.rawValue, actor: actor,
            policy: "nightly", target: "web-1", job: job.map { JobID($0) },
            token: point.remote.token.text, detail: CanonicalJSON.object(detail), hash: "")
    }

    private func text(
        _ scene: Scene, clock: ClockVerdict = .sane, pause: Pause? = nil
    ) throws -> String {
        let found = explanation(
            of: scene.subject,
            in: PointCircumstances(
                configuration: Fixture.configuration(
                    policies: scene.policies, targets: [Fixture.target("web-1")],
                    digest: "127f9b53ca4d08f7"),
                recorded: scene.points.filter { $0.state == .available && $0.origin != .vendor },
                providerLoad: PruneLoad(excess: 0, total: 30), pause: pause, clock: clock,
                events: scene.events, now: now))
        // As it comes over the socket.
        let data = try WireCoding.encode(ExplanationWire(found))
        let wire = try WireCoding.decode(ExplanationWire.self, from: data)
        return wire.lines.joined(separator: "\n") + "\n"
    }

    @Test("Kept by two rules")
    func twoRules() throws {
        try expectGolden(try text(scene(1, point(1))), "explain/two-rules.txt")
    }

    @Test("Kept by a floor")
    func floor() throws {
        try expectGolden(
            try text(scene(12, point(12, verifiedAt: now - .days(9)))), "explain/floor.txt")
    }

    @Test("Pinned until an instant")
    func pinned() throws {
        let pin = PointPin(
            reason: "before the upgrade", actor: "uid 1000 (anna)", at: now - .days(3),
            until: Timestamp(rfc3339: "2027-01-01T00:00:00Z"))
        let subject = point(12, pin: pin)
        let pinned = event(
            7, .pointPinned, hoursAgo: 72, of: subject,
            ["reason": "before the upgrade", "until": .text("2027-01-01T00:00:00Z")])
        try expectGolden(
            try text(scene(12, subject, events: [pinned])), "explain/pinned.txt")
    }

    @Test("On hold")
    func held() throws {
        let pin = PointPin(
            reason: "court order 12/26", actor: "uid 0 (root)", at: now - .days(3), isHold: true)
        let subject = point(1, pin: pin)
        try expectGolden(try text(scene(1, subject)), "explain/held.txt")
    }

    @Test("Marked, its grace over, and what the kernel would say")
    func marked() throws {
        let mark = PruneMark(
            at: now - .hours(36), deleteAfter: now - .hours(12),
            reason: "kept by none of keep_daily: 7, keep_weekly: 4")
        let subject = point(12, mark: mark)
        try expectGolden(try text(scene(12, subject)), "explain/marked.txt")
        try expectGolden(
            try text(scene(12, subject), clock: .doubtful("the clock jumped by 2h")),
            "explain/marked-clock.txt")
    }

    @Test("Its policy is paused, without an end and with one")
    func paused() throws {
        let mark = PruneMark(
            at: now - .hours(36), deleteAfter: now - .hours(12),
            reason: "kept by none of keep_daily: 7, keep_weekly: 4")
        func pause(until: Timestamp?) -> Pause {
            Pause(
                policy: PolicyID(trusted: "nightly"), reason: "moving", actor: "uid 0 (root)",
                pausedAt: now - .days(2), until: until)
        }
        let scene = scene(12, point(12, mark: mark))
        try expectGolden(try text(scene, pause: pause(until: nil)), "explain/paused.txt")
        // Its week ends with a backup that is not made before the pause is over.
        try expectGolden(
            try text(self.scene(1, point(1)), pause: pause(until: now + .days(20))),
            "explain/kept-paused.txt")
    }

    @Test("Let go and not marked yet")
    func unmarked() throws {
        try expectGolden(try text(scene(12, point(12))), "explain/unmarked.txt")
        let doubt = ClockVerdict.doubtful("the clock jumped by 2h")
        try expectGolden(
            try text(scene(12, point(12)), clock: doubt), "explain/unmarked-clock.txt")
    }

    @Test("The vendor's own")
    func vendor() throws {
        let subject = point(5, origin: .vendor, provider: "cloud")
        let found = explanation(
            of: subject,
            in: PointCircumstances(
                configuration: Fixture.cloudConfiguration(
                    policies: [Fixture.nativePolicy()],
                    targets: [Fixture.droplet(1, named: "web-1")], digest: "127f9b53ca4d08f7"),
                recorded: [], providerLoad: PruneLoad(excess: 0, total: 0),
                clock: .sane,
                events: [], now: now))
        try expectGolden(
            ExplanationWire(found).lines.joined(separator: "\n") + "\n", "explain/vendor.txt")
    }

    @Test("Deleted: when, why, by whom, and what the provider answered")
    func deleted() throws {
        let subject = point(12, state: .deleted)
        let events = [
            event(
                9, .pointDeleted, by: "scheduler", hoursAgo: 3, job: 13, of: subject,
                [
                    "answer": "204 No Content", "provider": "disk",
                    "reason": "kept by none of keep_daily: 7, keep_weekly: 4",
                    "remote_id": .text(subject.remote.remoteID),
                    "taken_at": .text(subject.remote.takenAt.rfc3339),
                ]),
            event(
                8, .holdLifted, hoursAgo: 40, of: subject,
                ["reason": "case closed", "was_reason": "court order 12/26"]),
        ]
        try expectGolden(try text(scene(12, subject, events: events)), "explain/deleted.txt")
    }

    @Test("Missing")
    func missing() throws {
        let subject = point(12, state: .missing)
        let told = event(
            9, .pointMissing, by: "scheduler", hoursAgo: 3, job: 13, of: subject,
            ["provider": "disk", "reason": "the provider's listing no longer has it"])
        try expectGolden(try text(scene(12, subject, events: [told])), "explain/missing.txt")
    }

    @Test("Damaged, and the log does not tell")
    func damaged() throws {
        try expectGolden(
            try text(scene(12, point(12, state: .damaged))), "explain/damaged.txt")
    }

    @Test("Its policy is not declared any more")
    func policyRemoved() throws {
        let pin = PointPin(reason: "keep", actor: "uid 0 (root)", at: now - .days(3))
        var scene = scene(12, point(12, pin: pin))
        scene.policies = [Fixture.policy("other")]
        try expectGolden(try text(scene), "explain/policy-removed.txt")
        scene.subject = point(12, mark: PruneMark(at: now, deleteAfter: now, reason: "old"))
        let lines = try text(scene).split(separator: "\n")
        #expect(lines.contains("Its mark of 2026-03-09T12:00:00Z has no effect."))
    }
}
