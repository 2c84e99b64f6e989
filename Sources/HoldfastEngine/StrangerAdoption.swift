import HoldfastCore

/// Puts backups that are not ours under a policy: all that were named, or none.
struct StrangerAdoption: Sendable {
    let context: EngineContext
    let provider: any BackupProvider
    let target: Target
    let assignment: Assignment

    /// Gives each a token, at the provider too where that can be done.
    ///
    /// Where the vendor's name can't be changed, the record alone makes it ours: listings show it as
    /// a stranger, which `PointListing.recognising` knows by its identifier.
    ///
    /// - Throws: `notFound` or `permanent` when one of them can't be adopted; nothing was done then.
    func adopt(
        _ adoption: Adoption, among sight: PointSight
    ) async throws -> [(stranger: StrangePoint, point: RemotePoint)] {
        guard sight.knownForeign != nil else {
            throw ProviderError(
                .transient, "the listing was not complete, so nothing can be adopted from it")
        }
        let wanted = try adoption.remoteIDs.map { id throws(ProviderError) in
            try stranger(id, sight)
        }
        var adopted: [(stranger: StrangePoint, point: RemotePoint)] = []
        for stranger in wanted {
            let token = try await token(for: stranger)
            let point: RemotePoint
            if let annotating = provider as? any AnnotatingProvider, stranger.name != token.text {
                point = try await annotating.adopt(stranger, of: target, as: token)
            } else {
                point = RemotePoint(
                    token: token, remoteID: stranger.remoteID, takenAt: stranger.takenAt,
                    storedBytes: stranger.storedBytes)
            }
            adopted.append((stranger, point))
        }
        return adopted
    }

    private func stranger(
        _ id: String, _ sight: PointSight
    ) throws(ProviderError) -> StrangePoint {
        if let found = sight.foreign.first(where: { $0.remoteID == id }) { return found }
        if sight.ours.contains(id) {
            throw ProviderError(
                .permanent,
                "'\(id)' of \(target.id) is ours already ('holdfast points' shows it); nothing was "
                    + "adopted")
        }
        if sight.vendors.contains(where: { $0.remoteID == id }) {
            throw ProviderError(
                .permanent,
                "'\(id)' of \(target.id) is the vendor's own, which keeps and ends it by itself; "
                    + "nothing was adopted")
        }
        let hint = Suggestion.clause(for: id, among: sight.foreign.map(\.remoteID))
        throw ProviderError(
            .notFound,
            "nothing was adopted: \(target.id) has no backup '\(id)' at its provider"
                + (hint.isEmpty
                    ? "; 'holdfast points --foreign' lists what can be adopted" : hint))
    }

    /// A name with the shape of a token that nobody here has stays; anything else gets one that is
    /// made of the assignment, its instant and its identifier, the same at every attempt.
    private func token(for stranger: StrangePoint) async throws -> BackupToken {
        if let own = BackupToken(stranger.name), try await context.store.point(own) == nil {
            return own
        }
        let made = BackupToken(
            of: SlotKey(assignment: assignment, opens: stranger.takenAt),
            remoteID: stranger.remoteID)
        guard try await context.store.point(made) == nil else {
            throw ProviderError(
                .permanent,
                "'\(stranger.remoteID)' of \(target.id) was adopted before as \(made); look at it "
                    + "with 'holdfast points --state all'; nothing was adopted")
        }
        return made
    }
}
