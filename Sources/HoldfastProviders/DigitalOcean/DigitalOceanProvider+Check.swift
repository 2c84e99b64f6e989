import Foundation
public import HoldfastCore

extension DigitalOceanProvider: CheckableProvider {
    /// Asks for the account and for one of everything that backups need. What may be changed is
    /// told by orders about a Droplet and a snapshot that nobody has.
    public func check() async -> [ProviderFinding] {
        var findings: [ProviderFinding] = []
        let account: (value: DigitalOceanWire.AccountBody, clock: Timestamp?)
        do throws(ProviderError) {
            account = try await client.call(
                DigitalOceanWire.AccountBody.self, VendorRequest(.get, "/v2/account"))
        } catch {
            return [CheckFindings.failure(error, at: client.transport.endpoint)]
        }
        findings.append(CheckFindings.reached(client.transport.endpoint))
        findings.append(ProviderFinding(.credentials, .good, "the token is accepted"))
        let status = BoundedText.cut(account.value.account.status ?? "unknown", to: 40)
        findings.append(
            ProviderFinding(
                .account, status == "active" ? .good : .warning,
                "the account \(BoundedText.cut(account.value.account.email ?? "", to: 255)) is "
                    + "\(status)" + (status == "active" ? "" : "; its control panel tells why")))
        if let clock = CheckFindings.clock(account.clock, now: wall.now) {
            findings.append(clock)
        }
        for trial in Self.trials { findings.append(await finding(of: trial)) }
        return findings
    }

    /// A request that tells whether the token has certain scopes.
    private struct Trial: Sendable {
        let scopes: String
        let request: VendorRequest
        /// Whether what it names does not exist, so that "not found" is the good answer.
        var isAbsent = false
        /// What only some installations need; `nil`: all do.
        var purpose: String?
    }

    /// The vendor counts its Droplets from 1, and will not come to this one.
    private static let nobodysDroplet: Int64 = 9_007_199_254_740_991

    private static let trials = [
        Trial(
            scopes: "droplet:read",
            request: VendorRequest(.get, "/v2/droplets?per_page=1&page=1")),
        Trial(
            scopes: "snapshot:read",
            request: VendorRequest(.get, "/v2/snapshots?per_page=1&page=1")),
        Trial(
            scopes: "block_storage:read",
            request: VendorRequest(.get, "/v2/volumes?per_page=1&page=1"), purpose: "volumes"),
        Trial(
            scopes: "droplet:update and image:create",
            request: VendorRequest(
                .post, "/v2/droplets/\(nobodysDroplet)/actions",
                body: Data(#"{"name":"holdfast-check","type":"snapshot"}"#.utf8)), isAbsent: true),
        Trial(
            scopes: "snapshot:delete", request: VendorRequest(.delete, "/v2/snapshots/0"),
            isAbsent: true),
        Trial(
            scopes: "droplet:admin",
            request: VendorRequest(
                .post, "/v2/droplets/\(nobodysDroplet)/actions",
                body: Data(#"{"image":0,"type":"restore"}"#.utf8)),
            isAbsent: true, purpose: "restores"),
    ]

    private func finding(of trial: Trial) async -> ProviderFinding {
        let has = ProviderFinding(.rights, .good, "the token has \(trial.scopes)")
        do throws(ProviderError) {
            _ = try await client.exchange(trial.request)
            return has
        } catch {
            switch (error.kind, trial.purpose) {
            case (.authentication, nil): return ProviderFinding(.rights, .bad, error.message)
            case (.authentication, let purpose?):
                return ProviderFinding(
                    .rights, .warning,
                    "the token lacks \(trial.scopes), which \(purpose) need: \(error.message)")
            case (.notFound, _) where trial.isAbsent: return has
            default:
                return ProviderFinding(
                    .rights, .warning,
                    "whether the token has \(trial.scopes) is not known: \(error.message)")
            }
        }
    }
}
