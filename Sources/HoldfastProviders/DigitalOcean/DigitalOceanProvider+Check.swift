import Foundation
public import HoldfastCore

extension DigitalOceanProvider: CheckableProvider {
    /// Asks for the account and for one of everything that backups need. What may be changed is
    /// told by orders about a Droplet and a snapshot with the id 0, which nobody has.
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
        for (scopes, request, isAbsent) in Self.trials {
            if let finding = await trial(scopes, request, isAbsent: isAbsent) {
                findings.append(finding)
            }
        }
        return findings
    }

    /// What a request needs, the request, and whether what it names does not exist.
    private static let trials: [(String, VendorRequest, Bool)] = [
        ("droplet:read", VendorRequest(.get, "/v2/droplets?per_page=1&page=1"), false),
        ("snapshot:read", VendorRequest(.get, "/v2/snapshots?per_page=1&page=1"), false),
        ("block_storage:read", VendorRequest(.get, "/v2/volumes?per_page=1&page=1"), false),
        (
            "droplet:update and image:create",
            VendorRequest(
                .post, "/v2/droplets/0/actions",
                body: Data(#"{"name":"holdfast-check","type":"snapshot"}"#.utf8)), true
        ),
        ("snapshot:delete", VendorRequest(.delete, "/v2/snapshots/0"), true),
    ]

    private func trial(
        _ scopes: String, _ request: VendorRequest, isAbsent: Bool
    ) async -> ProviderFinding? {
        do throws(ProviderError) {
            _ = try await client.exchange(request)
            return ProviderFinding(.rights, .good, "the token has \(scopes)")
        } catch {
            switch error.kind {
            case .authentication: return ProviderFinding(.rights, .bad, error.message)
            case .notFound where isAbsent:
                return ProviderFinding(.rights, .good, "the token has \(scopes)")
            default:
                return ProviderFinding(
                    .rights, .warning,
                    "whether the token has \(scopes) is not known: \(error.message)")
            }
        }
    }
}
