import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// What the engine relies on, whatever the vendor.
@Suite("Every inventory")
struct InventoryContractTests {
    @Test(
        "Several pages are one list, each subject once, in the same order every time",
        arguments: InventoryUnderTest.allCases)
    func pages(kind: InventoryUnderTest) async throws {
        try await kind.withBench(kind.large.estate) { bench in
            let items = try await bench.provider.inventory()
            #expect(items.count == kind.large.count)
            #expect(Set(items.map(\.subject)).count == kind.large.count)
            let again = try await bench.provider.inventory()
            #expect(again == items)
        }
    }

    @Test("Contabo tells when a machine ends whose contract was cancelled")
    func cancelled() async throws {
        try await InventoryUnderTest.contabo.withBench { bench in
            let subject = Subject.instance(id: 100_101)
            let before = try await bench.items()
            #expect(before[subject]?.endsAt == nil)
            _ = try await bench.cloud.change(.cancel(id: "100101", day: "2026-12-24"))
            let after = try await bench.items()
            #expect(after[subject]?.endsAt == Timestamp(rfc3339: "2026-12-24T00:00:00Z"))
            #expect(after.values.count { $0.endsAt != nil } == 1)
            _ = try await bench.cloud.change(.cancel(id: "100101", day: ""))
            let kept = try await bench.items()
            #expect(kept == before)
        }
    }

    @Test(
        "A page that can't be read is an error, never a shorter list",
        arguments: InventoryUnderTest.allCases,
        [
            #""fault": "status", "status": 502, "body": "html""#, #""fault": "truncate""#,
            #""fault": "status", "status": 500"#, #""fault": "empty_200""#,
            #""fault": "endless_pages""#, #""fault": "cut_before""#, #""fault": "cut_after""#,
            #""fault": "lost_reply""#, #""fault": "huge_body", "bytes": 20000000"#,
        ])
    func brokenPage(kind: InventoryUnderTest, fault: String) async throws {
        try await kind.withBench(kind.large.estate) { bench in
            for page in kind.laterPages {
                try await bench.order([#"\#(fault), "method": "GET", "path": "\#(page)""#])
                let error = await bench.failure()
                #expect(error?.kind == .transient, "\(page): \(error?.message ?? "no error")")
            }
            let items = try await bench.provider.inventory()
            #expect(items.count == kind.large.count)
        }
    }

    @Test(
        "An account that may not list is told which right is missing, and how to do without",
        arguments: InventoryUnderTest.allCases)
    func forbidden(kind: InventoryUnderTest) async throws {
        try await kind.withBench { bench in
            for list in kind.lists {
                try await bench.order([
                    #""fault": "status", "status": 403, "path": "\#(list.path)""#
                ])
                let error = await bench.failure()
                #expect(error?.kind == .authentication, "\(list.path)")
                #expect(error?.message.contains("refused with 403") == true)
                #expect(error?.message.contains(list.right) == true, "\(error?.message ?? "")")
                #expect(error?.message.contains("'inventory: off'") == true)
            }
        }
    }

    @Test(
        "A secret that is not accepted, and patience asked for, are told as everywhere",
        arguments: InventoryUnderTest.allCases)
    func refused(kind: InventoryUnderTest) async throws {
        try await kind.withBench { bench in
            for list in kind.lists {
                try await bench.order([
                    #""fault": "status", "status": 401, "path": "\#(list.path)", "count": 2"#
                ])
                let secret = await bench.failure()
                #expect(secret?.kind == .authentication)
                #expect(secret?.message.contains("inventory") == false)
                try await bench.order([
                    #""fault": "status", "status": 429, "retry_after": 30, "path": "\#(list.path)""#
                ])
                let patience = await bench.failure()
                #expect(patience?.kind == .throttled)
                #expect(patience?.retryAfter == bench.clock.now + .seconds(30))
            }
        }
    }

    @Test(
        "What is made, renamed, stopped, started and removed is so in the next list",
        arguments: InventoryUnderTest.allCases)
    func changes(kind: InventoryUnderTest) async throws {
        try await kind.withBench { bench in
            let before = try await bench.items()
            #expect(before.values.allSatisfy { !$0.isStopped })
            bench.clock.advance(by: .days(1))
            let id = try await bench.cloud.change(kind.creation("new"))
            let (subject, machine) = try kind.made(id)
            let made = try await bench.items()
            #expect(made.count == before.count + 1)
            #expect(
                made[subject]
                    == InventoryItem(subject, title: "new", createdAt: Bench.noon + .days(1)))
            _ = try await bench.cloud.change(.rename(id: id, name: "newer"))
            _ = try await bench.cloud.change(.stop(id: machine))
            let stopped = try await bench.items()
            #expect(stopped[subject]?.title == "newer")
            #expect(stopped[subject]?.isStopped == true)
            #expect(stopped.values.count { $0.isStopped } == 1)
            _ = try await bench.cloud.change(.start(id: machine))
            let started = try await bench.items()
            #expect(started[subject]?.isStopped == false)
            _ = try await bench.cloud.change(.remove(id: id))
            let after = try await bench.items()
            #expect(after == before)
        }
    }

    @Test(
        "A name is one line of at most 255 bytes, whatever the vendor has",
        arguments: InventoryUnderTest.allCases)
    func titles(kind: InventoryUnderTest) async throws {
        try await kind.withBench { bench in
            let id = try await bench.cloud.change(kind.creation("new"))
            let (subject, _) = try kind.made(id)
            for name in ["a\nb\u{1B}[31m\u{7F}\u{85}", String(repeating: "ä", count: 5000)] {
                _ = try await bench.cloud.change(.rename(id: id, name: name))
                let items = try await bench.items()
                let title = items[subject]?.title ?? "none"
                #expect(title.utf8.count <= 255 && title.hasPrefix(name.prefix(1)))
                let hasControls = title.unicodeScalars.contains {
                    $0.properties.generalCategory == .control
                }
                #expect(!hasControls, "\(title)")
            }
        }
    }

    @Test("An account with nothing in it is an empty list", arguments: InventoryUnderTest.allCases)
    func empty(kind: InventoryUnderTest) async throws {
        let estate = ["digitalOcean": "droplets=0", "contabo": "instances=0"]
        try await kind.withBench(estate[kind.rawValue] ?? "volumes=0") { bench in
            let items = try await bench.provider.inventory()
            #expect(items.isEmpty)
        }
    }
}
