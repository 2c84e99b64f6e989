import Foundation
public import HoldfastCore

/// The vendor's own backup policies, kept as declared.
extension DigitalOceanProvider: ReconcilingProvider {
    /// Compares all Droplets' policies, page by page. One whose plan this version does not know is
    /// not among them: it is left alone, which each window's own look reports.
    public func drifted(
        _ requests: [ReconcileRequest]
    ) async throws(ProviderError) -> [ReconcileRequest] {
        let (pairs, _) = try await client.all(
            DigitalOceanWire.PolicyPage.self, "/v2/droplets/backups/policies")
        let records = Dictionary(pairs, uniquingKeysWith: { _, last in last })
        var found: [ReconcileRequest] = []
        for request in requests {
            guard case .droplet(let droplet) = request.target.subject else { continue }
            let wanted = try DigitalOceanPolicy(request.policy)
            guard let record = records[String(droplet)] else {
                found.append(request)
                continue
            }
            if !wanted.matches(record), Self.isKnown(record) { found.append(request) }
        }
        return found
    }

    /// Reads a Droplet's policy, brings it into line, and lists the backups that it made.
    public func reconcile(
        _ request: ReconcileRequest
    ) async throws(ProviderError) -> ReconcileReport {
        guard case .droplet(let droplet) = request.target.subject else {
            throw ProviderError(
                .permanent,
                "DigitalOcean has no backup policies for a \(request.target.subject.kind); use "
                    + "'enforce: managed'")
        }
        let wanted = try DigitalOceanPolicy(request.policy)
        let (supported, _) = try await client.call(
            DigitalOceanWire.SupportedBody.self,
            VendorRequest(.get, "/v2/droplets/backups/supported_policies"))
        let lifetime = try wanted.lifetime(among: supported.policies)
        let (body, _) = try await client.call(
            DigitalOceanWire.PolicyBody.self,
            VendorRequest(.get, "/v2/droplets/\(droplet)/backups/policy"))
        let repairs = try await mend(body.policy, to: wanted, droplet)
        let (backups, _) = try await client.all(
            DigitalOceanWire.BackupPage.self, "/v2/droplets/\(droplet)/backups")
        return ReconcileReport(
            repairs: repairs,
            points: backups.map {
                StrangePoint(
                    remoteID: $0.id.description, name: BoundedText.cut($0.name, to: 255),
                    takenAt: $0.createdAt.instant, origin: .vendor)
            }, pointLifetime: lifetime)
    }

    /// Orders the difference away.
    ///
    /// - Returns: What was ordered, for people.
    private func mend(
        _ record: DigitalOceanWire.PolicyRecord, to wanted: DigitalOceanPolicy, _ droplet: Int64
    ) async throws(ProviderError) -> [String] {
        guard !wanted.matches(record) else { return [] }
        let found = DigitalOceanPolicy.text(of: record)
        guard Self.isKnown(record) else {
            throw ProviderError(
                .permanent,
                "Droplet \(droplet) has a backup policy that this version does not know (\(found)); "
                    + "it was left alone. Declare the Droplet without it, or switch it to "
                    + "\(wanted.description) in the control panel")
        }
        let isOn = record.isEnabled == true
        let order = DigitalOceanWire.PolicyOrder(
            type: isOn ? "change_backup_policy" : "enable_backups",
            policy: .init(plan: wanted.plan, weekday: wanted.weekday, hour: wanted.hour))
        do throws(ProviderError) {
            _ = try await client.call(
                DigitalOceanWire.ActionBody.self,
                VendorRequest(
                    .post, "/v2/droplets/\(droplet)/actions", body: try VendorRequest.json(order)))
        } catch  where error.kind == .ambiguous {
            // Ordering the same policy twice is ordering it once.
            throw ProviderError(.transient, error.message)
        }
        return [
            isOn
                ? "the backup policy of Droplet \(droplet) was \(found); changed to "
                    + wanted.description
                : "the backups of Droplet \(droplet) were off; enabled "
                    + wanted.description
        ]
    }

    private static func isKnown(_ record: DigitalOceanWire.PolicyRecord) -> Bool {
        guard record.isEnabled == true else { return true }
        return record.policy?.plan.map(DigitalOceanPolicy.knownPlans.contains) ?? false
    }
}
