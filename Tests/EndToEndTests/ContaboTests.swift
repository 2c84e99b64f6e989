import Foundation
import Testing

@Suite("Backups at Contabo")
struct ContaboTests {
    private static let instance = 100_101
    private static let kept = "retention: { keep_last: 3 }"

    @Test("An instance is backed up by policy, and no secret is seen anywhere")
    func byPolicy() async throws {
        let estate = try Estate()
        try await estate.withContabo { cloud in
            try estate.configure(cloud, policy: TestPolicy.open(Self.kept))
            let log = try await estate.withDaemon { daemon in
                try await eventually("the backup") {
                    try await estate.history.runs(of: "web-1") == ["succeeded"]
                }
                let points = try await estate.json(Listing<PointRow>.self, "points").items
                #expect(points.map(\.target) == ["web-1"])
                return daemon.log()
            }
            #expect(try await cloud.snapshotCount(of: Self.instance) == 1)
            let dump = try await Programs.run("sqlite3", [estate.history.path, ".dump"])
            #expect(dump.code == 0 && dump.out.contains("100101/snap"))
            let secrets = try await cloud.secrets()
            #expect(secrets.count >= 4)
            for secret in secrets {
                #expect(!log.contains(secret))
                #expect(!dump.out.contains(secret))
            }
        }
    }

    @Test("A cancelled machine is announced with the points that go with it, before it ends")
    func cancelled() async throws {
        let estate = try Estate()
        try await estate.withContabo { cloud in
            try estate.configure(cloud, policy: TestPolicy.open(Self.kept))
            try await estate.withDaemon { _ in
                try await eventually("the backup") {
                    try await estate.history.runs(of: "web-1") == ["succeeded"]
                }
            }
            try await cloud.change(#"{"cancel": "100101", "on": "2099-12-24"}"#)
            // Nothing is told before two readings of the clock, a minute apart.
            try await estate.withDaemon("--clock-speed", "20") { _ in
                try await eventually("the announcement") {
                    try await estate.history.value(
                        "SELECT count(*) FROM event WHERE kind = 'target.ending'") == "1"
                }
                let status = try await estate.holdfast("status")
                #expect(
                    status.out.contains(
                        "ending             web-1 ('web' at vps) is ended by the vendor on "
                            + "2099-12-24; its point goes with it: copy what is to stay\n"),
                    "\(status.out)")
                let point = try await estate.json(Listing<PointRow>.self, "points").items[0]
                let explained = try await estate.holdfast("explain", point.id)
                #expect(
                    explained.out.contains(
                        "The vendor ends its machine on 2099-12-24 and deletes it then"),
                    "\(explained.out)\(explained.err)")
            }
        }
    }

    @Test("A snapshot whose answer was lost is adopted and not ordered again")
    func lostAnswer() async throws {
        let estate = try Estate()
        let faults = try estate.write(
            #"{"faults": [{"fault": "lost_reply", "method": "POST", "path": "/v1/*/snapshots"}]}"#,
            to: "faults.json")
        try await estate.withContabo("--faults", faults) { cloud in
            try estate.configure(cloud, policy: TestPolicy.open(Self.kept))
            try await estate.withDaemon { _ in
                try await eventually("the backup") {
                    try await estate.history.runs(of: "web-1") == ["succeeded"]
                }
            }
            #expect(try await estate.history.value("SELECT adopted FROM audit_runs") == "1")
            #expect(try await cloud.snapshotCount(of: Self.instance) == 1)
        }
    }

    @Test("A daemon killed while the vendor makes a snapshot adopts it")
    func killed() async throws {
        let estate = try Estate()
        try await estate.withContabo("--action-seconds", "12") { cloud in
            try estate.configure(
                cloud, policy: TestPolicy.open("retry: { backoff: 1s }, \(Self.kept)"))
            try await estate.withDaemon { daemon in
                try await eventually("the order") {
                    try await cloud.snapshotCount(of: Self.instance) == 1
                }
                daemon.kill()
            }
            try await estate.withDaemon { _ in
                try await eventually("the adoption") {
                    try await estate.history.runs(of: "web-1").last == "succeeded"
                }
            }
            #expect(try await cloud.snapshotCount(of: Self.instance) == 1)
            #expect(try await estate.history.value("SELECT count(*) FROM recovery_point") == "1")
            #expect(try await estate.history.runs(of: "web-1").first == "interrupted")
        }
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    @Test("A token that the vendor ends just then costs no attempt")
    func endedToken() async throws {
        let estate = try Estate()
        let faults = try estate.write(
            #"{"faults": [{"fault": "status", "status": 401, "method": "POST", "path": "/v1/*"}]}"#,
            to: "faults.json")
        try await estate.withContabo("--token-seconds", "1", "--faults", faults) { cloud in
            try estate.configure(cloud, policy: TestPolicy.closed(Self.kept))
            try await estate.withDaemon { _ in try await estate.backUp("web-1") }
            #expect(try await cloud.snapshotCount(of: Self.instance) == 1)
            let attempts = try await estate.history.value(
                "SELECT count(*) || ' ' || max(attempt) FROM audit_runs")
            #expect(attempts == "1 1")
        }
    }

    @Test("An instance without a slot fails with the vendor's words and the way out")
    func full() async throws {
        let estate = try Estate()
        try await estate.withContabo { cloud in
            try estate.configure(
                cloud, policy: TestPolicy.closed(Self.kept), instance: 100_105)
            try await estate.withDaemon { _ in
                let ended = try await estate.holdfast("backup", "web-1")
                #expect(ended.code == 1)
                #expect(ended.err.contains("exceed the total max limit of 0 snapshots"))
                #expect(ended.err.contains("this product has no snapshots"))
            }
            let runs = try await estate.history.value("SELECT error_kind FROM audit_runs")
            #expect(runs == "quota")
        }
    }

    @Test("A wrong password is told as such, and a policy that keeps too long is refused")
    func refusals() async throws {
        let estate = try Estate()
        try await estate.withContabo { cloud in
            try estate.configure(cloud, policy: TestPolicy.closed(Self.kept))
            try estate.write("not-the-password", to: "password", mode: 0o600)
            try await estate.withDaemon { daemon in
                let ended = try await estate.holdfast("backup", "web-1")
                #expect(ended.code == 1)
                #expect(ended.err.contains("invalid_grant: Invalid user credentials"))
                #expect(!daemon.log().contains("not-the-password"))
            }
            try estate.configure(
                cloud, policy: TestPolicy.closed("retention: { keep_daily: 31 }"))
            let check = try await estate.holdfast("check", "--config", estate.configuration)
            #expect(check.code == 78)
            #expect(check.err.contains("keep_daily: 31"))
        }
    }
}
