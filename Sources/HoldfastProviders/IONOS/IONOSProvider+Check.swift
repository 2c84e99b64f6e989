public import HoldfastCore

extension IONOSProvider: CheckableProvider {
    /// A larger difference of the clocks deserves a look.
    private static let skewMax = Duration.minutes(5)
    /// From so many percent of the HDD quota on there is a warning.
    private static let fullPercent: Int64 = 90

    /// Asks for the contract, and then for what backups read.
    public func check() async -> [ProviderFinding] {
        let endpoint = client.transport.endpoint
        let list: IONOSWire.ContractList
        let clock: Timestamp?
        do throws(ProviderError) {
            (list, clock) = try await client.call(
                IONOSWire.ContractList.self, VendorRequest(.get, "/contracts?depth=1"))
        } catch {
            guard error.kind == .authentication else {
                return [ProviderFinding(.reachability, .bad, error.message)]
            }
            return [
                ProviderFinding(.reachability, .good, "\(endpoint) answers"),
                ProviderFinding(.credentials, .bad, error.message),
            ]
        }
        var findings = [
            ProviderFinding(.reachability, .good, "\(endpoint) answers"),
            ProviderFinding(.credentials, .good, "the secret is accepted"),
        ]
        if let contract = list.items.first?.properties {
            findings.append(Self.account(contract))
            findings += await rights()
            findings += [clock.map(skew), Self.room(contract.resourceLimits)].compactMap { $0 }
        } else {
            findings.append(
                ProviderFinding(
                    .account, .bad, "the login has no contract; set 'contract' to its number"))
        }
        return findings
    }

    private static func account(
        _ contract: IONOSWire.ContractList.Contract.Properties
    ) -> ProviderFinding {
        let number = contract.contractNumber?.description ?? "without a number"
        let owner = contract.owner.map { " of \($0)" } ?? ""
        let status = contract.status ?? "of unknown status"
        return ProviderFinding(
            .account, .good, BoundedText.cut("contract \(number)\(owner), \(status)", to: 300))
    }

    /// Reading can be tried; what may be written only shows when it is.
    private func rights() async -> [ProviderFinding] {
        for path in ["/snapshots", "/requests?limit=1", "/datacenters?limit=1"] {
            do throws(ProviderError) {
                _ = try await client.exchange(VendorRequest(.get, path))
            } catch {
                return [ProviderFinding(.rights, .bad, error.message)]
            }
        }
        return [
            ProviderFinding(
                .rights, .good,
                "data centers, snapshots and requests can be read; whether snapshots may be made "
                    + "and deleted is not told by the vendor before it is tried")
        ]
    }

    private func skew(_ clock: Timestamp) -> ProviderFinding {
        let difference = wall.now - clock
        let size = difference < .zero ? .zero - difference : difference
        guard size > Self.skewMax else {
            return ProviderFinding(
                .clock, .good,
                "the vendor's clock and this machine's differ by at most "
                    + DurationText.brief(Self.skewMax))
        }
        return ProviderFinding(
            .clock, .warning,
            "the vendor's clock differs by \(DurationText.brief(size)); set this machine's clock")
    }

    /// The vendor does not tell the unit, so only the part is shown.
    private static func room(
        _ limits: IONOSWire.ContractList.Contract.Properties.Limits?
    ) -> ProviderFinding? {
        guard let limit = limits?.hddLimitPerContract, let used = limits?.hddVolumeProvisioned,
            limit > 0, used >= 0
        else { return nil }
        let percent = Int64((Double(used) / Double(limit) * 100).rounded())
        let text =
            "\(percent) % of the contract's HDD quota is in use; each snapshot takes as much "
            + "as its whole volume"
        return percent < fullPercent
            ? ProviderFinding(.room, .good, text)
            : ProviderFinding(.room, .warning, text + "; prune, or ask IONOS for more")
    }
}
