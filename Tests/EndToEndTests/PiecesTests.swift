import Foundation
import Testing

@Suite("Backups of Pieces OS by the daemon")
struct PiecesTests {
    private struct ListedBackups: Decodable {
        struct Row: Decodable {
            let id: String
            let device: String

            enum CodingKeys: String, CodingKey {
                case id
                case device = "device_name"
            }
        }

        let iterable: [Row]
    }

    /// Those of the machine, of which the small estate has three.
    private func backups(at cloud: Cloud) async throws -> [String] {
        let text = try await cloud.ask("/backups")
        return try JSONDecoder().decode(ListedBackups.self, from: Data(text.utf8))
            .iterable.filter { $0.device == "workstation" }.map(\.id)
    }

    private func configure(_ estate: Estate, _ cloud: Cloud, policy: String) throws {
        try estate.write(
            """
            version: 1
            providers:
              pos: { type: pieces, endpoint: "\(cloud.url)" }
            policies:
              main: \(policy)
            targets:
              - { name: snippets, provider: pos, device: workstation, policy: main }

            """, to: "etc/holdfast.yaml")
    }

    @Test("The database is backed up by policy, and how far it is shows meanwhile")
    func byPolicy() async throws {
        let estate = try Estate()
        try await estate.withCloud(
            "--action-seconds", "6", "--set", "framing=split", vendor: "pieces"
        ) { cloud in
            try configure(estate, cloud, policy: TestPolicy.open())
            try await estate.withDaemon { _ in
                try await eventually("progress") {
                    let jobs = try await estate.holdfast("jobs", "--json")
                    return jobs.out.contains(try Regex(#""progress_percent" ?: ?[1-9]"#))
                }
                try await eventually("the backup") {
                    try await estate.history.runs(of: "snippets") == ["succeeded"]
                }
            }
            let made = try #require(try await backups(at: cloud).last)
            let recorded = try await estate.history.value("SELECT remote_id FROM recovery_point")
            #expect(recorded == made)
        }
    }

    @Test("A daemon killed while a backup is made adopts it and makes no second one")
    func killed() async throws {
        let estate = try Estate()
        try await estate.withCloud("--action-seconds", "12", vendor: "pieces") { cloud in
            try configure(estate, cloud, policy: TestPolicy.open("retry: { backoff: 1s }"))
            try await estate.withDaemon { daemon in
                try await eventually("the order") {
                    try await cloud.ask("/_sim/requests").contains("under way")
                }
                daemon.kill()
            }
            try await estate.withDaemon { _ in
                try await eventually("the adoption", within: .seconds(60)) {
                    try await estate.history.runs(of: "snippets").last == "succeeded"
                }
            }
            #expect(try await backups(at: cloud).count == 4)
            #expect(try await estate.history.value("SELECT count(*) FROM recovery_point") == "1")
            #expect(
                try await estate.history.value(
                    "SELECT count(*) FROM audit_runs WHERE adopted = 1") == "1")
        }
        try await estate.history.checkChain(in: estate.root + "/chain")
    }

    @Test("When nobody is signed in, the backup fails with the way out")
    func signedOut() async throws {
        let estate = try Estate()
        try await estate.withCloud("--set", "signed_in=false", vendor: "pieces") { cloud in
            try configure(estate, cloud, policy: TestPolicy.closed())
            try await estate.withDaemon { _ in
                let backup = try await estate.holdfast("backup", "snippets")
                #expect(backup.code == 1)
                #expect(backup.err.contains("sign in to Pieces"), "\(backup.err)")
            }
        }
    }
}
