import Foundation
public import HoldfastCore

extension DigitalOceanProvider {
    /// A restore overwrites the Droplet's disk; snapshots stay.
    ///
    /// - Throws: `permanent` for a volume, which the vendor can't put back in place.
    public func preview(_ request: RestoreRequest) async throws(ProviderError) -> RestorePreview {
        let (droplet, _) = try order(request)
        let (body, _) = try await client.call(
            DigitalOceanWire.DropletBody.self, VendorRequest(.get, "/v2/droplets/\(droplet)"))
        let name = body.droplet.name.map { " (\(BoundedText.cut($0, to: 255)))" } ?? ""
        return RestorePreview(
            dangers: [.overwritesTarget], overwrites: "the disk of Droplet \(droplet)\(name)")
    }

    /// Orders the restore, which runs on at the vendor.
    public func restore(_ request: RestoreRequest) async throws(ProviderError) -> RestoreProgress {
        let (droplet, image) = try order(request)
        let order = VendorRequest(
            .post, "/v2/droplets/\(droplet)/actions",
            body: try VendorRequest.json(DigitalOceanWire.RestoreOrder(image: image)))
        let body: DigitalOceanWire.ActionBody
        do throws(ProviderError) {
            body = try await client.call(DigitalOceanWire.ActionBody.self, order).value
        } catch  where error.kind == .permanent {
            // The vendor's text names backups only, and public sources differ about snapshots.
            throw ProviderError(
                .permanent,
                error.message + "; if it takes no snapshot here, make a new Droplet from it: "
                    + "doctl compute droplet create NAME --image \(image)")
        }
        return try progress(
            of: body.action, OperationID("\(droplet)/\(body.action.id.description)"))
    }

    /// Asks how a restore stands.
    public func pollRestore(
        _ operation: OperationID
    ) async throws(ProviderError) -> RestoreProgress {
        let parts = operation.text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let droplet = Int64(parts[0]), let action = Int64(parts[1]) else {
            throw ProviderError(.notFound, "'\(operation.text)' is no restore of provider \(id)")
        }
        let (body, _) = try await client.call(
            DigitalOceanWire.ActionBody.self,
            VendorRequest(.get, "/v2/droplets/\(droplet)/actions/\(action)"))
        return try progress(of: body.action, operation)
    }

    private func progress(
        of action: DigitalOceanWire.Action, _ operation: OperationID
    ) throws(ProviderError) -> RestoreProgress {
        switch action.status {
        case "completed": return .finished
        case "errored":
            throw ProviderError(
                .permanent,
                "DigitalOcean's action \(action.id) ended 'errored'; look at the Droplet in the "
                    + "control panel before trying again")
        default: return .running(operation, pollAfter: .seconds(15))
        }
    }

    private func order(
        _ request: RestoreRequest
    ) throws(ProviderError) -> (droplet: Int64, image: Int64) {
        guard case .droplet(let droplet) = request.target.subject else {
            throw ProviderError(
                .permanent,
                "DigitalOcean can't put a snapshot back into its volume; make a new volume from it: "
                    + "doctl compute volume create NAME --snapshot \(request.point.remoteID)")
        }
        guard let image = Int64(request.point.remoteID) else {
            throw ProviderError(
                .permanent, "'\(request.point.remoteID)' is no image of DigitalOcean")
        }
        return (droplet, image)
    }
}
