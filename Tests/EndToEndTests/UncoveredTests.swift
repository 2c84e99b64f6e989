import Foundation
import Testing

@Suite("What an account has and no policy covers")
struct UncoveredTests {
    private struct Row: Decodable {
        let name: String
        let title: String
        let isStopped: Bool
        let isNew: Bool
        let waiver: Waiver?
    }

    private struct Waiver: Decodable {
        let owner: String
    }

    private func rows(_ estate: Estate) async throws -> [Row] {
        let ended = try await estate.holdfast("coverage", "--uncovered", "--json")
        try #require([0, 1].contains(ended.code), "\(ended.err)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Listing<Row>.self, from: Data(ended.out.utf8)).items
    }

    @Test("Machines without a policy are named until each has one, or a waiver")
    func named() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "0") { cloud in
            try estate.configure(cloud, policy: TestPolicy.closed())
            try await cloud.change(#"{"create": "machine", "name": "fresh"}"#)
            try await cloud.change(#"{"stop": "3164446"}"#)
            // Nothing is told before two readings of the clock, a minute apart.
            try await estate.withDaemon("--clock-speed", "20") { daemon in
                try await eventually("the gaps") { try await !rows(estate).isEmpty }
                let found = try await rows(estate)
                #expect(!found.contains { $0.name == "do-droplet-3164444" })
                let stopped = try #require(found.first { $0.name == "do-droplet-3164446" })
                #expect(stopped.isStopped && !stopped.isNew)
                let fresh = try #require(found.first { $0.title == "fresh" })
                #expect(fresh.isNew && !fresh.isStopped)
                let shown = try await estate.holdfast("coverage", "--uncovered")
                #expect(shown.code == 1)
                #expect(shown.out.contains("\(found.count) without a policy"))
                let status = try await estate.holdfast("status")
                #expect(status.out.contains("uncovered          \(found.count) of the accounts'"))

                try cover(found.map(\.name), in: estate)
                daemon.reload()
                try await eventually("the reload") { try await rows(estate).count == 2 }
                let left = try await rows(estate)
                #expect(left.allSatisfy { $0.waiver?.owner == "anna" })
                let good = try await estate.holdfast("coverage", "--uncovered")
                #expect(good.code == 0)
                #expect(good.out.contains("0 without a policy; 2 under a waiver"))
            }
        }
        let kinds = try await estate.history.rows(
            "SELECT kind FROM event WHERE kind LIKE 'inventory.%' ORDER BY id")
        #expect(kinds == [["inventory.uncovered"], ["inventory.closed"]])
    }

    @Test("An account that could never be listed is not told to be covered")
    func neverListed() async throws {
        let estate = try Estate()
        try await estate.withCloud { cloud in
            try estate.configure(cloud, policy: TestPolicy.closed())
            try await cloud.order(
                #"{"fault": "status", "status": 403, "path": "/v2/volumes", "count": 999}"#)
            try await estate.withDaemon("--clock-speed", "20") { _ in
                try await eventually("the refusal") {
                    try await estate.history.value(
                        "SELECT count(*) FROM event WHERE kind = 'inventory.failed'") == "1"
                }
                let shown = try await estate.holdfast("coverage", "--uncovered")
                #expect(
                    shown.out == """
                        do was never listed yet, so nobody knows what it has; the newest try failed: \
                        'holdfast provider check do'

                        """)
                #expect(shown.code == 1)
            }
        }
    }

    /// Declares every Droplet but the last one, and waives that and the last volume.
    private func cover(_ names: [String], in estate: Estate) throws {
        let droplets = names.filter { $0.hasPrefix("do-droplet-") }
        let volumes = names.filter { $0.hasPrefix("do-volume-") }
        var lines = droplets.dropLast().map {
            "  - { name: \($0), provider: do, droplet: \($0.dropFirst(11)), policy: main }"
        }
        lines += volumes.dropLast().map {
            "  - { name: a\($0.suffix(4)), provider: do, volume: \($0.dropFirst(10)), policy: main }"
        }
        lines.append("waivers:")
        lines += [droplets.last, volumes.last].compactMap(\.self).map {
            "  - { target: \($0), owner: anna, reason: a toy, until: 2099-12-31 }"
        }
        let text = try estate.read("etc/holdfast.yaml")
        try estate.write(
            text + lines.joined(separator: "\n") + "\n", to: "etc/holdfast.yaml")
    }
}
