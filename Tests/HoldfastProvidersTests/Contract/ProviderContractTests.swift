import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// What the engine relies on, whatever the provider.
@Suite("Every provider")
struct ProviderContractTests {
    private func failure(
        _ body: () async throws -> Void
    ) async -> ProviderError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ProviderError
        }
    }

    @Test(
        "A backup carries its token, is found by it and listed",
        arguments: ProviderUnderTest.allCases)
    func life(kind: ProviderUnderTest) async throws {
        try await kind.withBench { bench in
            let token = bench.slot(0).token
            let early = try await bench.provider.find(
                token, on: bench.target, knowing: .unknown)
            #expect(early == nil)
            let point = try await bench.finish(try await bench.start())
            #expect(point.token == token)
            #expect(point.takenAt >= Bench.noon && point.takenAt <= bench.clock.now)
            let found = try await bench.find(token)
            #expect(found == point)
            let listing = try await bench.list()
            #expect(listing.points == [point])
            #expect(listing.isComplete)
        }
    }

    @Test(
        "Deleting is done once and twice with the same result",
        arguments: ProviderUnderTest.allCases)
    func deletion(kind: ProviderUnderTest) async throws {
        try await kind.withBench { bench in
            let points = try await bench.backUp(2)
            let permission = try bench.permission(points)
            let first = try await bench.provider.delete(permission)
            guard case .deleted(let words) = first else {
                Issue.record("\(first)")
                return
            }
            #expect(!words.isEmpty)
            let second = try await bench.provider.delete(permission)
            guard case .alreadyGone(let words) = second else {
                Issue.record("\(second)")
                return
            }
            #expect(!words.isEmpty)
            let listed = try await bench.list()
            #expect(listed.points == [points[1]])
            let gone = try await bench.find(points[0].token)
            #expect(gone == nil)
        }
    }

    @Test(
        "A lost answer is ambiguous, and the backup that was made is found and not made again",
        arguments: ProviderUnderTest.clouds, ["lost_reply", "cut_after", "truncate", "empty_200"])
    func lostAnswer(kind: ProviderUnderTest, fault: String) async throws {
        let fault = #"{"fault": "\#(fault)", \#(kind.order)}"#
        try await kind.withBench(faults: [fault]) { bench in
            let error = await failure { _ = try await bench.start() }
            #expect(error?.kind == .ambiguous, "\(error?.message ?? "")")
            let token = bench.slot(0).token
            var found: RemotePoint?
            for _ in 0..<20 where found == nil {
                do throws(ProviderError) {
                    found = try await bench.find(token)
                } catch {
                    // It is under way; the engine comes again at this instant.
                    #expect(error.kind == .throttled)
                    let wait = (error.retryAfter ?? bench.clock.now) - bench.clock.now
                    #expect(wait > .zero)
                    bench.clock.advance(by: wait)
                }
            }
            #expect(found?.token == token)
            let listed = try await bench.list()
            #expect(listed.points.count == 1)
        }
    }

    @Test(
        "A request that certainly was not done may be repeated at once",
        arguments: ProviderUnderTest.clouds)
    func refusedConnection(kind: ProviderUnderTest) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let provider = kind.provider(at: "http://127.0.0.1:9", clock)
        let target = Target(
            id: TargetID(trusted: "web"), provider: ProviderID(trusted: "under-test"),
            subject: kind.subject, policies: [PolicyID(trusted: "nightly")])
        let slot = SlotKey(
            assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: target.id),
            opens: Bench.noon)
        let error = await failure {
            _ = try await provider.start(
                BackupRequest(target: target, slot: slot, token: slot.token, report: { _ in }))
        }
        #expect(error?.kind == .transient, "\(error?.message ?? "")")
    }

    @Test(
        "A connection that is cut before an answer is ambiguous for an order, for a question not",
        arguments: ProviderUnderTest.clouds)
    func cut(kind: ProviderUnderTest) async throws {
        let faults = [
            #"{"fault": "cut_before", \#(kind.order)}"#,
            #"{"fault": "cut_before", \#(kind.listing)}"#,
        ]
        try await kind.withBench(faults: faults) { bench in
            let order = await failure { _ = try await bench.start() }
            #expect(order?.kind == .ambiguous)
            let question = await failure { _ = try await bench.list() }
            #expect(question?.kind == .transient)
            let listed = try await bench.list()
            #expect(listed.points.isEmpty)
        }
    }

    @Test(
        "A list that can't be read to its end is an error, never a shorter list",
        arguments: ProviderUnderTest.clouds,
        [
            #""fault": "status", "status": 502, "body": "html""#,
            #""fault": "status", "status": 500, "body": "json""#,
            #""fault": "truncate""#, #""fault": "empty_200""#, #""fault": "endless_pages""#,
            #""fault": "huge_body", "bytes": 20000000"#, #""fault": "cut_after""#,
        ])
    func brokenList(kind: ProviderUnderTest, fault: String) async throws {
        // A list without pages has none that come again.
        if fault.contains("endless_pages"), !kind.listsInPages { return }
        try await kind.withBench(faults: ["{\(fault), \(kind.listing)}"]) { bench in
            let error = await failure { _ = try await bench.list() }
            #expect(error?.kind == .transient, "\(error?.message ?? "no error")")
            #expect(error?.message.contains("GET http://127.0.0.1:") == true)
            let listed = try await bench.list()
            #expect(listed.isComplete)
        }
    }

    @Test("A list of several pages is read whole; one that breaks off is an error")
    func pages() async throws {
        let kind = ProviderUnderTest.droplet
        try await kind.withBench { bench in
            let points = try await bench.backUp(205)
            let second = #""method": "GET", "path": "/v2/droplets/*/snapshots?*page=2""#
            await bench.desk?.order(
                try FaultPlan(
                    json: Array(
                        #"{"faults": [{"fault": "status", "status": 502, \#(second)}]}"#.utf8)))
            let error = await failure { _ = try await bench.list() }
            #expect(error?.kind == .transient)
            let listing = try await bench.list()
            #expect(Set(listing.points.map(\.token)) == Set(points.map(\.token)))
        }
    }

    @Test(
        "Being asked for patience is told with its instant", arguments: ProviderUnderTest.clouds)
    func throttling(kind: ProviderUnderTest) async throws {
        let fault = #"{"fault": "status", "status": 429, "retry_after": 30, \#(kind.order)}"#
        try await kind.withBench(faults: [fault]) { bench in
            let error = await failure { _ = try await bench.start() }
            #expect(error?.kind == .throttled)
            #expect(error?.retryAfter == bench.clock.now + .seconds(30))
            // The next request waits until then by itself.
            _ = try await bench.finish(try await bench.start())
            #expect(bench.clock.now >= Bench.noon + .seconds(30))
        }
    }

    @Test(
        "A secret that is not in force, or may not do it, is told as such",
        arguments: ProviderUnderTest.clouds, [BenchSecret.wrong, .powerless])
    func authentication(kind: ProviderUnderTest, secret: BenchSecret) async throws {
        try await kind.withBench(secret: secret) { bench in
            let error = await failure { _ = try await bench.start() }
            #expect(error?.kind == .authentication)
            for word in BenchSecret.words { #expect(error?.message.contains(word) == false) }
        }
    }

    @Test("One action runs on a Droplet at a time; the second is waited for")
    func pending() async throws {
        try await ProviderUnderTest.droplet.withBench { bench in
            let first = try await bench.start(0)
            let error = await failure { _ = try await bench.start(1) }
            #expect(error?.kind == .throttled)
            #expect(error?.retryAfter == bench.clock.now + .seconds(60))
            _ = try await bench.finish(first)
            _ = try await bench.finish(try await bench.start(1))
            let listed = try await bench.list()
            #expect(listed.points.count == 2)
        }
    }

    @Test("An action that the vendor gives up is a failure that may be tried again")
    func errored() async throws {
        let fault = #"{"fault": "action_errored", \#(ProviderUnderTest.droplet.order)}"#
        try await ProviderUnderTest.droplet.withBench(faults: [fault]) { bench in
            let error = await failure { _ = try await bench.finish(try await bench.start()) }
            #expect(error?.kind == .ambiguous)
            #expect(error?.message.contains("errored") == true)
            let found = try await bench.find(bench.slot(0).token)
            #expect(found == nil)
            _ = try await bench.finish(try await bench.start())
        }
    }

    @Test("A volume takes one snapshot in ten minutes and holds twenty-five")
    func volumeLimits() async throws {
        try await ProviderUnderTest.volume.withBench { bench in
            _ = try await bench.finish(try await bench.start(0))
            let soon = await failure { _ = try await bench.start(1) }
            #expect(soon?.kind == .throttled)
            #expect(soon?.retryAfter == bench.clock.now + .minutes(10))
            bench.clock.advance(by: .minutes(11))
            for number in 1..<25 {
                _ = try await bench.finish(try await bench.start(number))
                bench.clock.advance(by: .minutes(11))
            }
            let full = await failure { _ = try await bench.start(25) }
            #expect(full?.kind == .quota, "\(full?.message ?? "")")
        }
    }

    @Test("A name that is taken is this backup, whose answer was lost")
    func conflict() async throws {
        try await ProviderUnderTest.volume.withBench { bench in
            let first = try await bench.finish(try await bench.start())
            bench.clock.advance(by: .minutes(11))
            let again = try await bench.finish(try await bench.start())
            #expect(again == first)
        }
    }

    @Test("Foreign snapshots are not listed, and a target of another kind is refused")
    func foreign() async throws {
        try await ProviderUnderTest.droplet.withBench { bench in
            let other = Target(
                id: TargetID(trusted: "etc"), provider: bench.target.provider,
                subject: .directory(path: "/etc", exclude: []),
                policies: [PolicyID(trusted: "nightly")])
            let error = await failure {
                _ = try await bench.provider.list(other, knowing: .unknown)
            }
            #expect(error?.kind == .permanent)
            let missing = Target(
                id: TargetID(trusted: "gone"), provider: bench.target.provider,
                subject: .droplet(id: 99), policies: [PolicyID(trusted: "nightly")])
            let gone = await failure {
                _ = try await bench.provider.list(missing, knowing: .unknown)
            }
            #expect(gone?.kind == .notFound)
        }
    }
}
