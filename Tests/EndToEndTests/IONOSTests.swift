import Foundation
import Testing

@Suite("Backups at IONOS Cloud")
struct IONOSTests {
    private static let order =
        "POST /cloudapi/v6/datacenters/{datacenterId}/volumes/{volumeId}/create-snapshot"

    /// How many orders the vendor saw.
    private func orderCount(_ cloud: Cloud) async throws -> Int {
        struct Log: Decodable {
            struct Route: Decodable { let count: Int }
            let routes: [String: Route]
        }
        let text = try await cloud.ask("/_sim/requests")
        return try JSONDecoder().decode(Log.self, from: Data(text.utf8))
            .routes[Self.order]?.count ?? 0
    }

    @Test("A volume is backed up by policy: one order, one snapshot, one point, no secret told")
    func byPolicy() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "4", vendor: "ionos") { cloud in
            try estate.configureIONOS(cloud, policy: TestPolicy.open())
            try await estate.withDaemon { daemon in
                try await eventually("the backup") {
                    try await estate.history.runs(of: "web-1") == ["succeeded"]
                }
                let points = try await estate.json(Listing<PointRow>.self, "points").items
                #expect(points.map(\.target) == ["web-1"])
                #expect(!daemon.log().contains(cloud.token))
            }
            let snapshots = try await cloud.volumeSnapshots()
            #expect(snapshots.map(\.metadata.state) == ["AVAILABLE"])
            #expect(
                snapshots.first?.properties.description?.contains("volume=b10c0001-") == true)
            #expect(try await orderCount(cloud) == 1)
            let dump = try await Programs.run("sqlite3", [estate.history.path, ".dump"])
            #expect(dump.code == 0)
            #expect(!dump.out.contains(cloud.token))
        }
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    @Test("A snapshot whose answer was lost is adopted and not ordered again")
    func lostAnswer() async throws {
        let estate = try Estate()
        let faults = try estate.write(
            #"{"faults": [{"fault": "cut_after", "method": "POST", "path": "*/create-snapshot"}]}"#,
            to: "faults.json")
        try await estate.withCloud(
            "--action-seconds", "0", "--faults", faults, vendor: "ionos"
        ) { cloud in
            try estate.configureIONOS(cloud, policy: TestPolicy.open())
            try await estate.withDaemon { _ in
                try await eventually("the backup") {
                    try await estate.history.runs(of: "web-1") == ["succeeded"]
                }
            }
            #expect(try await estate.history.value("SELECT adopted FROM audit_runs") == "1")
            #expect(try await cloud.volumeSnapshots().count == 1)
            #expect(try await orderCount(cloud) == 1)
        }
    }

    @Test("A daemon killed while the vendor works adopts what the vendor made")
    func killed() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "12", vendor: "ionos") { cloud in
            try estate.configureIONOS(
                cloud, policy: TestPolicy.open("retry: { backoff: 1s }"))
            try await estate.withDaemon { daemon in
                try await eventually("the order") { try await orderCount(cloud) == 1 }
                daemon.kill()
            }
            try await estate.withDaemon { _ in
                try await eventually("the adoption") {
                    try await estate.history.runs(of: "web-1").last == "succeeded"
                }
            }
            #expect(try await cloud.volumeSnapshots().count == 1)
            #expect(try await orderCount(cloud) == 1)
            #expect(try await estate.history.value("SELECT count(*) FROM recovery_point") == "1")
        }
    }

    @Test("A snapshot that the vendor gives up is ordered again, once")
    func failed() async throws {
        let estate = try Estate()
        let faults = try estate.write(
            #"{"faults": [{"fault": "action_errored", "path": "*/create-snapshot"}]}"#,
            to: "faults.json")
        try await estate.withCloud(
            "--action-seconds", "0", "--faults", faults, vendor: "ionos"
        ) { cloud in
            try estate.configureIONOS(
                cloud, policy: TestPolicy.open("retry: { backoff: 1s }"))
            try await estate.withDaemon { _ in
                try await eventually("the second attempt") {
                    try await estate.history.runs(of: "web-1") == ["failed", "succeeded"]
                }
            }
            let error = try await estate.history.value(
                "SELECT message FROM audit_runs WHERE state = 'failed'")
            #expect(error.contains("VDC-5-0"))
            #expect(try await cloud.volumeSnapshots().count == 1)
            #expect(try await orderCount(cloud) == 2)
        }
    }

    @Test("Backup units are kept as declared: made, and their e-mail addresses mended")
    func units() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "0", vendor: "ionos") { cloud in
            let password = try estate.write("unit-secret-word", to: "unit-password", mode: 0o600)
            func unit(_ name: String, _ email: String) -> String {
                "backup_unit: \(name), email: \(email), password: { file: \(password) }"
            }
            try estate.configureIONOS(
                cloud, policy: TestPolicy.closed(),
                subjects: [unit("Second", "a@example.com"), unit("NightlyUnit", "b@example.com")])
            try await estate.withDaemon { daemon in
                try await eventually("the record of both") {
                    try await estate.history.value(
                        "SELECT count(*) FROM event WHERE kind = 'drift.repaired'") == "2"
                }
                #expect(!daemon.log().contains("unit-secret-word"))
            }
            let units = try await cloud.ask("/cloudapi/v6/backupunits?depth=1")
            #expect(units.contains("Second") && units.contains("a@example.com"))
            #expect(units.contains("b@example.com") && !units.contains("ops@example.com"))
            #expect(try await estate.history.value("SELECT count(*) FROM recovery_point") == "0")
            let dump = try await Programs.run("sqlite3", [estate.history.path, ".dump"])
            #expect(dump.out.contains("was ops@example.com and is b@example.com"))
            #expect(!dump.out.contains("unit-secret-word"))
        }
    }
}

/// A snapshot as the simulated vendor lists it.
private struct VolumeSnapshot: Decodable, Sendable {
    struct Metadata: Decodable, Sendable { let state: String }
    struct Properties: Decodable, Sendable {
        let name: String?
        let description: String?
    }
    let metadata: Metadata
    let properties: Properties
}

extension Cloud {
    /// The snapshots that Holdfast made.
    fileprivate func volumeSnapshots() async throws -> [VolumeSnapshot] {
        struct List: Decodable { let items: [VolumeSnapshot] }
        let text = try await ask("/cloudapi/v6/snapshots?depth=1")
        return try JSONDecoder().decode(List.self, from: Data(text.utf8)).items.filter {
            $0.properties.name?.hasPrefix("hf-") == true
        }
    }
}

extension Estate {
    /// Targets `web-1`, `web-2`, … under one policy, at a simulated cloud.
    ///
    /// - Parameter subjects: What each is, as YAML.
    fileprivate func configureIONOS(
        _ cloud: Cloud, policy: String,
        subjects: [String] = [
            "datacenter: dcdc0001-0000-4000-8000-000000000001, "
                + "volume: b10c0001-0000-4000-8000-000000000002"
        ]
    ) throws {
        let targets = subjects.enumerated().map { index, subject in
            "  - { name: web-\(index + 1), provider: cloud, \(subject), policy: main }"
        }
        let token = try write(cloud.token + "\n", to: "token", mode: 0o600)
        try write(
            """
            version: 1
            providers:
              cloud:
                type: ionos
                token: { file: \(token) }
                endpoint: "\(cloud.url)/cloudapi/v6"
            policies:
              main: \(policy)
            targets:
            \(targets.joined(separator: "\n"))

            """, to: "etc/holdfast.yaml")
    }
}
