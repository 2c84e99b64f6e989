import Foundation
public import HoldfastCore

extension PiecesProvider: RestoringProvider {
    /// Looks whether the backup is there. Nothing newer is lost with a restore, but everything that
    /// is in the local database now.
    public func preview(_ request: RestoreRequest) async throws(ProviderError) -> RestorePreview {
        let device = try device(of: request.target)
        let (backups, _) = try await backups()
        guard let backup = backups.first(where: { $0.id == request.point.remoteID }) else {
            throw ProviderError(
                .notFound, "Pieces OS lists no backup '\(request.point.remoteID)'")
        }
        return RestorePreview(
            dangers: [.overwritesTarget],
            overwrites: "the local database of Pieces OS on this machine ('\(device.name)') with "
                + "that of '\(BoundedText.cut(backup.deviceName, to: 200))' as of "
                + "\(backup.created.value.instant), made by Pieces OS "
                + "\(BoundedText.cut(backup.version, to: 60)); nothing is merged")
    }

    /// Puts a backup in place of the local database; returns when it is done.
    ///
    /// - Throws: `permanent` when this Pieces OS is older than the one that made it.
    public func restore(_ request: RestoreRequest) async throws(ProviderError) -> RestoreProgress {
        _ = try device(of: request.target)
        var order = VendorRequest(
            .post, "/backup/\(try segment(request.point.remoteID))/restore")
        order.timeout = PiecesClient.longest
        let answer = try await client.ask(order)
        try await client.expectSuccess(answer)
        let restored = try client.decode(PiecesWire.Backup.self, from: answer)
        guard restored.id == request.point.remoteID else {
            throw ProviderError(
                .ambiguous,
                "\(answer.what) was answered with the backup '\(restored.id)'; look into Pieces")
        }
        return .finished
    }

    /// Has nothing to poll: `restore` returns when it is done.
    public func pollRestore(
        _ operation: OperationID
    ) async throws(ProviderError) -> RestoreProgress {
        throw ProviderError(
            .notFound, "'\(operation.text)' is not an operation of provider \(id), which has none")
    }
}
