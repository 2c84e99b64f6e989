public import HoldfastCore

extension IONOSProvider: CheckableProvider {
    /// From so many percent of the HDD quota on there is a warning.
    private static let fullPercent: Int64 = 90
    /// Names nothing that anybody has.
    private static let nobody = "00000000-0000-0000-0000-000000000000"

    /// Asks for the contract, and for one of everything that backups need. What may be changed is
    /// told by orders about a volume and a snapshot that nobody has.
    public func check() async -> [ProviderFinding] {
        let list: IONOSWire.ContractList
        let clock: Timestamp?
        do throws(ProviderError) {
            (list, clock) = try await client.call(
                IONOSWire.ContractList.self, VendorRequest(.get, "/contracts?depth=1"))
        } catch {
            return [CheckFindings.failure(error, at: client.transport.endpoint)]
        }
        var findings = [
            CheckFindings.reached(client.transport.endpoint),
            ProviderFinding(.credentials, .good, "the secret is accepted"),
        ]
        guard let contract = list.items.first?.properties else {
            findings.append(
                ProviderFinding(
                    .account, .bad, "the login has no contract; set 'contract' to its number"))
            return findings
        }
        findings.append(Self.account(contract))
        if let clock = CheckFindings.clock(clock, now: wall.now) { findings.append(clock) }
        for (what, request, isAbsent) in Self.trials {
            findings.append(await trial(what, request, isAbsent: isAbsent))
        }
        if let room = Self.room(contract.resourceLimits) { findings.append(room) }
        return findings
    }

    private static func account(
        _ contract: IONOSWire.ContractList.Contract.Properties
    ) -> ProviderFinding {
        let number = contract.contractNumber?.description ?? "without a number"
        let owner = contract.owner.map { " of \($0)" } ?? ""
        let status = contract.status.map { ", \($0)" } ?? ""
        let text = IONOSMapping.printable("contract \(number)\(owner)\(status)")
        return ProviderFinding(.account, .good, BoundedText.cut(text, to: 300))
    }

    /// What a request is for, the request, and whether what it names does not exist.
    private static let trials: [(String, VendorRequest, Bool)] = [
        ("data centers can be read", VendorRequest(.get, "/datacenters?limit=1"), false),
        ("snapshots can be read", VendorRequest(.get, "/snapshots"), false),
        ("requests can be read", VendorRequest(.get, "/requests?limit=1"), false),
        (
            "making snapshots is not refused",
            VendorRequest(
                .post, "/datacenters/\(nobody)/volumes/\(nobody)/create-snapshot"), true
        ),
        (
            "deleting snapshots is not refused", VendorRequest(.delete, "/snapshots/\(nobody)"),
            true
        ),
    ]

    private func trial(
        _ what: String, _ request: VendorRequest, isAbsent: Bool
    ) async -> ProviderFinding {
        do throws(ProviderError) {
            _ = try await client.exchange(request)
            return ProviderFinding(.rights, .good, what)
        } catch {
            switch error.kind {
            case .authentication: return ProviderFinding(.rights, .bad, error.message)
            case .notFound where isAbsent: return ProviderFinding(.rights, .good, what)
            default:
                return ProviderFinding(
                    .rights, .warning, "whether \(what) is not known: \(error.message)")
            }
        }
    }

    /// The vendor does not tell the unit, so only the part is shown.
    private static func room(
        _ limits: IONOSWire.ContractList.Contract.Properties.Limits?
    ) -> ProviderFinding? {
        guard let limit = limits?.hddLimitPerContract, let used = limits?.hddVolumeProvisioned,
            limit > 0, used >= 0
        else { return nil }
        let part = (Double(used) / Double(limit) * 100).rounded()
        let percent = Int64(min(part, 1_000_000))
        let text =
            "\(percent) % of the contract's HDD quota is in use; each snapshot takes as much as "
            + "its whole volume"
        return percent < fullPercent
            ? ProviderFinding(.room, .good, text)
            : ProviderFinding(.room, .warning, text + "; prune, or ask IONOS for more")
    }
}
