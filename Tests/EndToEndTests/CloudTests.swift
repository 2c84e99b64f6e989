import Foundation
import Testing

@Suite("Backups at a cloud")
struct CloudTests {
    private static let droplet = 3_164_444

    @Test("A Droplet is backed up by policy, and its point shows the vendor's snapshot")
    func byPolicy() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "0") { cloud in
            try estate.configure(cloud, policy: TestPolicy.open())
            try await estate.withDaemon { daemon in
                try await eventually("the backup") {
                    try await estate.history.runs(of: "web-1") == ["succeeded"]
                }
                let points = try await estate.json(Listing<PointRow>.self, "points").items
                #expect(points.map(\.target) == ["web-1"])
                #expect(!daemon.log().contains(cloud.token))
            }
            #expect(try await cloud.snapshotCount(of: Self.droplet) == 1)
            let requests = try await cloud.ask("/_sim/requests")
            #expect(requests.contains("/v2/droplets/3164444/actions"))
            let dump = try await Programs.run("sqlite3", [estate.history.path, ".dump"])
            #expect(dump.code == 0)
            #expect(!dump.out.contains(cloud.token))
        }
    }

    @Test("A snapshot whose answer was lost is adopted and not ordered again")
    func lostAnswer() async throws {
        let estate = try Estate()
        let faults = try estate.write(
            """
            {"faults": [{"fault": "lost_reply", "method": "POST", "path": "/v2/droplets/*/actions"}]}
            """, to: "faults.json")
        try await estate.withCloud("--action-seconds", "0", "--faults", faults) { cloud in
            try estate.configure(cloud, policy: TestPolicy.open())
            try await estate.withDaemon { _ in
                try await eventually("the backup") {
                    try await estate.history.runs(of: "web-1") == ["succeeded"]
                }
            }
            #expect(try await estate.history.value("SELECT adopted FROM audit_runs") == "1")
            #expect(try await cloud.snapshotCount(of: Self.droplet) == 1)
        }
    }

    @Test("A daemon killed while the vendor works adopts what the vendor made")
    func killed() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "12") { cloud in
            try estate.configure(cloud, policy: TestPolicy.open("retry: { backoff: 1s }"))
            try await estate.withDaemon { daemon in
                try await eventually("the order") {
                    try await cloud.ask("/v2/droplets/3164444/actions").contains("in-progress")
                }
                daemon.kill()
            }
            try await estate.withDaemon { _ in
                try await eventually("the adoption") {
                    try await estate.history.runs(of: "web-1").last == "succeeded"
                }
            }
            #expect(try await cloud.snapshotCount(of: Self.droplet) == 1)
            #expect(try await estate.history.value("SELECT count(*) FROM recovery_point") == "1")
            #expect(try await estate.history.runs(of: "web-1").first == "interrupted")
        }
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    @Test("A secret that can't be read fails the backup with the way out, and is never shown")
    func noSecret() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "0") { cloud in
            try estate.configure(cloud, policy: TestPolicy.closed())
            try estate.write(cloud.token, to: "token", mode: 0o644)
            try await estate.withDaemon { daemon in
                let open = try await estate.holdfast("backup", "web-1")
                #expect(open.code == 1)
                #expect(open.err.contains("chmod 600 \(estate.root)/token"))
                #expect(!open.err.contains(cloud.token))
                #expect(!daemon.log().contains(cloud.token))
            }
        }
    }
}
