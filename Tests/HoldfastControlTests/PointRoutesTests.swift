import Foundation
import Glibc
import HoldfastCore
import HoldfastTesting
import Testing

@testable import HoldfastControl

@Suite("Points over the socket", .enabled(if: getuid() == 0, "only root may pin here"))
struct PointRoutesTests {
    private let path = "/v1/points/\(Fixture.backup().slot.token)"

    /// A store with one point of `nightly/etc` and a client of the socket in front of it.
    private func serving(
        _ body: (ControlClient, InMemoryStore) async throws -> Void
    ) async throws {
        try await ServedDesk.serving { client, store in
            let now = Fixture.noon
            _ = try await store.enqueue(Fixture.backup(), event: nil, at: now)
            let claimed = try await store.claim(
                Claim(
                    provider: ProviderID(trusted: "disk"), limit: 1, now: now,
                    leaseUntil: now + .hours(1)))
            _ = try await store.record(
                AttemptOutcome(
                    claimed: try #require(claimed.first),
                    ending: RunEnding(state: .succeeded), endedAt: now, next: .succeeded,
                    failures: 0, isUncertain: false,
                    point: Fixture.remotePoint(of: Fixture.backup().slot), events: []))
            try await body(client, store)
        }
    }

    private func problem(_ body: () async throws -> Void) async -> ProblemWire? {
        do {
            try await body()
            return nil
        } catch let error as ControlClientError {
            if case .problem(let problem) = error { return problem }
            return nil
        } catch {
            return nil
        }
    }

    @Test("A pin, a hold and its lifting go over the socket, with root's name in the log")
    func pinning() async throws {
        try await serving { client, store in
            let pinned = try await client.post(
                PointWire.self, path + "/pin",
                query: ["reason": "50 % & more", "until": "2026-12-31"])
            #expect(pinned.pin?.kind == "pin")
            #expect(pinned.pin?.reason == "50 % & more")
            #expect(pinned.pin?.until?.rfc3339 == "2027-01-01T00:00:00Z")
            #expect(pinned.pin?.by == "uid 0 (root)")
            let held = try await client.post(
                PointWire.self, "/v1/points/etc@latest/pin",
                query: ["reason": "order", "hold": "true"])
            #expect(held.pin?.isHold == true)
            #expect(held.pin?.until == nil)
            let listed = try await client.get(PageWire<PointWire>.self, "/v1/points")
            #expect(listed.items.map(\.pin?.reason) == ["order"])
            let freed = try await client.post(
                PointWire.self, path + "/unpin", query: ["lift_hold": "true", "reason": "over"])
            #expect(freed.pin == nil)
            let told = try await store.events(of: Fixture.backup().slot.token, limit: 9)
            #expect(told.map(\.kind) == ["hold.lifted", "hold.placed", "point.pinned"])
            #expect(told.allSatisfy { $0.actor == "uid 0 (root)" })
        }
    }

    @Test("A marked point is listed, and kept")
    func keeping() async throws {
        try await serving { client, store in
            let point = try #require(try await store.points(PageRequest()).rows.first)
            let none = try await client.get(
                PageWire<PointWire>.self, "/v1/points", query: ["marked": "true"])
            #expect(none.items.isEmpty)
            let mark = PruneMark(
                at: Fixture.noon, deleteAfter: Fixture.noon + .days(1), reason: "old")
            try await store.change(marks: [point.id: .set(mark)], events: [])
            let marked = try await client.get(
                PageWire<PointWire>.self, "/v1/points", query: ["marked": "true"])
            #expect(marked.items.map(\.markReason) == ["old"])
            let kept = try await client.post(PointWire.self, path + "/keep")
            #expect(kept.markedAt == nil)
            #expect(kept.pin?.reason == "kept from pruning")
        }
    }

    @Test(
        "What can't be is a problem with words",
        arguments: [
            ("/pin", [:], 400, "a pin needs a reason"),
            ("/pin", ["reason": "r", "hold": "yes"], 400, "hold is true or false"),
            ("/pin", ["reason": "r", "until": "6m"], 400, "'6m' is no end of a pin"),
            ("/pin", ["reason": "r", "for": "9d"], 400, "'for' is not known here"),
            ("/unpin", [:], 409, "is neither pinned nor on hold"),
            ("/keep", [:], 409, "is not marked for deletion"),
        ] as [(String, [String: String], Int, String)])
    func refused(end: String, query: [String: String], status: Int, words: String) async throws {
        try await serving { client, store in
            let problem = await problem {
                _ = try await client.post(PointWire.self, path + end, query: query)
            }
            #expect(problem?.status == status)
            #expect(problem?.detail.contains(words) == true, "\(problem?.detail ?? "none")")
            let events = try await store.events(PageRequest()).rows
            #expect(events.isEmpty)
        }
    }

    @Test("A point that is not there, and one that is none, are told apart")
    func unknown() async throws {
        try await serving { client, _ in
            let other = SlotKey(assignment: Fixture.assignment(), opens: Fixture.noon + .days(9))
            let absent = await problem {
                _ = try await client.post(
                    PointWire.self, "/v1/points/\(other.token)/pin", query: ["reason": "r"])
            }
            #expect(absent?.status == 404)
            let none = await problem {
                _ = try await client.post(
                    PointWire.self, "/v1/points/7/pin", query: ["reason": "r"])
            }
            #expect(none?.status == 400)
            let wrong = await problem {
                _ = try await client.get(
                    PageWire<PointWire>.self, "/v1/points", query: ["marked": "1"])
            }
            #expect(wrong?.detail == "marked is true or false, not '1'")
        }
    }

    @Test("An explanation comes over the socket, for what is there and for what is gone")
    func explaining() async throws {
        try await serving { client, store in
            let kept = try await client.get(ExplanationWire.self, path + "/explain")
            #expect(kept.verdict == "kept")
            #expect(kept.keptBesides?.first?.contains("no retention rule") == true)
            #expect(kept.forecast?.kind == "for_ever")
            #expect(kept.floors?.map(\.code) == ["newest_good", "needed_by_minimum", "too_young"])
            #expect(kept.configurationDigest == "one")
            let point = try #require(try await store.points(PageRequest()).rows.first)
            try await store.retire(
                point.id, as: .missing, at: Fixture.noon,
                event: NewEvent(
                    at: Fixture.noon, kind: .pointMissing, actor: .scheduler,
                    token: point.remote.token, detail: ["reason": "not listed"]))
            let gone = try await client.get(ExplanationWire.self, path + "/explain")
            #expect(gone.verdict == "gone")
            #expect(gone.ending?.kind == "point.missing")
            #expect(gone.lines.contains("  reason: not listed"))
            let none = await problem {
                _ = try await client.get(ExplanationWire.self, "/v1/points/etc@latest/explain")
            }
            #expect(none?.status == 404)
        }
    }
}
