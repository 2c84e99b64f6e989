import Foundation
import Glibc
import Subprocess
import SystemPackage
import Testing

/// What a simulated cloud prints when it answers requests.
struct CloudStartLine: Decodable {
    let url: String
    let credentials: [String: String]
}

/// A simulated cloud with one token that runs for a part of a test.
struct Cloud: Sendable {
    let url: String
    /// What requests are authenticated with; empty where there is nothing to present.
    let token: String

    fileprivate init(_ line: CloudStartLine) throws {
        url = line.url
        token = line.credentials["token"] ?? ""
    }

    /// What the cloud answers to a question without credentials of its own.
    func ask(_ path: String) async throws -> String {
        let ended = try await Programs.run(
            "curl",
            ["--silent", "--show-error", "-H", "Authorization: Bearer \(token)", url + path])
        try #require(ended.code == 0, "\(ended.err)")
        return ended.out
    }

    /// Does what somebody at the vendor's pages would do.
    func change(_ order: String) async throws {
        try await Programs.post(order, to: url + "/_sim/estate")
    }

    /// Puts a fault in.
    func order(_ fault: String) async throws {
        try await Programs.post(#"{"faults": [\#(fault)]}"#, to: url + "/_sim/faults")
    }

    /// How many snapshots of a Droplet there are.
    func snapshotCount(of droplet: Int) async throws -> Int {
        struct Page: Decodable {
            struct Row: Decodable { let name: String }
            let snapshots: [Row]
        }
        let text = try await ask("/v2/droplets/\(droplet)/snapshots?per_page=200")
        return try JSONDecoder().decode(Page.self, from: Data(text.utf8))
            .snapshots.count { $0.name.hasPrefix("hf-") }
    }
}

extension Estate {
    /// Runs the simulator of a vendor with one token while `body` runs.
    func withCloud<Value: Sendable>(
        _ options: String..., vendor: String = "digitalocean", body: (Cloud) async throws -> Value
    ) async throws -> Value {
        try await withSimulatedCloud(vendor, options) { line in
            try await body(try Cloud(line))
        }
    }

    /// Runs a vendor's simulator while `body` runs.
    func withSimulatedCloud<Value: Sendable>(
        _ vendor: String, _ options: [String], body: (CloudStartLine) async throws -> Value
    ) async throws -> Value {
        let linePath = root + "/cloud.json"
        let line = try FileDescriptor.open(
            linePath, .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: .ownerReadWrite)
        let result = try await Subprocess.run(
            .path(FilePath(Programs.holdfast)),
            arguments: Arguments(["simulated-cloud", vendor] + options), input: .none,
            output: .fileDescriptor(line, closeAfterSpawningProcess: true), error: .discarded
        ) { execution in
            let pid = execution.processIdentifier.value
            defer { kill(pid, SIGTERM) }
            let value: Result<Value, any Error>
            do {
                try await eventually("the cloud's address", within: .seconds(30)) {
                    try self.read("cloud.json").hasSuffix("\n")
                }
                let line = try JSONDecoder().decode(
                    CloudStartLine.self, from: Data(self.read("cloud.json").utf8))
                value = .success(try await body(line))
            } catch {
                value = .failure(error)
            }
            return value
        }
        return try result.closureResult.get()
    }

    /// A Droplet under one policy, at a simulated cloud.
    func configure(_ cloud: Cloud, policy: String) throws {
        let token = try write(cloud.token + "\n", to: "token", mode: 0o600)
        try write(
            """
            version: 1
            providers:
              do: { type: digitalocean, token: { file: \(token) }, endpoint: "\(cloud.url)" }
            policies:
              main: \(policy)
            targets:
              - { name: web-1, provider: do, droplet: 3164444, policy: main }

            """, to: "etc/holdfast.yaml")
    }
}
