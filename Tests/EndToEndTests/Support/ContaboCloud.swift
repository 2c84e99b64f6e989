import Foundation
import Testing

/// A simulated Contabo that runs for a part of a test.
struct ContaboCloud: Sendable {
    let line: CloudStartLine

    private struct State: Decodable {
        struct Instance: Decodable {
            struct Snapshot: Decodable { let name: String }
            let id: Int
            let snapshots: [Snapshot]
        }
        struct Grant: Decodable { let id: String }
        let instances: [Instance]
        let grants: [Grant]
    }

    /// What the cloud holds, or tells of itself.
    func ask(_ path: String) async throws -> String {
        let ended = try await Programs.run(
            "curl", ["--silent", "--show-error", line.url + path])
        try #require(ended.code == 0, "\(ended.err)")
        return ended.out
    }

    /// Does what somebody at the vendor's pages would do.
    func change(_ order: String) async throws {
        try await Programs.post(order, to: line.url + "/_sim/estate")
    }

    private func state() async throws -> State {
        try JSONDecoder().decode(State.self, from: Data(try await ask("/_sim/state").utf8))
    }

    /// How many snapshots of an instance carry a token of ours, made or in the making.
    func snapshotCount(of instance: Int) async throws -> Int {
        try await state().instances.first { $0.id == instance }?
            .snapshots.count { $0.name.hasPrefix("hf-") } ?? 0
    }

    /// Everything that nobody may see: the password, the client's secret, and each token.
    func secrets() async throws -> [String] {
        let fixed = ["password", "client_secret"].compactMap { line.credentials[$0] }
        return fixed + (try await state().grants.map(\.id))
    }
}

extension Estate {
    /// Runs a simulated Contabo while `body` runs.
    func withContabo<Value: Sendable>(
        _ options: String..., body: (ContaboCloud) async throws -> Value
    ) async throws -> Value {
        try await withSimulatedCloud("contabo", options) { line in
            try await body(ContaboCloud(line: line))
        }
    }

    /// An instance under one policy, at a simulated Contabo.
    func configure(_ cloud: ContaboCloud, policy: String, instance: Int = 100_101) throws {
        let credentials = cloud.line.credentials
        let secret = try write(credentials["client_secret"] ?? "", to: "secret", mode: 0o600)
        let password = try write(credentials["password"] ?? "", to: "password", mode: 0o600)
        try write(
            """
            version: 1
            providers:
              vps:
                type: contabo
                client_id: \(credentials["client_id"] ?? "")
                client_secret: { file: \(secret) }
                user: \(credentials["username"] ?? "")
                password: { file: \(password) }
                endpoint: "\(cloud.line.url)"
                token_url: "\(credentials["auth_url"] ?? "")"
            policies:
              main: \(policy)
            targets:
              - { name: web-1, provider: vps, instance: \(instance), policy: main }

            """, to: "etc/holdfast.yaml")
    }
}
