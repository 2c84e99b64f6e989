import Foundation
import Testing

@Suite("A cloud's own backups")
struct VendorPolicyTests {
    private struct Found: Decodable {
        let target: String
        let title: String
        let goneAt: String?
    }

    private struct Offer: Decodable {
        let point: String
        let dangers: [String]
    }

    private func configure(_ estate: Estate, _ cloud: Cloud) throws {
        let token = try estate.write(cloud.token + "\n", to: "token", mode: 0o600)
        try estate.write(
            """
            version: 1
            providers:
              do: { type: digitalocean, token: { file: \(token) }, endpoint: "\(cloud.url)" }
            policies:
              vendor: { plan: daily, at: "08:00", window: 4h, timezone: UTC, enforce: native, retention: { keep_daily: 7 } }
            selectors:
              - { provider: do, tag: web, policy: vendor }

            """, to: "etc/holdfast.yaml")
    }

    @Test("Machines are found by tag, their policies mended, and a backup of theirs is put back")
    func wholeWay() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "0") { cloud in
            try configure(estate, cloud)
            let alone = try await estate.holdfast(
                "provider", "check", "do", "--config", estate.configuration)
            #expect(alone.code == 0, "\(alone.err)")
            #expect(alone.out.contains("picks 2 targets under vendor"))
            try await estate.withDaemon { daemon in
                try await look(at: estate, cloud)
                try await restore(in: estate, cloud)
                #expect(!daemon.log().contains(cloud.token))
            }
        }
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    private func look(at estate: Estate, _ cloud: Cloud) async throws {
        for droplet in ["3164444", "3164445"] {
            // The first one had another hour, the second one had no backups.
            try await eventually("the policy of \(droplet)") {
                let policy = try await cloud.ask("/v2/droplets/\(droplet)/backups/policy")
                    .filter { !$0.isWhitespace }
                return policy.contains(#""backup_enabled":true"#)
                    && policy.contains(#""plan":"daily""#) && policy.contains(#""hour":8"#)
            }
        }
        let untouched = try await cloud.ask("/v2/droplets/3164446/backups/policy")
        #expect(untouched.contains("weekly"))
        let found = try await estate.json(Listing<Found>.self, "targets", "--discovered").items
        #expect(found.map(\.target) == ["do-droplet-3164444", "do-droplet-3164445"])
        #expect(found.map(\.title) == ["web-01", "web-02"])
        #expect(found.allSatisfy { $0.goneAt == nil })
        let table = try await estate.holdfast("targets", "--discovered")
        #expect(table.out.contains("web-02"))
        let check = try await estate.holdfast("provider", "check", "do")
        #expect(check.code == 0, "\(check.err)")
        #expect(check.out.contains("picks 2 targets under vendor"))
        #expect(!check.out.contains(cloud.token))
        let nobody = try await estate.holdfast("provider", "check", "du")
        #expect(nobody.code != 0)
        #expect(nobody.err.contains("did you mean 'do'?"))
    }

    private func restore(in estate: Estate, _ cloud: Cloud) async throws {
        // The vendor's backups are recorded with the mending; they can be put back like ours.
        try await eventually("the vendor's points") {
            try await estate.json(Listing<PointRow>.self, "points").items
                .contains { $0.target == "do-droplet-3164444" }
        }
        let latest = "do-droplet-3164444@latest"
        let refused = try await estate.holdfast("restore", latest)
        #expect(refused.code == 64)
        #expect(refused.out.contains("the disk of Droplet 3164444 (web-01)"))
        #expect(refused.err.contains("add --overwrites-target"))
        let isUntouched = try await !cloud.ask("/_sim/state").contains("restored_from")
        #expect(isUntouched)
        let offer = try await estate.holdfast("restore", latest, "--json")
        #expect(offer.code == 64)
        let cost = try JSONDecoder().decode(Offer.self, from: Data(offer.out.utf8))
        #expect(cost.dangers == ["overwrites-target"])
        let done = try await estate.holdfast("restore", latest, "--overwrites-target")
        #expect(done.code == 0, "\(done.err)")
        #expect(done.out.contains("restored \(cost.point) to do-droplet-3164444"))
        let remote = try await estate.history.value(
            "SELECT remote_id FROM recovery_point WHERE token = '\(cost.point)'")
        let isRestored = try await cloud.ask("/_sim/state").filter { !$0.isWhitespace }
            .contains(#""restored_from":\#(remote),"#)
        #expect(isRestored)
        #expect(
            try await estate.history.rows(
                """
                SELECT kind, token FROM event WHERE kind IN ('restore.requested', 'point.restored')
                ORDER BY id
                """) == [["restore.requested", cost.point], ["point.restored", cost.point]])
        #expect(
            try await estate.history.rows(
                "SELECT state, point, accepted FROM job WHERE kind = 'restore'")
                == [["succeeded", cost.point, "overwrites-target"]])
        // The vendor's own are nobody's to prune.
        #expect(
            try await estate.history.value(
                "SELECT count(*) FROM recovery_point WHERE origin = 'vendor' AND state = 'available'"
            ) == "7")
    }
}
