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

    @Test("A backup unit is kept as declared: made, and its e-mail address mended")
    func unit() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "0", vendor: "ionos") { cloud in
            try estate.write("unit-secret-word", to: "unit-password", mode: 0o600)
            for (name, email) in [("Second", "a@example.com"), ("NightlyUnit", "b@example.com")] {
                try estate.configureIONOS(
                    cloud, policy: TestPolicy.closed(),
                    unit: "backup_unit: \(name), email: \(email)")
                try await estate.withDaemon { daemon in
                    try await eventually("the unit") {
                        let units = try await cloud.ask("/cloudapi/v6/backupunits?depth=1")
                        return units.contains(email) && units.contains(name)
                    }
                    try await eventually("the record of it") {
                        try await estate.history.value(
                            "SELECT count(*) FROM event WHERE kind = 'drift.repaired'")
                            == (name == "Second" ? "1" : "2")
                    }
                    #expect(!daemon.log().contains("unit-secret-word"))
                }
            }
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
    /// A volume under one policy, at a simulated cloud.
    ///
    /// - Parameter unit: A backup unit instead, without its password.
    fileprivate func configureIONOS(
        _ cloud: Cloud, policy: String, unit: String? = nil
    ) throws {
        let volume =
            "datacenter: dcdc0001-0000-4000-8000-000000000001, "
            + "volume: b10c0001-0000-4000-8000-000000000002"
        let subject = unit.map { $0 + ", password: { file: \(root)/unit-password }" } ?? volume
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
              - { name: web-1, provider: cloud, \(subject), policy: main }

            """, to: "etc/holdfast.yaml")
    }
}
