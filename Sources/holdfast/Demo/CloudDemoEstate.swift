import Foundation
import HoldfastCore

/// A simulated cloud of the demonstration: what it is started with, and what it said then.
struct DemoCloud: Sendable {
    /// What a simulated cloud prints when it answers requests.
    struct StartLine: Decodable, Sendable {
        let url: String
        let credentials: [String: String]
    }

    let vendor: String
    /// Faults on order, as JSON.
    let faults: String

    /// The four, each with what goes wrong there.
    static let all = [
        DemoCloud(
            vendor: "digitalocean",
            faults: """
                {"faults": [
                  {"fault": "lost_reply", "method": "POST", "path": "/v2/droplets/*/actions", "every": 6},
                  {"fault": "action_errored", "method": "POST", "path": "/v2/droplets/*/actions", "every": 7},
                  {"fault": "status", "status": 429, "retry_after": 60, "method": "POST",
                   "path": "/v2/volumes/*/snapshots", "every": 5},
                  {"fault": "cut_after", "method": "POST", "path": "/v2/volumes/*/snapshots", "every": 4},
                  {"fault": "status", "status": 502, "body": "html", "method": "GET", "every": 40}]}
                """),
        DemoCloud(
            vendor: "contabo",
            faults: """
                {"faults": [
                  {"fault": "lost_reply", "method": "POST", "path": "/v1/compute/instances/*/snapshots", "every": 4},
                  {"fault": "status", "status": 500, "method": "GET", "path": "/v1/compute/*", "every": 25}]}
                """),
        DemoCloud(
            vendor: "ionos",
            faults: """
                {"faults": [
                  {"fault": "cut_after", "method": "POST", "path": "*/create-snapshot", "every": 5},
                  {"fault": "action_errored", "method": "POST", "path": "*/create-snapshot", "every": 4},
                  {"fault": "status", "status": 503, "method": "GET", "every": 50}]}
                """),
        DemoCloud(
            vendor: "pieces",
            faults: """
                {"faults": [
                  {"fault": "truncate", "method": "POST", "path": "/backups/create/streamed", "every": 4},
                  {"fault": "status", "status": 500, "body": "text", "method": "GET", "path": "/backups", "every": 15}]}
                """),
    ]
}

/// The cloud demonstration's files: a configuration for four accounts, their secrets, their states.
struct CloudDemoEstate: Sendable {
    let root: String

    var configurationPath: String { root + "/etc/holdfast.yaml" }
    var stateDirectory: String { root + "/state" }
    var socketPath: String { root + "/holdfast.sock" }

    func linePath(_ cloud: DemoCloud) -> String { "\(root)/\(cloud.vendor).line" }
    func faultsPath(_ cloud: DemoCloud) -> String { "\(root)/\(cloud.vendor).faults.json" }
    func statePath(_ cloud: DemoCloud) -> String { "\(root)/\(cloud.vendor).state.json" }

    /// A new estate below the temporary directory.
    static func create() throws -> CloudDemoEstate {
        let estate = CloudDemoEstate(root: try DemoEstate.newDirectory())
        for folder in ["/etc", "/state"] {
            try FileManager.default.createDirectory(
                atPath: estate.root + folder, withIntermediateDirectories: true)
        }
        for cloud in DemoCloud.all {
            try Data(cloud.faults.utf8).write(
                to: URL(fileURLWithPath: estate.faultsPath(cloud)))
        }
        return estate
    }

    /// What a cloud printed at its start; `nil` when it has not yet.
    func startLine(_ cloud: DemoCloud) throws -> DemoCloud.StartLine? {
        let data = try Data(contentsOf: URL(fileURLWithPath: linePath(cloud)))
        guard data.last == 0x0A else { return nil }
        return try JSONDecoder().decode(DemoCloud.StartLine.self, from: data)
    }

    /// Writes the configuration, and the secrets beside it, 0600.
    func configure(_ lines: [String: DemoCloud.StartLine]) throws {
        func value(_ vendor: String, _ key: String) throws -> String {
            guard let text = lines[vendor]?.credentials[key] else {
                throw CommandFailure(.failed, "the simulated \(vendor) told no '\(key)'")
            }
            return text
        }
        let secrets = [
            "do-token": try value("digitalocean", "token"),
            "contabo-secret": try value("contabo", "client_secret"),
            "contabo-password": try value("contabo", "password"),
            "ionos-token": try value("ionos", "token"), "unit-password": "a-Password-of-12",
        ]
        for (name, secret) in secrets {
            let path = "\(root)/etc/\(name)"
            guard
                FileManager.default.createFile(
                    atPath: path, contents: Data(secret.utf8),
                    attributes: [.posixPermissions: 0o600])
            else { throw CommandFailure(.failed, "can't write \(path)") }
        }
        let urls = lines.mapValues(\.url)
        try Data(
            configuration(
                urls, clientID: try value("contabo", "client_id"),
                user: try value("contabo", "username"), tokenURL: try value("contabo", "auth_url")
            ).utf8
        ).write(to: URL(fileURLWithPath: configurationPath))
    }

    private func configuration(
        _ urls: [String: String], clientID: String, user: String, tokenURL: String
    ) -> String {
        """
        version: 1
        timezone: UTC

        providers:
          do: { type: digitalocean, token: { file: \(root)/etc/do-token }, endpoint: "\(urls["digitalocean"] ?? "")" }
          vps:
            type: contabo
            client_id: \(clientID)
            client_secret: { file: \(root)/etc/contabo-secret }
            user: \(user)
            password: { file: \(root)/etc/contabo-password }
            when_full: replace_oldest
            endpoint: "\(urls["contabo"] ?? "")"
            token_url: "\(tokenURL)"
          ionos: { type: ionos, token: { file: \(root)/etc/ionos-token }, endpoint: "\(urls["ionos"] ?? "")/cloudapi/v6" }
          snippets: { type: pieces, endpoint: "\(urls["pieces"] ?? "")" }

        policies:
          four-hourly:                 # every four hours, which are four seconds here
            plan: hourly
            every: 4h
            window: 3h
            timeout: 3h
            retention: { keep_last: 3, min_age: 1h, grace: 2h }
            retry: { attempts: 10, backoff: 2m, max_backoff: 10m }
            objective: { rpo: 9h }
          vps-four-hourly:             # an instance has few places for snapshots
            plan: hourly
            every: 4h
            window: 3h
            timeout: 3h
            retention: { keep_last: 2, min_age: 1h, grace: 8h }
            retry: { attempts: 10, backoff: 2m, max_backoff: 10m }
            objective: { rpo: 9h }
          vendors-daily:               # the vendor's own policy, kept as declared
            plan: daily
            hour: 4
            enforce: native
            retention: { keep_within: 7d }
          units-daily: { plan: daily, hour: 6, retention: { keep_last: all } }

        targets:
          - { name: web-assets, provider: do, volume: 506f78a4-0000-4000-8000-000000000001, policy: four-hourly }
          - { name: db-01, provider: do, droplet: 3164446, policy: vendors-daily }
          - { name: vps-web, provider: vps, instance: 100101, policy: vps-four-hourly }
          - { name: vps-without-slots, provider: vps, instance: 100105, policy: vps-four-hourly }
          - name: shop-data
            provider: ionos
            datacenter: dcdc0001-0000-4000-8000-000000000001
            volume: b10c0001-0000-4000-8000-000000000002
            policy: four-hourly
          - name: nightly-unit
            provider: ionos
            backup_unit: NightlyUnit
            email: ops@example.com
            password: { file: \(root)/etc/unit-password }
            policy: units-daily
          - { name: snippets, provider: snippets, device: workstation, policy: four-hourly }

        selectors:
          - { provider: do, tag: web, policy: four-hourly }
        """ + "\n"
    }

    /// How often each token is the name of something that a cloud holds now.
    func tokenCounts(_ cloud: DemoCloud) throws -> [String: Int] {
        let data = try Data(contentsOf: URL(fileURLWithPath: statePath(cloud)))
        var counts: [String: Int] = [:]
        func walk(_ value: Any) {
            if let object = value as? [String: Any] {
                // A lone name is that of an order, not of what came of it.
                if object.count > 2, let name = object["name"] as? String,
                    BackupToken(name) != nil
                {
                    counts[name, default: 0] += 1
                }
                for member in object.values { walk(member) }
            } else if let list = value as? [Any] {
                for item in list { walk(item) }
            }
        }
        walk(try JSONSerialization.jsonObject(with: data))
        return counts
    }
}
