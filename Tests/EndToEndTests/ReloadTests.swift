import Foundation
import Testing

@Suite("Reload by SIGHUP")
struct ReloadTests {
    @Test("A good configuration takes over; a broken one is refused with its place, the old stays")
    func reload() async throws {
        let estate = try Estate()
        let second = "{ name: second, provider: disk, directory: \(estate.root)/etc, policy: main }"
        try estate.configure(policy: TestPolicy.closed())
        try await estate.withDaemon { daemon in
            try estate.configure(policy: TestPolicy.closed(), targets: [second])
            daemon.reload()
            try await eventually("the second target") { try await status(estate).targets == 2 }

            try estate.configure(policy: "{ plan: dayly }")
            daemon.reload()
            let syntax = try await eventually("the refusal") {
                try await status(estate).configurationRejection
            }
            #expect(syntax.contains("\(estate.configuration):6:"))
            #expect(syntax.contains("daily"), "the nearest known word")
            #expect(try await status(estate).targets == 2)
            let table = try await estate.holdfast("status").out
            #expect(table.contains("reload refused"))
            #expect(table.contains("\(estate.configuration):6:"))

            let lost = "{ plan: daily, hour: 2, timezone: Europe/Berlim }"
            try estate.configure(policy: lost)
            daemon.reload()
            try await eventually("the refusal of the zone") {
                try await status(estate).configurationRejection?.contains("Europe/Berlin") == true
            }
            try await estate.backUp("second")

            try estate.configure(policy: TestPolicy.closed())
            daemon.reload()
            try await eventually("the good one") { try await status(estate).targets == 1 }
            #expect(try await status(estate).configurationRejection == nil)
        }
        let kinds = try await estate.history.rows(
            "SELECT kind FROM event WHERE kind LIKE 'configuration.%' ORDER BY id")
        #expect(
            kinds.map { $0[0].dropFirst("configuration.".count) } == [
                "loaded", "loaded", "rejected", "rejected", "loaded",
            ])
    }

    private func status(_ estate: Estate) async throws -> StatusRow {
        try await estate.json(StatusRow.self, "status")
    }
}
