public import HoldfastCore

extension ContaboProvider: CheckableProvider {
    /// Fetches a token, lists one instance and its snapshots, and reads the audit list. What may be
    /// changed is told by orders about an instance with the id 0, which nobody has.
    public func check() async -> [ProviderFinding] {
        do throws(ProviderError) {
            _ = try await client.tokens.token()
        } catch {
            return [CheckFindings.failure(error, at: "the token server")]
        }
        let credentials = ProviderFinding(
            .credentials, .good, "the token server gave a token")
        let page: ContaboWire.Page<ContaboWire.Instance>
        let clock: Timestamp?
        do throws(ProviderError) {
            (page, clock) = try await client.call(
                ContaboWire.Page<ContaboWire.Instance>.self,
                VendorRequest(.get, "/v1/compute/instances?page=1&size=1"))
        } catch {
            guard error.kind == .authentication else {
                return [credentials, CheckFindings.failure(error, at: client.endpoint)]
            }
            return [
                CheckFindings.reached(client.endpoint), credentials,
                ProviderFinding(.rights, .bad, error.message),
            ]
        }
        var findings = [CheckFindings.reached(client.endpoint), credentials]
        let count = page.pagination.totalElements.value
        findings.append(
            ProviderFinding(
                .account, count == 0 ? .warning : .good,
                count == 0
                    ? "the account shows no instances to this user; look at its rights"
                    : "the account has \(count) instances"))
        if let clock = CheckFindings.clock(clock, now: wall.now) { findings.append(clock) }
        for trial in trials(with: page.data.first) { findings.append(await perform(trial)) }
        return findings
    }

    private struct Trial {
        /// What the user may do when it succeeds.
        let right: String
        let request: VendorRequest
        /// What it names does not exist.
        var isAbsent = false
        /// Backups work without it.
        var isSpare = false
    }

    private func trials(with instance: ContaboWire.Instance?) -> [Trial] {
        var trials: [Trial] = []
        if let number = instance.flatMap({ Int64($0.instanceId.description) }) {
            trials.append(
                Trial(
                    right: "read snapshots",
                    request: VendorRequest(
                        .get, ContaboSnapshotID.list(of: number) + "?page=1&size=1")))
        }
        let nobody = ContaboSnapshotID.list(of: 0)
        let order = ContaboWire.SnapshotOrder(name: "holdfast-check", description: "check")
        if let request = try? VendorRequest.json(.post, nobody, order) {  // a name can be written
            trials.append(Trial(right: "make snapshots", request: request, isAbsent: true))
        }
        return trials + [
            Trial(
                right: "delete snapshots", request: VendorRequest(.delete, nobody + "/snap0"),
                isAbsent: true),
            Trial(
                right: "read the audit list, where an order whose answer was lost is looked for",
                request: VendorRequest(.get, "/v1/compute/snapshots/audits?page=1&size=1"),
                isSpare: true),
        ]
    }

    private func perform(_ trial: Trial) async -> ProviderFinding {
        let good = ProviderFinding(.rights, .good, "the user may \(trial.right)")
        do throws(ProviderError) {
            try await client.exchange(trial.request)
            return good
        } catch {
            switch error.kind {
            case .notFound where trial.isAbsent: return good
            case .authentication:
                return ProviderFinding(
                    .rights, trial.isSpare ? .warning : .bad,
                    "the user may not \(trial.right): \(error.message)")
            default:
                return ProviderFinding(
                    .rights, .warning,
                    "whether the user may \(trial.right) is not known: \(error.message)")
            }
        }
    }
}
